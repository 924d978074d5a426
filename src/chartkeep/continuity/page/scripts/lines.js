// Lines about what was done with a pack, kept by this browser: a chain, docs/formats/pack.md.
"use strict";

/** The lines of one ward's code on this PC. */
class Lines {
  constructor(salt, key, pack, who) {
    Object.assign(this, { salt: toHex(salt), key, pack, who, safe: true });
    this.name = `chartkeep.lines.${this.salt}`;
    this.unkept = "";
  }

  /** Write a line; where the browser may keep nothing it lives as long as the page. */
  async write(act, more = {}) {
    const line = JSON.stringify({ at: Date.now(), who: this.who, pack: this.pack, act, ...more });
    for (;;) {
      const before = this.text();
      const last = before.trimEnd().split("\n").pop().slice(0, 16);
      const after = `${before}${await this.mark(last + line)} ${line}\n`;
      if (this.text() !== before) continue; // another window wrote meanwhile
      this.safe = this.safe && keep(this.name, after);
      if (!this.safe) this.unkept = after;
      return;
    }
  }

  async mark(text) {
    const how = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", this.key, how, false, ["sign"]);
    const mark = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(text));
    return toHex(new Uint8Array(mark)).slice(0, 16);
  }

  text() {
    return this.safe ? kept(this.name) : this.unkept;
  }

  /** Give all lines, the newest first. */
  list() {
    const lines = this.text().split("\n").filter(Boolean);
    return lines.map((line) => JSON.parse(line.slice(17))).reverse();
  }

  /** Give what is handed to the house when it is back. */
  export() {
    return `chartkeep-openings-1 ${this.salt}\n${this.text()}`;
  }
}

/** What was done with packs of this ward on this PC. */
function linesView() {
  const said = { opened: "Opened", printed: "Printed", form: "Form" };
  const told = (line) =>
    joined([
      line.expired && t("expired"),
      line.number && inFours(line.number),
      line.form && t(KINDS[line.form]),
      line.bed && t("Bed {bed}", { bed: line.bed }),
      line.count && t("patients: {n}", { n: line.count }),
    ]);
  const text = lines.export();
  return [
    el("h1", { tabindex: -1 }, t("Lines")),
    el(
      "p",
      t(
        "What was done with packs of this ward on this PC. Give this text to the records office when the system is back.",
      ),
    ),
    el("div.line", el("button.main", { type: "button", click: () => save(text) }, t("Save as a file"))),
    el(
      "table.lines",
      el(
        "thead",
        el(
          "tr",
          ["Time", "Who", "What", ""].map((title) => el("th", { scope: "col" }, title && t(title))),
        ),
      ),
      el(
        "tbody",
        lines
          .list()
          .slice(0, 500)
          .map((line) =>
            el(
              "tr",
              el("td", time(line.at)),
              el("td", line.who),
              el("td", t(said[line.act] ?? line.act)),
              el("td", told(line)),
            ),
          ),
      ),
    ),
    el(
      "details",
      el("summary", t("The text itself")),
      el("textarea", { readonly: true, rows: 8, "aria-label": t("The text itself") }, text),
    ),
  ];
}

function save(text) {
  const link = el("a", {
    href: URL.createObjectURL(new Blob([text], { type: "text/plain" })),
    download: `chartkeep-lines-${mark()}.txt`,
  });
  link.click();
  URL.revokeObjectURL(link.href);
}

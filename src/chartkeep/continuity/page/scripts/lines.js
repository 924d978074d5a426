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

// The ward: beds in order, the signs that must not be missed, and finding by name or bed.
"use strict";

/** The signs beside a name: words, not colours alone. */
function signs(sheet) {
  const tags = [];
  const tag = (kind, ...text) => tags.push(el(`span.tag.${kind}`, ...text), " ");
  const { allergies } = sheet;
  if (hasNamesake(sheet)) tag("alert", t("Same name on this ward"));
  const texts = (part) => clipped(part.items.map((item) => item.what).join(", "));
  if (sheet.code_status.says === "data") tag("code", texts(sheet.code_status));
  if (allergies.says === "data") tag("allergy", t("Allergies: {what}", { what: texts(allergies) }));
  else if (allergies.says === "none") tag("fine", t("No known allergies"));
  else tag("unknown", t("Allergies: no data"));
  if (sheet.isolation.says === "data") tag("isolation", texts(sheet.isolation));
  if (sheet.legal.says === "data") tag("legal", texts(sheet.legal));
  if (sheet.restraint.says === "data") tag("legal", texts(sheet.restraint));
  if (sheet.alerts.says === "data") tag("alert", texts(sheet.alerts));
  return tags;
}

/** Whether somebody else on the ward is written or read alike. */
function hasNamesake({ who }) {
  const mine = [who.name, who.reading, who.latin].filter(Boolean).map(plainText);
  return wardPack.sheets.some(
    (other) =>
      other.who !== who &&
      [other.who.name, other.who.reading, other.who.latin]
        .filter(Boolean)
        .some((name) => mine.includes(plainText(name))),
  );
}

/** The beginning of what is too long for a list; the patient's page has all of it. */
const clipped = (text) => (text.length > 90 ? `${text.slice(0, 88)}…` : text);

/** When something is due next for a patient, as text; "" when nothing says so. */
function nextDue(sheet) {
  const all = [...sheet.orders.items, ...sheet.infusions.items].flatMap((item) => item.due.slice(0, 1));
  return all.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? "";
}

const plainText = (text) =>
  text
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[\u30a1-\u30f6]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) - 0x60)); // katakana is found by hiragana

/** Whether a sheet is meant by what was typed: a bed, or the beginning of every word in a name. */
function isMeant(sheet, typed) {
  const { who } = sheet;
  const known = plainText(
    [sheet.bed, who.name, who.reading, who.latin, ...who.numbers.map((n) => n.value)].join(" "),
  );
  const words = known.split(/[\s,.]+/);
  return plainText(typed)
    .split(/\s+/)
    .filter(Boolean)
    .every(
      (piece) =>
        words.some((each) => each.startsWith(piece)) ||
        (/[^\u0000-\u024f]/.test(piece) && known.includes(piece)),
    );
}

function wardView() {
  const list = el("tbody", wardPack.sheets.map(bedRow));
  const none = el("p.quiet", { role: "status", id: "none" });
  return [
    el(
      "div.line.spread",
      el(
        "h1",
        { tabindex: -1 },
        wardPack.ward,
        " ",
        el("span.other", joined([wardPack.name, t("patients: {n}", { n: wardPack.sheets.length })])),
      ),
      el(
        "div.line",
        el("button", { type: "button", click: printList }, t("Print the list")),
        el(
          "button",
          { type: "button", click: () => printPatients(wardPack.sheets) },
          t("Print the whole ward"),
        ),
      ),
    ),
    wardPack.unopened > 0 &&
      el(
        "p.wrong",
        t("{n} patients of this ward are not in this pack: ask for their paper chart", {
          n: wardPack.unopened,
        }),
      ),
    el(
      "p.search.line",
      el("label", { for: "typed" }, t("Find by name, bed or number")),
      el("input", {
        id: "typed",
        type: "search",
        autocomplete: "off",
        spellcheck: "false",
        input: () => narrow(list, none),
      }),
    ),
    el(
      "table.beds",
      el(
        "thead",
        el(
          "tr",
          ["Bed", "Name", "Signs", "Next due"].map((title) => el("th", { scope: "col" }, t(title))),
        ),
      ),
      list,
    ),
    none,
  ];
}

function bedRow(sheet, at) {
  const due = nextDue(sheet);
  return el(
    "tr",
    { "data-at": at },
    el("td.bed", sheet.bed || "–"),
    el("td", el("a", { href: `#patient/${at}` }, names(sheet.who), el("span.facts", facts(sheet).slice(1)))),
    el("td.signs", signs(sheet)),
    el("td.due", due && el("span", moment(due))),
  );
}

function narrow(list, none) {
  const typed = byId("typed").value;
  const rows = [...list.rows];
  for (const row of rows) row.hidden = !isMeant(wardPack.sheets[row.dataset.at], typed);
  none.textContent = rows.every((row) => row.hidden) ? t("Nobody on this ward is found by that") : "";
}

/** The links that arrow keys walk over. */
function reachable() {
  return [...document.querySelectorAll(".beds tr:not([hidden]) a")];
}

// Paper forms: each a page with a number of its own, filled in with whose it is.
"use strict";

const ROWS = 16;
const COLUMNS = {
  1: ["Time", "Temperature", "Pulse", "Blood pressure", "Breathing", "SpO₂", "Consciousness", "Pain", "Initials"],
  2: ["Medicine", "Dose and route", "Due", "Given at", "Dose given", "Given by", "Checked by"],
  3: ["Time", "Order", "Ordered by", "Done at", "Done by"],
  4: ["Time", "Note", "Signature"],
};

/** The books of numbers of this pack, by kind. */
function books() {
  return Object.fromEntries((wardPack.forms ?? []).map((range) => [range.kind, new Book(range)]));
}

/** Make one form: head, number with its bar code, and rows to write in. */
function form(kind, sheet, number) {
  const page = sheetOfPaper(sheet, t(KINDS[kind]), true);
  page.querySelector(".page").textContent = t("page {x} of {y}", { x: 1, y: 1 });
  const body = page.querySelector(".body");
  body.append(el("div.number", {}, barCode(number), el("b", {}, inFours(number)), el("small", {}, t("PC {mark}", { mark: mark() }))));
  if (sheet) body.append(firstThings(sheet));
  body.append(el(`div.grid.k${kind}`, {}, COLUMNS[kind].map((title) => el("b", {}, t(title))), prepared(kind, sheet).flat()),
    el("p.back", {}, blank(t("Written during downtime, from")), blank(t("to")), blank(t("Entered by")), blank(t("Second person"))));
  while (body.scrollHeight > body.clientHeight && body.isConnected) dropRow(body, kind);
  return page;
}

/** Rows of a form: a medication form begins with what is ordered. */
function prepared(kind, sheet) {
  const width = COLUMNS[kind].length;
  const ordered = kind === "2" && sheet ? medicines(sheet).slice(0, ROWS - 3) : [];
  const begun = ordered.map((item) => [item.what, joined([item.dose, item.route, item.as_needed && t("as needed")]),
    item.due?.length ? item.due.map(moment).join(", ") : item.timing]);
  return Array.from({ length: ROWS }, (_, row) =>
    Array.from({ length: width }, (__, column) => el("span", {}, begun[row]?.[column] ?? "")));
}

const medicines = (sheet) => [...sheet.orders.items.filter((item) => /^Medication/.test(item.kind)), ...sheet.infusions.items];

function dropRow(body, kind) {
  const cells = body.querySelectorAll(".grid > span");
  for (const cell of [...cells].slice(-COLUMNS[kind].length)) cell.remove();
  if (!cells.length) throw new Error("a form has no room");
}

/** Print so many forms of a kind for each of these patients (null: for nobody yet). */
async function printForms(kind, sheets, copies) {
  const book = books()[kind];
  byId("paper").replaceChildren();
  for (const sheet of sheets) {
    for (let copy = 0; copy < copies; copy += 1) {
      const number = book.take();
      const page = form(kind, sheet, number);
      await lines.write("form", { number, form: Number(kind), bed: sheet?.bed ?? "", chart: sheet?.chart ?? "" });
      byId("paper").append(page);
    }
  }
  window.print();
}

/** The page on which forms are chosen. */
function formsView(chosen) {
  const mine = books();
  const kinds = Object.keys(KINDS).filter((kind) => mine[kind]);
  const left = (kind) => t("{n} numbers left", { n: mine[kind].left() });
  const beds = wardPack.sheets.map((sheet, at) => el("label.check", {}, el("input", { type: "checkbox", name: "bed", value: at, checked: String(at) === chosen }),
    el("b", {}, sheet.bed || "–"), sheet.who.name));
  const all = el("button.plain", { type: "button", click: () => tickAll() }, t("All or none"));
  const tickAll = () => {
    const boxes = [...document.querySelectorAll("input[name=bed]")];
    const every = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !every;
  };
  return [el("h1", { tabindex: -1 }, t("Paper forms")),
    el("p", {}, t("Each form has its own number. When the system is back every number is accounted for: entered, void or missing. Keep spoilt forms too.")),
    kinds.length === 0 ? el("p.wrong", {}, t("This pack carries no form numbers")) : el("form.card", { submit: askForms },
      el("fieldset", {}, el("legend", {}, t("Which form")), kinds.map((kind, at) => el("label.check", {},
        el("input", { type: "radio", name: "kind", value: kind, checked: at === 0 }), t(KINDS[kind]), el("small", {}, left(kind))))),
      el("fieldset", {}, el("legend", {}, t("For whom"), " ", all), el("div.bedlist", {}, beds,
        el("label.check", {}, el("input", { type: "checkbox", name: "nobody" }), t("without a patient, to be filled in by hand")))),
      el("p.line", {}, el("label", { for: "copies" }, t("Of each")), el("input", { id: "copies", name: "copies", type: "number", min: 1, max: 20, value: 1 }),
        el("button.main", {}, t("Print the forms")), el("span", { id: "answer", role: "status" })))];
}

function askForms(event) {
  event.preventDefault();
  const asked = new FormData(event.target);
  const sheets = asked.getAll("bed").map((at) => wardPack.sheets[at]);
  if (asked.has("nobody")) sheets.push(null);
  const kind = asked.get("kind"), copies = Math.min(Math.max(Number(asked.get("copies")) || 1, 1), 20);
  const left = books()[kind].left();
  const say = (text) => byId("answer").replaceChildren(text);
  if (!sheets.length) return say(t("Choose at least one patient"));
  if (sheets.length * copies > left) return say(t("Only {n} numbers are left", { n: left }));
  say("");
  printForms(kind, sheets, copies).then(() => show());
}

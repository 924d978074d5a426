// Paper forms: each a page with a number of its own, filled in with whose it is.
"use strict";

const MOST_ROWS = 18,
  LEAST_ROWS = 4;
// What is keyed back of each line (continuity.paper.lines): title, unit, width; without one it shares the rest.
const COLUMNS = {
  1: [
    ["Date and time", "", 3],
    ["Temperature", "°C"],
    ["Pulse", "/min"],
    ["Breathing", "/min"],
    ["Systolic", "mmHg"],
    ["Diastolic", "mmHg"],
    ["SpO₂", "%"],
    ["Weight", "kg"],
    ["Initials"],
  ],
  2: [
    ["Medicine"],
    ["Dose", "", 3],
    ["Route", "", 3],
    ["Due", "", 3],
    ["Date and time", "", 3],
    ["Given?", "", 3],
    ["Remark", "", 3],
    ["Initials", "", 2],
  ],
  3: [
    ["Date and time", "", 3],
    ["Kind", "", 3],
    ["Order"],
    ["Dose", "", 3],
    ["Route", "", 3],
    ["When, how often", "", 3],
    ["Ordered by", "", 3],
  ],
  4: [["Date and time", "", 3], ["Note"], ["Signature", "", 3]],
  allergies: [
    ["Date and time", "", 3],
    ["New allergy: substance"],
    ["Reaction"],
    ["Criticality", "", 3],
    ["Signature", "", 3],
  ],
};
const BOXES = { "Given?": ["given", "not given"], Kind: ["medicine", "other"], Criticality: ["low", "high"] };

/** The books of numbers of this pack, by kind. */
function books() {
  return Object.fromEntries((wardPack.forms ?? []).map((range) => [range.kind, new Book(range)]));
}

/**
 * Make one form: its number with the bar code, what must be known, and numbered rows to write in.
 * Gives how many rows it has: what is ordered beyond them goes on another form.
 */
function addForm(kind, sheet, number, ordered) {
  const page = sheetOfPaper(sheet, t(KINDS[kind]), true);
  page.querySelector(".page").textContent = t("page {x} of {y}", { x: 1, y: 1 });
  byId("paper").append(page);
  const body = page.querySelector(".body");
  for (let rows = MOST_ROWS; rows >= LEAST_ROWS; rows -= 1) {
    // as many as there is room for
    body.replaceChildren(
      el(
        "div.number",
        barCode(number),
        el("b", inFours(number)),
        el("small", t("PC {mark}", { mark: mark() })),
      ),
      ...(sheet ? [firstThings(sheet)] : []),
      grid(kind, 1, rows, ordered),
      ...(kind === "4" ? [grid("allergies", rows + 1, 3, [])] : []),
      el(
        "p.back",
        blank(t("Downtime from")),
        blank(t("to")),
        blank(t("Entered by")),
        blank(t("Second person")),
      ),
    );
    if (body.scrollHeight <= body.clientHeight) return rows;
  }
  letGrow(page);
  return LEAST_ROWS;
}

/** Rows of a form, numbered from `first`; a medication form begins with what is ordered. */
function grid(kind, first, rows, ordered) {
  const columns = COLUMNS[kind];
  const box = (title) => BOXES[title]?.map((choice) => el("span.box", `☐ ${word(choice)}`));
  const row = (at) => columns.map(([title], column) => el("td", ordered[at]?.[column] ?? box(title) ?? ""));
  return el(
    "table.grid",
    el(
      "colgroup",
      el("col.w1"),
      columns.map(([, , width]) => el(width ? `col.w${width}` : "col")),
    ),
    el(
      "tr",
      el("th"),
      columns.map(([title, unit]) => el("th", t(title), unit && el("small", unit))),
    ),
    Array.from({ length: rows }, (_, at) => el("tr", el("td", String(first + at)), row(at))),
  );
}

/** What is ordered, as the first cells of a medication form's rows. */
function medicines(sheet) {
  const orders = [
    ...sheet.orders.items.filter((item) => /^Medication/.test(item.kind)),
    ...sheet.infusions.items,
  ];
  return orders.map((item) => [
    item.what,
    item.dose,
    item.route,
    item.due.length ? dueTimes(item.due) : joined([item.timing, item.as_needed && t("as needed")]),
  ]);
}

/** Print so many forms of a kind for each of these patients (null: for nobody yet). */
async function printForms(kind, sheets, copies) {
  byId("paper").replaceChildren();
  for (const sheet of sheets) {
    for (let copy = 0; copy < copies; copy += 1) await addForms(kind, sheet);
  }
  window.print();
}

/** One form, or as many as have room for all that is ordered; each with its number and its line. */
async function addForms(kind, sheet) {
  const book = books()[kind];
  let ordered = kind === "2" && sheet ? medicines(sheet) : [];
  do {
    if (!book.left()) throw new SealError(t("Only {n} numbers are left", { n: 0 }));
    const number = book.take();
    await lines.write("form", {
      number,
      form: Number(kind),
      bed: sheet?.bed ?? "",
      chart: sheet?.chart ?? "",
    });
    ordered = ordered.slice(addForm(kind, sheet, number, ordered));
  } while (ordered.length);
}

/** The page on which forms are chosen. */
function formsView(chosen) {
  const mine = books();
  const kinds = Object.keys(KINDS).filter((kind) => mine[kind]);
  const left = (kind) => t("{n} numbers left", { n: mine[kind].left() });
  const beds = wardPack.sheets.map((sheet, at) =>
    el(
      "label.check",
      el("input", { type: "checkbox", name: "bed", value: at, checked: String(at) === chosen }),
      el("b", sheet.bed || "–"),
      sheet.who.name,
    ),
  );
  const all = el("button.plain", { type: "button", click: () => tickAll() }, t("All or none"));
  const tickAll = () => {
    const boxes = [...document.querySelectorAll("input[name=bed]")];
    const every = boxes.every((box) => box.checked);
    for (const box of boxes) box.checked = !every;
  };
  return [
    el("h1", { tabindex: -1 }, t("Paper forms")),
    el(
      "p",
      t(
        "Each form has its own number. When the system is back every number is accounted for: entered, void or missing. Keep spoilt forms too.",
      ),
    ),
    kinds.length === 0
      ? el("p.wrong", t("This pack carries no form numbers"))
      : el(
          "form.card",
          { submit: askForms },
          el(
            "fieldset",
            el("legend", t("Which form")),
            kinds.map((kind, at) =>
              el(
                "label.check",
                el("input", { type: "radio", name: "kind", value: kind, checked: at === 0 }),
                t(KINDS[kind]),
                el("small", left(kind)),
              ),
            ),
          ),
          el(
            "fieldset",
            el("legend", t("For whom"), " ", all),
            el(
              "div.bedlist",
              beds,
              el(
                "label.check",
                el("input", { type: "checkbox", name: "nobody" }),
                t("without a patient, to be filled in by hand"),
              ),
            ),
          ),
          el(
            "p.line",
            el("label", { for: "copies" }, t("Of each")),
            el("input", { id: "copies", name: "copies", type: "number", min: 1, max: 20, value: 1 }),
            el("button.main", t("Print the forms")),
            el("span", { id: "answer", role: "status" }),
          ),
        ),
  ];
}

function askForms(event) {
  event.preventDefault();
  const asked = new FormData(event.target);
  const sheets = asked.getAll("bed").map((at) => wardPack.sheets[at]);
  if (asked.has("nobody")) sheets.push(null);
  const kind = asked.get("kind"),
    copies = Math.min(Math.max(Number(asked.get("copies")) || 1, 1), 20);
  const left = books()[kind].left();
  const say = (text) => byId("answer").replaceChildren(text);
  if (!sheets.length) return say(t("Choose at least one patient"));
  if (sheets.length * copies > left) return say(t("Only {n} numbers are left", { n: left }));
  say("");
  printForms(kind, sheets, copies).then(show, (error) => say(error.message));
}

// Paper: A4 pages made here, so that every browser prints head, foot and page numbers alike.
"use strict";

const LONGEST = 900; // characters of a text that stay in one piece on paper
const SLACK = 12; // pixels: a title's margin at the top of a page, and printers that round

/** A page with its head and foot; the body is filled by whoever asks. */
function sheetOfPaper(sheet, title, form = false) {
  const late = Date.now() > wardPack.expires;
  const { who } = sheet ?? {};
  const person = sheet
    ? [el("b.who", names(who)), el("span", facts(sheet))]
    : [blank(t("Name"), "wide"), blank(t("Birth date")), blank(t("Number")), blank(t("Bed"))];
  return el(
    form ? "section.a4.form" : "section.a4",
    { lang: language },
    el(
      "header",
      el("div.person", person),
      el(
        "div.title",
        el("span", joined([title, wardPack.ward])),
        el("b", joined([late && t("EXPIRED"), t("data of {time}", { time: wholeTime(wardPack.data_time) })])),
        el("span.page"),
      ),
    ),
    el("div.body"),
    el(
      "footer",
      el("span", wardPack.name),
      el("span", t("printed {time} by {who}", { time: wholeTime(Date.now()), who: lines.who })),
      el("span", joined([t("pack {pack}", { pack: wardPack.pack.slice(0, 8) }), sheet?.mark])),
    ),
  );
}

const blank = (title, size = "short") => el(`span.blank.${size}`, el("i", title));

/** Lay pieces on pages and number them; a title stays with what follows it. */
function paginate(pieces, makePage) {
  const pages = [];
  const turn = () => {
    pages.push(makePage());
    byId("paper").append(pages[pages.length - 1]);
    return pages[pages.length - 1].querySelector(".body");
  };
  let body = turn(),
    first = 0;
  body.append(...pieces); // all of them on one page, measured at once: many small layouts take seconds
  const room = body.clientHeight - SLACK;
  const places = pieces.map((piece) => piece.getBoundingClientRect());
  pieces.forEach((piece, at) => {
    if (at > first && places[at].bottom - places[first].top > room) {
      first = at - 1 > first && pieces[at - 1].matches("h2") ? at - 1 : at;
      body = turn();
      body.append(...pieces.slice(first, at));
    }
    if (pages.length > 1) body.append(piece);
  });
  pages.forEach((page, at) => {
    page.querySelector(".page").textContent = t("page {x} of {y}", { x: at + 1, y: pages.length });
    letGrow(page);
  });
}

/** What is too tall for any page runs over to another sheet of paper: better without a head than cut off. */
function letGrow(page) {
  const body = page.querySelector(".body");
  if (body.scrollHeight > body.clientHeight) page.classList.add("long");
}

/** Everything a sheet says, in pieces small enough for any page. */
function piecesOf(sheet) {
  return [
    ...warnings(sheet),
    firstThings(sheet),
    glance(sheet),
    ...told(sheet).flatMap(([field, title, tell]) => [
      el("h2", t(title)),
      ...rowsOf(sheet[field], field, tell),
      older(sheet[field]),
    ]),
    el("h2", t("Other parts")),
    silent(sheet),
  ].filter(Boolean);
}

function rowsOf(part, field, tell) {
  if (part.says !== "data") return [el("div.row", silence(part))];
  if (field === "results") return part.items.map(paperCourse);
  if (LONG.includes(field) || field === "problems") return closely(part.items);
  return part.items.flatMap((item) => cut(item).map((piece) => el("div.row", tell(piece))));
}

/** Many short items in running text, some to a piece. */
function closely(items) {
  const told = items
    .flatMap(cut)
    .map((item) => [el("b", item.what), el("small", joined([item.note, when(item)]))]);
  const pieces = Array.from({ length: Math.ceil(told.length / FEW) }, (_, at) =>
    told.slice(at * FEW, (at + 1) * FEW),
  );
  return pieces.map((piece) => el("div.row", piece));
}

/** A long text in several pieces; all else as it is. */
function cut(item) {
  const longest = ["what", "note"].find((field) => item[field]?.length > LONGEST);
  if (!longest) return [item];
  const texts = [];
  for (let rest = item[longest]; rest; rest = rest.slice(texts[texts.length - 1].length)) {
    const at =
      rest.length > LONGEST
        ? Math.max(rest.lastIndexOf(" ", LONGEST), rest.lastIndexOf("。", LONGEST) + 1)
        : rest.length;
    texts.push(rest.slice(0, at > LONGEST / 2 ? at : LONGEST));
  }
  const [first, ...others] = texts.map((text) => ({ ...item, [longest]: text }));
  return [first, ...others.map((piece) => (longest === "what" ? piece : { ...piece, what: "…" }))].flatMap(
    (piece) => cut(piece),
  );
}

function paperCourse(series) {
  const last = series.points.slice(-8).reverse();
  return el(
    "div.row.course",
    course(series),
    el(
      "span.values",
      last.map((point) => joined([moment(point.time), point.text, point.flag], " ")).join("; "),
    ),
  );
}

/** Lay these patients on paper, each numbered by itself, so that their papers can part. */
function layPatients(sheets) {
  byId("paper").replaceChildren();
  for (const sheet of sheets) {
    paginate(piecesOf(sheet), () => sheetOfPaper(sheet, t("Patient sheet")));
  }
}

async function printPatients(sheets) {
  layPatients(sheets);
  await lines.write("printed", { what: sheets.length === 1 ? "patient" : "ward", count: sheets.length });
  window.print();
}

/** Lay the list of the ward on paper. */
function layList() {
  byId("paper").replaceChildren();
  const rows = wardPack.sheets.map((sheet) =>
    el(
      "div.row.bedrow",
      el("b", sheet.bed || "–"),
      el("span", names(sheet.who), el("small", facts(sheet).slice(1))),
      el("span", signs(sheet), el("small", sheet.mark)),
    ),
  );
  paginate(rows, () => {
    const page = sheetOfPaper(null, t("Ward list"));
    page
      .querySelector(".person")
      .replaceChildren(
        el("b.who", wardPack.ward),
        el("span", t("patients: {n}", { n: wardPack.sheets.length })),
      );
    return page;
  });
}

async function printList() {
  layList();
  await lines.write("printed", { what: "list", count: wardPack.sheets.length });
  window.print();
}

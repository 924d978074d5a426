// A patient's page on the screen.
"use strict";

/** Everything of a patient, what must be seen first on top. */
function patientView(sheet) {
  const at = wardPack.sheets.indexOf(sheet);
  return [
    el(
      "div.head",
      el("div", el("h1", { tabindex: -1 }, names(sheet.who)), el("p.facts", facts(sheet))),
      el(
        "div.line.screen",
        el("button.main", { type: "button", click: () => printPatients([sheet]) }, t("Print this patient")),
        el("a.button", { href: `#forms/${at}` }, t("Paper forms")),
      ),
    ),
    warnings(sheet),
    firstThings(sheet),
    glance(sheet),
    el(
      "div.parts",
      told(sheet).map(([field, title, tell]) => card(sheet[field], field, title, tell)),
      el("section.card", { "data-part": "silent" }, el("h2", t("Other parts")), silent(sheet)),
    ),
    el(
      "p.quiet",
      joined([
        t("This chart as of {time}", { time: time(sheet.time) }),
        sheet.since && t("in this bed since {time}", { time: moment(sheet.since) }),
        ...sheet.who.numbers.map(numberOf),
      ]),
    ),
    el(
      "p.screen",
      el(
        "label.check",
        el("input", {
          type: "checkbox",
          change: (event) => document.body.classList.toggle("sources", event.target.checked),
        }),
        t("Show where each item stands in the chart"),
      ),
    ),
  ];
}

/** The parts that stand by themselves. */
function told(sheet) {
  return PARTS.filter(([field]) => sheet[field].says === "data" || ALWAYS.includes(field));
}

/** What the other parts say: that there is nothing, or that nobody knows. */
function silent(sheet) {
  const others = PARTS.filter((part) => !told(sheet).includes(part));
  return el(
    "p.silent",
    others.map(([field, title]) =>
      el("span.fact", { "data-part": field }, `${t(title)}: ${silence(sheet[field])}`),
    ),
  );
}

function card(part, field, title, tell) {
  const empty = part.says !== "data";
  const rows =
    field === "results"
      ? part.items.map((item) => el("li", el("details", el("summary.course", tell(item)), wholeCourse(item))))
      : part.items.map((item) => el("li", tell(item)));
  const few = LONG.includes(field) ? FEW : rows.length;
  return el(
    empty ? "section.card.empty" : "section.card",
    { "data-part": field },
    el("h2", t(title)),
    empty ? el("p.silent", silence(part)) : el("ul.items", rows.slice(0, few)),
    rows.length > few &&
      el(
        "details",
        el("summary", t("{n} older ones", { n: rows.length - few })),
        el("ul.items", rows.slice(few)),
      ),
    older(part),
  );
}

/** All values of a measurement, and its plot with what its edges mean. */
function wholeCourse(series) {
  const drawn = plot(series, 560, 140);
  const numbers = series.points.map((point) => point.value).filter((number) => number != null);
  const points = [...series.points].reverse();
  return [
    drawn &&
      el(
        "figure",
        drawn,
        el(
          "figcaption",
          el("span", moment(series.points[0].time)),
          el(
            "span",
            t("from {least} to {most}", { least: Math.min(...numbers), most: Math.max(...numbers) }),
          ),
          el("span", moment(points[0].time)),
        ),
      ),
    el(
      "ul.values",
      points.map((point) =>
        el(
          "li",
          el("span.when", moment(point.time)),
          value(point, series.unit),
          el("small", point.state && word(point.state)),
          source(point),
        ),
      ),
    ),
  ];
}

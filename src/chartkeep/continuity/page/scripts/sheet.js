// One patient: what a sheet says, as pieces that screen and paper both show.
"use strict";

/** What must be seen before anything else. */
const GLANCE = [
  ["isolation", "Isolation"],
  ["alerts", "Alerts"],
  ["weight", "Weight"],
  ["blood_group", "Blood group"],
  ["diet", "Diet"],
  ["legal", "Legal status"],
  ["restraint", "Restraint and seclusion"],
];

/** The parts of a sheet in reading order: field, title, and how an item is told. */
const PARTS = [
  ["orders", "Active orders", order],
  ["infusions", "Infusions", order],
  ["medications", "Medication", medication],
  ["problems", "Problems", plain],
  ["pending", "Pending results", plain],
  ["results", "Results of the last 72 hours", course],
  ["reports", "Reports", plain],
  ["devices", "Devices and lines", plain],
  ["procedures", "Procedures", plain],
  ["appointments", "Appointments today", appointment],
  ["contacts", "Contact persons", contact],
  ["plan", "Plan of care", plain],
  ["directives", "Advance directives", plain],
  ["immunizations", "Immunisations", plain],
  ["past_problems", "Past problems", plain],
  ["pregnancy", "Pregnancy", plain],
  ["social", "Social history", plain],
];

/** Parts whose silence is said in their place; the others' silence is said together. */
const ALWAYS = ["orders", "infusions", "medications", "problems", "pending", "results"];
/** Parts of which the newest few are enough at first, on screen; on paper they are told closely. */
const LONG = ["procedures", "immunizations", "past_problems"],
  FEW = 8;
/** UCUM as people write it; other units stay as they were recorded. */
const UNITS = {
  Cel: "°C",
  "mm[Hg]": "mmHg",
  "10*3/uL": "10³/µL",
  "10*6/uL": "10⁶/µL",
  "10*9/L": "10⁹/L",
  "10*12/L": "10¹²/L",
};
const withUnit = (text, unit) => joined([text, UNITS[unit] ?? unit], " ");

/** The names of a person: as written, its reading and Latin script beside. */
function names(who) {
  const others = [who.reading, who.latin].filter((each) => each && each !== who.name);
  return [el("span.name", who.name || t("No name")), ...others.map((each) => el("span.other", each))];
}

/** The facts two people of one name differ in. */
function facts(sheet) {
  const { who } = sheet;
  const born = who.birth_date && `${day(who.birth_date)} (${age(who.birth_date, wardPack.data_time)})`;
  return [
    t("Bed {bed}", { bed: sheet.bed || "–" }),
    born || t("No birth date"),
    who.sex && word(who.sex),
    who.numbers.length ? numberOf(who.numbers[0]) : t("No number"),
  ]
    .filter(Boolean)
    .map((fact) => el("span.fact", fact));
}

const numberOf = (number) =>
  joined([word(/^NN[A-Z]{3}$/.test(number.label) ? "NI" : number.label), number.value], " ");

/** What a part without items says; "none" only where the chart says so. */
function silence(part) {
  return part.says === "none" ? t("None, as the chart says") : t("No data");
}

const isGrave = (allergy) => allergy.criticality === "high";

/** What the items of a part are, in one line. */
function oneLine(part, tell = (item) => item.what) {
  if (part.says !== "data") return el("span.silent", silence(part));
  return part.items.map((item, at) => [at ? "; " : "", tell(item)]);
}

/** Allergies and code status: the top of a patient's page, on screen and on paper. */
function firstThings(sheet) {
  const { allergies, code_status: status } = sheet;
  return el(
    "div.first",
    el(
      "section.status",
      el("h2", t("Code status")),
      el(
        "p.big",
        oneLine(status, (item) => [item.what, el("small", when(item))]),
      ),
    ),
    el(
      "section.allergies",
      el("h2", t("Allergies and intolerances")),
      el("p.big", oneLine(allergies, allergy), older(allergies)),
    ),
  );
}

function allergy(item) {
  return [
    el(isGrave(item) ? "b.grave" : "b", {}, item.what),
    el(
      "small",
      joined(
        [
          item.criticality && t("criticality {level}", { level: word(item.criticality) }),
          item.reactions,
          item.note,
          moment(item.time),
        ],
        ", ",
      ),
    ),
  ];
}

/** The short facts beside each other. */
function glance(sheet) {
  const tell = (item) => [
    item.value ? withUnit(item.value, item.unit) : item.what,
    el("small", joined([item.note, when(item)])),
  ];
  const isLong = (part) => part.items.map((item) => item.what + item.note).join("").length > 160;
  return el(
    "dl.glance",
    GLANCE.map(([field, title]) =>
      el(
        isLong(sheet[field]) ? "div.wide" : "div",
        {},
        el("dt", t(title)),
        el("dd", oneLine(sheet[field], tell)),
      ),
    ),
  );
}

/** When it was so, who says so, and its state: as much as is known. */
function when(item) {
  return joined([moment(item.time), item.by, item.state && word(item.state)]);
}

const beneath = (item, ...more) => el("small", joined([...more, item.note, when(item)]));
const source = (item) => el("span.source", item.source);

function plain(item) {
  return [el("b", item.what), beneath(item), source(item)];
}

function dose(item) {
  return joined([item.dose, item.route, item.timing, item.as_needed && t("as needed")]);
}

function medication(item) {
  return [el("b", item.what), el("span.dose", dose(item)), beneath(item), source(item)];
}

function order(item) {
  const due = item.due.length > 0 && el("span.due", t("next: {times}", { times: dueTimes(item.due) }));
  return [
    el("b", item.what),
    item.priority && item.priority !== "routine" && el("span.tag", word(item.priority)),
    el("span.dose", dose(item)),
    due,
    beneath(item, word(item.kind), item.last && t("last done {time}", { time: moment(item.last) })),
    source(item),
  ];
}

/** Times in order, each day said once. */
function dueTimes(times) {
  return times
    .map((each, at) =>
      at && day(each) === day(times[at - 1]) ? moment(each).split(" ").pop() : moment(each),
    )
    .join(", ");
}

function appointment(item) {
  return [
    el("b", joined([moment(item.start), item.what])),
    beneath({ ...item, time: "" }, item.where),
    source(item),
  ];
}

function contact(item) {
  return [
    el("b", item.what),
    el("span.dose", joined([item.relation, ...item.phones])),
    beneath(item),
    source(item),
  ];
}

/** A measurement: its last value, its range, its course. */
function course(series) {
  const last = series.points[series.points.length - 1];
  const drawn = plot(series, 120, 28);
  return [
    el("b.what", series.what),
    value(last, series.unit),
    el("span.range", series.range && t("range {range}", { range: series.range })),
    el("span.when", moment(last.time)),
    drawn ?? el("span"),
  ];
}

function value(point, unit) {
  const flag = point.flag && [" ", el("span.flag", word(point.flag))];
  return el(point.flag ? "span.value.out" : "span.value", withUnit(point.text, unit), flag);
}

function older(part) {
  return (
    part.older > 0 &&
    el("small.older", t("{n} more in the chart that are not in this pack", { n: part.older }))
  );
}

/** What is wrong with a sheet, said loudly; and, alike on each, what none can say. */
function warnings(sheet) {
  return [
    hasNamesake(sheet) && el("p.wrong", t("Same name on this ward")),
    sheet.who.deceased && el("p.wrong", t("The chart says that this person has died")),
    sheet.damaged > 0 &&
      el(
        "p.wrong",
        t("{n} entries of this chart did not open: something is missing here", { n: sheet.damaged }),
      ),
    sheet.merged > 0 &&
      el("p.wrong", t("{n} charts that were merged into this one are not in this pack", { n: sheet.merged })),
    el(
      "p.scope",
      el("small", t("What is restricted or kept from somebody of this ward is in no pack: no data does not mean none")),
    ),
  ];
}

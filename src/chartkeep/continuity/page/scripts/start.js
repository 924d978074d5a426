// What happens first, the bar above everything, and the ways from one page to the next.
"use strict";

const IDLE = 30 * MINUTE; // a PC nobody touches forgets the charts and asks for the code again
let raw = null,
  front = null,
  wardPack = null,
  lines = null,
  touched = Date.now();

function start() {
  furnishLanguages();
  const lack = lacking();
  try {
    raw = fromBase64(byId("pack").textContent);
    front = readFront(raw);
  } catch (error) {
    return fail(
      error instanceof SealError ? error.message : t("This file is not a ward pack, or it is damaged"),
    );
  }
  if (lack) {
    return fail(
      t(
        "This browser cannot open the pack ({lack} is missing): open this file in a newer Chrome, Edge, Firefox or Safari",
        { lack },
      ),
    );
  }
  show();
}

function fail(message) {
  byId("view").replaceChildren(
    el("div.card.narrow", el("h1", t("Ward pack")), el("p.wrong", { role: "alert" }, message)),
  );
}

function furnishLanguages() {
  document.documentElement.lang = language;
  document.title = t("Ward pack");
  const choices = Object.entries(LANGUAGES).map(([tag, name]) =>
    el("option", { value: tag, lang: tag, selected: tag === language }, name),
  );
  byId("language").replaceChildren(...choices);
  byId("language").setAttribute("aria-label", t("Language"));
}

/** How old the data is, in words; a clock that cannot be right says so. */
function ageOf(at) {
  const old = Date.now() - at;
  if (old < -5 * MINUTE)
    return t("this PC's clock says {time}, which is before that: how old it is nobody knows", {
      time: time(Date.now()),
    });
  return t("{age} old", { age: span(Math.max(0, old)) });
}

/** The bar that is always there: which ward, data of when, how old. */
function showAge() {
  const at = wardPack ? wardPack.data_time : front.made;
  const late = Date.now() > front.expires;
  byId("bar").classList.toggle("late", late);
  byId("bar").replaceChildren(
    el("span.ward", front.ward),
    el(
      "span.data",
      late && el("b", t("EXPIRED")),
      " ",
      t("data of {time}", { time: time(at) }),
      ", ",
      ageOf(at),
    ),
  );
}

function showPlaces() {
  byId("places").replaceChildren(
    ...(wardPack
      ? [
          ["#", "Ward"],
          ["#forms", "Paper forms"],
          ["#lines", "Lines"],
        ]
      : []
    ).map(([href, title]) =>
      el("a", { href, "aria-current": (location.hash || "#").split("/")[0] === href && "page" }, t(title)),
    ),
    ...(wardPack ? [el("button", { type: "button", click: () => location.reload() }, t("Close"))] : []),
  );
}

/** Show what the address asks for. */
function show() {
  showAge();
  showPlaces();
  if (!wardPack) return byId("view").replaceChildren(...envelope());
  const [name, at] = location.hash.slice(1).split("/");
  const sheet = wardPack.sheets[at];
  const views = {
    patient: () => (sheet ? patientView(sheet) : wardView()),
    forms: () => formsView(at),
    lines: linesView,
  };
  const made = (views[name] ?? wardView)();
  const notice =
    !lines.safe &&
    el(
      "p.wrong",
      t("This browser keeps nothing: write your name, the time and every form's number on paper"),
    );
  byId("view").replaceChildren(el("div", notice, made));
  scrollTo(0, 0);
  (byId("typed") ?? document.querySelector("h1"))?.focus({ preventScroll: true });
}

byId("language").addEventListener("change", (event) => {
  language = event.target.value;
  keep("chartkeep.language", language);
  furnishLanguages();
  show();
});
window.addEventListener("hashchange", show);
window.addEventListener("beforeprint", () => {
  if (!wardPack || byId("paper").firstChild) return;
  const sheet = wardPack.sheets[/^#patient\/(\d+)$/.exec(location.hash)?.[1]]; // printed by the browser's own menu
  if (sheet) layPatients([sheet]);
  else layList();
  lines.write("printed", { what: sheet ? "patient" : "list", count: sheet ? 1 : wardPack.sheets.length });
});
window.addEventListener("afterprint", () => byId("paper").replaceChildren());
for (const sign of ["keydown", "pointerdown", "wheel"])
  window.addEventListener(
    sign,
    () => {
      touched = Date.now();
    },
    { passive: true },
  );
setInterval(() => {
  if (!wardPack) return;
  if (Date.now() - touched > IDLE) location.reload();
  else showAge();
}, 20_000);
document.addEventListener("keydown", (event) => {
  const field = byId("typed"),
    typing = event.target.closest("input, textarea, select");
  if (event.key === "/" && field && !typing) return void (event.preventDefault(), field.focus());
  if (event.key === "Escape" && wardPack && location.hash) return void (location.hash = "");
  if (!field || (typing && typing !== field)) return;
  const links = reachable();
  if (event.key === "Enter" && typing && field.value.trim()) {
    // opened only if nobody else is meant
    if (links.length === 1) links[0].click();
    else links[0]?.focus();
    return;
  }
  if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
  event.preventDefault();
  const next = links.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  (links[next] ?? field).focus();
});
start();

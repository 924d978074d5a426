// Before the pack is open: who it is, the code from the envelope, and whether it has expired.
"use strict";

/** The page before the pack is open. */
function envelope() {
  return [
    el(
      "form.card.narrow",
      { submit: tryCode, autocomplete: "off", novalidate: true },
      el("h1", t("Ward pack")),
      el("p", t("{ward}, made {time}", { ward: front.ward, time: time(front.made) })),
      Date.now() > front.expires && el("p.wrong", t("This pack has expired: look for a newer file first")),
      el("label", { for: "who" }, t("Your name")),
      el("input", { id: "who", required: true, minlength: 2, maxlength: 60, autocomplete: "off" }),
      el("label", { for: "code" }, t("Code from the ward's envelope")),
      el("input", {
        id: "code",
        required: true,
        autocomplete: "off",
        autocapitalize: "characters",
        spellcheck: "false",
        placeholder: "0000-0000-0000-0000-0000",
      }),
      el("button.main", { id: "go" }, t("Open")),
      el("p", { id: "answer", role: "alert" }),
      el(
        "p.quiet",
        t("Your name and the time are written down on this PC and reconciled when the system is back."),
      ),
    ),
  ];
}

async function tryCode(event) {
  event.preventDefault();
  const who = byId("who").value.trim(),
    code = byId("code").value.trim(),
    button = byId("go");
  if (who.length < 2 || !code) {
    byId("answer").replaceChildren(t("Type your name and the code from the envelope"));
    byId(who.length < 2 ? "who" : "code").focus();
    return;
  }
  button.disabled = true;
  byId("answer").replaceChildren(t("Opening …"));
  try {
    const { pack, linesKey } = await openPack(raw, front, code);
    const book = new Lines(front.salt, linesKey, front.pack, who);
    if (Date.now() > front.expires) return confirmExpired(pack, book);
    await enter(pack, book, false);
  } catch (error) {
    byId("answer").replaceChildren(
      error instanceof SealError ? error.message : t("This file is not a ward pack, or it is damaged"),
    );
    button.disabled = false;
    byId("code").focus();
  }
}

/** An expired pack is opened only by somebody who says that there is no newer one. */
function confirmExpired(pack, book) {
  byId("view").replaceChildren(
    el(
      "div.card.narrow.glass",
      el("h1", { tabindex: -1 }, t("This pack has expired")),
      el(
        "p.wrong",
        t("It was good until {time}. Its data is of {data}: {age}.", {
          time: time(front.expires),
          data: time(pack.data_time),
          age: ageOf(pack.data_time),
        }),
      ),
      el(
        "p",
        t(
          "Orders, allergies and code status may have changed since. Look for a newer pack on this and other PCs, and ask the ward.",
        ),
      ),
      el(
        "button.danger",
        { type: "button", click: () => enter(pack, book, true) },
        t("There is no newer one: open it"),
      ),
      el("button", { type: "button", click: () => location.reload() }, t("Go back")),
    ),
  );
  document.querySelector("h1").focus();
}

/** Written down first, then shown. */
async function enter(pack, book, expired) {
  await book.write("opened", expired ? { expired } : {});
  [wardPack, lines] = [pack, book];
  show();
}

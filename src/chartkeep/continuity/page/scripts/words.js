// Words in four languages; times and days as each of them writes them.
"use strict";

const WORDS = JSON.parse(document.getElementById("words").textContent);
const LANGUAGES = { en: "English", ja: "日本語", id: "Indonesia", fr: "Français" };
const FORMATS = new Map();
const MINUTE = 60_000,
  HOUR = 60 * MINUTE,
  DAY = 24 * HOUR;

let language = [kept("chartkeep.language"), ...navigator.languages.map((tag) => tag.slice(0, 2)), "en"].find(
  (tag) => tag in LANGUAGES,
);

/** Say a sentence, written here in English, with values in its braces. */
function t(sentence, gaps = {}) {
  const said = WORDS[language][sentence] ?? sentence;
  return said.replace(/\{(\w+)\}/g, (whole, name) => gaps[name] ?? whole);
}

/** Say a code of a chart in words; one that is not known stays as it is. */
function word(code) {
  return WORDS[language][code] ?? WORDS.en[code] ?? code;
}

/** Give what this browser kept under a name; "" where nothing is, or it may keep nothing. */
function kept(name) {
  try {
    return localStorage.getItem(name) ?? "";
  } catch {
    return "";
  }
}

/** Keep text under a name; false where the browser may not. */
function keep(name, text) {
  try {
    localStorage.setItem(name, text);
    return localStorage.getItem(name) === text;
  } catch {
    return false;
  }
}

/** Write a time in this language; formats are kept, since making one takes longer than all else. */
function format(facts, at) {
  const name = language + JSON.stringify(facts);
  if (!FORMATS.has(name))
    FORMATS.set(name, new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, facts));
  return FORMATS.get(name).format(at);
}
const date = () => ({ day: "numeric", month: language === "ja" ? "numeric" : "short", year: "numeric" });

/** Write a FHIR date as a day; what is less than a day, or none, as it came. */
function day(text, facts = date()) {
  const found = /^(\d{4})-(\d\d)-(\d\d)/.exec(text);
  if (!found) return text;
  return format({ ...facts, timeZone: "UTC" }, Date.UTC(found[1], found[2] - 1, found[3]));
}

/** Write a FHIR time with its minute, as the clock stood where it was written. */
function moment(text) {
  const { year, ...short } = date();
  const near = wardPack && text.slice(0, 4) === String(new Date(wardPack.data_time).getFullYear());
  return joined([day(text, near ? short : date()), /T(\d\d:\d\d)/.exec(text)?.[1]], " ");
}

const clock = (millis) => format({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }, millis);

/** Write a time of ours in this PC's time zone, with its day. */
const wholeTime = (millis) => `${format(date(), millis)} ${clock(millis)}`;

/** The same for the screen: the clock alone if it is today. */
function time(millis) {
  return new Date(millis).toDateString() === new Date().toDateString() ? clock(millis) : wholeTime(millis);
}

/** Say how long something took. */
function span(millis) {
  const minutes = Math.floor(millis / MINUTE);
  if (minutes < 60) return t("{n} min", { n: minutes });
  if (millis < 2 * DAY) return t("{h} h {n} min", { h: Math.floor(minutes / 60), n: minutes % 60 });
  return t("{n} days", { n: Math.floor(millis / DAY) });
}

/** Say how old a person is on a day, in years, in months below two, in days below two months. */
function age(birthDate, at) {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(birthDate);
  if (!found) return "";
  const now = new Date(at);
  const before = now.getDate() < Number(found[3]) ? 1 : 0;
  const months = (now.getFullYear() - found[1]) * 12 + now.getMonth() + 1 - found[2] - before;
  if (months >= 24) return t("{n} years", { n: Math.floor(months / 12) });
  if (months >= 2) return t("{n} months", { n: months });
  return t("{n} days", { n: Math.max(0, Math.floor((at - Date.parse(birthDate)) / DAY)) });
}

// Numbers of paper forms (docs/formats/forms.md) and their bar code.
"use strict";

const KINDS = { 1: "Vital signs", 2: "Medication given", 3: "Orders", 4: "Notes" };

/** Two check digits, ISO 7064 MOD 97-10. */
function checkDigits(body) {
  const rest = [...`${body}00`].reduce((sum, digit) => (sum * 10 + Number(digit)) % 97, 0);
  return String(98 - rest).padStart(2, "0");
}

function formNumber(range, serial) {
  const pad = (value, size) => String(value).padStart(size, "0");
  const body = `${pad(range.house, 2)}${range.kind}${pad(range.batch, 8)}${pad(serial, 3)}`;
  return body + checkDigits(body);
}

const inFours = (number) => number.replace(/(.{4})(?=.)/g, "$1 ");

/**
 * The numbers of one kind on this PC: the part of the pack's range that this file's place has.
 * Several PCs may open one file, so each begins somewhere in it, drawn by chance, and goes round;
 * the PC's mark on each form tells two apart.
 */
class Book {
  constructor(range) {
    const [place, places] = byId("pack").dataset.place.split("/").map(Number);
    const first = Math.floor((range.count * (place - 1)) / places);
    const count = Math.floor((range.count * place) / places) - first;
    Object.assign(this, { range, first, count });
    this.name = `chartkeep.forms.${range.house}.${range.kind}.${range.batch}.${place}`;
    this.state = { start: count ? draw(count) : 0, used: 0 };
  }

  /** What was used, read again: another window may have taken some. */
  read() {
    const text = kept(this.name);
    if (text) this.state = JSON.parse(text);
    return this.state;
  }

  left() {
    return this.count - this.read().used;
  }

  /** Take the next number; it is used from here on, printed or not. */
  take() {
    const { start, used } = this.read();
    this.state = { start, used: used + 1 };
    keep(this.name, JSON.stringify(this.state));
    return formNumber(this.range, this.first + ((start + used) % this.count) + 1);
  }
}

const draw = (count) => crypto.getRandomValues(new Uint32Array(1))[0] % count;

/** Three characters that name this browser on paper. */
function mark() {
  const known = kept("chartkeep.mark");
  if (known) return known;
  const made = [...crypto.getRandomValues(new Uint8Array(3))].map((byte) => ALPHABET[byte & 31]).join("");
  keep("chartkeep.mark", made);
  return made;
}

// Code 128 (ISO/IEC 15417): widths of bars and spaces of each symbol, then the stop.
const WIDTHS = (
  "212222222122222221121223121322131222122213122312132212221213221312231212112232122132" +
  "122231113222123122123221223211221132221231213212223112312131311222321122321221312212322112" +
  "322211212123212321232121111323131123131321112313132113132311211313231113231311112133112331" +
  "132131113123113321133121313121211331231131213113213311213131311123311321331121312113312311" +
  "332111314111221411431111111224111422121124121421141122141221112214112412122114122411142112" +
  "142211241211221114413111241112134111111242121142121241114212124112124211411212421112421211" +
  "212141214121412121111143111341131141114113114311411113411311113141114131311141411131" +
  "211412211214211232"
).match(/.{6}/g);
const [CODE_C, STOP] = [105, "2331112"];

/** Draw digits, an even number of them, as a bar code: two digits a symbol. */
function barCode(digits) {
  const symbols = [CODE_C, ...digits.match(/../g).map(Number)];
  const sum = symbols.reduce((total, symbol, at) => total + symbol * Math.max(at, 1), 0);
  const widths = [...([...symbols, sum % 103].map((symbol) => WIDTHS[symbol]).join("") + STOP)];
  let x = 10,
    path = "";
  widths.map(Number).forEach((width, at) => {
    if (at % 2 === 0) path += `M${x} 0h${width}v40h-${width}z`;
    x += width;
  });
  const facts = {
    viewBox: `0 0 ${x + 10} 40`,
    preserveAspectRatio: "none",
    role: "img",
    "aria-label": digits,
  };
  return svg("svg.bars", facts, svg("path", { d: path }));
}

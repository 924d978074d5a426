// The seal: docs/formats/pack.md, with WebCrypto. A wrong code is told from a changed file.
"use strict";

const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const [LEAST_ROUNDS, MOST_ROUNDS] = [600_000, 10_000_000];

/** Says in words why a pack does not open. */
class SealError extends Error {}

const fromBase64 = (text) => Uint8Array.from(atob(text.trim()), (char) => char.charCodeAt(0));
const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

/** Say what this browser lacks, if anything. */
function lacking() {
  if (!globalThis.crypto?.subtle) return "WebCrypto";
  if (!globalThis.DecompressionStream) return "DecompressionStream";
  return "";
}

/** Read what the pack says of itself in clear; nothing of it is proved before it opens. */
function readFront(raw) {
  const view = new DataView(raw.buffer);
  if (raw.length < 102 || new TextDecoder().decode(raw.subarray(0, 4)) !== "CKP1") {
    throw new SealError(t("This file is not a ward pack, or it is damaged"));
  }
  const end = 89 + raw[88];
  const rounds = view.getUint32(52);
  if (raw.length < end + 28 || rounds < LEAST_ROUNDS || rounds > MOST_ROUNDS) {
    throw new SealError(t("This file is not a ward pack, or it is damaged"));
  }
  return {
    pack: toHex(raw.subarray(20, 36)),
    made: Number(view.getBigUint64(36)),
    expires: Number(view.getBigUint64(44)),
    rounds,
    salt: raw.subarray(56, 72),
    check: raw.subarray(72, 88),
    ward: new TextDecoder().decode(raw.subarray(89, end)),
    end,
  };
}

/** Read a typed code: 20 characters, as a polynomial over GF(2^5) zero at x. */
function readCode(text) {
  const typed = text
    .normalize("NFKC")
    .toUpperCase()
    .replace(/[\s\-‐-―−ー]/g, "")
    .replace(/O/g, "0")
    .replace(/[IL]/g, "1");
  const symbols = [...typed].map((char) => ALPHABET.indexOf(char));
  if (symbols.length !== 20 || symbols.includes(-1)) {
    throw new SealError(t("The code has 20 letters and digits, in five groups of four"));
  }
  const rest = symbols.reduce((sum, symbol) => (sum << 1) ^ (sum & 16 ? 0b100101 : 0) ^ symbol, 0);
  if (rest) throw new SealError(t("A character of the code is wrong: compare it with the envelope"));
  return typed;
}

/** Open the pack: what it holds, and the key of the lines about it. */
async function openPack(raw, front, typed) {
  const code = new TextEncoder().encode(readCode(typed));
  const password = await crypto.subtle.importKey("raw", code, "PBKDF2", false, ["deriveBits"]);
  const slow = { name: "PBKDF2", hash: "SHA-256", salt: front.salt, iterations: front.rounds };
  const secret = await crypto.subtle.deriveBits(slow, password, 256);
  const check = new Uint8Array(await derive(secret, "check")).subarray(0, 16);
  if (toHex(check) !== toHex(front.check)) {
    throw new SealError(t("This is the code of another ward, or an older one"));
  }
  const key = await crypto.subtle.importKey("raw", await derive(secret, "seal"), "AES-GCM", false, [
    "decrypt",
  ]);
  const nonce = raw.subarray(front.end, front.end + 12);
  const seal = { name: "AES-GCM", iv: nonce, additionalData: raw.subarray(0, front.end) };
  let packed;
  try {
    packed = await crypto.subtle.decrypt(seal, key, raw.subarray(front.end + 12));
  } catch {
    throw new SealError(t("The code is right, but the file was changed: use another copy"));
  }
  return { pack: JSON.parse(await unzip(packed)), linesKey: await derive(secret, "lines") };
}

async function derive(secret, use) {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  const info = new TextEncoder().encode(`chartkeep-pack-1 ${use}`);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info };
  return crypto.subtle.deriveBits(how, key, 256);
}

function unzip(packed) {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).text();
}

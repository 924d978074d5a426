"""Write the golden vectors of tests/vectors/sealing, once; published vectors are never edited.

Origin: made by chartkeep itself at format version 1, from the fixed keys and nonces below.
"""

import io
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import msgspec

from chartkeep.model import ChartId, EntryId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.sealing import backup, blob, entry, frame, kek, keyed, lines, pack, shares, wrap
from chartkeep.sealing.keys import ChartKey, SectionKey

FOLDER = Path(__file__).resolve().parent.parent / "vectors/sealing"
FACILITY, CHART, WRITER = FacilityId(b"F" * 16), ChartId(b"C" * 16), InstanceId(b"W" * 16)
KEY = SectionKey(KeyId(b"K" * 16), bytes(range(32)))
CHART_KEY = ChartKey(CHART, 2, bytes(range(32, 64)))
NONCE = bytes(range(100, 112))
LEASE_END = Millis(1_767_225_600_000)
HEADER = entry.EntryHeader(
    FACILITY,
    CHART,
    Section.RESULTS,
    KEY.key_id,
    EntryId(b"E" * 16),
    7,
    Millis(LEASE_END - 1),
    WRITER,
    "Observation",
)
WRAP = wrap.WrapHeader(FACILITY, CHART, 2, Section.RESULTS, KEY.key_id, WRITER, LEASE_END)
PLAIN = b'{"resourceType":"Observation","status":"final","valueQuantity":{"value":1.00}}'

Case = dict[str, str | int | list[str]]


def flip(raw: bytes, at: int) -> bytes:
    """Flip the lowest bit of one byte."""
    changed = bytearray(raw)
    changed[at] ^= 1
    return bytes(changed)


def chains() -> list[Case]:
    """Chart wrap, wrap and entry, and what becomes of them when one of them lies."""
    house = kek.PassphraseFile._create(b"correct horse battery", kek.Cost(1, 64, 1), b"S" * 16)
    head = wrap.ChartWrapHeader(FACILITY, CHART, 2, house.kek_id).encode()
    good = {
        "chart_wrap": head + house._wrap(CHART_KEY.secret, head, NONCE),
        "wrap": wrap._wrap_section_key(WRAP, KEY, CHART_KEY, NONCE),
        "entry": entry._seal_padded(HEADER, frame.pack(PLAIN), KEY, NONCE),
    }
    cases: list[Case] = []

    def add(name: str, expect: str, **changed: bytes) -> None:
        objects = {key: value.hex() for key, value in (good | changed).items()}
        cases.append({"name": name, "expect": expect, **objects, "plaintext": PLAIN.decode()})

    def sealed(padded: bytes | None = None, **fields: object) -> bytes:
        other = msgspec.structs.replace(HEADER, **fields)
        return entry._seal_padded(other, padded or frame.pack(PLAIN), KEY, NONCE)

    add("an entry as it should be", "ok")
    for thing, magic in (("chart_wrap", b"CKC2"), ("wrap", b"CKW2"), ("entry", b"CKE2")):
        raw = good[thing]
        add(f"{thing} of a later version", "unknown format", **{thing: magic + raw[4:]})
        add(f"{thing} empty", "unknown format", **{thing: b""})
        add(f"{thing} cut by a byte", "seal broken", **{thing: raw[:-1]})
        add(f"{thing} cut to its magic", "seal broken", **{thing: raw[:4]})
        for at in (*range(4, 110, 7), len(raw) - 1):
            add(f"{thing} with byte {at} changed", "seal broken", **{thing: flip(raw, at)})
    add("a later time, well sealed", "seal broken", entry=sealed(time=Millis(LEASE_END + 1)))
    add("another writer, well sealed", "seal broken", entry=sealed(writer=InstanceId(b"X" * 16)))
    add("another chart, well sealed", "seal broken", entry=sealed(chart=ChartId(b"X" * 16)))
    add("another section, well sealed", "seal broken", entry=sealed(section=Section.FACE))
    add("the last moment of the lease", "ok", entry=sealed(time=LEASE_END))
    body = frame.pack(PLAIN)
    add("padding that is not zero", "seal broken", entry=sealed(body[:-1] + b"\1"))
    add("a bucket too many", "seal broken", entry=sealed(body + bytes(64)))
    add("a frame length beyond the end", "seal broken", entry=sealed(b"\xff" * 4 + body[4:]))
    add("no frame at all", "seal broken", entry=sealed(bytes(64)))
    huge = bytes.fromhex("28b52ffda00100000403001000")  # claims 64 MiB + 1
    add("a frame that claims too much", "seal broken", entry=sealed(frame.pad(huge)))
    key = house._key.secret.hex()
    return [{"kek": key, "kek_id": house.kek_id.hex(), **case} for case in cases]


def blobs() -> list[Case]:
    """Blobs around the chunk boundary; the salt is random, so they only open."""
    cases: list[Case] = []
    head = blob.BlobHeader(
        FACILITY, CHART, Section.IMAGING, KEY.key_id, EntryId(b"B" * 16), LEASE_END, WRITER
    )
    for size in (0, 1, 16384):
        out = io.BytesIO()
        blob.seal_blob(io.BytesIO(b"x" * size), out.write, KEY, head)
        raw = out.getvalue()
        for name, expect, bytes_ in (
            ("as it should be", "ok", raw),
            ("cut by a byte", "seal broken", raw[:-1]),
            ("in another chart", "seal broken", flip(raw, 20)),
            ("of a later version", "unknown format", b"CKB2" + raw[4:]),
        ):
            case: Case = {"name": f"{size} bytes, {name}", "expect": expect, "size": size}
            cases.append(case | {"key": KEY.secret.hex(), "sealed": bytes_.hex()})
    return cases


def line_bodies() -> list[Case]:
    """Bodies of lines in the first and the third bundle."""
    keys = lines.LineKeys("chartkeep.example/releases", bytes(range(64, 96)))
    cases: list[Case] = []
    for index in (0, 255, 700):
        raw = lines._seal_body(keys.bundle(index // 256), index, PLAIN, NONCE)
        for name, expect, at, bytes_ in (
            ("as it should be", "ok", index, raw),
            ("at another index", "seal broken", index ^ 1, raw),
            ("cut", "seal broken", index, raw[:20]),
            ("of a later version", "unknown format", index, b"CKL2" + raw[4:]),
        ):
            case: Case = {"name": f"line {index} {name}", "expect": expect, "index": at}
            key = keys.bundle(index // 256).secret.hex()
            cases.append(case | {"bundle": index // 256, "key": key, "sealed": bytes_.hex()})
    return cases


def backups() -> list[Case]:
    """One backup for three operators, of whom two open it."""
    operators, sheets = backup.make_operators(2, 3)
    out, texts = io.BytesIO(), [shares.write_share(sheet) for sheet in sheets]
    head = backup.BackupHeader(FACILITY, LEASE_END, operators)
    backup.seal_backup(io.BytesIO(PLAIN), out.write, head)
    raw = out.getvalue()
    named = (
        ("as it should be", "ok", raw),
        ("of another time", "seal broken", flip(raw, 27)),
        ("with a changed key", "seal broken", flip(raw, 100)),
        ("cut", "seal broken", raw[:-1]),
        ("of a later version", "unknown format", b"CKR2" + raw[4:]),
    )
    return [
        {"name": name, "expect": expect, "shares": texts, "sealed": bytes_.hex()}
        for name, expect, bytes_ in named
    ]


def derived() -> list[Case]:
    """Keyed hashes and labels."""
    secret = bytes(range(32))
    search = keyed.SearchKey(secret)
    name = search.keyword_hash("family:sat")
    return [
        {"name": "derive", "expect": keyed.derive(secret, b"chartkeep-blob-1").hex()},
        {"name": "keyed hash", "expect": keyed.keyed_hash(secret, b"ab", b"", b"c").hex()},
        {"name": "keyword hash", "expect": name.hex()},
        {"name": "label", "expect": search.label(name, 3).hex()},
        {"name": "label of a later number", "expect": search.label(name, 256).hex()},
        {"name": "hidden number", "expect": search.hide(3).hex()},
    ]


def dictionary() -> list[Case]:
    """What CKE1 means by its dictionary."""
    digest = sha256(frame.DICTIONARY).hexdigest()
    return [{"name": "dictionary-1.zstd", "expect": digest, "size": len(frame.DICTIONARY)}]


def packs() -> list[Case]:
    """A ward pack and its code; the last character of a code is its check."""
    code = "0123-4567-89AB-CDEF-GHJT"
    key = pack.derive_ward_key(code, bytes(range(16)))
    head = pack.PackHeader(FACILITY, b"P" * 16, LEASE_END, Millis(LEASE_END + 1), "3B 病棟")
    raw = pack._seal(head, PLAIN, key, NONCE)
    named = (
        ("as it should be", "ok", code, raw),
        ("typed in small letters without hyphens", "ok", "o1234567 89abcdefghjt", raw),
        ("a wrong character", "bad input", code.replace("7", "8"), raw),
        ("two characters exchanged", "bad input", code.replace("67", "76"), raw),
        ("another code", "refused", "0000-0000-0000-0000-0000", raw),
        ("of a later version", "unknown format", code, b"CKP2" + raw[4:]),
        ("with fewer rounds", "seal broken", code, raw[:53] + b"\0" + raw[54:]),
        ("of another time", "seal broken", code, flip(raw, 43)),
        ("of another ward", "seal broken", code, flip(raw, 90)),
        ("with another check", "refused", code, flip(raw, 72)),
        ("cut by a byte", "seal broken", code, raw[:-1]),
        ("cut in its front", "seal broken", code, raw[:60]),
    )
    return [
        {"name": name, "expect": expect, "code": typed, "sealed": bytes_.hex()}
        for name, expect, typed, bytes_ in named
    ]


WRITERS: dict[str, Callable[[], list[Case]]] = {
    "chains": chains,
    "blobs": blobs,
    "lines": line_bodies,
    "backups": backups,
    "packs": packs,
    "derived": derived,
    "dictionary": dictionary,
}


def main() -> None:
    """Write each file that does not exist yet."""
    for name, write in WRITERS.items():
        path = FOLDER / f"{name}.json"
        if not path.exists():
            origin = "chartkeep, tests/sealing/write_vectors.py, format version 1"
            path.write_text(json.dumps({"origin": origin, "cases": write()}, indent=1) + "\n")


if __name__ == "__main__":
    main()

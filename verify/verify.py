"""Check a Chartkeep ledger, proof or exposure list with Python 3.11 and `cryptography` alone.

Verified means: by SHA-256 and the verifier keys you give, whoever's they are. See docs/formats.
"""

# ruff: noqa: D102, D103, INP001, T201 - a script to be copied away, read at one go, that prints
import argparse
import base64
import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import sha256, shake_128
from itertools import islice
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FIELDS = ("time", "verb", "person", "session", "instance", "worker", "chart", "sections", "detail")
LINES = {kind: [(name,) for name in FIELDS] for kind in (b"CKV1", b"CKO1")}  # hidden together
LINES[b"CKV2"] = [("time",), ("person",), ("session",), ("instance",), FIELDS[5:]]
TEXTS = {"verb", "person", "instance"}
EXPOSING = {b"release", b"seal_key", b"search", b"labels"}
LIST_HEAD = ["chartkeep-exposure-list@v1", "ask", "window", "range", "left", "right", "checkpoint"]


def demand(truth: object, message: str) -> None:
    if not truth:
        raise ValueError(message)


def unbase64(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    demand(base64.b64encode(raw).decode() == text, "base64 is not canonical")
    return raw


def number(text: str) -> int:
    demand(text.isdecimal() and str(int(text)) == text, "a number is malformed")
    return int(text)


def hash_node(left: bytes, right: bytes) -> bytes:
    demand(len(left) == len(right) == 32, "a proof holds something that is not a hash")
    return sha256(b"\1" + left + right).digest()


class Frontier:
    """A Merkle tree (RFC 6962) fed from left to right, kept as the roots of its full subtrees."""

    def __init__(self, nodes: Iterable[bytes] = ()) -> None:
        self.size, self.peaks = 0, list[bytes]()
        for node in nodes:
            self.push(node)

    def push(self, node: bytes, height: int = 0) -> None:
        at = self.size >> height
        while at & 1:
            node, at = hash_node(self.peaks.pop(), node), at >> 1
        self.peaks.append(node)
        self.size += 1 << height

    def push_spans(self, end: int, hashes: Iterable[bytes]) -> None:
        """Add the largest aligned subtrees that cover size … end."""
        for node in hashes:
            demand(self.size < end, "a range proof is too long")
            aligned = (self.size & -self.size).bit_length() or 64
            self.push(node, min(aligned, (end - self.size).bit_length()) - 1)
        demand(self.size == end, "a range proof is too short")

    def root(self) -> bytes:
        root = self.peaks[-1] if self.peaks else sha256(b"").digest()
        for peak in self.peaks[-2::-1]:
            root = hash_node(peak, root)
        return root


def included_root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Recompute the root from an inclusion proof (RFC 6962 section 2.1.1)."""
    demand(index < size and (size > 1 or not path), "the inclusion proof does not fit")
    if size == 1:
        return leaf
    split = 1 << (size - 1).bit_length() - 1
    if index < split:
        return hash_node(included_root(leaf, index, split, path[:-1]), path[-1])
    return hash_node(path[-1], included_root(leaf, index - split, size - split, path[:-1]))


def parse_key(text: str) -> tuple[str, bytes, int, bytes]:
    name, key_id, material = (*text.split("+", 2), "", "")[:3]
    raw = unbase64(material)
    right_id = sha256(name.encode() + b"\n" + raw).digest()[:4]
    known = name and len(raw) == 33 and raw[0] in {1, 4} and right_id.hex() == key_id
    demand(known, f"{text} is not an Ed25519 verifier key")
    return name, right_id, raw[0], raw[1:]


class Checkpoint:
    """A C2SP checkpoint, signed by the log and by every witness whose key was given."""

    def __init__(self, raw: bytes, args: argparse.Namespace) -> None:
        body, blank, tail = raw.decode().rpartition("\n\n")
        demand(blank and tail.endswith("\n"), "a checkpoint is not a signed note")
        rows = [line.split(" ") for line in tail[:-1].split("\n")]
        signatures = [(name, unbase64(value)) for dash, name, value in rows if dash == "—"]
        self.seen: dict[str, int] = {}
        for name, key_id, kind, public in map(parse_key, (args.key, *args.witness)):
            mine = [raw[4:] for who, raw in signatures if (who, raw[:4]) == (name, key_id)]
            demand(mine, f"the checkpoint is not signed by {name}")
            for value in mine:
                message, start = f"{body}\n".encode(), 0
                if kind == 4:  # a witness signs the time, too (C2SP tlog-cosignature)
                    self.seen[name], start = int.from_bytes(value[:8]), 8
                    message = f"cosignature/v1\ntime {self.seen[name]}\n".encode() + message
                Ed25519PublicKey.from_public_bytes(public).verify(value[start:], message)
        self.origin, size, root, *_ = lines = body.split("\n")
        self.size, self.root = number(size), unbase64(root)
        demand(all(lines) and self.origin == args.key.split("+")[0], "this is another log's")

    def report(self) -> None:
        seen = (f"{name} at {when(1000 * seconds)}" for name, seconds in self.seen.items())
        print(f"  ledger     {self.origin}, {self.size} entries, root {self.root.hex()}")
        print(f"  witnessed  {', '.join(seen) or 'not checked: no witness key was given'}")


def when(millis: int) -> str:
    return datetime.fromtimestamp(min(millis, 253_402_300_799_000) / 1000, UTC).isoformat()


def read_line(raw: bytes) -> tuple[bytes, dict[str, bytes], bool]:
    """Read a line's body or opening (line.md): its ledger entry, the fields shown, if all are."""
    demand(raw[:4] in LINES, "this is neither a line nor an opening of one")
    parts, old, body = LINES[raw[:4]], raw[3:4] == b"1", raw[:4] == b"CKV1"
    mask, at = (0x1FF, 72) if body else (int.from_bytes(raw[4:6]), 6 if old else 7 + raw[6])
    salts = shake_128(raw[4:36] + b"chartkeep-line-1").digest(144)
    clear, bound = b"" if old else raw[7:at], [b"chartkeep-line-" + raw[3:4] + b"\0"]
    shown = {} if old else {"verb": clear}
    for place, names in enumerate(parts):
        salt, start = (salts[16 * place :][:16], at) if body else (raw[at:][:16], at + 20)
        size = raw[36 + 4 * place :][:4] if body else raw[at + 16 : start]
        if mask >> place & 1:
            value = raw[start : (at := start + int.from_bytes(size))]
            bound.append(sha256(salt + (b"" if old else size) + value).digest())
            for name in names[:-1]:  # each after its length
                shown[name], value = value[1:][: value[0]], value[1 + value[0] :]
            shown[names[-1]] = value
        else:
            bound.append(raw[at : (at := at + 32)])
    demand(at == len(raw) and mask < 1 << len(parts), "a line has a wrong length")
    return sha256(b"".join(bound) + clear).digest(), shown, body or len(shown) == 9 > len(parts)


def show(shown: dict[str, bytes]) -> str:
    texts = {name: v.decode() if name in TEXTS else v.hex() for name, v in shown.items() if v}
    texts |= {"time": when(int.from_bytes(shown["time"]))} if "time" in shown else {}
    return " ".join(f"{name}={text}" for name, text in texts.items())


class Folder:
    """A published ledger: for each tile and bundle, its files by width, until they are checked."""

    def __init__(self, root: Path) -> None:
        self.files: dict[str, dict[int, Path]] = {}
        for file in root.rglob("*"):
            base, _, width = file.relative_to(root).as_posix().partition(".p/")
            demand(width != "256", f"{file} is no partial tile")
            if not file.is_dir():
                self.files.setdefault(base, {})[number(width or "256")] = file

    def check(self, level: int | str, index: int, pieces: list[bytes]) -> list[bytes]:
        """Compare a tile, and what older checkpoints left of it; gives its root if it is full."""
        files = self.files.pop(path := tile_path(level, index), {})
        demand(len(pieces) in files, f"{path} is missing")
        for width, file in files.items():
            right = b"".join(pieces[:width]) == file.read_bytes() and width <= len(pieces)
            demand(right, f"{file} does not follow from the entries")
        return [Frontier(pieces).root()] if len(pieces) == 256 and level != "entries" else []


def tile_path(level: int | str, index: int) -> str:
    path = f"{index % 1000:03d}"
    while index := index // 1000:
        path = f"x{index % 1000:03d}/{path}"
    return f"tile/{level}/{path}"


def read_bundle(raw: bytes) -> list[bytes]:
    pieces, at = [], 0
    while at < len(raw):
        pieces.append(raw[at : (at := at + 2 + int.from_bytes(raw[at : at + 2]))])
    demand(at == len(raw), "an entry bundle ends inside an entry")
    return pieces


def verify_ledger(args: argparse.Namespace) -> None:
    folder, tree, row, level = Folder(Path(args.path)), Frontier(), [], 0
    tip = Checkpoint(folder.files.pop("checkpoint")[256].read_bytes(), args)
    old, old_root = args.since and Checkpoint(Path(args.since).read_bytes(), args), tree.root()
    for index in range(-(-tip.size // 256)):
        files = folder.files[tile_path("entries", index)]
        pieces = read_bundle(files[max(files)].read_bytes())
        folder.check("entries", index, pieces)
        leaves = [sha256(b"\0" + piece[2:]).digest() for piece in pieces]
        row += folder.check(0, index, leaves)
        for leaf in leaves:
            tree.push(leaf)
            old_root = tree.root() if old and tree.size == old.size else old_root
    while row:
        level, below, row = level + 1, row, []
        for at in range(0, len(below), 256):
            row += folder.check(level, at // 256, below[at : at + 256])
    demand(not folder.files, f"{', '.join(folder.files)} does not belong to the ledger")
    demand((tree.size, tree.root()) == (tip.size, tip.root), "this is not the checkpoint's ledger")
    follows = not old or (old.size <= tip.size and old.root == old_root)
    demand(follows, "the ledger does not follow from the older checkpoint")
    print("verified: every entry, and every tile, recomputed from the entries")
    print(f"  follows    {f'the checkpoint of {old.size} entries' if old else 'not asked'}")
    tip.report()


def verify_proof(args: argparse.Namespace) -> None:
    head, _, note = Path(args.path).read_bytes().partition(b"\n\n")
    first, *lines = head.decode("ascii").split("\n")
    demand(first == "c2sp.org/tlog-proof@v1", "this is not a proof file")
    extra = unbase64(lines.pop(0)[6:]) if lines[0].startswith("extra ") else b""
    entry, shown, _ = read_line(extra) if extra[:4] in LINES else (extra, {}, False)
    tip, index = Checkpoint(note, args), number(lines[0].removeprefix("index "))
    leaf, path = sha256(b"\0" + entry).digest(), list(map(unbase64, lines[1:]))
    demand(included_root(leaf, index, tip.size, path) == tip.root, "the entry is not in the ledger")
    print(f"verified: this is entry {index}\n  shown      {show(shown) or entry.hex()}")
    tip.report()


class Exposure:
    """An exposure list; what is checked stands in exposure-list.md."""

    def __init__(self, source: Iterator[bytes], args: argparse.Namespace) -> None:
        rows = [line.decode("ascii")[:-1].split(" ") for line in islice(source, 7)]
        demand([row[0] for row in rows] == LIST_HEAD, "this is not an exposure list")
        (_, self.field, value), *pairs, left, right, (_, count) = rows[1:]
        self.value, self.latest = unbase64(value), 0
        (self.since, self.until), (self.start, self.end) = (map(number, p[1:]) for p in pairs)
        self.tip = Checkpoint(b"".join(islice(source, number(count))), args)
        inside = self.start < self.end or self.tip.size == 0
        demand(inside and self.field in FIELDS[2:5], "the list's head is malformed")
        self.counts = {"listed": 0, "gaps": 0, "excluded": 0}
        (tree := Frontier()).push_spans(self.start, map(unbase64, left[1:]))
        for index in range(self.start, self.end):
            entry, text = self.take(index, next(source, b""))
            tree.push(sha256(b"\0" + entry).digest())
            if args.lines and text:
                print(text)
        tree.push_spans(self.tip.size, map(unbase64, right[1:]))
        demand(tree.root() == self.tip.root, "the records are not what the ledger holds")
        last = f"end {' '.join(map(str, self.counts.values()))}\n".encode()
        demand(list(source) == [last], "the list's end does not fit its records")

    def take(self, index: int, record: bytes) -> tuple[bytes, str]:
        entry, shown, whole = read_line(unbase64(record[2:-1].decode("ascii")))
        # What is not shown never excludes a line.
        time = int.from_bytes(shown["time"]) if "time" in shown else self.latest
        early, late = ("time" in shown and x for x in (time < self.since, time >= self.until))
        other = shown.get(self.field, self.value) != self.value
        gap = shown.get("verb", b"gap") == b"gap"
        listed = not (early or late or other or gap) and shown["verb"] in EXPOSING
        fits = whole == (listed or gap) and record[:2] + record[-1:] == b"XW"[whole:][:1] + b" \n"
        demand(fits, f"line {index} is not shown as its place in the answer demands")
        demand(time >= self.latest, f"line {index} is earlier than one before it")
        demand(early or not index == self.start > 0, "the list begins inside the window")
        demand(late or not index == self.end - 1 < self.tip.size - 1, "it ends inside the window")
        place = "listed" if listed else "gaps" if gap and not early else "excluded"
        self.counts[place], self.latest = self.counts[place] + 1, time
        return entry, "" if place == "excluded" else f"  {index:>10} {place} {show(shown)}"


def verify_exposure(args: argparse.Namespace) -> None:
    with Path(args.path).open("rb") as source:
        found = Exposure(source, args)
    print(f"verified: the whole exposure of {show({found.field: found.value})}")
    print(f"  window     {when(found.since)} to {when(found.until)}")
    print(f"  range      {found.start} to {found.end - 1} of {found.tip.size}, none missing")
    print(f"  found      {', '.join(f'{count} {place}' for place, count in found.counts.items())}")
    found.tip.report()


if __name__ == "__main__":
    CHECKS = {"ledger": verify_ledger, "proof": verify_proof, "exposure": verify_exposure}
    parser = argparse.ArgumentParser(description="Check what a Chartkeep ledger says of itself.")
    parser.add_argument("what", choices=CHECKS)
    parser.add_argument("path", help="a published folder, a .tlog-proof file, an exposure list")
    parser.add_argument("--key", required=True, help="the log's verifier key")
    parser.add_argument("--witness", action="append", default=[], help="who must have cosigned")
    parser.add_argument("--since", help="an older checkpoint the ledger must follow")
    parser.add_argument("--lines", action="store_true", help="print the lines of an exposure")
    arguments = parser.parse_args()
    try:
        CHECKS[arguments.what](arguments)
    except (InvalidSignature, OSError, ValueError, LookupError) as error:
        sys.exit(f"REFUSED: {str(error) or 'a signature is wrong'}")

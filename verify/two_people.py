"""What two people agreed to in a case, checked against the house's ledger; for `verify_bag.py`.

Lies beside it. An agreement is a line of the ledger `releases` in which the keyholder says that two
people, each in a session of their own, vouched for the entry of an event (line.md, case.md).
"""

# ruff: noqa: D102, D103, INP001, T201 - to be copied away, read at one go, prints
import base64
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519

Event = dict[str, Any]


def demand(truth: object, message: str) -> None:
    if not truth:
        raise ValueError(message)


def unbase64(text: str) -> bytes:
    raw = base64.b64decode(text, validate=True)
    demand(base64.b64encode(raw).decode() == text, "base64 is not canonical")
    return raw


class Key(NamedTuple):
    """A C2SP verifier key of type Ed25519."""

    name: str
    public: bytes

    @property
    def ident(self) -> bytes:
        return sha256(self.name.encode() + b"\n\1" + self.public).digest()[:4]

    @classmethod
    def parse(cls, text: str) -> "Key":
        name, ident, material = (*text.split("+", 2), "", "")[:3]
        raw = unbase64(material)
        key = cls(name, raw[1:])
        right = len(raw) == 33 and raw[0] == 1 and key.ident.hex() == ident
        demand(right, "the key is not an Ed25519 verifier key")
        return key

    def open(self, note: bytes, what: str) -> list[str]:
        """Give the lines of a signed note this key signed."""
        body, blank, tail = note.decode().rpartition("\n\n")
        demand(blank, f"the {what} is not a signed note")
        rows = [line.split(" ") for line in tail.rstrip("\n").split("\n")]
        mine = [unbase64(row[2]) for row in rows if len(row) == 3 and row[1] == self.name]
        values = [raw[4:] for raw in mine if raw[:4] == self.ident]
        demand(values, f"the {what} is not signed by {self.name}")
        public = ed25519.Ed25519PublicKey.from_public_bytes(self.public)
        for value in values:
            public.verify(value, f"{body}\n".encode())
        return body.split("\n")


class Lines:
    """Reads bytes from left to right."""

    def __init__(self, raw: bytes) -> None:
        self.raw, self.at = raw, 0

    def take(self, size: int) -> bytes:
        self.at += size
        demand(self.at <= len(self.raw), "a line is cut short")
        return self.raw[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")


def read_line(raw: bytes) -> tuple[bytes, bytes, str, bytes]:
    """Read a whole line of the house's ledger: its entry, verb, person, detail (line.md)."""
    body = Lines(raw)
    demand(body.take(6) == b"CKV2\0\x1f", "it shows no whole line of a known version")
    verb, parts = body.take(body.number(1)), list[bytes]()
    for _ in range(5):
        salt, size = body.take(16), body.take(4)
        parts.append(salt + size + body.take(int.from_bytes(size, "big")))
    demand(body.at == len(raw), "a line is followed by something")
    hidden = b"".join(sha256(part).digest() for part in parts)
    rest = Lines(parts[4][20:])
    for _ in range(3):
        rest.take(rest.number(1))  # worker, chart, sections
    entry = sha256(b"chartkeep-line-2\0" + hidden + verb).digest()
    return entry, verb, parts[1][20:].decode(), rest.raw[rest.at :]


def root_from(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """Compute the root from an inclusion proof (RFC 9162 section 2.1.3.2)."""
    demand(index < size, "the proof is of no line")
    at, last = index, size - 1
    for each in path:
        demand(last, "the proof is too long")
        if at & 1 or at == last:
            leaf = sha256(b"\1" + each + leaf).digest()
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            leaf = sha256(b"\1" + leaf + each).digest()
        at, last = at >> 1, last >> 1
    demand(not last, "the proof is too short")
    return leaf


def check_agreement(proof: bytes, entry: bytes, house: Key) -> set[str]:
    """Check that the house's ledger has two people's yes to an entry; gives who."""
    head, _, tip = proof.partition(b"\n\n")
    first, extra, index, *path = head.decode("ascii").split("\n")
    demand(first == "c2sp.org/tlog-proof@v1" and extra[:6] == "extra ", "it is no proof of a line")
    mine, verb, person, detail = read_line(unbase64(extra[6:]))
    rows = house.open(tip, "ledger's head")
    demand(rows[0] == house.name and index[:6] == "index ", "it is of another ledger")
    leaf, hashes = sha256(b"\0" + mine).digest(), [unbase64(each) for each in path]
    root = root_from(leaf, int(index[6:]), int(rows[1]), hashes)
    demand(root == unbase64(rows[2]), "the line is not in the ledger")
    told = Lines(detail)  # MessagePack: [["Vouch", entry], second, …]
    is_vouch = told.take(1)[0] >> 4 == 9 and told.take(9) == b"\x92\xa5Vouch\xc4\x20"
    demand(
        verb == b"act" and is_vouch and told.take(32) == entry, "the line agrees to nothing here"
    )
    kind = told.number(1)
    demand(kind >> 5 == 5 or kind == 0xD9, "the line names no second person")
    second = told.take(told.number(1) if kind == 0xD9 else kind & 31).decode()
    demand(second and second != person, "the line names no second person")
    return {person, second}


def check_agreements(
    entries: list[bytes], events: list[Event], read: Callable[[str], bytes], house: Key | None
) -> list[int]:
    """Check what says that two people agreed; gives the numbers of what does not hold."""
    gone = {each["supersedes"] for each in events}
    standing = [each for each in events if each["number"] not in gone]
    agreed, wrong = dict[int, set[str]](), list[int]()
    for each in (each for each in standing if each["what"]["kind"] == "agreed"):
        number, to, said = each["number"], each["what"]["to"], set(each["what"]["people"])
        if house is None:
            print(f"  agreed     event {to}, says event {number}: not checked, give --house")
            continue
        try:
            demand(0 < to < len(entries), "there is no such event")
            demand(each["evidence"], "it has no proof")
            people = check_agreement(read(each["evidence"][0]), entries[to], house)
            demand(people == said, f"the ledger names {' and '.join(sorted(people))}")
        except (InvalidSignature, ValueError, LookupError, TypeError) as error:
            wrong.append(number)
            why = str(error) or "a signature is wrong"
            print(f"  FORGED     event {number}, to event {to}: {why}")
        else:
            agreed[to] = people
            print(f"verified: {' and '.join(sorted(people))} agreed to event {to}")
    for number, why in alone(events, standing, agreed):
        print(f"  one word   event {number}: {why}")
    return wrong


def alone(
    events: list[Event], standing: list[Event], agreed: dict[int, set[str]]
) -> Iterator[tuple[int, str]]:
    """Name what takes two people, or may, and has one person's word."""
    by_number = {each["number"]: each for each in events}
    for each in standing:
        number, what = each["number"], each["what"]
        before = by_number.get(each["supersedes"], {"what": {}})["what"]
        kind, people = what["kind"], agreed.get(number, set())
        if kind == "decision" and what["second"] and what["second"] not in people:
            yield number, f"{what['second']} is said to have decided too"
        if kind == "closed" and not people:
            yield number, "the case is over"
        if kind == "known" and not people:
            yield number, f"{'' if what['holds'] else 'not '}{what['fact']}"
        moment = {"aware": "when", "clock": "met"}.get(kind, "")
        if moment and not people and before and later(before[moment], what[moment]):
            yield number, f"a later moment than event {each['supersedes']} said"
        name = what["what"].removeprefix("the name of ") if kind == "handed" else ""
        if name.startswith("p-") and not any(name in found(by_number, to) for to in agreed):
            yield number, f"the name of {name} was opened"


def later(before: int | None, now: int | None) -> bool:
    return before is not None and (now is None or now > before)


def found(events: dict[int, Event], number: int) -> str:
    return str(events.get(number, {"what": {}})["what"].get("says", ""))

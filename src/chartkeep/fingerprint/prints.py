"""Prints: what a deposit writes of a chart so that rows of a leak can be matched, and no value.

    gathered = Gathered(key)
    gathered.take("Patient", body, ident, time)
    raw = encode(gathered.prints())

Every value becomes a digest of 8 bytes (`keys.digest`) under a key writers have: whoever opens
prints without it reads nothing, and tries nothing. Pure.
"""

import hmac
from collections.abc import Callable, Iterable
from functools import partial
from hashlib import blake2b
from typing import Annotated, Any, Final, Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from chartkeep.errors import DamagedError
from chartkeep.fingerprint import charting
from chartkeep.fingerprint.keys import DIGEST_BYTES, Field, LookUp, digest
from chartkeep.fingerprint.numbers import SHORTEST, fold_number
from chartkeep.fingerprint.person import Reading, compared, look_ups
from chartkeep.model import PRINTED_SECTIONS, Section

FORMAT: Final = "chartkeep-fingerprints-1"
PRINTED: Final = frozenset({"Patient", *charting.NUMBERED, charting.MEASURED, *charting.HOLDING})
"""Types of resources that prints are made of."""
SYSTEM_BYTES: Final = 4
VOUCHER_BYTES: Final = 16
END: Final = 1_000 << 32
"""Before this time (ms) a Patient was written: seconds since 1970 in 32 bits."""
_ITEM: Final = 1 + DIGEST_BYTES
_OWN: Final = SYSTEM_BYTES + _ITEM
_KINDS: Final = frozenset(LookUp)
_FIELDS: Final = frozenset(Field)
_SECTIONS: Final = frozenset(PRINTED_SECTIONS)


class Told(NamedTuple):
    """Who somebody is, digested: what they are found by, and what they are compared by."""

    found: frozenset[tuple[LookUp, bytes]]
    held: tuple[tuple[Field, bytes], ...]


class Record(NamedTuple):
    """A number only our record has, digested; a long one finds its chart by itself."""

    digest: bytes
    is_long: bool


class Filed(NamedTuple):
    """A file, or a picture's pixels, digested, and in which section it lies."""

    digest: bytes
    section: Section


class Person(msgspec.Struct, frozen=True, array_like=True):
    """One version of a Patient: items of fixed width, one behind another.

    `found` and `held`: kind (1 byte), digest. `own`: digest of the system a hospital's number
    stands under (4 bytes), whether it is long (1), digest of the number.
    """

    time: Annotated[int, msgspec.Meta(ge=0, lt=END)]
    found: bytes
    held: bytes
    own: bytes

    def told(self) -> Told:
        """Read who it is."""
        found = frozenset((LookUp(kind), each) for kind, each in _items(self.found))
        return Told(found, tuple((Field(kind), each) for kind, each in _items(self.held)))

    def numbers(self) -> list[tuple[bytes, Record]]:
        """Give the numbers a hospital gives its own, each behind its system's digest."""
        parts = (self.own[at : at + _OWN] for at in range(0, len(self.own), _OWN))
        return [
            (each[:SYSTEM_BYTES], Record(each[SYSTEM_BYTES + 1 :], bool(each[SYSTEM_BYTES])))
            for each in parts
        ]


class Prints(msgspec.Struct, frozen=True, array_like=True):
    """What one deposit says.

    `records`: long or not (1 byte), digest. `facts`: digests. `files`: section (1 byte), digest.
    `covers`: the lines of `records` it was made of, when a desk made it afterwards and gave its
    `voucher`; empty: of the lines right before its own.
    """

    format: Literal["chartkeep-fingerprints-1"]
    people: list[Person]
    records: bytes
    facts: bytes
    files: bytes
    covers: list[int] = []
    voucher: bytes = b""

    def numbers(self) -> list[Record]:
        """Give the numbers of visits, studies and reports."""
        return [Record(each, bool(kind)) for kind, each in _items(self.records)]

    def results(self) -> list[bytes]:
        """Give the digests of results with their minute."""
        ends = range(0, len(self.facts), DIGEST_BYTES)
        return [self.facts[at : at + DIGEST_BYTES] for at in ends]

    def filed(self) -> list[Filed]:
        """Give the files that lie beside or in what was deposited, and the pixels of pictures."""
        return [Filed(each, Section(code)) for code, each in _items(self.files)]


class Gathered:
    """Gathers what some resources of one chart say."""

    def __init__(self, key: bytes) -> None:
        self._digest = partial(digest, key=key)
        self._people: list[Person] = []
        self._records: dict[bytes, None] = {}
        self._facts: dict[bytes, None] = {}
        self._files: dict[bytes, None] = {}

    def take(self, kind: str, body: dict[str, Any], ident: str, time: int) -> None:
        """Take one resource in; of an empty body that it says nothing any more."""
        if kind == "Patient":
            self._people.append(self._person(body, time))
        elif kind in charting.NUMBERED:
            numbers = [*charting.record_numbers(body), fold_number(ident)]
            self._records |= dict.fromkeys(self._record(each) for each in numbers)
        elif kind == charting.MEASURED:
            facts = (self._digest(each) for each in charting.results(body))
            self._facts |= dict.fromkeys(facts)

    def take_files(self, sums: Iterable[bytes], section: Section) -> None:
        """Take in by which sums files are known again, and where they lie."""
        digests = (bytes((section,)) + self._digest(each.hex()) for each in sums)
        self._files |= dict.fromkeys(digests)

    def prints(self) -> Prints:
        """Give what was gathered."""
        records, facts, files = map(b"".join, (self._records, self._facts, self._files))
        return Prints(FORMAT, self._people, records, facts, files)

    def _person(self, body: dict[str, Any], time: int) -> Person:
        told = told_of(charting.read_patient(body), self._digest)
        own = [
            self._digest(system)[:SYSTEM_BYTES] + self._record(number)
            for system, number in charting.own_numbers(body)
        ]
        found = b"".join(bytes((kind,)) + each for kind, each in sorted(told.found))
        held = b"".join(bytes((field,)) + each for field, each in told.held)
        return Person(time, found, held, b"".join(dict.fromkeys(own)))

    def _record(self, number: str) -> bytes:
        return bytes((len(number) >= SHORTEST,)) + self._digest(number)


def told_of(reading: Reading, digests: Callable[[str], bytes]) -> Told:
    """Digest a reading."""
    found = frozenset((kind, digests(each)) for kind, each in look_ups(reading))
    return Told(found, tuple((field, digests(each)) for field, each in compared(reading)))


def encode(prints: Prints) -> bytes:
    """Write prints."""
    return msgspec.msgpack.encode(prints)


def decode(raw: bytes) -> Prints:
    """Read prints. Raises DamagedError."""
    try:
        found = msgspec.msgpack.decode(raw, type=Prints)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedError("prints open and are of no version known here") from error
    widths = [(found.records, _ITEM), (found.facts, DIGEST_BYTES), (found.files, _ITEM)]
    if not _SECTIONS.issuperset(found.files[::_ITEM]):
        raise DamagedError("prints open and say what is not known here")
    for each in found.people:
        widths += [(each.found, _ITEM), (each.held, _ITEM), (each.own, _OWN)]
        if not (_KINDS.issuperset(each.found[::_ITEM]) and _FIELDS.issuperset(each.held[::_ITEM])):
            raise DamagedError("prints open and say what is not known here")
    if any(len(part) % width for part, width in widths):
        raise DamagedError("prints open and are cut short")
    return found


def vouched(prints: Prints, chart: bytes, secret: bytes) -> Prints:
    """Vouch for prints that a desk made of others' deposits."""
    return replace(prints, voucher=_voucher(prints, chart, secret))


def is_vouched(prints: Prints, chart: bytes, secret: bytes) -> bool:
    """Say whether a desk vouches for them, of this very chart."""
    return hmac.compare_digest(prints.voucher, _voucher(prints, chart, secret))


def _voucher(prints: Prints, chart: bytes, secret: bytes) -> bytes:
    bare = encode(replace(prints, voucher=b""))
    return blake2b(chart + bare, digest_size=VOUCHER_BYTES, key=secret).digest()


def _items(raw: bytes) -> list[tuple[int, bytes]]:
    return [(raw[at], raw[at + 1 : at + _ITEM]) for at in range(0, len(raw), _ITEM)]

"""Small ledgers for tests of the vault: lines with objects that are theirs."""

from hashlib import sha256

from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.proofs import Frontier
from chartkeep.recovery.place import Place
from chartkeep.recovery.segment import Built, Ledger, SegmentName, Taken, build
from chartkeep.store.records import RecordType, line_of
from tests.recovery.place_contract import NOW


def chart(number: int) -> bytes:
    return sha256(b"chart %d" % number).digest()[:16]


def taken(number: int, charts: int = 3) -> Taken:
    """Make the n-th line of an invented ledger; every seventh has lost its object."""
    words = b"object %d " % number * (number % 5 + 1)
    line = line_of(RecordType.ENTRY, words)
    if number % 7 == 6:
        return Taken(1, line, chart(number % charts), None)
    beside = b"picture %d" % number if number % 5 == 4 else b""
    return Taken(2, line, chart(number % charts), words, beside)


def frontier(end: int, charts: int = 3) -> Frontier:
    made = Frontier()
    made.push_leaves([hash_leaf(taken(at, charts).line) for at in range(end)])
    return made


def segment(first: int, end: int, charts: int = 3) -> Built:
    """Make the segment `first … end` of the invented ledger, with a note that is none."""
    lines = [taken(at, charts) for at in range(first, end)]
    note = b"checkpoint of %d lines\n" % end
    return build(Ledger.RECORDS, first, lines, note, frontier(end, charts).peaks)


def keep(place: Place, first: int, end: int, charts: int = 3) -> SegmentName:
    built = segment(first, end, charts)
    place.put(built.name.text(), built.parts, NOW)
    return built.name

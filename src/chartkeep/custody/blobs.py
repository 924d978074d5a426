"""Blobs on the way out: ranges of them, opened under keys a release gave, while its lease runs.

Nothing here asks the keyholder: whoever has an entry open was given its key, its blob is under the
same one, and a range touches only the chunks it lies in. What is missing, cut, changed or of
another entry is an error that names the blob and its entry.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from io import BytesIO
from typing import NamedTuple, Protocol

from chartkeep.custody.envelope import Blob
from chartkeep.custody.house import House
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import (
    DamagedError,
    NotFoundError,
    SealBrokenError,
    StaleError,
    UnavailableError,
)
from chartkeep.model import ChartId, KeyId, Millis, to_id, to_text
from chartkeep.sealing.blob import BLOB_HEAD, BlobReader, Span, read_blob_header, span_of
from chartkeep.sealing.keys import SectionKey

PIECE = 1 << 20
"""Bytes of a long blob that are in memory at a time."""
MOST_AT_ONCE = 8 << 20
MOST_ASKED = 24 << 20
"""Sealed bytes the store is asked for at a time."""
MOST_RANGES = 4_000


class Leased(Protocol):
    """What has keys until its lease ends: a `charts.Held`, a `release.Opened`."""

    @property
    def lease_end(self) -> Millis:
        """Say until when."""

    @property
    def keys(self) -> Mapping[KeyId, SectionKey]:
        """Give the keys its entries with blobs are under."""


class Proof:
    """Whether a chart stands as it was when it was opened: what is read of it tells."""

    def __init__(self, newest: int) -> None:
        self._newest = newest
        self.holds = False

    def hear(self, newest: int) -> None:
        """Hear the chart's newest line. Raises StaleError when it is another one.

        Once it held, what was looked at is of that moment: a chart that goes on being written to
        breaks off no transfer.
        """
        self.holds = self.holds or newest == self._newest
        self.check()

    def check(self) -> None:
        """Raise StaleError unless the proof holds: nothing may be shown before."""
        if not self.holds:
            raise StaleError("the chart may have changed", hint="look at it again")


class Recalled(NamedTuple):
    """What a session has open, of a chart nobody has asked after: reading it hears the proof."""

    lease_end: Millis
    keys: Mapping[KeyId, SectionKey]
    proof: Proof


class Range(NamedTuple):
    """Bytes of an entry's blob; the whole of it by default, fewer at its end."""

    entry: OpenedEntry
    start: int = 0
    length: int = 1 << 62


def blob_of(entry: OpenedEntry) -> Blob:
    """Give the blob an entry names. Raises NotFoundError when it names none."""
    if entry.envelope.blob is None:
        raise NotFoundError(f"entry {to_text(entry.header.entry_id)} has no blob")
    return entry.envelope.blob


def read_blob(
    leased: Leased, entry: OpenedEntry, house: House, start: int = 0, length: int = 1 << 62
) -> bytes:
    """Read a range of an entry's blob; without start and length the whole, into memory.

    Raises DamagedError naming what is wrong, UnavailableError when the lease has ended,
    BadInputError for a range that begins outside.
    """
    return read_blobs(leased, [Range(entry, start, length)], house)[0]


def read_blobs(leased: Leased, ranges: Sequence[Range], house: House) -> list[bytes]:
    """Read ranges of blobs of one chart, asking the store as seldom as it answers.

    All of it is in memory. Raises as `read_blob`; then none is given. Raises StaleError where what
    was recalled is not the newest.
    """
    _check_lease(leased, house)
    cut = [_cut(each) for each in ranges]
    wanted = [piece for pieces in cut for piece in pieces]
    found: list[bytes] = []
    while len(found) < len(wanted):
        asked = wanted[len(found) :]
        found += _read(leased, asked[: _fitting(asked)], house)
    parts = iter(found)
    return [b"".join([next(parts) for _ in pieces]) for pieces in cut]


def stream_blob(
    entry: OpenedEntry,
    lease: Callable[[], Leased],
    house: House,
    start: int = 0,
    length: int = 1 << 62,
) -> Generator[bytes]:
    """Give a range of a blob of any length in pieces, the whole by default.

    `lease` opens the entry's section, or gives it as it is open: it is asked at the beginning and
    whenever a lease has ended meanwhile, so that a slow reader is a line every few minutes, and a
    freeze ends it. Raises as `read_blob`, in the middle too: what was given before is true.
    """
    end = min(start + length, blob_of(entry).size)
    leased = lease()
    while True:
        if leased.lease_end <= house.clock():
            leased = lease()
        # Pieces end where a piece of the whole ends, so no chunk is read twice.
        until = min(end, (start // PIECE + 1) * PIECE)
        yield read_blob(leased, entry, house, start, until - start)
        start = until
        if start >= end:
            return


class _Wanted:
    """A range, and the sealed bytes it lies in."""

    def __init__(self, asked: Range) -> None:
        self.asked = asked
        self.blob = blob_of(asked.entry)
        self.span = span_of(self.blob.size, asked.start, asked.length)

    def spans(self) -> list[Span]:
        """Say what is read: the blob's head, and the range's chunks behind or apart from it."""
        if self.span.offset == BLOB_HEAD:
            return [Span(0, BLOB_HEAD + self.span.length)]
        return [Span(0, BLOB_HEAD), self.span]

    def open(self, parts: Sequence[memoryview], leased: Leased) -> bytes:
        """Open what was read."""
        if sum(map(len, parts)) != sum(span.length for span in self.spans()):
            raise DamagedError(f"{self._name()} is missing or cut short")
        head, key_id = bytes(parts[0][:BLOB_HEAD]), self.asked.entry.header.key_id
        self._check_place(head)
        if key_id not in leased.keys:
            raise DamagedError(f"{self._name()} has no key here")
        reader = BlobReader(head, leased.keys[key_id], self.blob.size)
        sealed = parts[1] if len(parts) > 1 else parts[0][BLOB_HEAD:]
        return reader.open(sealed, self.asked.start, self.asked.length)

    def _check_place(self, head: bytes) -> None:
        """Refuse what is no blob, or another one than the entry's."""
        mine = self.asked.entry.header
        try:
            there = read_blob_header(BytesIO(head))
        except DamagedError as error:
            raise SealBrokenError(f"{self._name()} does not open: {error}") from error
        wanted = (mine.facility, mine.chart, mine.section, mine.key_id, to_id(self.blob.id))
        if (there.facility, there.chart, there.section, there.key_id, there.blob_id) != wanted:
            raise SealBrokenError(f"another one lies in the place of {self._name()}")

    def _name(self) -> str:
        return f"blob {self.blob.id} of entry {to_text(self.asked.entry.header.entry_id)}"


def _cut(asked: Range) -> list[_Wanted]:
    """Cut a range into what the store gives at a time."""
    entry, start, length = asked
    end = min(start + length, blob_of(entry).size)
    starts = range(start, end, MOST_AT_ONCE) or [start]
    return [_Wanted(Range(entry, at, min(length, MOST_AT_ONCE, end - at))) for at in starts]


def _read(leased: Leased, wanted: list[_Wanted], house: House) -> list[bytes]:
    """Read what fits into one answer of the store."""
    spans = [(each, span) for each in wanted for span in each.spans()]
    asked = [(to_id(each.blob.id), *span) for each, span in spans]
    parts = _ask(leased, wanted[0].asked.entry.header.chart, asked, house)
    if len(parts) != len(asked):
        raise DamagedError("the store answered something else", hint="are both of one version?")
    rest = iter(parts)
    try:
        return [each.open([next(rest) for _ in each.spans()], leased) for each in wanted]
    except DamagedError:
        house.store.doubt(wanted[0].asked.entry.header.chart)
        raise


def _ask(
    leased: Leased, chart: ChartId, asked: list[tuple[bytes, int, int]], house: House
) -> list[memoryview]:
    if not isinstance(leased, Recalled):
        return house.store.read_blobs(chart, asked)
    found = house.store.read_blobs_now(chart, asked)
    leased.proof.hear(found.newest)
    return found.parts


def _fitting(wanted: list[_Wanted]) -> int:
    """Count the ranges one answer has room for: one at least."""
    room, count = MOST_ASKED, 0
    for each in wanted[:MOST_RANGES]:
        room -= sum(span.length for span in each.spans())
        if room < 0 and count:
            break
        count += 1
    return count


def _check_lease(leased: Leased, house: House) -> None:
    if leased.lease_end <= house.clock():
        raise UnavailableError("what was open is open no more", hint="open it again")

"""Segments: a run of a ledger's lines with everything behind them (docs/formats/segment.md).

Promises that what is read has the form the page says, in pieces of bounded size. Proves nothing:
an object is true when it is its line's, and a line when the tree of all lines has the signed root.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from functools import cached_property
from hashlib import sha256
from itertools import groupby
from struct import Struct
from typing import Final, NamedTuple, Self

from chartkeep.errors import BadInputError, DamagedError, UnknownFormatError
from chartkeep.ledger.hashing import HASH_BYTES, split_hashes
from chartkeep.recovery.place import Shelf

MAGIC: Final = b"CKG1"
LINE_BYTES: Final = 1 + HASH_BYTES
PIECE: Final = 1 << 20
MAX_WORDS: Final = 256 << 20
NO_CHART: Final = bytes(16)
HEAD: Final = Struct(">4sB3xQQ")
ROW: Final = Struct(">16sQQ")
TRAILER: Final = Struct(">QQI4s")
_OBJECT: Final = Struct(">QBII")
_NAME: Final = re.compile(
    r"(records|releases)/[0-9a-f]{12}/([0-9a-f]{16})-([0-9a-f]{16})-([0-9a-f]{64})"
)
_PAGE: Final = 256
"""Rows of the directory that are read at once while one chart is looked for."""


class Ledger(IntEnum):
    """Which of the two ledgers a segment is of."""

    RECORDS = 1
    RELEASES = 2

    @property
    def word(self) -> str:
        """Give the word its names begin with."""
        return self.name.lower()


class Object(NamedTuple):
    """What stands behind line `at`: its words, and a short blob's sealed bytes beside them."""

    at: int
    type: int
    words: bytes
    beside: bytes = b""


class Taken(NamedTuple):
    """A line on its way into a segment; `words` None where it has no object any more."""

    type: int
    line: bytes
    chart: bytes
    words: bytes | None
    beside: bytes = b""


class Row(NamedTuple):
    """Where a chart's objects lie in a segment."""

    chart: bytes
    offset: int
    length: int


class SegmentName(NamedTuple):
    """A segment's name: which lines it has, and its SHA-256 in hex."""

    ledger: Ledger
    first: int
    end: int
    digest: str

    def text(self) -> str:
        """Write the name."""
        run = f"{self.first:016x}-{self.end:016x}-{self.digest}"
        return f"{self.ledger.word}/{self.first >> 16:012x}/{run}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a name. Raises BadInputError if it is none."""
        found = _NAME.fullmatch(text)
        if not found:
            raise BadInputError("this is no segment's name")
        word, first, end, digest = found.groups()
        name = cls(Ledger[word.upper()], int(first, 16), int(end, 16), digest)
        if name.text() != text or name.end <= name.first:
            raise BadInputError("this is no segment's name")
        return name


class Built(NamedTuple):
    """A segment that is not kept yet, whole in memory."""

    name: SegmentName
    parts: list[bytes]


def build(
    ledger: Ledger, first: int, taken: Sequence[Taken], note: bytes, peaks: Sequence[bytes]
) -> Built:
    """Make a segment of the lines from `first` on, with the checkpoint that vouches for them."""
    end = first + len(taken)
    lines = b"".join(bytes((each.type,)) + each.line for each in taken)
    parts = [HEAD.pack(MAGIC, ledger, first, end) + lines]
    rows: list[Row] = []
    offset = len(parts[0])
    there = [(each.chart, at) for at, each in enumerate(taken) if each.words is not None]
    for chart, group in groupby(sorted(there), key=lambda each: each[0]):
        objects = b"".join(_frame(first + at, taken[at]) for _, at in group)
        rows.append(Row(chart, offset, len(objects)))
        parts.append(objects)
        offset += len(objects)
    parts.append(b"".join(ROW.pack(*row) for row in rows))
    parts.append(ending(offset, len(rows), note, peaks))
    return Built(SegmentName(ledger, first, end, digest_of(parts)), parts)


def ending(directory: int, charts: int, note: bytes, peaks: Sequence[bytes]) -> bytes:
    """Write what comes after a directory that begins at an offset and has so many charts."""
    return b"".join((note, *peaks, TRAILER.pack(directory, charts, len(note), MAGIC)))


def digest_of(parts: Iterable[bytes]) -> str:
    """Hash parts to the digest a name ends in."""
    digest = sha256()
    for part in parts:
        digest.update(part)
    return digest.hexdigest()


def _frame(index: int, taken: Taken) -> bytes:
    words = taken.words or b""
    head = _OBJECT.pack(index, taken.type, len(words), len(taken.beside))
    return b"".join((head, words, taken.beside))


class Pieces:
    """Bytes `start … end` of an object of a shelf, read one after another in pieces."""

    def __init__(self, shelf: Shelf, name: str, start: int, end: int) -> None:
        self._shelf, self._name = shelf, name
        self._at, self._end = start, end
        self._held = memoryview(b"")

    @property
    def left(self) -> int:
        """Count the bytes that were not taken yet."""
        return self._end - self._at + len(self._held)

    def some(self, most: int = PIECE) -> memoryview:
        """Take some of the next bytes: at least one, at most `most`, none at the end."""
        if not self._held and self._at < self._end:
            piece = self._shelf.read(self._name, self._at, min(PIECE, self._end - self._at))
            if not piece:
                raise DamagedError("a segment is cut short")
            self._at += len(piece)
            self._held = memoryview(piece)
        some, self._held = self._held[:most], self._held[most:]
        return some

    def take(self, count: int) -> bytes:
        """Take the next `count` bytes. Raises DamagedError where there are fewer."""
        if count <= len(self._held):  # mostly
            taken, self._held = self._held[:count], self._held[count:]
            return bytes(taken)
        if count > self.left:
            raise DamagedError("a segment is cut short")
        parts = []
        while count:
            parts.append(self.some(count))
            count -= len(parts[-1])
        return b"".join(parts)


class Segment:
    """A segment on a shelf; only its ends are read before something is asked for."""

    def __init__(self, shelf: Shelf, name: SegmentName) -> None:
        self._shelf = shelf
        self.name = name
        self._text = name.text()

    @cached_property
    def _trailer(self) -> tuple[int, int, int]:
        """Read both ends: where the directory begins, its charts, where the checkpoint begins.

        Raises UnknownFormatError, or DamagedError if the two ends do not fit each other.
        """
        head = self._shelf.read(self._text, 0, HEAD.size)
        size = self._shelf.size(self._text)
        tail = self._shelf.read(self._text, max(0, size - TRAILER.size), TRAILER.size)
        if head[:4] != MAGIC or tail[-4:] != MAGIC:
            raise UnknownFormatError("this is no segment of a version known here")
        directory, charts, note, _ = TRAILER.unpack(tail)
        begin = directory + charts * ROW.size
        peaks = self.name.end.bit_count() * HASH_BYTES
        whole = begin + note + peaks + TRAILER.size == size
        if HEAD.unpack(head)[1:] != self.name[:3] or not whole or directory < self._lines_end:
            raise DamagedError("a segment is not what its name says")
        return directory, charts, begin

    @property
    def _lines_end(self) -> int:
        return HEAD.size + (self.name.end - self.name.first) * LINE_BYTES

    @cached_property
    def note(self) -> bytes:
        """Give the signed checkpoint that vouched for it; of as many lines or, at first, more."""
        begin, end = self._ends()
        return self._shelf.read(self._text, begin, end - begin)

    @cached_property
    def peaks(self) -> list[bytes]:
        """Give the peaks of the tree of `name.end` lines, the largest first."""
        _, begin = self._ends()
        count = self.name.end.bit_count() * HASH_BYTES
        return split_hashes(self._shelf.read(self._text, begin, count))

    def _ends(self) -> tuple[int, int]:
        """Give where the checkpoint begins and where it ends."""
        _, _, begin = self._trailer
        size = self._shelf.size(self._text)
        return begin, size - TRAILER.size - self.name.end.bit_count() * HASH_BYTES

    def lines(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give type and line of each line, in order, from index `start` on (or its first)."""
        begin = HEAD.size + max(0, start - self.name.first) * LINE_BYTES
        pieces = Pieces(self._shelf, self._text, begin, self._lines_end)
        while pieces.left:
            block = pieces.take(min(pieces.left, 16_384 * LINE_BYTES))
            for at in range(0, len(block), LINE_BYTES):
                yield block[at], block[at + 1 : at + LINE_BYTES]

    def line_pieces(self) -> Pieces:
        """Give the bytes of all lines."""
        _ = self._trailer
        return Pieces(self._shelf, self._text, HEAD.size, self._lines_end)

    def object_pieces(self) -> Pieces:
        """Give the bytes of all objects, in the order of the directory."""
        return Pieces(self._shelf, self._text, self._lines_end, self._trailer[0])

    def directory(self) -> Iterator[Row]:
        """Give where each chart's objects lie, in the order of charts."""
        begin, _, end = self._trailer
        pieces = Pieces(self._shelf, self._text, begin, end)
        while pieces.left:
            block = pieces.take(min(pieces.left, 8_192 * ROW.size))
            yield from map(Row._make, ROW.iter_unpack(block))

    @property
    def charts(self) -> int:
        """Count the charts that have objects here."""
        return self._trailer[1]

    def find(self, chart: bytes) -> Row | None:
        """Find one chart's row: a bisection of the directory, a few KiB read at a time."""
        begin, charts, _ = self._trailer
        low, high = 0, charts
        while high - low > _PAGE:
            middle = (low + high) // 2
            row = Row(
                *ROW.unpack(self._shelf.read(self._text, begin + middle * ROW.size, ROW.size))
            )
            low, high = (low, middle) if chart < row.chart else (middle, high)
        block = self._shelf.read(self._text, begin + low * ROW.size, (high - low) * ROW.size)
        rows = [Row(*each) for each in ROW.iter_unpack(block)]
        at = bisect_left(rows, chart, key=lambda row: row.chart)
        return rows[at] if at < len(rows) and rows[at].chart == chart else None

    def objects(self, row: Row | None = None) -> Iterator[Object]:
        """Give the objects of one chart by index or, without a row, all by chart and index."""
        pieces = self.object_pieces()
        if row is not None:
            pieces = Pieces(self._shelf, self._text, row.offset, row.offset + row.length)
        while pieces.left:
            index, kind, words, beside = _OBJECT.unpack(pieces.take(_OBJECT.size))
            if not self.name.first <= index < self.name.end or words + beside > MAX_WORDS:
                raise DamagedError("a segment holds an object of another one")
            yield Object(index, kind, pieces.take(words), pieces.take(beside))

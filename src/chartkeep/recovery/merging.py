"""Merging neighbouring segments into one that says the same, sorted by chart.

A restore then finds one chart by one bisection a segment, however many segments were pulled.
Streams: sixteen segments of any size take a few MiB. Judges nothing: what is merged was proved
when it was taken, and `recovery.vault.tidying` compares the result with what it came from.
"""

from collections.abc import Iterable, Iterator, Sequence
from heapq import merge as merge_sorted
from itertools import groupby, pairwise
from typing import NamedTuple

from chartkeep.errors import DamagedError
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.segment import (
    HEAD,
    LINE_BYTES,
    MAGIC,
    PIECE,
    ROW,
    Pieces,
    Segment,
    SegmentName,
    digest_of,
    ending,
)


class Merged(NamedTuple):
    """A merged segment that is not kept yet; `Merge.parts` gives its bytes, each time anew."""

    name: SegmentName
    merge: "Merge"


def merge(shelf: Shelf, names: Sequence[SegmentName]) -> Merged:
    """Merge neighbours, in order. Reads all of them once, to name the result by its digest.

    Raises DamagedError if one does not follow the one before.
    """
    for one, other in pairwise(names):
        if one.end != other.first or one.ledger != other.ledger:
            raise DamagedError("these segments are no neighbours")
    merging = Merge(shelf, names)
    ledger, first, end = names[0].ledger, names[0].first, names[-1].end
    return Merged(SegmentName(ledger, first, end, digest_of(merging.parts())), merging)


class Merge:
    """The bytes of a merged segment, in parts of about a MiB."""

    def __init__(self, shelf: Shelf, names: Sequence[SegmentName]) -> None:
        self._segments = [Segment(shelf, name) for name in names]

    def parts(self) -> Iterator[bytes]:
        """Give the bytes from the beginning."""
        return _gathered(self._parts())

    def _parts(self) -> Iterator[bytes | memoryview]:
        one, last = self._segments[0].name, self._segments[-1]
        yield HEAD.pack(MAGIC, one.ledger, one.first, last.name.end)
        for segment in self._segments:
            yield from _all(segment.line_pieces())
        sources = [segment.object_pieces() for segment in self._segments]
        for _, length, source in self._rows():
            yield from _all(sources[source], length)
        begin = HEAD.size + (last.name.end - one.first) * LINE_BYTES
        offset, charts = begin, 0
        for chart, rows in groupby(self._rows(), key=lambda row: row[0]):
            length = sum(row[1] for row in rows)
            yield ROW.pack(chart, offset, length)
            offset, charts = offset + length, charts + 1
        yield ending(offset, charts, last.note, last.peaks)

    def _rows(self) -> Iterator[tuple[bytes, int, int]]:
        """Give (chart, length, which segment) of all directories, by chart and segment."""
        streams = [_numbered(segment, at) for at, segment in enumerate(self._segments)]
        return merge_sorted(*streams, key=lambda row: (row[0], row[2]))


def _numbered(segment: Segment, at: int) -> Iterator[tuple[bytes, int, int]]:
    """Give a directory's rows; objects lie in its order, without gaps, or it is damaged."""
    offset = -1
    for row in segment.directory():
        if offset not in (-1, row.offset):
            raise DamagedError("a segment's directory has a gap")
        offset = row.offset + row.length
        yield row.chart, row.length, at


def _all(pieces: Pieces, count: int = -1) -> Iterator[memoryview]:
    """Give the next `count` bytes, or all that are left."""
    count = pieces.left if count < 0 else count
    while count:
        some = pieces.some(count)
        if not some:
            raise DamagedError("a segment is cut short")
        count -= len(some)
        yield some


def _gathered(parts: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Join small parts into ones of about a MiB."""
    held: list[bytes | memoryview] = []
    size = 0
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= PIECE:
            yield b"".join(held)
            held, size = [], 0
    yield b"".join(held)

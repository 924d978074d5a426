"""What a vault holds of one ledger, as a restore reads it: the newest cover of all lines.

What a restore needs, and how much it costs:

* every line in order: `Archive.lines`, 33 bytes a line, streaming;
* all objects of one chart: `Archive.chart`, one bisection and one range a segment;
* everything once, as fast as the disk: `Archive.objects`, by segment, in it by chart and index.

A reader proves what it read: an object is its line's (`store.records.line_of`), the lines give the
root of a checkpoint (`recovery.reading.checkpoints`). Memory is bounded: nothing here grows with
the vault but the list of segments, a few hundred names. Short blobs ride in `Object.beside`; long
ones lie under `blob_name(digest)` and are read in ranges.
"""

from collections.abc import Collection, Iterator
from hashlib import sha256

from chartkeep.errors import BadInputError
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.segment import Ledger, Object, Segment, SegmentName

SHORT_BLOB = 256 << 10
"""Sealed files of at most so many bytes ride in a segment, beside their line's object."""


def cover(shelf: Shelf, ledger: Ledger, without: Collection[str] = ()) -> list[SegmentName]:
    """Choose the segments that together have every line from 0 on, each once, in order.

    `without`: names that are damaged; what they were merged from is chosen where it is still there.
    A gap ends the cover: see `missing`.
    """
    chosen: list[SegmentName] = []
    best: SegmentName | None = None
    end = 0
    for name in segment_names(shelf, ledger):
        if name.text() in without:
            continue
        if best is not None and name.first != best.first and name.first >= best.end:
            chosen.append(best)
            end, best = best.end, None
        if name.first == end and (best is None or name.end > best.end):
            best = name
    if best is not None:
        chosen.append(best)
    return chosen


def segment_names(shelf: Shelf, ledger: Ledger) -> Iterator[SegmentName]:
    """Give the names of all segments of a ledger, by their first lines; others are passed over."""
    for text in shelf.names(f"{ledger.word}/"):
        try:
            yield SegmentName.parse(text)
        except BadInputError:
            continue


def blob_name(digest: bytes) -> str:
    """Name a long blob's sealed file by its SHA-256."""
    return f"blobs/{digest.hex()[:2]}/{digest.hex()}"


def head_name(ledger: Ledger, size: int, note: bytes) -> str:
    """Name a cosigned checkpoint."""
    return f"heads/{ledger.word}/{size:016x}-{sha256(note).hexdigest()}"


class Archive:
    """One ledger in a vault."""

    def __init__(self, shelf: Shelf, ledger: Ledger, without: Collection[str] = ()) -> None:
        """Choose a cover; a vault that grows meanwhile is seen as it was."""
        self.shelf, self.ledger = shelf, ledger
        self.segments = [Segment(shelf, name) for name in cover(shelf, ledger, without)]

    @property
    def size(self) -> int:
        """Count the lines that are there without a gap."""
        return self.segments[-1].name.end if self.segments else 0

    def heads(self) -> Iterator[bytes]:
        """Give the cosigned checkpoints that were kept, the newest first."""
        names = sorted(self.shelf.names(f"heads/{self.ledger.word}/"), reverse=True)
        return (self.shelf.read(name) for name in names)

    def beyond(self) -> Iterator[SegmentName]:
        """Give segments that lie behind a gap: something is missing before them."""
        return (n for n in segment_names(self.shelf, self.ledger) if n.first > self.size)

    def lines(self, start: int = 0) -> Iterator[tuple[int, bytes]]:
        """Give type and line of every line, in order, from an index on."""
        for segment in self.segments:
            if segment.name.end > start:
                yield from segment.lines(start)

    def chart(self, chart: bytes) -> Iterator[Object]:
        """Give all objects of one chart by index: every version, wraps, labels, short blobs."""
        for segment in self.segments:
            row = segment.find(chart)
            if row is not None:
                yield from segment.objects(row)

    def objects(self) -> Iterator[Object]:
        """Give every object once: segment by segment, in each by chart and then by index."""
        for segment in self.segments:
            yield from segment.objects()

"""Reading a vault's segments past whatever is damaged in them.

What cannot be read is left out, and whoever asked knows by what did not come. Proves checkpoints;
objects are proved by who takes them.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import chain

from chartkeep.errors import ChartkeepError
from chartkeep.ledger.checkpoint import Opened, open_checkpoint
from chartkeep.ledger.note import VerifierKey
from chartkeep.ledger.proofs import Frontier, push_spans
from chartkeep.ledger.tiles import ReadTile
from chartkeep.ledger.tree import Tree
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.segment import Object, Row, Segment

SCANNED = 100
"""To look a chart up costs as much as to pass over so many rows of a directory."""


def pieces_of(segment: Segment) -> Iterator[Object]:
    """Give a segment's objects as they lie and, where they do not follow, chart by chart.

    What cannot be read is left out; what comes twice is the same.
    """
    try:
        yield from segment.objects()
    except ChartkeepError:
        yield from pieces_by_chart(segment)


def pieces_by_chart(segment: Segment) -> Iterator[Object]:
    """Give a segment's objects by its directory, past charts that cannot be read."""
    with suppress(ChartkeepError):
        for row in segment.directory():
            with suppress(ChartkeepError):
                yield from segment.objects(row)


def rows_of(segment: Segment, charts: frozenset[bytes]) -> Iterator[Row]:
    """Find where some charts' objects lie: by one look through a directory, or one at a time."""
    with suppress(ChartkeepError):
        if segment.charts > SCANNED * len(charts):
            found = (segment.find(chart) for chart in sorted(charts))
            yield from (row for row in found if row is not None)
        else:
            yield from (row for row in segment.directory() if row.chart in charts)


def root_of(size: int, peaks: list[bytes]) -> bytes:
    """Fold peaks to the root of a tree of `size` lines."""
    frontier = Frontier()
    push_spans(frontier, size, peaks)
    return frontier.root()


def checkpoints(archive: Archive, log: VerifierKey, by: Sequence[VerifierKey] = ()) -> list[Opened]:
    """List the checkpoints that all these keys signed, the longest first; others are left out."""
    found: list[Opened] = []
    for raw in chain(archive.heads(), (segment.note for segment in archive.segments)):
        with suppress(ChartkeepError):
            found.append(open_checkpoint(raw, log, by))
    return sorted(found, key=lambda opened: opened.checkpoint.size, reverse=True)


def newest_proved(found: Iterable[Opened], read_tile: ReadTile, size: int) -> Opened | None:
    """Find the first checkpoint that lines up to `size` prove; None where there is none."""
    for opened in found:
        seen = opened.checkpoint
        with suppress(ChartkeepError):
            if 0 < seen.size <= size and Tree.load(seen.size, read_tile).root() == seen.root:
                return opened
    return None

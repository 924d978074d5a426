"""The book in memory, for tests and for trying rules out: the same answers, gone with the process.

It promises what `sqlite` promises except to survive.
"""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from chartkeep.ledger.tiles import Tile
from chartkeep.model import UNTOLD, FacilityId, Section
from chartkeep.sealing.entry import cut_header
from chartkeep.store.book import (
    MAX_PAGE,
    MAX_PAGE_BYTES,
    PULL_BYTES,
    Facts,
    Place,
    Plan,
    Question,
    Tally,
)
from chartkeep.store.protocol import Found, Gone, Head, Read, Record
from chartkeep.store.records import RecordType, Row, read_labels


class MemoryBook:
    """Rows in a list, and dictionaries to find them."""

    def __init__(self, facility: FacilityId, origin: str) -> None:
        self.facility, self.origin = facility, origin
        self._lock = threading.RLock()
        self._rows: list[Row] = []
        self._charts: dict[bytes, list[int]] = {}
        self._heads: dict[bytes, int] = {}
        self._wraps: dict[tuple[bytes, bytes], int] = {}
        self._labels: dict[bytes, bytes] = {}
        self._tiles: dict[tuple[int, int], bytes] = {}
        self._shreds: dict[bytes, None] = {}
        self._tally = Tally(0, 0, 0)
        self._note = ""
        self.touched = False

    def reader(self) -> "MemoryBook":
        """Give itself: one lock serves all threads."""
        return self

    @contextmanager
    def group(self) -> Iterator[None]:
        """Hold readers off until the group is whole."""
        with self._lock:
            yield

    def facts(self, question: Question) -> Facts:
        """Look up what a commit names."""
        chart, keys, entries, labels = question
        wraps = {key: self._rows[self._wraps[chart, key]] for key in keys
                 if (chart, key) in self._wraps}  # fmt: skip
        heads = {entry: self._rows[self._heads[entry]] for entry in entries if entry in self._heads}
        return Facts(
            chart in self._charts,
            chart in self._shreds,
            {key: (row.at, row.object or b"") for key, row in wraps.items()},
            {
                entry: Place(row.chart, row.version, row.at, row.line)
                for entry, row in heads.items()
            },
            {label: self._labels[label] for label in labels if label in self._labels},
        )

    def _of(self, chart: bytes, *types: RecordType) -> list[Row]:
        found = [self._rows[at] for at in self._charts.get(chart, [])]
        return [row for row in found if row.type in types]

    def label_lines(self, chart: bytes) -> list[tuple[int, list[bytes]]]:
        """Give the lines that name a chart's labels, with the labels of each."""
        rows = self._of(chart, RecordType.LABELS, RecordType.UNLABEL)
        return [(row.at, read_labels(row.object)[1]) for row in rows if row.object]

    def wrap_lines(self, chart: bytes) -> list[int]:
        """Give the lines of a chart's present wraps."""
        return [row.at for row in self._present_wraps(chart)]

    def _present_wraps(self, chart: bytes) -> list[Row]:
        rows = self._of(chart, RecordType.WRAP, RecordType.REWRAP)
        return [row for row in rows if row.replaced is None and row.object is not None]

    def append(self, plan: Plan) -> None:
        """Do what a plan says."""
        for new, old in plan.replaced:
            self._rows[old] = self._rows[old]._replace(replaced=new)
        for row in plan.rows:
            self._keep(row)
        for at in plan.dropped:
            self._rows[at] = self._rows[at]._replace(object=None)
        self._labels.update(plan.labels)
        for label in plan.unlabel:
            self._labels.pop(label, None)
        self._tally = Tally(*map(sum, zip(self._tally, plan.tally, strict=True)))

    def _keep(self, row: Row) -> None:
        assert row.at == len(self._rows), "lines come in order"
        self._rows.append(row)
        self._charts.setdefault(row.chart, []).append(row.at)
        if row.entry is not None:
            self._heads[row.entry] = row.at
        if row.type in {RecordType.WRAP, RecordType.REWRAP}:
            self._wraps[row.chart, row.key or b""] = row.at
        if row.type == RecordType.SHRED:
            self._shreds[row.chart] = None

    def keep_tiles(self, tiles: Sequence[Tile]) -> None:
        """Keep full tiles."""
        self._tiles.update({(tile.level, tile.index): tile.hashes for tile in tiles})

    def keep_note(self, note: str) -> None:
        """Keep the newest signed checkpoint."""
        self._note = note

    def scrub(self) -> None:
        """Nothing is copied anywhere."""

    def chart_lines(self, chart: bytes) -> list[int]:
        """Give the newest lines of a chart, a page of them at most."""
        with self._lock:
            return self._charts.get(chart, [])[: -MAX_PAGE - 1 : -1]

    def heads(self, entries: Sequence[bytes]) -> list[Head]:
        """Tell where each entry id stands, at which version, with which content hash."""
        with self._lock:
            return [self._head(entry) for entry in entries]

    def _head(self, entry: bytes) -> Head:
        row = self._rows[self._heads[entry]] if entry in self._heads else None
        if row is None or row.type != RecordType.ENTRY:
            return Head(b"", 0, 0, "", b"")
        return Head(row.chart, row.section, row.version, row.kind or "", row.content or b"")

    def page(self, read: Read) -> Found:
        """Give a page of a chart's entries, oldest first, with the wraps they need."""
        with self._lock:
            rows = [row for row in self._of(read.chart, RecordType.ENTRY) if _wanted(row, read)]
            limit = min(read.limit, MAX_PAGE) if read.limit > 0 else MAX_PAGE
            kept, room = rows[:limit], MAX_PAGE_BYTES
            for count, row in enumerate(kept):
                room -= len(row.object or b"")
                if room < 0 and count:
                    kept = kept[:count]
                    break
            return self._found(kept, kept[-1].at if len(kept) < len(rows) else 0)

    def _found(self, rows: list[Row], more: int) -> Found:
        keys = dict.fromkeys((row.chart, row.key or b"") for row in rows)
        wraps = [self.wrap(*key) for key in keys]
        entries = [row.object for row in rows if row.object is not None]
        return Found([wrap for wrap in wraps if wrap], entries, more)

    def newest(self, chart: bytes) -> int:
        """Give the index of a chart's newest line, journal and inbox aside; -1 for none."""
        with self._lock:
            lines = self._charts.get(chart, [])
            told = (at for at in reversed(lines) if self._rows[at].section not in UNTOLD)
            return next(told, -1)

    def kinds(self, charts: Sequence[bytes], sections: Sequence[int]) -> list[str]:
        """Tell of which types the current entries of these charts' sections are, each once."""
        with self._lock:
            return sorted({
                row.kind or "" for chart in charts for row in self._of(chart, RecordType.ENTRY)
                if row.section in sections and row.replaced is None
            })  # fmt: skip

    def faces(self, charts: Sequence[bytes]) -> Found:
        """Give the current face entries of many charts with their wraps."""
        with self._lock:
            rows = [row for chart in dict.fromkeys(charts)
                    for row in self._of(chart, RecordType.ENTRY)
                    if row.section == Section.FACE and row.replaced is None]  # fmt: skip
            return self._found(rows, 0)

    def wraps(self, chart: bytes) -> list[bytes]:
        """Give every present wrap of a chart."""
        with self._lock:
            return [row.object or b"" for row in self._present_wraps(chart)]

    def wrap(self, chart: bytes, key: bytes) -> bytes:
        """Give the present wrap of one key, or empty bytes."""
        with self._lock:
            at = self._wraps.get((chart, key))
            return b"" if at is None else self._rows[at].object or b""

    def charts(self, labels: Sequence[bytes]) -> list[bytes]:
        """Tell which chart stands under each label, empty bytes for none."""
        with self._lock:
            return [self._labels.get(label, b"") for label in labels]

    def shreds(self) -> list[bytes]:
        """List the shredded charts."""
        with self._lock:
            return list(self._shreds)

    def blob(self, chart: bytes, blob: bytes) -> bytes:
        """Give the object of a kept blob, or empty bytes."""
        with self._lock:
            at = self._heads.get(blob)
            row = None if at is None else self._rows[at]
            fits = row is not None and (row.type, row.chart) == (RecordType.BLOB, chart)
            return (row.object or b"") if row is not None and fits else b""

    def rows(self, start: int, limit: int) -> Iterator[Row]:
        """Give rows in the order of their lines."""
        with self._lock:
            return iter(self._rows[start : start + limit])

    def records(
        self, start: int, limit: int, *, bare: bool = False
    ) -> tuple[list[Record], list[Gone]]:
        """Give objects in the order of their lines, 8 MiB at a time, and those that are gone."""
        with self._lock:
            rows: list[Row] = []
            room = PULL_BYTES
            for row in self._rows[start : start + limit]:
                rows.append(row._replace(content=None, object=None) if bare else row)
                room -= len(row.object or b"")
                if room < 0:
                    break
            shreds = {row.chart: row.at for row in self._rows if row.type == RecordType.SHRED}
            gone = [
                Gone(row.at, row.line, row.chart, row.key or b"", why)
                for row in rows
                if row.object is None
                for why in [shreds.get(row.chart, -1) if row.replaced is None else row.replaced]
            ]
            return [(row.type, row.content, row.object) for row in rows], gone

    def headers(self, chart: bytes, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Give clear headers of entries with their lines, of one chart or, empty, of all."""
        with self._lock:
            found = [
                (row.at, cut_header(row.object))
                for row in self._rows[start:]
                if row.type == RecordType.ENTRY and row.object and chart in (b"", row.chart)
            ]
        return found[:limit]

    def lines(self, start: int, limit: int) -> list[bytes]:
        """Give lines in order."""
        return [row.line for row in self.rows(start, limit)]

    def tile(self, level: int, place: int) -> bytes:
        """Give a full tile, or empty bytes."""
        with self._lock:
            return self._tiles.get((level, place), b"")

    def tiles(self) -> Iterator[Tile]:
        """Give every full tile."""
        with self._lock:
            return iter([Tile(*key, hashes) for key, hashes in sorted(self._tiles.items())])

    def labels(self) -> Iterator[tuple[bytes, bytes]]:
        """Give every (label, chart) that stands."""
        with self._lock:
            return iter(list(self._labels.items()))

    def tally(self) -> Tally:
        """Tell how much there is."""
        with self._lock:
            return self._tally

    def size(self) -> int:
        """Count the lines."""
        with self._lock:
            return len(self._rows)

    def note(self) -> str:
        """Give the newest signed checkpoint, or an empty text."""
        return self._note

    def view(self) -> int | None:
        """Show the present."""
        return None

    def damage(self) -> list[str]:
        """Memory has no pages to check."""
        return []

    def close(self) -> None:
        """Nothing is held."""


def _wanted(row: Row, read: Read) -> bool:
    return (
        row.at > max(read.after, 0)
        and (read.history or row.replaced is None)
        and (not read.sections or row.section in read.sections)
        and (not read.kinds or row.kind in read.kinds)
        and (not read.entries or row.entry in read.entries)
    )

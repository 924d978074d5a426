"""The rows of a leak as the doors' arithmetic needs them: one a chart, with its version windows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.fingerprint.keys import Field
from chartkeep.incident.trace.doors.openings import Bits, Numbers, Spans
from chartkeep.incident.trace.found import Evidence
from chartkeep.ledger.line import section_mask
from chartkeep.model import ChartId, Millis

FIELDS = (
    Field.NAME, Field.BIRTH, Field.PHONE, Field.NUMBER, Field.ADDRESS, Field.STREET,
    Field.POSTCODE, Field.CITY,
)  # fmt: skip
"""Fields that tell a version; a bit each, in this order."""
CERTAIN = 0.99
"""The posterior from which a row counts as a chart's."""


class Leak(NamedTuple):
    """Rows numbered from 0: `chart` and `need` (sections) have one element a row.

    `of`, `start`, `end` are the spans of their windows, seconds; a row without one may be of any
    time before `posted`. `marked`: for doors whose mark was found, the chance that it stands there
    by accident. `fields`: which of the site's leaked fields agreed, bits for each row; None: all.
    """

    chart: Numbers
    need: Bits
    of: Numbers
    start: Numbers
    end: Numbers
    posted: int
    marked: Mapping[int, float] = {}
    fields: Numbers | None = None

    @property
    def size(self) -> int:
        """The number of rows."""
        return self.chart.size

    def spans(self) -> Spans:
        """Write what is asked of each row: who opened its chart while it stood so."""
        bare = np.setdiff1d(np.arange(self.size), self.of)
        of = np.concatenate([self.of, bare])
        start = np.concatenate([self.start, np.zeros(bare.size, np.int64)])
        end = np.concatenate([self.end, np.full(bare.size, self.posted)])
        order = np.argsort(of, kind="stable")
        of = of[order]
        ends = np.minimum(end[order], self.posted)
        return Spans(of, self.chart[of], start[order], ends, self.need[of])

    def windows(self) -> list[list[tuple[Millis, Millis]]]:
        """Give each row's spans, as `find_moment` takes them."""
        windows: list[list[tuple[Millis, Millis]]] = [[] for _ in range(self.size)]
        for row, start, end in zip(self.of, self.start, self.end, strict=True):
            windows[row].append((Millis(int(start) * 1000), Millis(int(end) * 1000)))
        return windows

    def pick(self, rows: NDArray[np.int64]) -> "Leak":
        """Keep some rows (sorted, each once), numbered anew."""
        kept = np.isin(self.of, rows)
        of = np.searchsorted(rows, self.of[kept])
        fields = None if self.fields is None else self.fields[rows]
        more = (self.start[kept], self.end[kept], self.posted, self.marked, fields)
        return Leak(self.chart[rows], self.need[rows], of, *more)


def gather(
    evidence: Iterable[Evidence],
    numbers: Mapping[ChartId, int],
    posted: Millis,
    marked: Mapping[int, float] | None = None,
) -> Leak:
    """Make a leak of the matcher's rows.

    Rows that may be another's, or of a chart without a number, are left out. A chart that comes in
    several rows counts once, by its narrowest window: copies of one row prove nothing new.
    """
    best: dict[ChartId, Evidence] = {}
    for each in evidence:
        there = best.get(each.chart)
        if each.posterior < CERTAIN or each.chart not in numbers:
            continue
        if there is None or _width(each.window) < _width(there.window):
            best[each.chart] = each
    rows = [best[chart] for chart in sorted(best)]
    spans = [
        (row, start // 1000, -(-end // 1000))
        for row, each in enumerate(rows)
        for start, end in each.window
    ]
    flat = np.array(spans, np.int64).reshape(-1, 3)
    return Leak(
        np.array([numbers[each.chart] for each in rows], np.int64),
        np.array([section_mask([each.section]) for each in rows], np.uint8),
        *(flat[:, 0], flat[:, 1], flat[:, 2]),
        posted // 1000,
        marked or {},
        np.array([_bits(each.fields) for each in rows], np.int64),
    )


def _bits(fields: Sequence[str]) -> int:
    return sum(1 << bit for bit, field in enumerate(FIELDS) if field.name.lower() in fields)


def _width(window: Sequence[tuple[Millis, Millis]]) -> int:
    return sum(end - start for start, end in window) if window else 1 << 62

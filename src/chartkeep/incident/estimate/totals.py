"""What a pass over the ledger adds up to, by chart: ways, first and last time, whose, which ward.

A hit is one number: chart, line, and what it means. Sorted, the hits of a chart lie together in
the order of the ledger, so that each chart is reached for once a stretch. Five dozen bytes a chart
of all there are. Pure.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.estimate.estimate import How
from chartkeep.incident.estimate.stretch import LINE_BITS

Column = NDArray[Any]
MEANING_BITS: Final = 32 - LINE_BITS
_NEVER: Final = 1 << 62
_HALF: Final = np.uint64(32)
_BY_LEDGER: Final = [way for way in How if way is not How.POSTED]
PLACES: Final[dict[How, tuple[int, int]]] = {
    way: divmod(number, 2) for number, way in enumerate(_BY_LEDGER)
}
"""Of each way a line tells its column of masks, and which half of it."""


def mask_of(sections: Column, way: How) -> Column:
    """Put sections as bits where a way has them in its column."""
    return sections << np.uint64(32 * PLACES[way][1])


class Sums(NamedTuple):
    """Charts, each once: masks for a column, suspects as bits, first and last time.

    `lines`: where each was first opened; None for what could have been opened all the time.
    """

    place: int
    charts: Column
    masks: Column
    by: Column
    first: Column
    last: Column
    lines: Column | None = None


def write_hits(charts: Column, rows: Column, meanings: Column) -> Column:
    """Write rows of a stretch as hits; `meanings` below 1 << MEANING_BITS."""
    lines = rows.astype(np.uint64) << np.uint64(MEANING_BITS)
    return charts.astype(np.uint64) << _HALF | lines | meanings


def add_up(
    hits: Column, masks: Column, by: Column, times: Column, place: int
) -> tuple[Sums, Column]:
    """Add up the hits of a stretch; `masks`, `by` of each meaning, `times` of each row.

    Gives the first row of each chart beside them.
    """
    hits.sort()
    charts = hits >> _HALF
    starts = np.flatnonzero(charts[1:] != charts[:-1]) + 1
    starts = np.concatenate(([0], starts))
    ends = np.append(starts[1:], len(hits)) - 1
    meanings = hits & np.uint64((1 << MEANING_BITS) - 1)
    rows = (hits >> np.uint64(MEANING_BITS) & np.uint64((1 << LINE_BITS) - 1)).astype(np.int64)
    first = rows[starts]
    sums = Sums(
        place, charts[starts].astype(np.int64),
        np.bitwise_or.reduceat(masks[meanings], starts),
        np.bitwise_or.reduceat(by[meanings], starts),
        times[first], times[rows[ends]],
    )  # fmt: skip
    return sums, first


class Told(NamedTuple):
    """Of some charts: sections as bits for each way, first and last time, suspects as bits."""

    masks: dict[How, Column]
    first: Column
    last: Column
    by: Column


class Totals:
    """The charts met so far; index 0 is no chart. Zeros: a chart not met costs no memory."""

    def __init__(self, charts: int) -> None:
        self._masks = [np.zeros(charts + 1, np.uint64) for _ in range(-(-len(PLACES) // 2))]
        self._by = np.zeros(charts + 1, np.uint64)
        self._early = np.zeros(charts + 1, np.int64)  # how long before never
        self._last = np.zeros(charts + 1, np.int64)
        self._soon = np.zeros(charts + 1, np.int64)

    def add(self, sums: Sums) -> None:
        """Add what a stretch says, in the order of the ledger."""
        charts = sums.charts
        self._masks[sums.place][charts] |= sums.masks
        self._by[charts] |= sums.by
        self._raise(self._early, charts, _NEVER - sums.first)
        self._raise(self._last, charts, sums.last)
        if sums.lines is not None:
            self._raise(self._soon, charts, _NEVER - sums.lines)

    @staticmethod
    def _raise(known: Column, charts: Column, values: Column) -> None:
        known[charts] = np.maximum(known[charts], values)

    def met(self) -> Column:
        """Give the codes of all charts met."""
        return np.flatnonzero(self._early)

    def of(self, charts: Column) -> Told:
        """Give what is known of some charts."""
        masks = {way: np.zeros(len(charts), np.uint32) for way in How}
        for way, (place, half) in PLACES.items():
            if self._masks[place].any():
                told = self._masks[place][charts] >> np.uint64(32 * half)
                masks[way] = told.astype(np.uint32)
        return Told(masks, _NEVER - self._early[charts], self._last[charts], self._by[charts])

    def wards(self, charts: Column, placed: Column) -> Column:
        """Say where patients lay when first opened, or last of all who was only in reach.

        `placed`: (line, chart, ward) of each placement, in the order of the ledger.
        """
        if not len(placed):
            return np.zeros(len(charts), np.uint32)
        order = np.argsort(placed[:, 1], kind="stable")
        line, chart, ward = placed[order].T
        opened = self._soon[charts]
        before = np.where(opened > 0, _NEVER - opened, (1 << 32) - 1)
        at = np.searchsorted(chart << 32 | line, charts << 32 | before) - 1
        return np.where((at >= 0) & (chart[at] == charts), ward[at], 0).astype(np.uint32)

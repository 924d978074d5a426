"""What a run over the ledger adds up to, by chart: ways, first and last time, whose, which ward.

Arrays over all charts there are, 44 bytes a chart; a block's rows are grouped before they are
added, so that each chart is touched once a block. Pure.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.estimate.estimate import How

Column = NDArray[Any]
_NEVER = np.iinfo(np.int64).max
_NOWHERE = np.uint32(0xFFFFFFFF)


class Totals:
    """The charts met so far; index 0 is no chart."""

    def __init__(self, charts: int) -> None:
        count = charts + 1
        self.masks = {way: np.zeros(count, np.uint32) for way in How}
        self.first = np.full(count, _NEVER, np.int64)
        self.last = np.full(count, -1, np.int64)
        self.by = np.zeros(count, np.uint64)
        self.wards = np.full(count, _NOWHERE, np.uint32)
        self._lies = np.zeros(count, np.uint32)

    def add(self, charts: Column, times: Column, ways: dict[How, Column], number: int) -> None:
        """Add a suspect's rows, in order of time: charts' codes, and sections for each way."""
        if not len(charts):
            return
        rows = np.arange(len(charts), dtype=np.uint64)
        sorted_ = np.sort(charts.astype(np.uint64) << np.uint64(32) | rows)
        order = (sorted_ & np.uint64(0xFFFFFFFF)).astype(np.int64)
        charts = (sorted_ >> np.uint64(32)).astype(np.int64)
        starts = np.flatnonzero(np.diff(charts, prepend=-1))
        ends = np.append(starts[1:], len(charts)) - 1
        found = charts[starts]
        for way, masks in ways.items():
            self.masks[way][found] |= np.bitwise_or.reduceat(masks[order], starts).astype(np.uint32)
        self.first[found] = np.minimum(self.first[found], times[order[starts]])
        self.last[found] = np.maximum(self.last[found], times[order[ends]])
        self.by[found] |= np.uint64(1 << number)

    def lie(self, rows: Column, charts: Column, placed: Column) -> None:
        """Say where patients lay when first met.

        `rows` of `charts` in a block, in order; and its placements (row, chart, ward).
        """
        if len(charts):
            found, at = np.unique(charts, return_index=True)
            new = self.wards[found] == _NOWHERE
            found, at = found[new], rows[at[new]]
            self.wards[found] = self._lies[found]
            for chart, ward in _last_before(placed, found, at):
                self.wards[chart] = ward
        self.move(placed)

    def move(self, placed: Column) -> None:
        """Move patients as placements say: the last one holds."""
        if len(placed):
            charts, at = np.unique(placed[::-1, 1], return_index=True)
            self._lies[charts] = placed[::-1, 2][at]

    def met(self) -> Column:
        """Give the codes of all charts met; who was only in reach lies where he lay last."""
        met = np.flatnonzero(self.last >= 0)
        met = met[met > 0]
        unknown = met[self.wards[met] == _NOWHERE]
        self.wards[unknown] = self._lies[unknown]
        return met


def _last_before(placed: Column, charts: Column, rows: Column) -> list[tuple[int, int]]:
    """Find of each chart its last placement in the block before its row, if it has one."""
    there = np.isin(placed[:, 1], charts)
    place = dict(zip(charts.tolist(), rows.tolist(), strict=True)) if there.any() else {}
    before = [(chart, ward) for row, chart, ward in placed[there].tolist() if row < place[chart]]
    return list(dict(before).items())

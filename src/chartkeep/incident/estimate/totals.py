"""What a run over the ledger adds up to, by chart: ways, first and last time, whose, which ward.

56 bytes a chart of all there are. A block's rows are grouped before they are added, and what is
known of a chart lies together, so that each chart is reached for once a block. Pure.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.estimate.estimate import How

Column = NDArray[Any]
NEVER: Final = np.uint64(1 << 63)
_NOWHERE: Final = np.uint32(0xFFFFFFFF)
_BY_LEDGER: Final = [way for way in How if way is not How.POSTED]
_PLACES: Final[dict[How, tuple[int, int]]] = {
    way: divmod(number, 2) for number, way in enumerate(_BY_LEDGER)
}
"""Of each way a line tells its column of the table, and which half of it."""
_FIRST, _LAST, _BY = 3, 4, 5
_LOW: Final = np.uint64(0xFFFFFFFF)


class Told(NamedTuple):
    """Of some charts: sections as bits for each way, first and last time, suspects as bits."""

    masks: dict[How, Column]
    first: Column
    last: Column
    by: Column


class Totals:
    """The charts met so far; index 0 is no chart."""

    def __init__(self, charts: int) -> None:
        self._table = np.zeros((charts + 1, 6), np.uint64)
        self._table[:, _FIRST] = NEVER
        self.wards = np.full(charts + 1, _NOWHERE, np.uint32)
        self._lies = np.zeros(charts + 1, np.uint32)

    def add(
        self,
        charts: Column,
        times: tuple[Column, Column],
        ways: dict[How, Column],
        by: Column,
    ) -> None:
        """Add rows in order of time: charts' codes, sections for each way, suspects as bits.

        `times`: since when each was exposed, and when last.
        """
        if not len(charts):
            return
        rows = np.arange(len(charts), dtype=np.uint64)
        sorted_ = np.sort(charts.astype(np.uint64) << np.uint64(32) | rows)
        order = (sorted_ & _LOW).astype(np.int64)
        charts = (sorted_ >> np.uint64(32)).astype(np.int64)
        starts = np.flatnonzero(np.diff(charts, prepend=-1))
        ends = np.append(starts[1:], len(charts)) - 1
        found = charts[starts]
        known = self._table.take(found, axis=0)
        packed: dict[int, Column] = {}
        for way, masks in ways.items():
            column, half = _PLACES[way]
            packed[column] = packed.get(column, np.uint64(0)) | masks << np.uint64(32 * half)
        packed[_BY] = by
        for column, masks in packed.items():
            known[:, column] |= np.bitwise_or.reduceat(masks[order], starts)
        first, last = (each.astype(np.uint64) for each in times)
        known[:, _FIRST] = np.minimum(known[:, _FIRST], first[order[starts]])
        known[:, _LAST] = np.maximum(known[:, _LAST], last[order[ends]])
        self._table[found] = known

    def of(self, charts: Column) -> "Told":
        """Give what is known of some charts."""
        known = self._table.take(charts, axis=0)
        masks: dict[How, Column] = {way: np.zeros(len(charts), np.uint32) for way in How}
        for way, (column, half) in _PLACES.items():
            masks[way] = (known[:, column] >> np.uint64(32 * half) & _LOW).astype(np.uint32)
        first, last = (known[:, column].astype(np.int64) for column in (_FIRST, _LAST))
        return Told(masks, first, last, np.ascontiguousarray(known[:, _BY]))

    def lie(self, rows: Column, charts: Column, placed: Column) -> None:
        """Say where patients lay when first met.

        `rows` of `charts` in a block, in order; and its placements (row, chart, ward).
        """
        new = (charts > 0) & (self.wards[charts] == _NOWHERE)
        rows, charts = rows[new], charts[new]
        self.wards[charts] = self._lies[charts]
        moved = np.isin(charts, placed[:, 1]) if len(placed) else np.zeros(len(charts), np.bool_)
        found, at = np.unique(charts[moved], return_index=True)
        for chart, ward in _last_before(placed, found, rows[moved][at]):
            self.wards[chart] = ward
        self.move(placed)

    def move(self, placed: Column) -> None:
        """Move patients as placements say: the last one holds."""
        if len(placed):
            charts, at = np.unique(placed[::-1, 1], return_index=True)
            self._lies[charts] = placed[::-1, 2][at]

    def met(self) -> Column:
        """Give the codes of all charts met; who was only in reach lies where he lay last."""
        met = np.flatnonzero(self._table[:, _FIRST] != NEVER)
        unknown = met[self.wards[met] == _NOWHERE]
        self.wards[unknown] = self._lies[unknown]
        return met


def _last_before(placed: Column, charts: Column, rows: Column) -> list[tuple[int, int]]:
    """Find of each chart its last placement in the block before its row, if it has one."""
    there = np.isin(placed[:, 1], charts)
    place = dict(zip(charts.tolist(), rows.tolist(), strict=True)) if there.any() else {}
    before = [(chart, ward) for row, chart, ward in placed[there].tolist() if row < place[chart]]
    return list(dict(before).items())

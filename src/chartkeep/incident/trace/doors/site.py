"""What a site knows of its charts, in numbers: doors, openings, versions, stays.

Nothing here names a chart or a person. `Histories` are the changes of the *leaked* fields, each by
itself: a row of names and phones must not be cut by changes of an address.
"""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.trace.doors.openings import Numbers, Openings
from chartkeep.model import Millis

EVER = (1 << 32) - 1
_LOW = np.uint64(EVER)
_SHIFT = np.uint64(32)


class Kind(StrEnum):
    """What a door is. People and programs open charts one by one, the others many at once."""

    PERSON = "person"
    PROGRAM = "program"
    EXPORT = "export"
    PACK = "pack"
    BACKUP = "sealed backup"
    GAP = "unknown"

    @property
    def is_bulk(self) -> bool:
        """Say whether it holds many charts as they stood at one moment."""
        return self not in (Kind.PERSON, Kind.PROGRAM)


class Door(NamedTuple):
    """One way out. `id` is opaque for a person (`veil`); `moment` is a bulk door's, else 0.

    `whole`: it may hold every chart there was at its moment, and no opening says so: a backup, or
    a gap of the ledger, which holds what stood so at any time before `until`.
    """

    id: str
    kind: Kind
    moment: Millis = Millis(0)
    whole: bool = False
    until: Millis = Millis(0)

    def __str__(self) -> str:
        """Name it as people do."""
        return f"{self.kind}, {self.id}" if self.kind is Kind.GAP else f"{self.kind} {self.id}"


@dataclass(frozen=True)
class Histories:
    """When each leaked field of each chart changed: 8 bytes a change, the last a sentinel."""

    fields: tuple[NDArray[np.uint64], ...]

    def interval(
        self, chart: Numbers, at: Numbers, told: Numbers | None = None
    ) -> tuple[Numbers, Numbers]:
        """Give the version that held at a second: [from, to); 0 and EVER where there was none.

        `told`: which fields matter of each, as bits in the order of `fields`; without it all do.
        """
        start, end = np.zeros(chart.size, np.int64), np.full(chart.size, EVER, np.int64)
        for bit, changes in enumerate(self.fields):
            matters = True if told is None else told >> bit & 1 > 0
            begin, until = _interval(changes, chart, at)
            start = np.where(matters, np.maximum(start, begin), start)
            end = np.where(matters, np.minimum(end, until), end)
        return start, end


def _interval(changes: NDArray[np.uint64], chart: Numbers, at: Numbers) -> tuple[Numbers, Numbers]:
    base = chart.astype(np.uint64) << _SHIFT
    place = np.searchsorted(changes, base | at.astype(np.uint64), side="right")
    before, after = changes[place - 1], changes[place]  # -1 is the sentinel's
    mine = before >> _SHIFT == chart.astype(np.uint64)
    start = np.where(mine, before & _LOW, 0)
    end = np.where(after >> _SHIFT == chart.astype(np.uint64), after & _LOW, EVER)
    return start.astype(np.int64), end.astype(np.int64)


def sort_changes(*fields: tuple[Numbers, Numbers]) -> Histories:
    """Sort the changes of each field by chart and time (seconds); one element a change."""
    return Histories(
        tuple(
            np.append(
                np.sort(chart.astype(np.uint64) << _SHIFT | second.astype(np.uint64)),
                np.uint64((1 << 64) - 1),
            )
            for chart, second in fields
        )
    )


@dataclass(frozen=True)
class Stays:
    """Who lay where when, sorted by ward and start: those near one another are alike.

    `ward` may be any grouping by which charts are opened: a ward, a clinic, a district. `first`
    and `last` bound each ward's stays; `of_chart` lists each chart's stays, from `offsets` on.
    """

    chart: Numbers
    ward: Numbers
    start: Numbers
    end: Numbers
    first: Numbers
    last: Numbers
    offsets: Numbers
    of_chart: Numbers


def sort_stays(chart: Numbers, ward: Numbers, start: Numbers, end: Numbers, charts: int) -> Stays:
    """Sort stays; one element a stay, times in seconds, an open end is EVER."""
    order = np.lexsort((start, ward))
    chart, ward, start, end = chart[order], ward[order], start[order], end[order]
    first = np.searchsorted(ward, ward, side="left")
    last = np.searchsorted(ward, ward, side="right")
    offsets = np.zeros(charts + 1, np.int64)
    np.cumsum(np.bincount(chart, minlength=charts), out=offsets[1:])
    of_chart = np.argsort(chart, kind="stable")
    return Stays(chart, ward, start, end, first, last, offsets, of_chart)


@dataclass(frozen=True)
class Site:
    """All a trace asks of a site; openings name doors by their places in `doors`."""

    doors: tuple[Door, ...]
    openings: Openings
    histories: Histories
    stays: Stays

    @cached_property
    def bulk(self) -> tuple[int, ...]:
        """The places of the bulk doors."""
        return tuple(at for at, door in enumerate(self.doors) if door.kind.is_bulk)

    @cached_property
    def peers(self) -> Numbers:
        """Give for each door how many there are of its kind, itself among them."""
        counts = Counter(door.kind for door in self.doors)
        return np.array([counts[door.kind] for door in self.doors], np.int64)

"""Leaks planted in a site's own log: rows copied at times somebody says, with the errors of life.

For calibration, and for tests and benchmarks: what a leak looks like when it is known who did it.
Chance comes in from outside.
"""

import numpy as np

from chartkeep.incident.trace.doors.leak import Leak
from chartkeep.incident.trace.doors.openings import Numbers
from chartkeep.incident.trace.doors.site import Site

MISMATCHED = 0.02
"""Rows that the matcher gives to another chart."""
STALE = 0.03
"""Rows whose window is not the version's that was copied."""
_WEEK = 7 * 86_400


def plant(chance: np.random.Generator, site: Site, chart: Numbers, copied: Numbers) -> Leak:
    """Make the leak of charts copied at some seconds: their versions then, posted a week later."""
    chart, copied = chart.copy(), copied.copy()
    posted = int(copied.max()) + _WEEK
    wrong = chance.random(chart.size) < MISMATCHED
    chart[wrong] = chance.integers(site.openings.offsets.size - 1, size=int(wrong.sum()))
    stale = chance.random(chart.size) < STALE
    begin = int(site.openings.second.min())
    copied[stale] = chance.integers(begin, posted, size=int(stale.sum()))
    chart, first = np.unique(chart, return_index=True)
    start, end = site.histories.interval(chart, copied[first])
    need = np.full(chart.size, 0b10, np.uint8)  # the face: name, birth date
    return Leak(chart, need, np.arange(chart.size), start, end, posted)


def of_door(
    chance: np.random.Generator, opened: tuple[Numbers, Numbers], rows: int
) -> tuple[Numbers, Numbers]:
    """Draw charts a door opened, each at one of its openings; all if it opened fewer."""
    order = chance.permutation(opened[0].size)
    chart, first = np.unique(opened[0][order], return_index=True)
    drawn = chance.permutation(chart.size)[:rows]
    return chart[drawn], opened[1][order][first[drawn]]


def openings_of(site: Site, doors: Numbers) -> dict[int, tuple[Numbers, Numbers]]:
    """Give the charts and seconds of some doors' openings, in one pass over all."""
    wanted = np.zeros(len(site.doors), np.bool_)
    wanted[doors] = True
    at = np.flatnonzero(wanted[site.openings.door])
    door = site.openings.door[at]
    at = at[np.argsort(door, kind="stable")]
    chart = np.searchsorted(site.openings.offsets, at, side="right") - 1
    second = site.openings.second[at].astype(np.int64)
    ends = np.searchsorted(np.sort(door), doors, side="right")
    begins = np.searchsorted(np.sort(door), doors, side="left")
    return {
        int(each): (chart[begin:end], second[begin:end])
        for each, begin, end in zip(doors, begins, ends, strict=True)
    }


def of_ward(
    chance: np.random.Generator, site: Site, rows: int, moment: int
) -> tuple[Numbers, Numbers]:
    """Draw charts that lay on one ward before a moment, as they stood then."""
    stays = site.stays
    begun = np.flatnonzero(stays.start < moment)
    ward = stays.ward[begun[chance.integers(begun.size)]]
    chart = np.unique(stays.chart[begun[stays.ward[begun] == ward]])
    drawn = chance.permutation(chart)[:rows]
    return drawn, np.full(drawn.size, moment)

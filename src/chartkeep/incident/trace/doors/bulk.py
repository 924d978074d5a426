"""Which bulk doors could have held all of it: exports, packs, backups, gaps, each by itself.

A backup holds everything, so that it "explains" any leak and no likelihood speaks against it; that
its rows stood so at its moment does. So these are a list beside the others, and while one is on it
no person is named: whoever has a backup can choose a colleague's patients from it.
"""

from functools import cache
from typing import NamedTuple

import numpy as np

from chartkeep.incident.trace.doors.chance import binomial_tail
from chartkeep.incident.trace.doors.leak import Leak
from chartkeep.incident.trace.doors.openings import Numbers
from chartkeep.incident.trace.doors.site import Site

WRONG = 0.03
"""The share of rows matched to a wrong chart or version, of a true bulk door's."""
UNLIKELY = 0.005


class Holding(NamedTuple):
    """A bulk door, by its place, and how many rows it held as they were leaked."""

    door: int
    rows: int


def holding(leak: Leak, site: Site, opened: Numbers, wrong: float = WRONG) -> tuple[Holding, ...]:
    """List the bulk doors that held the rows, but for as many as may be wrong by chance.

    `opened` names the doors that covered a row, one element a row and door.
    """
    if not leak.size:
        return ()
    counts = _counts(leak, site, opened)
    good = np.flatnonzero(counts >= max(1, leak.size - most_wrong(leak.size, wrong)))
    found = [Holding(int(door), int(counts[door])) for door in good]
    return tuple(sorted(found, key=lambda each: (-each.rows, each.door)))


@cache
def most_wrong(rows: int, wrong: float) -> int:
    """Say how many wrong rows are still no wonder."""
    misses = int(rows * wrong)
    while misses < rows and binomial_tail(rows, wrong, misses + 1) >= UNLIKELY:
        misses += 1
    return misses


def _counts(leak: Leak, site: Site, opened: Numbers) -> Numbers:
    every = np.bincount(opened, minlength=len(site.doors))
    counts, spans = np.zeros_like(every), leak.spans()
    for at in site.bulk:
        door, counts[at] = site.doors[at], every[at]
        if door.whole:
            first, last = door.moment // 1000, max(door.moment, door.until) // 1000
            inside = (spans.start <= last) & (first < spans.end)
            counts[at] = np.unique(spans.of[inside]).size
    return counts

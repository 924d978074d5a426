"""Whose data in all: three sets, each inside the next, and never one number.

*Certain*: charts that stand in the leak. *Implied*: with them the whole manifest of the only bulk
door that could have held it, for who had a part of a file had the file. *Possible*: with those all
that any door of the answer showed while the copy may have been made. When nothing distinguishes,
or rows came another way, the last is a lower bound, and says so.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.trace.doors.judging import Answer, Tier
from chartkeep.incident.trace.doors.leak import Leak
from chartkeep.incident.trace.doors.openings import Numbers
from chartkeep.incident.trace.doors.site import Door, Kind, Site

_DAY = 86_400
_ALL_EXPLAINED = 0.25


class Nested(NamedTuple):
    """Charts by number, sorted; `bounded` is false when there may be more than `possible`."""

    certain: Numbers
    implied: Numbers
    possible: Numbers
    bounded: bool

    def words(self) -> str:
        """Write the three counts as they are printed."""
        more = "" if self.bounded else ", at least"
        return (
            f"certain {self.certain.size:,}, implied {self.implied.size:,}, "
            f"possible {self.possible.size:,}{more}"
        )


def nest(leak: Leak, answer: Answer, site: Site) -> Nested:
    """Say whose data is in the leak, in the file it was cut from, and within reach."""
    certain = np.unique(leak.chart)
    whole = answer.marked or tuple(door for door, _ in answer.bulk)
    held = [_manifest(door, site) for door in whole]
    known = len(held) == 1 and whole[0].kind is not Kind.GAP
    implied = np.union1d(certain, held[0]) if known else certain
    named = _charts_of(answer, leak, site)
    possible = np.unique(np.concatenate([implied, named, *held]))
    unexplained = answer.outside > _ALL_EXPLAINED and not whole
    return Nested(certain, implied, possible, answer.tier is not Tier.NOTHING and not unexplained)


def _manifest(door: Door, site: Site) -> Numbers:
    """List the charts of a bulk door; a whole one has every chart there was."""
    if door.whole:
        return np.arange(site.openings.offsets.size - 1)
    return _opened([door], site, 0, 1 << 32)


def _charts_of(answer: Answer, leak: Leak, site: Site) -> Numbers:
    """List what the doors of the answer showed from the earliest copy to the post.

    Of a person all is within reach who read over weeks: a log of years is not cut to an hour.
    """
    doors = [each.door for each in answer.suspects]
    doors += [other for each in answer.suspects for other in each.others]
    if not doors:
        return np.zeros(0, np.int64)
    since = min((each.low for each in answer.moment.instants), default=0) // 1000
    since = since - _DAY if answer.moment.is_snapshot else 0
    return _opened(doors, site, since, leak.posted)


def _opened(doors: list[Door], site: Site, since: int, until: int) -> Numbers:
    wanted = np.isin(np.arange(len(site.doors)), [site.doors.index(door) for door in doors])
    inside: NDArray[np.bool_] = wanted[site.openings.door]
    inside &= (site.openings.second >= since) & (site.openings.second < until)
    at = np.flatnonzero(inside)
    return np.unique(np.searchsorted(site.openings.offsets, at, side="right") - 1)

"""What an innocent door would have opened anyway: the same question asked of charts like these.

For each row other charts that lay on the same ward about then, each read through its *own* version
of the fields the row tells: the one that held at the same time of its stay, where the row's window
meets the row's stay, and else at the time of the copy. A row's chart may have lain on several
wards, and the one that explains most counts. Wrong, and measured to accuse innocents: the row's
window put over another chart, charts of the whole house, and only the last ward
(reference/tracing.md 4.3).
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.trace.doors.leak import Leak
from chartkeep.incident.trace.doors.openings import Numbers, Spans
from chartkeep.incident.trace.doors.site import EVER, Site, Stays

CONTROLS = 40
"""Charts compared with for each stay."""
MOST_STAYS = 4
"""Stays looked at for each row: those nearest to its window."""
LEAST = 12
"""Fewer charts to compare with prove nothing of a stay."""

Chances = NDArray[np.float64]


class Strata(NamedTuple):
    """Pairs of a row and one stay of its chart: places in `Stays`, and when to look at others.

    `phase` is how far into the stay, or -1: then `moment` itself.
    """

    row: Numbers
    stay: Numbers
    moment: Numbers
    phase: Numbers


def chances(
    leak: Leak, site: Site, among: NDArray[np.int32], copied: int
) -> tuple[Chances, NDArray[np.bool_]]:
    """Estimate, for each row and each door asked about, that it would have opened such a chart.

    Gives a matrix, rows by doors, and which rows have charts to compare with; the others' chances
    are 1, so that they speak for nobody. `copied` is the likeliest time of the copy, in seconds.
    """
    doors = int(among.max(initial=-1)) + 1
    strata = find_strata(leak, site.stays, copied)
    spans, counted = _spans(strata, leak, site)
    of, door = site.openings.covering(spans, among) if spans.of.size else (spans.of, spans.of)
    size = CONTROLS + 1
    hits = np.bincount(of // size * doors + door, minlength=strata.row.size * doors)
    share = (hits.reshape(strata.row.size, doors) + 0.5) / (counted + 1)[:, None]
    share[counted < LEAST] = 0.0
    best = np.zeros((leak.size, doors))
    np.maximum.at(best, strata.row, share)
    usable = np.zeros(leak.size, np.bool_)
    usable[strata.row[counted >= LEAST]] = True
    best[~usable] = 1.0
    return np.minimum(best, 1.0), usable


def find_strata(leak: Leak, stays: Stays, copied: int) -> Strata:
    """Choose the stays of each row's chart that are nearest to its window."""
    spans = _nearest(leak, copied)
    sizes = stays.offsets[leak.chart + 1] - stays.offsets[leak.chart]
    row = np.repeat(np.arange(leak.size), sizes)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    stay = stays.of_chart[stays.offsets[leak.chart][row] + within]
    begun = stays.start[stay] < leak.posted
    row, stay = row[begun], stay[begun]
    start, end = spans.start[row], spans.end[row]
    low = np.maximum(start, stays.start[stay])
    high = np.minimum(np.minimum(end, stays.end[stay]), leak.posted)
    distance = np.maximum(0, low - high)
    order = np.lexsort((distance, row))
    row, stay, low, high = row[order], stay[order], low[order], high[order]
    rank = np.arange(row.size) - np.searchsorted(row, row)
    kept = rank < MOST_STAYS
    row, stay, low, high = row[kept], stay[kept], low[kept], high[kept]
    moment = np.clip(copied, spans.start[row], np.maximum(spans.start[row], spans.end[row] - 1))
    phase = np.where(low < high, (low + high) // 2 - stays.start[stay], -1)
    return Strata(row, stay, moment, phase)


def _nearest(leak: Leak, copied: int) -> Spans:
    """Give each row's span nearest to the copy."""
    spans = leak.spans()
    distance = np.maximum(0, np.maximum(spans.start - copied, copied - spans.end))
    order = np.lexsort((distance, spans.of))
    _, first = np.unique(spans.of[order], return_index=True)
    return spans.pick(order[first])


def _spans(strata: Strata, leak: Leak, site: Site) -> tuple[Spans, Numbers]:
    """Write the questions about other charts, and count them for each stratum."""
    stays = site.stays
    first, last = stays.first[strata.stay], stays.last[strata.stay]
    begin = np.clip(strata.stay - CONTROLS // 2, first, np.maximum(first, last - CONTROLS - 1))
    other = begin[:, None] + np.arange(CONTROLS + 1)
    there = (other < last[:, None]) & (other != strata.stay[:, None])
    other = np.minimum(other, stays.chart.size - 1)
    there &= stays.chart[other] != leak.chart[strata.row][:, None]
    there &= stays.start[other] < leak.posted
    counted = there.sum(axis=1)
    which, place = np.nonzero(there)
    chart, stay = stays.chart[other[there]], other[there]
    inside = np.minimum(stays.start[stay] + strata.phase[which], stays.end[stay])
    moment = np.where(strata.phase[which] >= 0, inside, strata.moment[which])
    told = None if leak.fields is None else leak.fields[strata.row][which]
    start, end = site.histories.interval(chart, np.minimum(moment, leak.posted - 1), told)
    bare = np.setdiff1d(np.arange(leak.size), leak.of)
    unknown = np.isin(strata.row[which], bare)
    start, end = np.where(unknown, 0, start), np.where(unknown, EVER, end)
    row = strata.row[which]
    of = which * (CONTROLS + 1) + place
    return Spans(of, chart, start, np.minimum(end, leak.posted), leak.need[row]), counted

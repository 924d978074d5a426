"""A row that fits several charts of one person: merged charts are joined, and all stay listed.

Which charts were merged the house says (`custody.merging.Merges`); what comes of it is pure.
Joining only adds to what is certain: a chart that was a candidate, and is joined, is told of like
the other. So whoever merges strangers, to lay a row at another's door, has both told.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from chartkeep.incident.trace.matching import BATCH, SURE, Matched
from chartkeep.model import ChartId

Goes = Callable[[Sequence[Sequence[ChartId]]], Mapping[ChartId, ChartId]]
"""Says of charts that stand together which goes on for which, by the one that was merged away."""
Join = Callable[[Iterable[Matched]], Iterator[Matched]]


def joining(goes: Goes) -> Join:
    """Give what joins candidates of one person in rows that are of nobody else, in order."""

    def join(rows: Iterable[Matched]) -> Iterator[Matched]:
        left = iter(rows)
        while batch := list(islice(left, BATCH)):
            unsure = [_charts(each) for each in batch if _may_join(each)]
            onward = goes(unsure) if unsure else {}
            yield from (_joined(each, onward) if _may_join(each) else each for each in batch)

    return join


def _may_join(row: Matched) -> bool:
    return row.known >= SURE and not row.is_sure


def _charts(row: Matched) -> list[ChartId]:
    return [each.chart for each in row.candidates]


def _joined(row: Matched, onward: Mapping[ChartId, ChartId]) -> Matched:
    """Join the most probable person's charts, if nobody else is left then; else leave the row."""
    goes_on = _last(row.candidates[0].chart, onward)
    mine = [each for each in row.candidates if _last(each.chart, onward) == goes_on]
    posterior = sum(each.posterior for each in mine)
    if posterior < SURE:
        return row
    # What else is known of the row is of its best candidate: that stays the first.
    best = mine[0]._replace(posterior=posterior)
    others = tuple(each for each in row.candidates if each not in mine)
    return row._replace(candidates=(best, *others), also=tuple(each.chart for each in mine[1:]))


def _last(chart: ChartId, onward: Mapping[ChartId, ChartId]) -> ChartId:
    """Follow merges; in a ring each chart is its own, and nothing is joined."""
    seen: set[ChartId] = set()
    while chart in onward and chart not in seen:
        seen.add(chart)
        chart = onward[chart]
    return chart

"""Comparing what is kept with what is asked, both as ranges (R4 search.html 3.1.1.4.3).

A kept point is a range without width. The upper end of a kept range is exclusive where it has
width, so that a day ends where the next begins. `ge` is whatever does not end before, `le`
whatever does not begin after: a stay of three days is found by `ge` and `le` of each of them.
"""

from collections.abc import Callable

from chartkeep.clinical.search.values import Prefix

Range = tuple[float, float]
"""Low end, high end; infinite where a period is open."""


def comparison(prefix: Prefix, asked: Range, near: Range) -> Callable[[Range], bool]:
    """Give the test a kept range must pass; `near` is what counts as approximately asked."""
    low, high = asked

    def within(kept: Range) -> bool:
        return low <= kept[0] and (kept[1] <= high if kept[0] < kept[1] else kept[0] < high)

    def overlaps(kept: Range) -> bool:
        return kept[0] <= near[1] and near[0] <= kept[1]

    tests: dict[Prefix, Callable[[Range], bool]] = {
        Prefix.EQ: within,
        Prefix.NE: lambda kept: not within(kept),
        Prefix.GT: lambda kept: kept[1] > high,
        Prefix.LT: lambda kept: kept[0] < low,
        Prefix.GE: lambda kept: kept[1] > low,
        Prefix.LE: lambda kept: kept[0] < high,
        Prefix.SA: lambda kept: kept[0] >= high,
        Prefix.EB: lambda kept: kept[1] <= low,
        Prefix.AP: overlaps,
    }
    return tests[prefix]

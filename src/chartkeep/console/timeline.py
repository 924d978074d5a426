"""What happened when: everything that is open, by year and day, the latest first. Pure."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from chartkeep.clinical.summary import when
from chartkeep.console.bodies import Json
from chartkeep.console.contents import Item, item_of

MOST_DAYS = 2_000
_COUNTED = frozenset({"Observation"})
"""Too many to name each: of a day only how many there are."""


class Day(NamedTuple):
    """One day: what is named, and how many results came."""

    day: str
    items: list[Item]
    results: int


class Year(NamedTuple):
    """The days of a year."""

    year: str
    days: list[Day]


def dated(bodies: Iterable[Json]) -> list[tuple[str, Item | None]]:
    """Give what has a date, each with its day; None stands for one result."""
    return [
        (day, None if body["resourceType"] in _COUNTED else item_of(body))
        for body in bodies
        if (day := when(body))
    ]


def timeline_of(found: Iterable[tuple[str, Item | None]]) -> list[Year]:
    """Put what has a date in order; of more than two thousand days the latest."""
    items: dict[str, list[Item]] = {}
    results: Counter[str] = Counter()
    for day, item in found:
        if item is None:
            results[day] += 1
        else:
            items.setdefault(day, []).append(item)
    years: dict[str, list[Day]] = {}
    for day in sorted({*items, *results}, reverse=True)[:MOST_DAYS]:
        mine = sorted(items.get(day, ()), key=lambda item: (item.kind != "Encounter", item.kind))
        years.setdefault(day[:4], []).append(Day(day, mine, results[day]))
    return [Year(year, mine) for year, mine in years.items()]

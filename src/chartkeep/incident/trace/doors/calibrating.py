"""How often this site would name falsely: counted on its own log, before it may name at all.

    calibration = calibrate(site, seed)        # a job of once a week; well under a minute

*Null leaks* have no guilty door in the log: a ward dumped at some moment, the house's patients of a
few weeks, a person's own patients as somebody else would choose them, and a person whose openings
are taken out of the log. *Planted* ones are a person's own openings, with lines lost. The bar is
raised until the bound of the rate is at most `WORST`; without that nobody is named.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from chartkeep.incident.trace.doors.calibration import NULLS, PLANTED, WORST, Calibration
from chartkeep.incident.trace.doors.chance import upper_bound
from chartkeep.incident.trace.doors.judging import decide, excess, weigh
from chartkeep.incident.trace.doors.leak import Leak
from chartkeep.incident.trace.doors.openings import Numbers
from chartkeep.incident.trace.doors.planting import of_door, of_ward, openings_of, plant
from chartkeep.incident.trace.doors.site import Kind, Site

SIZES = (30, 100)
LOSSES = (0.0, 0.05, 0.10, 0.20)
"""Shares of the lines that planted leaks are judged without."""
_PEOPLE = 200
"""People whose openings are used: many, and still read in one pass."""
_WEEKS = 3 * 7 * 86_400
_NOBODY = -1

Person = tuple[int, tuple[Numbers, Numbers]]


class Case(NamedTuple):
    """A leak of known origin: `guilty` is a door or -1; `hidden` was never logged."""

    leak: Leak
    rows: int
    loss: float = 0.0
    guilty: int = _NOBODY
    hidden: frozenset[int] = frozenset()


class Seen(NamedTuple):
    """What came of one, were there no bar: named at all, rightly, and by how much."""

    rows: int
    right: bool
    excess: float
    """Nats beyond what arithmetic asks; minus infinity where nobody was named."""


def calibrate(
    site: Site,
    seed: int,
    nulls: int = NULLS,
    planted: int = PLANTED,
    told: Callable[[int], None] = lambda _done: None,
) -> Calibration:
    """Replay leaks against the site's own log; `told` hears after each how many are done."""
    chance = np.random.default_rng(seed)
    people = _people(chance, site)
    innocent, guilty = list[Seen](), list[Seen]()
    for at in range(nulls if people else 0):
        rows = SIZES[at % len(SIZES)]
        innocent.append(_try(_null(chance, site, people, rows, at // len(SIZES)), site, at))
        told(at + 1)
    for at in range(planted if people else 0):
        guilty.append(_try(_planted(chance, site, people, at), site, at))
        told(nulls + at + 1)
    return _raised(innocent, guilty)


def _people(chance: np.random.Generator, site: Site) -> list[Person]:
    """Choose people who opened enough to be suspected, with their openings."""
    counts = np.bincount(site.openings.door, minlength=len(site.doors))
    able = [
        at
        for at, door in enumerate(site.doors)
        if door.kind is Kind.PERSON and counts[at] >= 2 * max(SIZES)
    ]
    chosen = np.sort(chance.permutation(np.array(able, np.int64))[:_PEOPLE])
    return list(openings_of(site, chosen).items())


def _null(
    chance: np.random.Generator, site: Site, people: list[Person], rows: int, turn: int
) -> Case:
    """Make a leak without a guilty door, of the four kinds in turn."""
    door, opened = people[int(chance.integers(len(people)))]
    moment = int(np.quantile(opened[1], 0.3 + 0.7 * chance.random()))
    match turn % 4:
        case 0:
            return Case(plant(chance, site, *of_ward(chance, site, rows, moment)), rows)
        case 1:
            near = np.abs(site.stays.start - moment) < _WEEKS
            chart = chance.permutation(np.unique(site.stays.chart[near]))[:rows]
            return Case(plant(chance, site, chart, np.full(chart.size, moment)), rows)
        case 2:
            chart, _ = of_door(chance, opened, rows)
            return Case(plant(chance, site, chart, np.full(chart.size, moment)), rows)
        case _:
            leak = plant(chance, site, *of_door(chance, opened, rows))
            return Case(leak, rows, hidden=frozenset({door}))


def _planted(chance: np.random.Generator, site: Site, people: list[Person], at: int) -> Case:
    door, opened = people[int(chance.integers(len(people)))]
    rows, loss = SIZES[at % len(SIZES)], LOSSES[at // len(SIZES) % len(LOSSES)]
    return Case(plant(chance, site, *of_door(chance, opened, rows)), rows, loss, door)


def _try(case: Case, site: Site, salt: int) -> Seen:
    if case.loss:
        openings = site.openings.thinned(case.loss, salt)
        site = Site(site.doors, openings, site.histories, site.stays)
    weighed = weigh(case.leak, site, case.hidden)
    answer = decide(weighed, site)
    named = {each.door for each in answer.suspects if not each.door.kind.is_bulk}
    guilty = {site.doors[case.guilty]} if case.guilty >= 0 else set()
    beyond = excess(weighed, site) if named and not answer.why else -np.inf
    return Seen(case.rows, named == guilty, beyond)


def _raised(innocent: list[Seen], guilty: list[Seen]) -> Calibration:
    """Raise the bar until as few are named falsely as the bound lets."""
    every = innocent + guilty
    false = sorted((each.excess for each in every if not each.right), reverse=True)
    false = [beyond for beyond in false if beyond > -np.inf]
    allowed = 0
    while upper_bound(allowed + 1, len(every)) <= WORST:
        allowed += 1
    bar = false[allowed] if len(false) > allowed else 0.0
    left = sum(beyond > bar for beyond in false)
    power = tuple(_power(guilty, rows, bar) for rows in SIZES)
    bound = upper_bound(left, len(every))
    return Calibration(float(bar), bound, len(innocent), len(guilty), left, power)


def _power(guilty: list[Seen], rows: int, bar: float) -> tuple[int, int, int]:
    tried = [each for each in guilty if each.rows == rows]
    return rows, len(tried), sum(each.right and each.excess > bar for each in tried)

"""The nine scenarios of a leak, staged in invented traffic: what left, and who it was."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from chartkeep.incident.trace.doors.leak import Leak
from chartkeep.incident.trace.doors.openings import sort_openings
from chartkeep.incident.trace.doors.planting import of_door, of_ward, openings_of, plant
from chartkeep.incident.trace.doors.site import Door, Kind, Site, sort_changes, sort_stays
from chartkeep.inventor.traffic import BEGAN, DAY, Size, Traffic, invent_traffic
from chartkeep.model import Millis


class World(NamedTuple):
    traffic: Traffic
    site: Site
    """What was written down."""
    truth: Site
    """What happened: the same, without lost lines."""


class Scene(NamedTuple):
    leak: Leak
    guilty: frozenset[int]


Stage = Callable[[World, np.random.Generator, int], Scene]


def invent_world(seed: int, size: Size, loss: float) -> World:
    traffic = invent_traffic(seed, size)
    doors = [Door(f"p{at}", Kind.PERSON) for at in range(size.people)]
    doors += [Door(f"feed {at}", Kind.PROGRAM) for at in range(size.feeds)]
    doors += [
        Door(f"export {at}", Kind.EXPORT, Millis(int(moment) * 1000))
        for at, moment in enumerate(traffic.exports[0])
    ]
    doors += [
        Door(f"backup {at}", Kind.BACKUP, Millis(int(moment) * 1000), whole=True)
        for at, moment in enumerate(traffic.backups)
    ]
    histories = sort_changes(traffic.changes)
    stays = sort_stays(*traffic.stays, size.charts)
    openings = sort_openings(*traffic.openings, size.charts)
    truth = Site(tuple(doors), openings, histories, stays)
    return with_loss(World(traffic, truth, truth), loss)


def with_loss(world: World, loss: float) -> World:
    """Let a share of the openings of people and feeds never have been written down."""
    size, told, truth = world.traffic.size, world.traffic.openings, world.truth
    bulk = told.door >= size.people + size.feeds
    kept = bulk | (np.random.default_rng(17).random(told.door.size) >= loss)
    written = sort_openings(*(each[kept] for each in told), size.charts)
    return world._replace(site=Site(truth.doors, written, truth.histories, truth.stays))


def _late(world: World, chance: np.random.Generator) -> int:
    """Draw a moment in the last third of the time."""
    days = world.traffic.size.days
    return BEGAN + int((2 / 3 + chance.random() / 3) * days * DAY)


def _nurses(world: World, chance: np.random.Generator, count: int, rows: int) -> list[int]:
    """Draw nurses of different wards who opened enough charts."""
    size = world.traffic.size
    wards = chance.permutation(size.wards)[: 4 * count]
    found: list[int] = []
    for ward in wards:
        nurse = int(ward) * size.ward_staff + int(chance.integers(4 * size.team))
        opened = openings_of(world.truth, np.array([nurse]))[nurse]
        if np.unique(opened[0]).size >= 1.5 * rows:
            found.append(nurse)
        if len(found) == count:
            return found
    raise LookupError("too little traffic for so many rows")


def _sold(world: World, chance: np.random.Generator, doors: list[int], rows: int) -> Scene:
    opened = openings_of(world.truth, np.sort(np.array(doors)))
    parts = [of_door(chance, opened[door], -(-rows // len(doors))) for door in doors]
    chart = np.concatenate([part[0] for part in parts])[:rows]
    at = np.concatenate([part[1] for part in parts])[:rows]
    return Scene(plant(chance, world.truth, chart, at), frozenset(doors))


def insider(world: World, chance: np.random.Generator, rows: int) -> Scene:
    return _sold(world, chance, _nurses(world, chance, 1, rows), rows)


def colluders(world: World, chance: np.random.Generator, rows: int) -> Scene:
    count = int(chance.integers(2, 4))
    return _sold(world, chance, _nurses(world, chance, count, rows // count), rows)


def partner(world: World, chance: np.random.Generator, rows: int) -> Scene:
    size = world.traffic.size
    return _sold(world, chance, [size.people + int(chance.integers(size.feeds))], rows)


def ward_export(world: World, chance: np.random.Generator, rows: int) -> Scene:
    size = world.traffic.size
    door = size.people + size.feeds + int(chance.integers(size.exports))
    return _sold(world, chance, [door], rows)


def backup(world: World, chance: np.random.Generator, rows: int) -> Scene:
    size = world.traffic.size
    at = int(chance.integers(size.backups // 2, size.backups))
    chart = chance.permutation(size.charts)[:rows]
    moment = np.full(rows, world.traffic.backups[at])
    return Scene(plant(chance, world.truth, chart, moment), frozenset({_backup(world, at)}))


def ward_of_backup(world: World, chance: np.random.Generator, rows: int) -> Scene:
    size = world.traffic.size
    at = int(chance.integers(size.backups // 2, size.backups))
    chart, moment = of_ward(chance, world.truth, rows, int(world.traffic.backups[at]))
    return Scene(plant(chance, world.truth, chart, moment), frozenset({_backup(world, at)}))


def unlogged_dump(world: World, chance: np.random.Generator, rows: int) -> Scene:
    drawn = of_ward(chance, world.truth, rows, _late(world, chance))
    return Scene(plant(chance, world.truth, *drawn), frozenset())


def framing(world: World, chance: np.random.Generator, rows: int) -> Scene:
    """Who has a backup chooses the charts one nurse opened."""
    size = world.traffic.size
    at = int(chance.integers(size.backups // 2, size.backups))
    (nurse,) = _nurses(world, chance, 1, rows)
    chart, _ = of_door(chance, openings_of(world.truth, np.array([nurse]))[nurse], rows)
    moment = np.full(chart.size, world.traffic.backups[at])
    return Scene(plant(chance, world.truth, chart, moment), frozenset({_backup(world, at)}))


def no_guilty_door(world: World, chance: np.random.Generator, rows: int) -> Scene:
    """Somebody framed by a dump nobody logged, or rows of a few weeks' patients of the house."""
    if chance.random() < 0.5:
        (nurse,) = _nurses(world, chance, 1, rows)
        chart, _ = of_door(chance, openings_of(world.truth, np.array([nurse]))[nurse], rows)
        moment = np.full(chart.size, _late(world, chance))
    else:
        stays = world.truth.stays
        moment_at = _late(world, chance)
        near = np.flatnonzero(np.abs(stays.start - moment_at) < 20 * DAY)
        chart = chance.permutation(np.unique(stays.chart[near]))[:rows]
        moment = np.full(chart.size, moment_at)
    return Scene(plant(chance, world.truth, chart, moment), frozenset())


def _backup(world: World, at: int) -> int:
    size = world.traffic.size
    return size.people + size.feeds + size.exports + at


STAGES: dict[str, Stage] = {
    "insider sells own charts": insider,
    "two or three colluders": colluders,
    "ward export": ward_export,
    "integration partner": partner,
    "full backup": backup,
    "one ward of a backup": ward_of_backup,
    "unlogged dump of a ward": unlogged_dump,
    "framing by a backup thief": framing,
    "no guilty door": no_guilty_door,
}

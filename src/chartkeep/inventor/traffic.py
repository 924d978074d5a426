"""Invented traffic: years of openings of a hospital, in numbers only, from a seed.

For the arithmetic of a trace, which needs millions of openings and no patient: wards with shifts
whose teams share charts, clerks who open a chart when they change it, a pool that floats, partners'
feeds, exports of a ward, backups of all. Rarer in life than here is only that everything is known.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DAY = 86_400
SHIFT = DAY // 3
BEGAN = 1_700_000_000
"""The first second of any traffic."""
_CLINICAL, _IDENTITY, _ALL = 0b0001_1010, 0b0000_0110, 0b1111_1110
"""Sections as a line's bits: face, clinical, results; face, identity; all."""
_PIECE = 200_000

Numbers = NDArray[np.int64]


class Size(NamedTuple):
    """How much to invent; a ward has four teams, two doctors and a clerk."""

    charts: int = 6_000
    wards: int = 20
    team: int = 5
    pool: int = 20
    feeds: int = 4
    exports: int = 20
    backups: int = 24
    days: int = 730

    @property
    def ward_staff(self) -> int:
        """People of one ward."""
        return 4 * self.team + 3

    @property
    def people(self) -> int:
        """People in all; doors are numbered people, feeds, exports, backups."""
        return self.wards * self.ward_staff + self.pool


class Openings(NamedTuple):
    """One element an opening."""

    chart: Numbers
    door: Numbers
    second: Numbers
    sections: NDArray[np.uint8]


class Traffic(NamedTuple):
    """All of it; `exports` and `backups` are the moments of those doors, `changes` of versions."""

    size: Size
    openings: Openings
    changes: tuple[Numbers, Numbers]
    stays: tuple[Numbers, Numbers, Numbers, Numbers]
    """Chart, ward, start, end."""
    exports: tuple[Numbers, Numbers]
    """Moment, ward."""
    backups: Numbers


def invent_traffic(seed: int, size: Size) -> Traffic:
    """Invent it; nothing is lost, and nobody stole anything."""
    chance = np.random.default_rng(seed)
    stays = _stays(chance, size)
    changes, clerks = _changes(chance, size, stays)
    told = [clerks, _doctors(chance, size, stays), _pool(chance, size, stays)]
    told += _nurses(chance, size, stays, seed)
    told += _feeds(chance, size, stays)
    moments, wards, exported = _exports(chance, size, stays)
    backups = BEGAN + (np.arange(size.backups) + 1) * (size.days * DAY // (size.backups + 1))
    return Traffic(size, _joined([*told, exported]), changes, stays, (moments, wards), backups)


Stays = tuple[Numbers, Numbers, Numbers, Numbers]


def _stays(chance: np.random.Generator, size: Size) -> Stays:
    count = size.charts * 3
    home = (chance.random(size.charts) ** 1.5 * size.wards).astype(np.int64)
    chart = chance.integers(size.charts, size=count)
    away = chance.integers(size.wards, size=count)
    ward = np.where(chance.random(count) < 0.6, home[chart], away)
    start = BEGAN + chance.integers(size.days * DAY, size=count)
    nights = 1 + np.minimum(chance.exponential(4, count), 30)
    return chart, ward, start, np.minimum(start + (nights * DAY).astype(np.int64), _end(size))


def _end(size: Size) -> int:
    return BEGAN + size.days * DAY


def _changes(
    chance: np.random.Generator, size: Size, stays: Stays
) -> tuple[tuple[Numbers, Numbers], Openings]:
    """Change charts once a year, and at one admission in four, when the clerk opens them."""
    chart, ward, start, _ = stays
    moved = np.flatnonzero(chance.random(chart.size) < 0.25)
    clerk = ward[moved] * size.ward_staff + size.ward_staff - 1
    opened = _opened(chart[moved], clerk, start[moved] + 30, _IDENTITY)
    count = size.charts * size.days // 365
    other = chance.integers(size.charts, size=count)
    at = BEGAN + chance.integers(size.days * DAY, size=count)
    return (np.append(chart[moved], other), np.append(start[moved], at)), opened


def _opened(chart: Numbers, door: Numbers, second: Numbers, bits: int) -> Openings:
    return Openings(chart, door, second, np.full(chart.size, bits, np.uint8))


def _nurses(chance: np.random.Generator, size: Size, stays: Stays, seed: int) -> list[Openings]:
    """Let each shift's team open some of those who lie there."""
    told = []
    for at in range(0, stays[0].size, _PIECE):
        chart, ward, start, end = (each[at : at + _PIECE] for each in stays)
        shifts = (end - start) // SHIFT + 1
        which = np.repeat(np.arange(chart.size), shifts)
        number = np.arange(which.size) - np.repeat(np.cumsum(shifts) - shifts, shifts)
        second = start[which] + number * SHIFT
        mixed = (ward[which] * 7_919 + second // SHIFT) * 2_654_435_761 + seed
        team = (mixed >> 7) % 4
        for member in range(size.team):
            kept = np.flatnonzero(chance.random(which.size) < 0.12)
            who = ward[which[kept]] * size.ward_staff + team[kept] * size.team + member
            when = second[kept] + chance.integers(SHIFT, size=kept.size)
            told.append(_opened(chart[which[kept]], who, when, _CLINICAL))
    return told


def _doctors(chance: np.random.Generator, size: Size, stays: Stays) -> Openings:
    chart, ward, start, end = (np.repeat(each, 3) for each in stays)
    kept = np.flatnonzero(chance.random(chart.size) < 0.4)
    who = ward[kept] * size.ward_staff + 4 * size.team + chance.integers(2, size=kept.size)
    when = start[kept] + (chance.random(kept.size) * (end - start)[kept]).astype(np.int64)
    return _opened(chart[kept], who, when, _CLINICAL)


def _pool(chance: np.random.Generator, size: Size, stays: Stays) -> Openings:
    chart, _, start, end = stays
    kept = np.flatnonzero(chance.random(chart.size) < 0.3)
    who = size.people - 1 - chance.integers(size.pool, size=kept.size)
    when = start[kept] + (chance.random(kept.size) * (end - start)[kept]).astype(np.int64)
    return _opened(chart[kept], who, when, _CLINICAL)


def _feeds(chance: np.random.Generator, size: Size, stays: Stays) -> list[Openings]:
    chart, ward, start, end = stays
    told = []
    for feed in range(size.feeds):
        served = chance.random(size.wards) < 0.4
        share = 0.1 + 0.4 * chance.random()
        kept = np.flatnonzero(served[ward] & (chance.random(chart.size) < share))
        when = start[kept] + (chance.random(kept.size) * (end - start)[kept]).astype(np.int64)
        door = np.full(kept.size, size.people + feed)
        told.append(_opened(chart[kept], door, when, _ALL))
    return told


def _exports(
    chance: np.random.Generator, size: Size, stays: Stays
) -> tuple[Numbers, Numbers, Openings]:
    """Export who lay on a ward in the year before, each at one moment."""
    chart, ward, start, _ = stays
    moments = _end(size) - chance.integers(size.days * DAY // 2, size=size.exports)
    wards = chance.integers(size.wards, size=size.exports)
    told = []
    for export, (moment, of) in enumerate(zip(moments, wards, strict=True)):
        there = (ward == of) & (start < moment) & (start > moment - 365 * DAY)
        whose = np.unique(chart[there])
        door = np.full(whose.size, size.people + size.feeds + export)
        told.append(_opened(whose, door, np.full(whose.size, moment), _ALL))
    return moments, wards, _joined(told)


def _joined(told: list[Openings]) -> Openings:
    return Openings(
        np.concatenate([each.chart for each in told]),
        np.concatenate([each.door for each in told]),
        np.concatenate([each.second for each in told]),
        np.concatenate([each.sections for each in told]),
    )

"""One likelihood over all doors together: which of them the rows came through, and how sure.

Each row came through a door of the set, in unknown shares, or "unlogged or outside". A door's word
about a row is a likelihood ratio: that it opened this chart while it stood so, over the chance
that it would have opened one like it. Of rows it would hardly ever have opened it has a small
share from the outset (`Told.might`): who reads one ward is not cleared by rows of another, which
somebody else may have sold. Doors are added while they explain far more than chance can, and a
door that another could replace is never said to be the one. Source: reference/tracing.md 4.2.
"""

from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]
"""Rows by doors."""

SWAP = float(np.log(20))
"""Another door that explains nearly as well: the two cannot be separated."""
MOST_DOORS = 6
_ODDS = np.array([0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 100.0])
_TRIED = 6
_ROUNDS = 40


class Told(NamedTuple):
    """What doors say of rows: `ratios`, and how much sooner than others it `might` be theirs.

    `might` comes of like charts alone, never of the row's own: so it favours nobody by chance.
    """

    ratios: Matrix
    might: Matrix

    @classmethod
    def of(cls, cover: NDArray[np.bool_], expected: Matrix, missed: float) -> Self:
        """Read which rows were opened against the chance that charts like them are.

        `missed`: the share of a guilty door's rows that the log does not show.
        """
        ratios = (1 - missed) * cover / expected + missed
        return cls(ratios, expected * expected.shape[0] / expected.sum(axis=0, initial=1e-9))

    def pick(self, doors: list[int]) -> Self:
        """Keep some doors."""
        return type(self)(self.ratios[:, doors], self.might[:, doors])


class Fit(NamedTuple):
    """Shares of the rows: of "unlogged or outside" first, then of each door; and how likely."""

    shares: NDArray[np.float64]
    likely: float
    above: NDArray[np.float64]
    """Each row's likelihood, times `below`, against "unlogged or outside" alone."""
    below: NDArray[np.float64]


class Chosen(NamedTuple):
    """A set of doors: `gains` is what each added when it came, `same` whom each may be."""

    doors: tuple[int, ...]
    gains: tuple[float, ...]
    same: tuple[tuple[int, ...], ...]
    fit: Fit


def fit(told: Told) -> Fit:
    """Find the shares that explain the rows best; without a door all came from outside.

    EM whose M step is one step of Hunter's MM for choices with known odds (2004), so that the
    likelihood never falls.
    """
    rows, doors = told.ratios.shape
    one = np.ones((rows, 1))
    might = np.concatenate([one, told.might], axis=1)
    said = might * np.concatenate([one, told.ratios], axis=1)
    odds = np.full(doors + 1, 1 / (doors + 1))
    for _ in range(_ROUNDS if rows and doors else 0):
        mine = ((1 / (said @ odds)) @ said) * odds
        odds = mine / ((1 / (might @ odds)) @ might)
        odds /= odds.sum()
    if not rows or not doors:
        odds = np.eye(1, doors + 1)[0]
    above, below = said @ odds, might @ odds
    shares = (1 / below) @ might * odds / max(rows, 1) if rows else odds
    return Fit(shares, float(np.log(above / below).sum()), above, below)


def choose(told: Told, bars: NDArray[np.float64]) -> Chosen:
    """Add doors while one explains more than its bar beyond those that are in."""
    chosen, gains = list[int](), list[float]()
    now = fit(told.pick([]))
    while len(chosen) < MOST_DOORS:
        door, better = _best(told, bars, chosen, now)
        if door < 0 or better.likely - now.likely <= bars[door]:
            break
        chosen.append(door)
        gains.append(better.likely - now.likely)
        now = better
    same = tuple(_same(told, chosen, door, now) for door in chosen)
    return Chosen(tuple(chosen), tuple(gains), same, now)


def _best(told: Told, bars: NDArray[np.float64], chosen: list[int], now: Fit) -> tuple[int, Fit]:
    tried = _promising(told, now, set(chosen), bars)[:3]
    fits = [(fit(told.pick([*chosen, door])), door) for door in tried]
    if not fits:
        return -1, now
    better, door = max(fits, key=lambda each: each[0].likely - bars[each[1]])
    return door, better


def _same(told: Told, chosen: list[int], door: int, now: Fit) -> tuple[int, ...]:
    """Swap a door for each that is not in: whoever does as well may be the one."""
    others = [each for each in chosen if each != door]
    without = fit(told.pick(others))
    tried = _promising(told, without, set(chosen))
    return tuple(
        each for each in tried if fit(told.pick([*others, each])).likely >= now.likely - SWAP
    )


def _promising(
    told: Told, now: Fit, out: set[int], bars: NDArray[np.float64] | float = 0.0
) -> list[int]:
    """List the doors that add most to a fit, by trying a few shares for each."""
    if not told.ratios.size:
        return []
    odds = _ODDS[:, None, None] * told.might[None]
    above = now.above[None, :, None] + odds * told.ratios[None]
    below = now.below[None, :, None] + odds
    gain = (np.log(above / below).sum(axis=1) - now.likely).max(axis=0) - bars
    order = np.argsort(-gain, kind="stable")
    return [int(door) for door in order if int(door) not in out][:_TRIED]

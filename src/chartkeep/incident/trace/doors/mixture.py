"""One likelihood over all doors together: which of them the rows came through, and how sure.

Each row came through a door of the set, in unknown shares, or "unlogged or outside". A door's word
about a row is a likelihood ratio: that it opened this chart while it stood so, over the chance
that it would have opened one like it. Doors are added while they explain far more than chance can,
and a door that another could replace is never said to be the one. Source: reference/tracing.md 4.2.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ratios = NDArray[np.float64]
"""Rows by doors."""

SWAP = float(np.log(20))
"""Another door that explains nearly as well: the two cannot be separated."""
MOST_DOORS = 6
_SHARES = np.array([0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9, 0.99])
_TRIED = 6
_ROUNDS = 40


class Fit(NamedTuple):
    """Shares of the rows: of "unlogged or outside" first, then of each door; and how likely."""

    shares: NDArray[np.float64]
    likely: float
    rows: NDArray[np.float64]
    """Each row's likelihood ratio against "unlogged or outside" alone."""


class Chosen(NamedTuple):
    """A set of doors: `gains` is what each added when it came, `same` whom each may be."""

    doors: tuple[int, ...]
    gains: tuple[float, ...]
    same: tuple[tuple[int, ...], ...]
    fit: Fit


def fit(ratios: Ratios) -> Fit:
    """Find the shares that explain the rows best (EM); without a door all came from outside."""
    if not ratios.size:
        shares = np.eye(1, ratios.shape[1] + 1)[0]
        return Fit(shares, 0.0, np.ones(ratios.shape[0]))
    told = np.concatenate([np.ones((ratios.shape[0], 1)), ratios], axis=1)
    shares = np.full(told.shape[1], 1 / told.shape[1])
    for _ in range(_ROUNDS):
        each = told * shares
        shares = (1 / each.sum(axis=1)) @ each / told.shape[0]
    rows = told @ shares
    return Fit(shares, float(np.log(rows).sum()), rows)


def choose(ratios: Ratios, bar: float) -> Chosen:
    """Add doors while one explains more than `bar` beyond those that are in."""
    chosen, gains = list[int](), list[float]()
    now = fit(ratios[:, []])
    while len(chosen) < MOST_DOORS:
        door, better = _best(ratios, chosen, now)
        if door < 0 or better.likely - now.likely <= bar:
            break
        chosen.append(door)
        gains.append(better.likely - now.likely)
        now = better
    same = tuple(_same(ratios, chosen, door, now) for door in chosen)
    return Chosen(tuple(chosen), tuple(gains), same, now)


def _best(ratios: Ratios, chosen: list[int], now: Fit) -> tuple[int, Fit]:
    tried = _promising(ratios, now, set(chosen))[:3]
    fits = [(fit(ratios[:, [*chosen, door]]), door) for door in tried]
    if not fits:
        return -1, now
    better, door = max(fits, key=lambda each: each[0].likely)
    return door, better


def _same(ratios: Ratios, chosen: list[int], door: int, now: Fit) -> tuple[int, ...]:
    """Swap a door for each that is not in: whoever does as well may be the one."""
    others = [each for each in chosen if each != door]
    without = fit(ratios[:, others])
    tried = _promising(ratios, without, set(chosen))
    return tuple(
        each for each in tried if fit(ratios[:, [*others, each]]).likely >= now.likely - SWAP
    )


def _promising(ratios: Ratios, now: Fit, out: set[int]) -> list[int]:
    """List the doors that add most to a fit, by trying a few shares for each."""
    if not ratios.size:
        return []
    mixed = (1 - _SHARES)[:, None, None] * now.rows[None, :, None]
    gain = np.log(mixed + _SHARES[:, None, None] * ratios[None]).sum(axis=1).max(axis=0)
    order = np.argsort(-gain, kind="stable")
    return [int(door) for door in order if int(door) not in out][:_TRIED]

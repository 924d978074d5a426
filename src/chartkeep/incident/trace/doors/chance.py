"""Exact chances of counts: tails of sums of coins, and the bound of a rate that was counted."""

from math import exp, fsum, lgamma, log, log1p, log10

import numpy as np
from numpy.typing import NDArray

_FLOOR = 1e-300


def tail(chances: NDArray[np.float64], hits: int) -> float:
    """Give log10 of the chance of at least `hits` among coins of these chances, each its own."""
    counts = np.zeros(chances.size + 1)
    counts[0] = 1.0
    for chance in chances:
        counts[1:] = counts[1:] * (1 - chance) + counts[:-1] * chance
        counts[0] *= 1 - chance
    return log10(max(_FLOOR, min(1.0, float(counts[hits:].sum()))))


def binomial_tail(size: int, chance: float, hits: int) -> float:
    """Give the chance of at least `hits` of `size` coins; 1 for none."""
    if hits <= 0:
        return 1.0
    if not 0 < chance < 1:
        return float(chance >= 1)
    odds = log(chance) - log1p(-chance)
    base = lgamma(size + 1) + size * log1p(-chance)
    terms = (
        exp(base + k * odds - lgamma(k + 1) - lgamma(size - k + 1)) for k in range(hits, size + 1)
    )
    return min(1.0, fsum(terms))


def upper_bound(hits: int, size: int, sure: float = 0.95) -> float:
    """Bound a rate from above by how often it was seen (Clopper and Pearson 1934, one-sided)."""
    low, high = hits / size if size else 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if size and 1 - binomial_tail(size, middle, hits + 1) > 1 - sure:
            low = middle
        else:
            high = middle
    return high if size else 1.0

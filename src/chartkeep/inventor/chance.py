"""Chance from a seed: the same path gives the same draws, on every machine.

It promises repeatability, nothing else: nothing drawn here may ever protect anything.
"""

from collections.abc import Sequence
from random import Random  # noqa: TID251 - the inventor is deterministic by design
from typing import TypeVar

Chance = Random
Item = TypeVar("Item")


def chance_for(*path: int | str) -> Chance:
    """Start the draws that belong to one path, e.g. `chance_for(seed, "patient", 7)`."""
    return Random("/".join(map(str, path)))  # noqa: S311 - invented data, not keys


def scatter(serial: int, prime: int, seed: int) -> int:
    """Spread 0, 1, 2, … over 0 … prime-1 without a repeat, so that numbers look unordered."""
    return (serial * 48_271 + seed * 16_807 + 11) % prime


def some(chance: Chance, items: Sequence[Item], low: int, high: int) -> list[Item]:
    """Draw between low and high different items (fewer if there are fewer)."""
    return chance.sample(items, min(chance.randint(low, high), len(items)))

"""A house, a taker of it, and a patient it knows."""

from tests.house import house

__all__ = ["house"]

"""Fixtures shared by the tests of continuity."""

from tests.house import house

__all__ = ["house"]

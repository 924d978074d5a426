"""The keyholder's clock: never backwards, and a jump of the wall clock opens no budget. Pure.

Time goes on at the monotonic clock's pace from where it started; the wall clock may correct it by
at most a minute at a time. It cannot know how long the process was down: start trusts the wall.
"""

from typing import NamedTuple

JUMP = 60_000


class Reading(NamedTuple):
    """Milliseconds of the wall clock (since 1970) and of the monotonic clock (since anything)."""

    wall: int
    steady: int


class Clock:
    """Turns readings into times that never decrease."""

    def __init__(self, start: Reading, last: int) -> None:
        self._start = Reading(max(start.wall, last), start.steady)
        self._last = self._start.wall
        self.jumped = 0
        """By how much (ms) the wall clock stands off, 0 while it agrees."""

    def now(self, reading: Reading) -> int:
        """Give the time of a reading; a wall clock that stands off by a minute is not believed."""
        expected = self._start.wall + reading.steady - self._start.steady
        off = reading.wall - expected
        self.jumped = off if abs(off) > JUMP else 0
        self._last = max(self._last, expected if self.jumped else reading.wall)
        return self._last

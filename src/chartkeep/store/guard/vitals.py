"""What must go on by itself: the clock, the room on the disk, the writer, the length of the ledger.

Rules as functions of values; `Vitals` remembers what was seen last.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.model import Millis
from chartkeep.store.guard.watching import Sign

JUMP: Final = 60_000
STILL: Final = 20_000
"""Milliseconds in which the writer must have answered a look."""
_LITTLE, _LEAST = 0.05, 0.01
"""Of the disk: below the first somebody must act, below the second nothing is taken in."""


class Reading(NamedTuple):
    """The wall clock, and one that nobody sets, in milliseconds."""

    wall: Millis
    steady: int


class Room(NamedTuple):
    """Free and all, in bytes and in files."""

    free: int
    all: int
    free_files: int
    all_files: int

    @property
    def share(self) -> float:
        """Say how much is free, of whatever there is least of."""
        bytes_left = self.free / self.all if self.all else 1.0
        files_left = self.free_files / self.all_files if self.all_files else 1.0
        return min(bytes_left, files_left)


def read_room(folder: Path) -> Room:
    """Ask the system how full a folder's disk is."""
    found = os.statvfs(folder)
    unit = found.f_frsize
    return Room(found.f_bavail * unit, found.f_blocks * unit, found.f_favail, found.f_files)


def jumped(before: Reading, now: Reading) -> int:
    """Say by how much (ms) the wall clock was set between two readings, 0 for less than a minute.

    A thing that is named once froze once: so the sign carries the time.
    """
    off = (now.wall - before.wall) - (now.steady - before.steady)
    return off if abs(off) > JUMP else 0


class Vitals:
    """What is looked at once a second."""

    def __init__(self, read_room: Callable[[], Room], read_clock: Callable[[], Reading]) -> None:
        self._read_room = read_room
        self._read_clock = read_clock
        self._last = read_clock()
        self._asked: tuple[int, int] | None = None
        self.red: list[str] = []
        self.full = ""

    def clock(self) -> Sign | None:
        """Say that the wall clock jumped since the last time."""
        before, self._last = self._last, self._read_clock()
        off = jumped(before, self._last)
        if not off:
            return None
        why = f"the clock of the store's host jumped by {off // 1000:,} s"
        return Sign(f"clock at {self._last.wall}", why)

    def room(self) -> None:
        """Set `red` and `full` by how much room there is on the disk."""
        left = self._read_room().share
        self.full = "the store's disk is full" if left < _LEAST else ""
        self.red = [f"the store's disk has {left:.0%} left"] if left < _LITTLE else []

    def may_ask(self, served: int) -> bool:
        """Say whether to ask the writer for a look: not while it owes an answer."""
        now = self._last.steady
        if self._asked is None or self._asked[0] != served:
            self._asked = (served, now)
            return True
        return False

    def pulse(self, served: int) -> str:
        """Say that the writer has not moved since it was asked; empty while it moves."""
        if self._asked is None or self._asked[0] != served:
            return ""
        still = self._last.steady - self._asked[1]
        return f"the store's writer has not moved for {still // 1000} s" if still > STILL else ""

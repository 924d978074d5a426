"""Which segments of a ledger are in a place, and which of them to merge next.

One thread adds what it pulled, another replaces what it merged; both see the same list.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from chartkeep.recovery.archive import cover, segment_names
from chartkeep.recovery.mirrored import sound
from chartkeep.recovery.place import Place
from chartkeep.recovery.segment import Ledger, SegmentName

TOGETHER: Final = 16
AT_ONCE: Final = 32
MOST_READ: Final = 256 << 20
FULL: Final = 1 << 30
"""A segment of so many bytes is not merged any more: it is kept for years."""


class Cover:
    """The segments that together have every line once."""

    def __init__(self, place: Place, ledger: Ledger, without: frozenset[str] = frozenset()) -> None:
        """List them; `without` are names known to be damaged. Reads names only."""
        self._lock = threading.Lock()
        self.ledger = ledger
        self._names = cover(place, ledger, without)
        named = (name for name in segment_names(place, ledger) if name.text() not in without)
        self.last = max(named, key=lambda name: name.end, default=None)
        """The one that reaches furthest: after a gap, or in a cover, the newest that was proved."""

    @property
    def names(self) -> list[SegmentName]:
        """List them in order."""
        with self._lock:
            return list(self._names)

    def add(self, name: SegmentName) -> None:
        """Add the next one."""
        with self._lock:
            self._names.append(name)
            self.last = name

    def replace(self, run: Sequence[SegmentName], merged: SegmentName) -> None:
        """Put a merged one in the place of those it says the same as."""
        with self._lock:
            at = self._names.index(run[0])
            self._names[at : at + len(run)] = [merged]


def sound_cover(place: Place, ledger: Ledger, alarm: Callable[[str], None]) -> Cover:
    """List the segments at a vault's start; the newest, where a fault shows first, are read whole.

    One that is damaged does not count: what it had is pulled again.
    """
    damaged: set[str] = set()
    while True:
        cover = Cover(place, ledger, frozenset(damaged))
        newest = {name.text() for name in (*cover.names[-1:], cover.last) if name is not None}
        wrong = {n for n in newest if place.size(n) <= MOST_READ and not sound(place, n)}
        if not wrong:
            return cover
        damaged |= wrong
        alarm(f"a segment of the vault is damaged, and pulled again: {min(wrong)}")


def pick(names: Sequence[SegmentName], full: frozenset[SegmentName]) -> list[SegmentName]:
    """Choose neighbours at the end to merge; none while they are few.

    All shorter than 16^t lines, sixteen or more, and together as long as that: so each line is
    written once more for each time the ledger is sixteen times as long, and the list stays short.
    The smallest t first; at most `AT_ONCE` of them, the oldest.
    """
    for height in range(1, 16):
        begin = len(names)
        while begin and names[begin - 1] not in full and _lines(names[begin - 1]) < 16**height:
            begin -= 1
        run = list(names[begin:])
        if len(run) >= TOGETHER and run[-1].end - run[0].first >= 16**height:
            return run[:AT_ONCE]
    return []


def _lines(name: SegmentName) -> int:
    return name.end - name.first

"""Which segments of a ledger are in a place, and which of them to merge next.

One thread adds what it pulled, another replaces what it merged; both see the same list.
"""

import threading
from collections.abc import Sequence
from typing import Final

from chartkeep.recovery.archive import cover, segment_names
from chartkeep.recovery.place import Place
from chartkeep.recovery.segment import Ledger, SegmentName

TOGETHER: Final = 16
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


def pick(names: Sequence[SegmentName], full: frozenset[SegmentName]) -> list[SegmentName]:
    """Choose neighbours to merge: sixteen at the end of which none has more than 16^t lines.

    The smallest t first, the oldest of those first; none when there are not enough. So every line
    is written once more each time the ledger is sixteen times as long.
    """
    for height in range(1, 16):
        end = len(names)
        while end and names[end - 1] not in full and _lines(names[end - 1]) <= TOGETHER**height:
            end -= 1
        if len(names) - end >= TOGETHER:
            return list(names[end : end + TOGETHER])
    return []


def _lines(name: SegmentName) -> int:
    return name.end - name.first

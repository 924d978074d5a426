"""Entries in clear as the last look at a section showed them, until its lease ends, in few bytes.

It saves the work of opening the same bytes again, and nothing else: whoever takes from it, the
session that looked before or another, has just asked the keyholder anew; `opening.open_all` shows
them nothing whose key they were not given in that answer. It is swept at every look, not by a
clock of its own.
"""

import threading
from collections.abc import Iterable, Mapping
from itertools import chain
from typing import NamedTuple

import msgspec

from chartkeep.custody.envelope import Envelope
from chartkeep.model import ChartId, Millis, Section
from chartkeep.sealing.entry import EntryHeader

MOST_BYTES = 64 << 20

Sealed = bytes


class OpenedEntry(msgspec.Struct, frozen=True, gc=False):
    """One entry in clear: where it stood, where it came from, its bytes as received.

    Unseen by the garbage collector, which would walk thousands of them; none can be in a cycle.
    """

    header: EntryHeader
    envelope: Envelope
    raw: bytes


class Kept(NamedTuple):
    """What one look at a section showed, by the sealed bytes it was opened from."""

    lease_end: Millis
    bytes: int
    entries: Mapping[Sealed, OpenedEntry]


NOTHING = Kept(Millis(0), 0, {})


class Shelf:
    """Opened entries of one worker, by chart and section.

    Each look puts its sections last, and leases are of one length: what stands first ends first.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._lock = threading.Lock()
        self._kept: dict[tuple[ChartId, Section], Kept] = {}

    def take(
        self, chart: ChartId, sections: Iterable[Section], now: Millis
    ) -> Mapping[Sealed, OpenedEntry]:
        """Give what the last looks at sections of a chart showed, if their leases run."""
        with self._lock:
            while self._kept and next(iter(self._kept.values())).lease_end <= now:
                self._drop(next(iter(self._kept)))
            found = [self._kept.get((chart, section), NOTHING) for section in sections]
        return dict(chain.from_iterable(kept.entries.items() for kept in found))

    def put(self, chart: ChartId, lease_end: Millis, entries: Mapping[Sealed, OpenedEntry]) -> None:
        """Keep what a look showed; the sections looked at longest ago make room."""
        parts: dict[Section, dict[Sealed, OpenedEntry]] = {section: {} for section in Section}
        for sealed, entry in entries.items():
            parts[entry.header.section][sealed] = entry
        for section, mine in parts.items():
            if not mine:
                continue
            size = sum(map(len, mine)) + sum([len(entry.raw) for entry in mine.values()])
            with self._lock:
                self._drop((chart, section))
                while self._kept and self._bytes + size > self._most:
                    self._drop(next(iter(self._kept)))
                if size <= self._most:
                    self._kept[chart, section] = Kept(lease_end, size, mine)
                    self._bytes += size

    def _drop(self, key: tuple[ChartId, Section]) -> None:
        self._bytes -= self._kept.pop(key, NOTHING).bytes

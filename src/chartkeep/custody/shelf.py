"""What a session has open: entries in clear, kept until its lease ends, within a bound of bytes.

It saves the work of opening the same bytes again, and nothing else: whoever takes from it has
just asked the keyholder anew, and has the line and the keys for every entry taken. It holds what
the last look at a chart showed, no more; it is swept at every look, not by a clock of its own.
"""

import threading
from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from chartkeep.custody.envelope import Envelope
from chartkeep.model import ChartId, Millis
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
    """What one look showed, by the sealed bytes it was opened from."""

    lease_end: Millis
    bytes: int
    entries: Mapping[Sealed, OpenedEntry]


NOTHING = Kept(Millis(0), 0, {})


class Shelf:
    """Opened entries of one worker, by session and chart.

    Each look puts its chart last, and leases are of one length: what stands first ends first.
    """

    def __init__(self, most: int = MOST_BYTES) -> None:
        self._most = most
        self._bytes = 0
        self._lock = threading.Lock()
        self._kept: dict[tuple[bytes, ChartId], Kept] = {}

    def take(self, token: bytes, chart: ChartId, now: Millis) -> Mapping[Sealed, OpenedEntry]:
        """Take down what a session's last look at a chart showed, if its lease has not ended."""
        with self._lock:
            while self._kept and next(iter(self._kept.values())).lease_end <= now:
                self._drop(next(iter(self._kept)))
            kept = self._drop((token, chart))
        return kept.entries if kept.lease_end > now else {}

    def put(
        self,
        token: bytes,
        chart: ChartId,
        lease_end: Millis,
        entries: Mapping[Sealed, OpenedEntry],
    ) -> None:
        """Keep what a look showed; the charts looked at longest ago make room."""
        size = sum(len(sealed) + len(entry.raw) for sealed, entry in entries.items())
        with self._lock:
            self._drop((token, chart))
            while self._kept and self._bytes + size > self._most:
                self._drop(next(iter(self._kept)))
            if size <= self._most:
                self._kept[token, chart] = Kept(lease_end, size, entries)
                self._bytes += size

    def _drop(self, key: tuple[bytes, ChartId]) -> Kept:
        kept = self._kept.pop(key, NOTHING)
        self._bytes -= kept.bytes
        return kept

"""The `releases` ledger as a vault takes it from a keyholder: times, entries, sealed bodies.

The entries are proved; a body is proved only by who has the ledger's keys, when it is restored.
"""

import struct
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice
from typing import Final

from chartkeep.errors import LedgerBrokenError
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.ledger.hashing import HASH_BYTES
from chartkeep.ledger.tiles import ReadTile
from chartkeep.recovery.segment import NO_CHART, Ledger, Taken

PAGE: Final = 2_048
TIME: Final = struct.Struct(">Q")


class ReleasesSource:
    """A keyholder, as a vault sees it."""

    ledger = Ledger.RELEASES

    def __init__(self, keyholder: KeyholderClient) -> None:
        self._keyholder = keyholder
        self._tiles = lru_cache(64)(keyholder.read_tile)
        self.read_tile: ReadTile = self._tiles

    def heads(self) -> tuple[str, str]:
        """Ask for the ledger's checkpoint, and the newest a witness cosigned."""
        self._tiles.cache_clear()
        found = self._keyholder.checkpoint()
        return found.note, found.cosigned

    def kept(self, size: int) -> bool:
        """Tell nobody: the keyholder has a follower for what must not be lost."""
        del size
        return False

    def take(self, start: int, head: Checkpoint, room: int) -> list[Taken]:
        """Take lines from `start` on, one at least: about as many as fit into `room` bytes."""
        taken: list[Taken] = []
        for line in self._lines(start, min(head.size, start + PAGE)):
            taken.append(line)
            room -= self.weigh(line)
            if room < 0:
                break
        return taken

    def weigh(self, taken: Taken) -> int:
        """Count what a line will take in a segment."""
        return len(taken.words or b"")

    def with_blobs(self, start: int, taken: list[Taken]) -> list[Taken]:
        """Give the lines back: none of them has a blob."""
        del start
        return taken

    def _lines(self, start: int, end: int) -> Iterator[Taken]:
        found = list(islice(self._keyholder.lines(start, end), end - start))
        if not found:
            raise LedgerBrokenError(f"line {start} is missing at the keyholder")
        for at, line in found:
            if len(line.entry) != HASH_BYTES or line.time < 0:
                raise LedgerBrokenError(f"line {at} of releases is malformed")
            yield Taken(0, line.entry, NO_CHART, TIME.pack(line.time) + line.body)

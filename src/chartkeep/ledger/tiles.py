"""Tiles, entry bundles and their paths, as C2SP tlog-tiles has them (height 8).

Promises the published bytes and names. Stores nothing: whoever keeps tiles hands in a `ReadTile`.
"""

import struct
from collections.abc import Callable, Iterable

import msgspec

from chartkeep.errors import LedgerBrokenError
from chartkeep.ledger.hashing import HASH_BYTES, hash_pairs, split_hashes

TILE_HEIGHT = 8
TILE_WIDTH = 256
MAX_ENTRY_BYTES = 0xFFFF

ReadTile = Callable[[int, int, int], bytes]
"""(level, index, width) -> width * 32 bytes: the first `width` hashes of that tile."""


class Tile(msgspec.Struct, frozen=True):
    """Joined hashes of one tile; full when there are 256 of them."""

    level: int
    index: int
    hashes: bytes

    @property
    def width(self) -> int:
        """Count the hashes."""
        return len(self.hashes) // HASH_BYTES


def tile_width(size: int, level: int, index: int) -> int:
    """Count the hashes tile (level, index) has in a tree of `size`: 0 to 256."""
    return max(0, min(TILE_WIDTH, (size >> TILE_HEIGHT * level) - index * TILE_WIDTH))


def tile_path(level: int | str, index: int, width: int) -> str:
    """Name a tile's file; level "entries" names an entry bundle."""
    groups = [f"{index % 1000:03d}"]
    while index := index // 1000:
        groups.insert(0, f"x{index % 1000:03d}")
    partial = "" if width == TILE_WIDTH else f".p/{width}"
    return f"tile/{level}/{'/'.join(groups)}{partial}"


def read_checked(read_tile: ReadTile, level: int, index: int, width: int) -> bytes:
    """Read a tile; raises LedgerBrokenError if it has not exactly `width` hashes."""
    hashes = read_tile(level, index, width)
    if len(hashes) != width * HASH_BYTES:
        raise LedgerBrokenError(f"{tile_path(level, index, width)} has a wrong length")
    return hashes


def tile_root(hashes: bytes) -> bytes:
    """Hash a full tile to its one hash a level up."""
    row = split_hashes(hashes)
    while len(row) > 1:
        row = hash_pairs(row)
    return row[0]


def write_bundle(entries: Iterable[bytes]) -> bytes:
    """Join entries, each behind its uint16 length. Raises LedgerBrokenError above 65,535 bytes."""
    parts: list[bytes] = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise LedgerBrokenError("an entry is longer than a bundle can hold")
        parts += (struct.pack(">H", len(entry)), entry)
    return b"".join(parts)


def read_bundle(bundle: bytes) -> list[bytes]:
    """Cut a bundle into its entries. Raises LedgerBrokenError if the lengths do not add up."""
    entries: list[bytes] = []
    at = 0
    while at < len(bundle):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        entries.append(bundle[start:at])
    if at != len(bundle):
        raise LedgerBrokenError("an entry bundle ends inside an entry")
    return entries

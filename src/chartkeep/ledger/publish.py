"""A ledger as a folder of static files, for outsiders (C2SP tlog-tiles).

Promises that the files, written in the order given, never show a checkpoint whose tiles are not
there yet. Writes nothing itself; partial tiles of older checkpoints are the caller's to remove.
"""

from collections.abc import Callable, Iterable, Iterator

from chartkeep.ledger.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    ReadTile,
    read_checked,
    tile_path,
    tile_width,
    write_bundle,
)

ReadEntries = Callable[[int, int], Iterable[bytes]]
"""(start, end) -> the entries start … end, in order."""


def publish(
    checkpoint: bytes, size: int, read_tile: ReadTile, read_entries: ReadEntries, since: int = 0
) -> Iterator[tuple[str, bytes]]:
    """Give (path, bytes) of all files of a ledger of `size`, `checkpoint` last.

    With `since`, an earlier published size, only files that are new or wider are given.
    """
    for index in range(since // TILE_WIDTH, -(-size // TILE_WIDTH)):
        start, width = index * TILE_WIDTH, tile_width(size, 0, index)
        yield tile_path("entries", index, width), write_bundle(read_entries(start, start + width))
    level = 0
    while count := size >> TILE_HEIGHT * level:
        first = (since >> TILE_HEIGHT * level) // TILE_WIDTH
        for index in range(first, -(-count // TILE_WIDTH)):
            width = tile_width(size, level, index)
            yield tile_path(level, index, width), read_checked(read_tile, level, index, width)
        level += 1
    yield "checkpoint", checkpoint

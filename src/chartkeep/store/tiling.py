"""Tiles of `records` from what a book keeps: full ones as they stand, others from below.

Promises the bytes tlog-tiles asks for, of any size up to the present one. Checks nothing.
"""

from chartkeep.errors import NotFoundError
from chartkeep.ledger.hashing import HASH_BYTES, hash_leaf
from chartkeep.ledger.tiles import TILE_WIDTH, ReadTile, tile_root
from chartkeep.store.book import Reading


def tile_reader(book: Reading) -> ReadTile:
    """Read tiles, full or partial, from a book.

    Raises NotFoundError for what lies beyond the ledger's end.
    """

    def read(level: int, index: int, width: int) -> bytes:
        hashes = book.tile(level, index) or _from_below(book, level, index, width)
        if not 0 < width <= TILE_WIDTH or len(hashes) < width * HASH_BYTES:
            raise NotFoundError("the records ledger has no such tile yet")
        return hashes[: width * HASH_BYTES]

    return read


def _from_below(book: Reading, level: int, index: int, width: int) -> bytes:
    start = index * TILE_WIDTH
    if level == 0:
        return b"".join(map(hash_leaf, book.lines(start, width)))
    below = (book.tile(level - 1, place) for place in range(start, start + width))
    return b"".join(tile_root(hashes) for hashes in below if hashes)

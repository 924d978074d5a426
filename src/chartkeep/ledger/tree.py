"""The growing end of a log: one unfinished tile a level, in memory.

Promises the RFC 6962 root at every size, and hands out each tile once, when it is full. About two
hashes an entry; at most 255 hashes a level are held. Keeps nothing: full tiles belong to whoever
takes them, and a tree that was not stored is rebuilt with `Tree.load`.
"""

from collections.abc import Iterable
from typing import Self

from chartkeep.errors import LedgerBrokenError
from chartkeep.ledger.hashing import (
    EMPTY_ROOT,
    HASH_BYTES,
    hash_leaf,
    hash_node,
    hash_pairs,
    split_hashes,
)
from chartkeep.ledger.tiles import (
    TILE_HEIGHT,
    TILE_WIDTH,
    ReadTile,
    Tile,
    read_checked,
    tile_path,
    tile_width,
)


class _OpenTile:
    """An unfinished tile: row h holds the hashes of height h above the tile's own."""

    def __init__(self, index: int, hashes: list[bytes]) -> None:
        self.index = index
        self.rows: list[list[bytes]] = [hashes, *([] for _ in range(TILE_HEIGHT))]

    def settle(self) -> None:
        """Hash what came since the last time; each pair is hashed once in the tile's life."""
        for low, high in zip(self.rows, self.rows[1:], strict=False):
            if len(low) < 2 * len(high) + 2:
                return  # no new pair here, so none above
            high.extend(hash_pairs(low[2 * len(high) :]))

    def peaks(self) -> list[bytes]:
        """List the roots of the full subtrees inside, the smallest (rightmost) first."""
        self.settle()
        width = len(self.rows[0])
        return [row[-1] for height, row in enumerate(self.rows) if width >> height & 1]

    def close(self, level: int) -> tuple[Tile, bytes]:
        """Hand out the full tile and its root, and begin the next one."""
        self.settle()
        tile = Tile(level, self.index, b"".join(self.rows[0]))
        root = self.rows[TILE_HEIGHT][0]
        for row in self.rows:
            row.clear()
        self.index += 1
        return tile, root


class Tree:
    """A log's Merkle tree at its newest size."""

    def __init__(self) -> None:
        self._open = [_OpenTile(0, [])]
        self._leaves = self._open[0].rows[0]
        self._full: list[Tile] = []

    @classmethod
    def load(cls, size: int, read_tile: ReadTile) -> Self:
        """Rebuild the tree of `size`; reads one partial tile a level and checks no root."""
        tree = cls()
        tree._open = []
        level = 0
        while level == 0 or size >> TILE_HEIGHT * level:
            index = size >> TILE_HEIGHT * (level + 1)
            width = tile_width(size, level, index)
            hashes = read_checked(read_tile, level, index, width) if width else b""
            tree._open.append(_OpenTile(index, split_hashes(hashes)))
            level += 1
        tree._leaves = tree._open[0].rows[0]
        return tree

    @property
    def size(self) -> int:
        """Count the entries."""
        return self._open[0].index * TILE_WIDTH + len(self._leaves)

    def append(self, entry: bytes) -> None:
        """Add one entry."""
        self._leaves.append(hash_leaf(entry))
        if len(self._leaves) == TILE_WIDTH:
            self._close()

    def append_many(self, entries: Iterable[bytes]) -> None:
        """Add entries in order."""
        self.append_hashes(map(hash_leaf, entries))

    def append_hashes(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add entries known only by their leaf hashes."""
        leaves = self._leaves
        for leaf_hash in leaf_hashes:
            leaves.append(leaf_hash)
            if len(leaves) == TILE_WIDTH:
                self._close()

    def _close(self) -> None:
        """Close the full level-0 tile and every tile above that it completes."""
        level = 0
        while len(self._open[level].rows[0]) == TILE_WIDTH:
            tile, root = self._open[level].close(level)
            self._full.append(tile)
            level += 1
            if level == len(self._open):
                self._open.append(_OpenTile(0, []))
            self._open[level].rows[0].append(root)

    def take_tiles(self) -> list[Tile]:
        """Hand out the tiles completed since the last call, lower levels first; each only once."""
        taken, self._full = self._full, []
        return taken

    def partials(self) -> list[Tile]:
        """List the unfinished tiles of this size, those without a hash left out."""
        return [
            Tile(level, tile.index, b"".join(tile.rows[0]))
            for level, tile in enumerate(self._open)
            if tile.rows[0]
        ]

    def root(self) -> bytes:
        """Hash the whole tree; costs only what came since the last call."""
        peaks = [peak for tile in self._open for peak in tile.peaks()]
        if not peaks:
            return EMPTY_ROOT
        root = peaks[0]
        for peak in peaks[1:]:
            root = hash_node(peak, root)
        return root

    def reader(self, read_full: ReadTile) -> ReadTile:
        """Read unfinished tiles from memory and finished ones from `read_full`, any width of each.

        `read_full` is asked for width 256 only; tiles taken but not yet stored are its business.
        """

        def read(level: int, index: int, width: int) -> bytes:
            if level < len(self._open) and index == self._open[level].index:
                hashes = b"".join(self._open[level].rows[0][:width])
            else:
                hashes = read_full(level, index, TILE_WIDTH)[: width * HASH_BYTES]
            return hashes

        return read


def verify_tiles(old: tuple[int, bytes], new: tuple[int, bytes], read_tile: ReadTile) -> None:
    """Check that tiles carry a log from one (size, root) to a later one; work as for the new part.

    Every tile the new part touches is recomputed from level 0 and compared, full and partial
    alike. Raises LedgerBrokenError naming the tile, or the root, that does not fit.
    """
    (old_size, old_root), (new_size, new_root) = old, new
    if old_size > new_size:
        raise LedgerBrokenError("the ledger is shorter than it was")
    tree = Tree.load(old_size, read_tile)
    if tree.root() != old_root:
        raise LedgerBrokenError("the tiles do not give the old root")
    for index in range(old_size // TILE_WIDTH, -(-new_size // TILE_WIDTH)):
        hashes = read_checked(read_tile, 0, index, tile_width(new_size, 0, index))
        tree.append_hashes(split_hashes(hashes)[tree.size - index * TILE_WIDTH :])
        _compare(tree.take_tiles(), read_tile)
    _compare(tree.partials(), read_tile)
    if tree.root() != new_root:
        raise LedgerBrokenError("the tiles do not give the new root")


def _compare(tiles: list[Tile], read_tile: ReadTile) -> None:
    for tile in tiles:
        if read_tile(tile.level, tile.index, tile.width) != tile.hashes:
            path = tile_path(tile.level, tile.index, tile.width)
            raise LedgerBrokenError(f"{path} does not follow from the tiles below it")

"""A group: what one turn changes, as it goes to the follower and lies in the outbox meanwhile.

Format: docs/formats/follower.md. Promises that what it reads names known statements only and that
its lines carry the tree to the size and root it says. Writes nothing.
"""

from typing import Any

import msgspec

from chartkeep.errors import LedgerBrokenError, UnknownFormatError
from chartkeep.keyholder.book import STATEMENTS, Book, Change
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.tiles import tile_root
from chartkeep.ledger.tree import Tree

TRAVELLING = STATEMENTS.keys() - {"outbox", "outbox_done"}


class Group(msgspec.Struct, frozen=True, array_like=True):
    """Lines and root of the ledger after the changes, and the changes."""

    size: int
    root: bytes
    changes: list[tuple[str, tuple[Any, ...]]]


_decoder = msgspec.msgpack.Decoder(Group)


def pack_group(tree: Tree, changes: list[Change]) -> bytes:
    """Write a group that has just been added to the tree."""
    return msgspec.msgpack.encode(Group(tree.size, tree.root(), changes))


def read_group(raw: bytes) -> Group:
    """Read a group. Raises UnknownFormatError if it is none, or names an unknown statement."""
    try:
        group = _decoder.decode(raw)
    except msgspec.MsgspecError as error:
        raise UnknownFormatError("this is not a group of changes") from error
    if not {name for name, _ in group.changes} <= TRAVELLING:
        raise UnknownFormatError("a group holds a change that does not travel")
    return group


def grow_tree(tree: Tree, group: Group) -> None:
    """Add a group's lines to a tree, which is spoilt when this raises LedgerBrokenError."""
    lines = [values for name, values in group.changes if name == "line"]
    if [line[0] for line in lines] != list(range(tree.size, tree.size + len(lines))):
        raise LedgerBrokenError("a group's lines do not go on where the ledger ends")
    tree.append_many(line[3] for line in lines)
    tiles = [(tile.level, tile.index, tile.hashes) for tile in tree.take_tiles()]
    if tiles != [values for name, values in group.changes if name == "tile"]:
        raise LedgerBrokenError("a group's tiles do not follow from its lines")
    if (tree.size, tree.root()) != (group.size, group.root):
        raise LedgerBrokenError("the ledgers of primary and follower differ")


def load_tree(book: Book, size: int) -> Tree:
    """Rebuild the tree of the first `size` lines of a book."""

    def read(level: int, index: int, width: int) -> bytes:
        query = "SELECT hashes FROM tile WHERE level = ? AND idx = ?"
        full = book.value(query, (level, index))
        if full is not None:
            return bytes(full[: width * 32])
        if level == 0:
            query = "SELECT entry FROM line WHERE idx >= ? ORDER BY idx LIMIT ?"
            rows = book.rows(query, (index * 256, width))
            return b"".join(hash_leaf(entry) for (entry,) in rows)
        below = range(index * 256, index * 256 + width)
        return b"".join(tile_root(read(level - 1, n, 256)) for n in below)

    return Tree.load(size, read)


def epoch_of(book: Book) -> int:
    """Say the highest epoch a book has heard of; 1 before any take-over."""
    return int(book.mark("epoch") or 1)

"""A log kept in memory, for tests: entries, full tiles, and the slow root from the definition."""

from chartkeep.ledger.hashing import EMPTY_ROOT, hash_leaf, hash_node
from chartkeep.ledger.tiles import ReadTile
from chartkeep.ledger.tree import Tree


class Log:
    def __init__(self, entries: list[bytes]) -> None:
        self.entries = entries
        self.tree = Tree()
        self.tree.append_many(entries)
        self.tiles = {(t.level, t.index): t.hashes for t in self.tree.take_tiles()}
        self.read: ReadTile = self.tree.reader(lambda level, index, _: self.tiles[level, index])

    @property
    def size(self) -> int:
        return len(self.entries)

    def root(self) -> bytes:
        return self.tree.root()


def numbered(count: int, tag: bytes = b"") -> list[bytes]:
    return [tag + number.to_bytes(4, "big") for number in range(count)]


def slow_root(entries: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    match len(entries):
        case 0:
            return EMPTY_ROOT
        case 1:
            return hash_leaf(entries[0])
        case count:
            split = 1 << (count - 1).bit_length() - 1
            return hash_node(slow_root(entries[:split]), slow_root(entries[split:]))

"""Inclusion, consistency and range proofs (RFC 6962 section 2.1; checks as RFC 9162 has them).

Promises that a proof which verifies could not have been made for another tree, short of a SHA-256
collision. Does not know which root is the right one: that is a checkpoint's business.
"""

from collections.abc import Iterable

from chartkeep.errors import LedgerBrokenError
from chartkeep.ledger.hashing import EMPTY_ROOT, HASH_BYTES, hash_node, hash_pairs, split_hashes
from chartkeep.ledger.tiles import TILE_HEIGHT, TILE_WIDTH, ReadTile, read_checked, tile_width


def spans(start: int, end: int) -> list[tuple[int, int]]:
    """Cut `start … end` into the largest aligned full subtrees: (height, first leaf), in order."""
    cut: list[tuple[int, int]] = []
    while start < end:
        height = (end - start).bit_length() - 1
        if start:
            height = min(height, (start & -start).bit_length() - 1)
        cut.append((height, start))
        start += 1 << height
    return cut


class Frontier:
    """The peaks of a tree that is fed from left to right; holds log2(size) hashes."""

    def __init__(self) -> None:
        self.size = 0
        self._peaks: list[bytes] = []

    def push(self, node: bytes, height: int = 0) -> None:
        """Add a full subtree of 2^height leaves; `size` must be a multiple of that."""
        size = self.size >> height
        while size & 1:
            node = hash_node(self._peaks.pop(), node)
            size >>= 1
        self._peaks.append(node)
        self.size += 1 << height

    def push_leaves(self, leaf_hashes: list[bytes]) -> None:
        """Add leaves, a whole run at once: a fraction of the time of one after another."""
        end = self.size + len(leaf_hashes)
        push_spans(self, end, subtrees(self.size, leaf_hashes))

    @property
    def peaks(self) -> list[bytes]:
        """List the roots of the full subtrees, the largest first: all there is to remember."""
        return list(self._peaks)

    def root(self) -> bytes:
        """Hash all peaks to the root of what came so far."""
        return _fold(self._peaks) if self._peaks else EMPTY_ROOT


class _Nodes:
    """Reads any hash of a tree of `size`, each tile at most once."""

    def __init__(self, size: int, read_tile: ReadTile) -> None:
        self._size = size
        self._read_tile = read_tile
        self._tiles: dict[tuple[int, int], list[bytes]] = {}

    def _tile(self, level: int, index: int) -> list[bytes]:
        if (level, index) not in self._tiles:
            width = tile_width(self._size, level, index)
            hashes = read_checked(self._read_tile, level, index, width)
            self._tiles[level, index] = split_hashes(hashes)
        return self._tiles[level, index]

    def subtree(self, height: int, start: int) -> bytes:
        """Hash the full subtree of 2^height leaves that begins at leaf `start`."""
        level, above = divmod(height, TILE_HEIGHT)
        index, at = divmod(start >> TILE_HEIGHT * level, TILE_WIDTH)
        row = self._tile(level, index)[at : at + (1 << above)]
        while len(row) > 1:
            row = hash_pairs(row)
        return row[0]

    def range(self, start: int, end: int) -> bytes:
        """Hash leaves `start … end` as RFC 6962 does when they are one side of a split."""
        return _fold([self.subtree(*span) for span in spans(start, end)])


def subtrees(first: int, leaves: list[bytes]) -> list[bytes]:
    """Hash leaves that begin at index `first` up to the roots of their `spans`, in order."""
    roots = []
    for height, start in spans(first, first + len(leaves)):
        row = leaves[start - first : start - first + (1 << height)]
        while len(row) > 1:
            row = hash_pairs(row)
        roots.append(row[0])
    return roots


def _fold(peaks: list[bytes]) -> bytes:
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = hash_node(peak, root)
    return root


def _split(start: int, end: int) -> int:
    """Find the split of RFC 6962: the largest power of two below the length."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def inclusion_proof(index: int, size: int, read_tile: ReadTile) -> list[bytes]:
    """Prove that leaf `index` is in the tree of `size`: sibling hashes, leaf's first."""
    if not 0 <= index < size:
        raise LedgerBrokenError(f"there is no entry {index} in a ledger of {size}")
    nodes, start, end, path = _Nodes(size, read_tile), 0, size, []
    while end - start > 1:
        middle = _split(start, end)
        if index < middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    return [nodes.range(*side) for side in reversed(path)]


def consistency_proof(old: int, new: int, read_tile: ReadTile) -> list[bytes]:
    """Prove that the tree of `new` only adds to the tree of `old`; empty from size 0."""
    if not 0 <= old <= new:
        raise LedgerBrokenError(f"a ledger of {new} cannot follow one of {old}")
    nodes, start, end, path = _Nodes(new, read_tile), 0, new, []
    while old and end != old:
        middle = _split(start, end)
        if old <= middle:
            path.append((middle, end))
            end = middle
        else:
            path.append((start, middle))
            start = middle
    if start:
        path.append((start, end))
    return [nodes.range(*side) for side in reversed(path)]


def range_proof(
    start: int, end: int, size: int, read_tile: ReadTile
) -> tuple[list[bytes], list[bytes]]:
    """Prove leaves `start … end`: hashes of the subtrees left of them, and right of them."""
    if not 0 <= start <= end <= size:
        raise LedgerBrokenError(f"there is no range {start} to {end} in a ledger of {size}")
    nodes = _Nodes(size, read_tile)
    left = [nodes.subtree(*span) for span in spans(0, start)]
    return left, [nodes.subtree(*span) for span in spans(end, size)]


def push_spans(frontier: Frontier, end: int, hashes: list[bytes]) -> None:
    """Add the subtrees that cover `frontier.size … end`. Raises LedgerBrokenError on a miscount."""
    cut = spans(frontier.size, end)
    if len(cut) != len(hashes):
        raise LedgerBrokenError("a range proof has a wrong number of hashes")
    for (height, _), node in zip(cut, hashes, strict=True):
        frontier.push(node, height)


def verify_inclusion(
    leaf_hash: bytes, index: int, size: int, proof: list[bytes], root: bytes
) -> None:
    """Check an inclusion proof (RFC 9162 section 2.1.3.2). Raises LedgerBrokenError."""
    _check_hashes([leaf_hash, *proof])
    if not 0 <= index < size:
        raise LedgerBrokenError("the entry's index is not in the ledger")
    at, last, have = index, size - 1, leaf_hash
    for node in proof:
        if last == 0:
            raise LedgerBrokenError("the inclusion proof is too long")
        if at & 1 or at == last:
            have = hash_node(node, have)
            at, last = _climb(at, last)
        else:
            have = hash_node(have, node)
        at, last = at >> 1, last >> 1
    if last or have != root:
        raise LedgerBrokenError("the entry is not in the ledger")


def verify_consistency(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]
) -> None:
    """Check a consistency proof (RFC 9162 section 2.1.4.2). Raises LedgerBrokenError."""
    _check_hashes(proof)
    if not 0 <= old <= new:
        raise LedgerBrokenError("the ledger is shorter than it was")
    if old == new and old_root != new_root:
        raise LedgerBrokenError("the ledger was forked: one size, two roots")
    if old in {0, new}:
        if proof:
            raise LedgerBrokenError("the consistency proof is too long")
        return
    _verify_growth(old, old_root, new, new_root, proof)


def _verify_growth(
    old: int, old_root: bytes, new: int, new_root: bytes, proof: list[bytes]
) -> None:
    # A full old tree is itself the first node, and the proof leaves it out.
    nodes = iter([old_root, *proof] if old & (old - 1) == 0 else proof)
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    have_old = have_new = next(nodes, b"")
    for node in nodes:
        if last == 0:
            raise LedgerBrokenError("the consistency proof is too long")
        if at & 1 or at == last:
            have_old, have_new = hash_node(node, have_old), hash_node(node, have_new)
            at, last = _climb(at, last)
        else:
            have_new = hash_node(have_new, node)
        at, last = at >> 1, last >> 1
    if last or have_old != old_root or have_new != new_root:
        raise LedgerBrokenError("the ledger does not follow from what was seen before")


def _climb(at: int, last: int) -> tuple[int, int]:
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last


def _check_hashes(hashes: Iterable[bytes]) -> None:
    if any(len(node) != HASH_BYTES for node in hashes):
        raise LedgerBrokenError("a proof holds something that is not a hash")

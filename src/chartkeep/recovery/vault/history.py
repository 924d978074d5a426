"""What a vault believes of one ledger: every rule, without I/O but for tiles that prove themselves.

Promises that lines are only ever added under a checkpoint the ledger's key signed, that continues
every checkpoint accepted before. A ledger that shrinks, forks or is written anew raises
LedgerBrokenError, and changes nothing here. It does not know what the lines stand for.
"""

from collections.abc import Sequence

from chartkeep.errors import LedgerBrokenError
from chartkeep.ledger.checkpoint import Checkpoint, open_checkpoint
from chartkeep.ledger.hashing import EMPTY_ROOT, hash_leaf, split_hashes
from chartkeep.ledger.note import VerifierKey
from chartkeep.ledger.proofs import Frontier, consistency_proof, push_spans, verify_consistency
from chartkeep.ledger.tiles import TILE_WIDTH, ReadTile, tile_width


class History:
    """The lines that are kept, as their tree's peaks, and the newest accepted checkpoint."""

    def __init__(self, log: VerifierKey) -> None:
        self._log = log
        self._kept = Frontier()
        self.trusted = Checkpoint.at(log.name, 0, EMPTY_ROOT)

    @property
    def size(self) -> int:
        """Count the lines that are kept."""
        return self._kept.size

    def resume(self, size: int, peaks: Sequence[bytes], note: bytes) -> None:
        """Go on from what is kept: its peaks, and the newest checkpoint that was accepted."""
        kept = Frontier()
        push_spans(kept, size, list(peaks))
        trusted = open_checkpoint(note, self._log).checkpoint
        if trusted.size < size or (trusted.size == size and trusted.root != kept.root()):
            raise LedgerBrokenError("what the vault kept is not what it had proved")
        self._kept, self.trusted = kept, trusted

    def accept(self, note: bytes, read_tile: ReadTile) -> Checkpoint:
        """Accept a checkpoint as the one to go on to.

        Lines between what is kept and what was trusted are proved here, the others by `grown`.
        """
        head = open_checkpoint(note, self._log).checkpoint
        old = self.trusted
        if head.epoch < old.epoch:
            raise LedgerBrokenError(
                "the ledger is one that was taken over from: its epoch is too low"
            )
        if head.size < old.size:
            raise LedgerBrokenError(f"the ledger shrank from {old.size} lines to {head.size}")
        if head.size == old.size and head.root != old.root:
            raise LedgerBrokenError(f"the ledger was forked: two roots of {head.size} lines")
        if self.size < old.size < head.size:
            _prove(old.size, old.root, head, read_tile)
        return head

    def grown(self, lines: Sequence[bytes], head: Checkpoint, read_tile: ReadTile) -> Frontier:
        """Prove that lines follow those that are kept, under a checkpoint; gives the new peaks."""
        leaves = [hash_leaf(line) for line in lines]
        frontier = Frontier()
        push_spans(frontier, self.size, self._kept.peaks)
        frontier.push_leaves(leaves)
        try:
            _prove(frontier.size, frontier.root(), head, read_tile)
        except LedgerBrokenError as error:
            wrong = _first_other(self.size, leaves, head.size, read_tile)
            words = f"the object of line {wrong} is not the one the ledger has there"
            if wrong is None:
                words = "the ledger was written anew: it does not continue what the vault has"
            raise LedgerBrokenError(words) from error
        return frontier

    def keep(self, frontier: Frontier, head: Checkpoint) -> None:
        """Note that what `grown` proved is kept, durably."""
        self._kept = frontier
        if head.size >= self.trusted.size:
            self.trusted = head


def check_cosigned(
    note: bytes, log: VerifierKey, witness: VerifierKey, head: Checkpoint, read_tile: ReadTile
) -> tuple[Checkpoint, int]:
    """Check that what a witness cosigned is a beginning of `head`; gives it, and when (ms).

    Raises LedgerBrokenError.
    """
    opened = open_checkpoint(note, log, [witness])
    seen = opened.checkpoint
    if seen.size > head.size:
        raise LedgerBrokenError("the witness saw more of the ledger than there is")
    _prove(seen.size, seen.root, head, read_tile)
    return seen, opened.witnessed[witness.name] * 1000


def _prove(size: int, root: bytes, head: Checkpoint, read_tile: ReadTile) -> None:
    """Prove that a tree is a beginning of the one a checkpoint signs."""
    proof = consistency_proof(size, head.size, read_tile)
    verify_consistency(size, root, head.size, head.root, proof)


def _first_other(first: int, leaves: Sequence[bytes], size: int, read_tile: ReadTile) -> int | None:
    """Find the first leaf that is another one than in the tiles; None when they agree."""
    for tile in range(first // TILE_WIDTH, -(-(first + len(leaves)) // TILE_WIDTH)):
        hashes = split_hashes(read_tile(0, tile, tile_width(size, 0, tile)))
        for at, other in enumerate(hashes, tile * TILE_WIDTH):
            if first <= at < first + len(leaves) and leaves[at - first] != other:
                return at
    return None

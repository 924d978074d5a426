"""`.tlog-proof` files: one entry, its place, and the signed checkpoint (C2SP tlog-proof).

Promises that a file which verifies shows an entry of that log. `extra` is not covered by anything
until `verify` recomputes the entry from it (docs/formats/ledger.md, "Proof files").
"""

from collections.abc import Sequence
from typing import Self

import msgspec

from chartkeep.errors import UnknownFormatError
from chartkeep.ledger.checkpoint import Opened, open_checkpoint
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.note import VerifierKey, from_base64, to_base64
from chartkeep.ledger.proofs import verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"


class Proof(msgspec.Struct, frozen=True):
    """An inclusion proof with its checkpoint (a signed note's bytes) and optional extra bytes."""

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes = b""

    def raw(self) -> bytes:
        """Write the file."""
        extra = (f"extra {to_base64(self.extra)}",) if self.extra else ()
        head = (HEADER, *extra, f"index {self.index}", *map(to_base64, self.hashes), "", "")
        return "\n".join(head).encode() + self.checkpoint

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a file; nothing is checked yet. Raises UnknownFormatError if it is none."""
        head, _, checkpoint = raw.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError as error:
            raise UnknownFormatError("a proof file is not ASCII above its checkpoint") from error
        if lines[0] != HEADER:
            raise UnknownFormatError("this is not a proof file of a version we know")
        extra = lines.pop(1)[6:] if lines[1:] and lines[1].startswith("extra ") else ""
        digits = lines[1].removeprefix("index ") if lines[1:] else ""
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
            raise UnknownFormatError("a proof file has no index")
        hashes = tuple(map(from_base64, lines[2:]))
        proof = cls(int(digits), hashes, checkpoint, from_base64(extra))
        if proof.raw() != raw:
            raise UnknownFormatError("a proof file is malformed")
        return proof

    def verify(
        self, entry: bytes, log: VerifierKey, witnesses: Sequence[VerifierKey] = ()
    ) -> Opened:
        """Check signatures and path for `entry`. Raises LedgerBrokenError, UnknownFormatError."""
        opened = open_checkpoint(self.checkpoint, log, witnesses)
        tip = opened.checkpoint
        verify_inclusion(hash_leaf(entry), self.index, tip.size, list(self.hashes), tip.root)
        return opened

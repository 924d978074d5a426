"""Checkpoints: a log's size and root, signed (C2SP tlog-checkpoint), with our `epoch` line.

Promises that what `open_checkpoint` returns was signed by the log, and by every witness demanded.
Does not know whether it is the newest one.
"""

from collections.abc import Sequence
from typing import Self

import msgspec

from chartkeep.errors import LedgerBrokenError, UnknownFormatError
from chartkeep.ledger.hashing import HASH_BYTES
from chartkeep.ledger.note import (
    Note,
    VerifierKey,
    from_base64,
    open_note,
    parse_note,
    sign_note,
    to_base64,
)
from chartkeep.sealing.signing import SigningKey

MAX_SIZE = 1 << 63


class Checkpoint(msgspec.Struct, frozen=True):
    """What a log says of itself: origin, number of entries, RFC 6962 root, extension lines."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def epoch(self) -> int:
        """Give the number of the `epoch` line; 0 without one."""
        return next((_number(x[6:]) for x in self.extensions if x.startswith("epoch ")), 0)

    def text(self) -> str:
        """Write the note text."""
        return "\n".join((self.origin, str(self.size), to_base64(self.root), *self.extensions, ""))

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a note text. Raises UnknownFormatError if it is no checkpoint."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop() or not all(lines):
            raise UnknownFormatError("this is not a checkpoint")
        origin, size, root, *extensions = lines
        checkpoint = cls(origin, _number(size), from_base64(root), tuple(extensions))
        if len(checkpoint.root) != HASH_BYTES:
            raise UnknownFormatError("a checkpoint's root is not a hash")
        return checkpoint

    @classmethod
    def at(cls, origin: str, size: int, root: bytes, epoch: int = 0) -> Self:
        """Make a checkpoint of ours; `epoch` 0 writes no line."""
        return cls(origin, size, root, (f"epoch {epoch}",) if epoch else ())


class Opened(msgspec.Struct, frozen=True):
    """A checkpoint whose signatures were checked, and when each demanded witness saw it."""

    checkpoint: Checkpoint
    note: Note
    witnessed: dict[str, int]
    """Witness name -> POSIX seconds."""


def sign_checkpoint(checkpoint: Checkpoint, key: SigningKey) -> Note:
    """Sign as the log; the key's name is the origin."""
    return sign_note(checkpoint.text(), checkpoint.origin, key)


def open_checkpoint(raw: bytes, log: VerifierKey, witnesses: Sequence[VerifierKey] = ()) -> Opened:
    """Check a signed checkpoint: by `log`, under its own name, and by every one of `witnesses`.

    Raises LedgerBrokenError if one of them did not sign, UnknownFormatError if it is none.
    """
    note = parse_note(raw)
    found = open_note(note, [log, *witnesses])
    signers = {key for key, _ in found}
    checkpoint = Checkpoint.parse(note.text)
    if log not in signers or checkpoint.origin != log.name:
        raise LedgerBrokenError("the checkpoint is not signed by its log")
    for witness in witnesses:
        if witness not in signers:
            raise LedgerBrokenError(f"the checkpoint is not cosigned by {witness.name}")
    seen = {key.name: signature.seconds for key, signature in found if key != log}
    return Opened(checkpoint, note, seen)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 19 or str(int(text)) != text:
        raise UnknownFormatError("a checkpoint's number is malformed")
    if int(text) >= MAX_SIZE:
        raise UnknownFormatError("a checkpoint's number is too large")
    return int(text)

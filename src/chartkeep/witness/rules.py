"""What a witness cosigns, and what it refuses (C2SP tlog-witness, and our epoch rule).

Promises that of one origin it lets pass only checkpoints that add to the last one it let pass.
Pure: keeps nothing and takes no clock; `server` persists before it answers.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Self

import msgspec

from chartkeep.errors import DamagedError, LedgerBrokenError, RefusedError, UnknownFormatError
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.ledger.hashing import EMPTY_ROOT
from chartkeep.ledger.note import Note, VerifierKey, from_base64, open_note, parse_note, to_base64
from chartkeep.ledger.proofs import verify_consistency

MAX_PROOF = 63
MAX_REQUEST_BYTES = 64 * 1024

LogKeys = Mapping[str, Sequence[VerifierKey]]
"""Origin -> the keys that may sign for it."""


class NotWitnessedError(RefusedError):
    """The witness does not cosign; `status` is what the standard says to answer, with `body`."""

    def __init__(self, status: HTTPStatus, message: str, body: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.body = body or f"{message}\n"


class Seen(msgspec.Struct, frozen=True):
    """The last checkpoint cosigned for an origin, under the log's signatures only."""

    checkpoint: Checkpoint
    note: Note

    @classmethod
    def nothing(cls, origin: str) -> Self:
        """Stand for an origin of which nothing was cosigned yet: an empty log, unsigned."""
        checkpoint = Checkpoint.at(origin, 0, EMPTY_ROOT)
        return cls(checkpoint, Note(checkpoint.text(), ()))


class Request(msgspec.Struct, frozen=True):
    """The body of `POST /add-checkpoint`."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def raw(self) -> bytes:
        """Write the body."""
        head = (f"old {self.old_size}", *map(to_base64, self.proof), "", "")
        return "\n".join(head).encode() + self.checkpoint

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read a body. Raises UnknownFormatError if it is none."""
        head, _, checkpoint = raw.partition(b"\n\n")
        first, *rest = head.decode("ascii", "replace").split("\n")
        digits = first.removeprefix("old ")
        if not (digits.isascii() and digits.isdigit()) or len(digits) > 19 or len(rest) > MAX_PROOF:
            raise UnknownFormatError("this is not a request to add a checkpoint")
        request = cls(int(digits), tuple(map(from_base64, rest)), checkpoint)
        if request.raw() != raw:
            raise UnknownFormatError("a request to add a checkpoint is malformed")
        return request


def judge(raw: bytes, keys: LogKeys, last_seen: Callable[[str], Seen]) -> Seen:
    """Decide over one request; what it returns may be cosigned once it is durable.

    The caller holds one lock from `last_seen` until then. Raises NotWitnessedError.
    """
    # 1. A request, a note, a checkpoint: anything else is 400.
    try:
        request = Request.parse(raw)
        note = parse_note(request.checkpoint)
        checkpoint = Checkpoint.parse(note.text)
        epoch = checkpoint.epoch
    except DamagedError as error:
        raise NotWitnessedError(HTTPStatus.BAD_REQUEST, str(error)) from error
    # 2. From a log we know, signed by a key we trust for it; other signatures are dropped.
    if checkpoint.origin not in keys:
        raise NotWitnessedError(HTTPStatus.NOT_FOUND, "this witness does not know that log")
    try:
        found = open_note(note, keys[checkpoint.origin])
    except LedgerBrokenError as error:
        raise NotWitnessedError(HTTPStatus.FORBIDDEN, str(error)) from error
    # 3. It follows from the last one: never shorter, never another history.
    seen = last_seen(checkpoint.origin).checkpoint
    _check_growth(request, seen, checkpoint)
    # 4. An old leader that a take-over left behind is never cosigned again.
    if epoch < seen.epoch:
        raise NotWitnessedError(HTTPStatus.FORBIDDEN, "the checkpoint's epoch has been superseded")
    return Seen(checkpoint, Note(note.text, tuple(signature for _, signature in found)))


def _check_growth(request: Request, seen: Checkpoint, checkpoint: Checkpoint) -> None:
    if request.old_size > checkpoint.size:
        raise NotWitnessedError(HTTPStatus.BAD_REQUEST, "the old size is above the new one")
    fork = request.old_size == checkpoint.size and checkpoint.root != seen.root
    if request.old_size != seen.size or fork:
        message = "the ledger was forked" if fork else "the old size is not the last one cosigned"
        raise NotWitnessedError(HTTPStatus.CONFLICT, message, f"{seen.size}\n")
    try:
        verify_consistency(
            seen.size, seen.root, checkpoint.size, checkpoint.root, list(request.proof)
        )
    except LedgerBrokenError as error:
        raise NotWitnessedError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error

"""How a keeper asks a witness to cosign a checkpoint, and what it saw last.

Promises that what it returns carries the witness's signature over exactly that checkpoint. Two
families of failure: the wire (UnavailableError) and a lie or a contradiction (LedgerBrokenError).
Its timeout is for each wait on the socket, so a keeper calls it beside its work, never within.
"""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote, urlsplit

from chartkeep.errors import (
    ConflictError,
    LedgerBrokenError,
    NotAllowedError,
    UnavailableError,
    UnknownFormatError,
)
from chartkeep.ledger.checkpoint import Checkpoint, Opened
from chartkeep.ledger.note import Note, VerifierKey, open_note, parse_note, parse_signature
from chartkeep.witness.rules import MAX_REQUEST_BYTES, Request


class StaleSizeError(ConflictError):
    """The witness stands at `size`, not at the old size given: prove from there."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the witness stands at {size}", hint="prove consistency from that size")
        self.size = size


class Witness:
    """A witness at `url`, trusted for `key` alone."""

    def __init__(self, url: str, key: VerifierKey, timeout: float = 5.0) -> None:
        self.key = key
        self._url = urlsplit(url)
        self._timeout = timeout

    def add_checkpoint(self, old_size: int, proof: list[bytes], signed: Note) -> Note:
        """Have a signed checkpoint cosigned; gives it back with the cosignature added.

        `proof` is the consistency proof from `old_size`, the size the witness saw last. Raises
        StaleSizeError if it saw another one; LedgerBrokenError if it saw a longer ledger or
        another history; NotAllowedError if it does not know this log, key or epoch;
        UnavailableError if it does not answer.
        """
        checkpoint = Checkpoint.parse(signed.text)
        request = Request(old_size, tuple(proof), signed.raw())
        status, body = self._call("POST", "/add-checkpoint", request.raw())
        match status:
            case HTTPStatus.OK:
                return self._merge(signed, body)
            case HTTPStatus.CONFLICT:
                raise self._conflict(checkpoint)
            case HTTPStatus.UNPROCESSABLE_ENTITY:
                raise LedgerBrokenError("the witness saw another history of this ledger")
            case HTTPStatus.FORBIDDEN | HTTPStatus.NOT_FOUND:
                raise NotAllowedError(
                    "the witness does not accept this ledger's name, key or epoch",
                    hint="compare the ledger's verifier key with the one the witness was given",
                )
            case _:
                raise UnavailableError(f"the witness answered {status}")

    def latest(self, origin: str, not_before: int = 0) -> Opened:
        """Ask what the witness saw last of `origin`; size 0 if nothing.

        The answer is cosigned at the time of asking; one older than `not_before` (POSIX seconds)
        is a replay. Raises LedgerBrokenError, NotAllowedError, UnavailableError.
        """
        path = f"/chartkeep/latest?origin={quote(origin, safe='')}"
        status, body = self._call("GET", path, None)
        if status == HTTPStatus.NOT_FOUND:
            raise NotAllowedError(
                "the witness does not know this ledger",
                hint="it learns of one when it starts: start it again",
            )
        if status != HTTPStatus.OK:
            raise UnavailableError(f"the witness answered {status}")
        try:
            note = parse_note(body)
            ((_, signature),) = open_note(note, [self.key])
            checkpoint = Checkpoint.parse(note.text)
        except (UnknownFormatError, ValueError) as error:
            raise LedgerBrokenError("the witness's answer is malformed") from error
        if checkpoint.origin != origin or signature.seconds < not_before:
            raise LedgerBrokenError("the witness's answer is about another ledger or time")
        return Opened(checkpoint, note, {self.key.name: signature.seconds})

    def _conflict(self, ours: Checkpoint) -> Exception:
        """Ask again, for signed words: the size in a refusal could be anybody's."""
        theirs = self.latest(ours.origin).checkpoint
        if theirs.size > ours.size:
            return LedgerBrokenError(f"the witness saw {theirs.size} lines, we have {ours.size}")
        if theirs.size == ours.size and theirs.root != ours.root:
            return LedgerBrokenError(f"the ledger was forked before line {ours.size}")
        return StaleSizeError(theirs.size)

    def _merge(self, signed: Note, body: bytes) -> Note:
        try:
            lines = body.decode("utf-8").splitlines()
            mine = [
                signature
                for signature in map(parse_signature, lines)
                if (signature.name, signature.key_id) == (self.key.name, self.key.key_id)
            ]
        except (UnknownFormatError, UnicodeDecodeError) as error:
            raise LedgerBrokenError("the witness's answer is malformed") from error
        cosigned = Note(signed.text, (*signed.signatures, *mine))
        open_note(cosigned, [self.key])
        return cosigned

    def _call(self, method: str, path: str, body: bytes | None) -> tuple[int, bytes]:
        secure = self._url.scheme == "https"
        connection = (HTTPSConnection if secure else HTTPConnection)(
            self._url.netloc, timeout=self._timeout
        )
        try:
            connection.request(method, self._url.path.rstrip("/") + path, body)
            response = connection.getresponse()
            return response.status, response.read(MAX_REQUEST_BYTES)
        except (OSError, HTTPException) as error:
            raise UnavailableError(
                "the witness does not answer", hint="is its process up, and its address right"
            ) from error
        finally:
            connection.close()

"""The desk's register: the head of every case, in a book of its own that a witness cosigns.

    register/     a book as a case's; its origin is the name of the desk's key

Promises that a case that is gone, cut, put back to an older state or written anew is named, as long
as the register is whole; and with a witness, that a register put back or written anew is noticed,
whoever did it and whatever keys they had. What came after the last `anchor` it does not cover.
"""

import shutil
from pathlib import Path
from typing import Final

import msgspec

from chartkeep.errors import LedgerBrokenError, UnavailableError, UnknownFormatError
from chartkeep.incident.case.book import Book
from chartkeep.incident.desk import Desk, sync_folder
from chartkeep.ledger.note import VerifierKey, parse_note
from chartkeep.sealing.keys import fresh_id
from chartkeep.sealing.signing import SigningKey
from chartkeep.witness.client import Witness

_USE: Final = "register"


class Noted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The head of a case, as it once was."""

    case: str
    head: str


class Register:
    """The register of a desk."""

    def __init__(self, desk: Desk) -> None:
        """Open it, or begin it. Raises what a book raises."""
        folder = desk.root / _USE
        origin = VerifierKey.parse(desk.file.key).name
        mine = (origin, desk.key_for(_USE), desk.signing)
        if not folder.exists():
            _begin(folder, mine)
        self.book = Book(folder, *mine)
        self._heads: dict[str, bytes] = {}
        self._read = 0

    def heads(self) -> dict[str, bytes]:
        """Give the newest head noted of each case. Raises UnknownFormatError."""
        self.book.refresh()
        for body in self.book.bodies(self._read):
            try:
                noted = msgspec.json.decode(body.body, type=Noted)
            except msgspec.MsgspecError as error:
                raise UnknownFormatError("the desk's register has what is no head") from error
            self._heads[noted.case] = noted.head.encode()
            self._read = body.number + 1
        return dict(self._heads)

    def note(self, case: str, head: bytes) -> None:
        """Write down the head of a case, unless it is the one noted last."""
        if self.heads().get(case) != head:
            body = msgspec.json.encode(Noted(case, head.decode()))
            self.book.append(lambda _: body)

    def cosign(self, witness: Witness) -> None:
        """Have the witness see the register as it is.

        Raises LedgerBrokenError when the witness saw a longer register or another past,
        NotAllowedError when it does not know this desk, UnavailableError when it does not answer.
        """
        seen = witness.latest(self.book.origin).checkpoint
        if seen.size > self.book.size:
            raise LedgerBrokenError(
                f"the witness saw {seen.size} heads, the desk's register has {self.book.size}",
                hint="the desk's folder was put back: bring the newer one",
            )
        witness.add_checkpoint(
            seen.size, self.book.consistency(seen.size), parse_note(self.book.checkpoint)
        )


def _begin(folder: Path, mine: tuple[str, bytes, SigningKey]) -> None:
    """Make an empty register, whole or not at all; of two that begin it one is first."""
    new = folder.with_name(f".{folder.name}-{fresh_id().hex()}")
    new.mkdir(mode=0o700)
    Book.create(new, *mine)
    try:
        new.rename(folder)
        sync_folder(folder.parent)
    except OSError as error:
        if not folder.exists():
            raise UnavailableError("the desk's disk cannot be written") from error
        shutil.rmtree(new)

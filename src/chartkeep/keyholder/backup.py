"""Sealed backups of the book, and coming back from one. docs/formats/backup.md.

Promises that nothing of the book is written in clear beside it, that a half-restored book never
looks whole, and that charts shredded since the backup are shredded again. Does not decide when a
backup is made or where it lies.
"""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from chartkeep.errors import LedgerBrokenError, RefusedError, UnknownFormatError
from chartkeep.keyholder import details
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.turn import Turn
from chartkeep.keyholder.verbs.acts import SHREDS_A_DAY
from chartkeep.keyholder.verbs.rotating import shred_chart
from chartkeep.model import FacilityId, Millis
from chartkeep.sealing.backup import BackupHeader, join_operators, open_backup, seal_backup
from chartkeep.sealing.shares import Share
from chartkeep.sealing.stream import Write

MAGIC = b"CKK1"
DAY = 86_400_000
LABEL_JUMP = 1 << 48
LATE_DAYS = 8
"""A shredding waits seven days, so more than a day's worth may fall on one."""

_decoder = msgspec.msgpack.Decoder(tuple[str, list[tuple[Any, ...]]])


def make_backup(
    book: Book, write: Write, facility: FacilityId, operators: bytes, now: Millis
) -> None:
    """Seal the whole book to the operators' public key; `book` is a reader of the caller's own."""
    pages = io.BufferedReader(_Pages(book), 1 << 20)
    seal_backup(pages, write, BackupHeader(facility, now, operators))


def note_backup(turn: Turn) -> None:
    """Write down that a backup was made and lies where it belongs."""
    turn.line("backup", details.Told())
    turn.change("mark", "backup", turn.now)


def restore_backup(reader: BinaryIO, folder: Path, shares: list[Share]) -> Millis:
    """Open a backup into an empty folder, give its time. Raises RefusedError, SealBrokenError.

    A crash leaves `restoring.db`, which nobody opens; begin again in an empty folder.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise RefusedError("this folder is not empty", hint="name a new one, move nothing over it")
    unfinished = folder / "restoring.db"
    book = Book(unfinished)
    try:
        filling = _Filling(book)
        header = open_backup(reader, filling.write, join_operators(shares))
        filling.end()
    finally:
        book.close()
    unfinished.rename(folder / "keyholder.db")
    directory = os.open(folder, os.O_RDONLY)
    os.fsync(directory)
    os.close(directory)
    return header.time


def reapply_shreds(keyholder: Keyholder, shreds: list[bytes]) -> int:
    """Shred again what the store says was shredded and this book still has a key for; how many.

    What the store forgot of shreddings, since it is older than this book, it is told again.
    To be called before serving. Raises LedgerBrokenError when the store names more charts than
    can have been shredded since this book was written: then it lies, or is another's.
    """
    turn = keyholder.open_turn()
    due = [chart for chart in shreds if keyholder.ring.has_chart(chart)]
    most = SHREDS_A_DAY * ((turn.now - keyholder.last_written) // DAY + LATE_DAYS)
    if len(due) > most or keyholder.name.id in due:
        raise LedgerBrokenError(
            f"the store names {len(due)} shredded charts whose keys are here",
            hint="compare its ledger with the vault's before starting again",
        )
    for chart in due:
        shred_chart(keyholder, turn, chart)
    for chart in sorted(keyholder.standing.shredded.difference(shreds, due)):
        turn.change("errand", "shred", chart, b"")
    keyholder.write(turn)
    keyholder.book.settle()
    return len(due)


class _Pages(io.RawIOBase):
    """A book's pages as a stream of bytes."""

    def __init__(self, book: Book) -> None:
        self._frames = self._write(book)
        self._rest = MAGIC

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = next(self._frames, b"")
        part, self._rest = self._rest[: len(buffer)], self._rest[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    @staticmethod
    def _write(book: Book) -> Iterator[bytes]:
        for page in book.dump():
            raw = msgspec.msgpack.encode(page)
            yield len(raw).to_bytes(4, "big") + raw


class _Filling:
    """Takes opened bytes as they come and fills a book with the pages in them."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._buffer = bytearray()
        self._begun = False

    def write(self, piece: bytes) -> None:
        self._buffer += piece
        if not self._begun and len(self._buffer) >= len(MAGIC):
            if self._buffer[: len(MAGIC)] != MAGIC:
                raise UnknownFormatError("this is no keyholder's backup")
            del self._buffer[: len(MAGIC)]
            self._begun = True
        while self._begun and (page := self._take()) is not None:
            self._book.fill(*page)

    def end(self) -> None:
        if self._buffer or not self._begun:
            raise UnknownFormatError("the backup ends inside a page")
        # Labels given out since then stand in the store: the next ones are far from all of them,
        # and from those of another keyholder restored from the same backup.
        jump = LABEL_JUMP + int.from_bytes(os.urandom(LABEL_JUMP.bit_length() // 8))
        self._book.apply([("mark", ("labels", (self._book.mark("labels") or 0) + jump))])

    def _take(self) -> tuple[str, list[tuple[Any, ...]]] | None:
        size = int.from_bytes(self._buffer[:4], "big")
        if len(self._buffer) < 4 + size or len(self._buffer) < 4:
            return None
        raw = bytes(self._buffer[4 : 4 + size])
        del self._buffer[: 4 + size]
        try:
            return _decoder.decode(raw)
        except msgspec.MsgspecError as error:
            raise UnknownFormatError("the backup holds what is no page") from error

"""A book that only grows: sealed bodies in one file, their tlog beside it (docs/formats/case.md).

    book           CKN1, then records: length, entry, sealed body
    checkpoint     the signed head of what was acknowledged (C2SP tlog-checkpoint)
    lock           held by whoever appends

Promises that what `append` returned for survives a crash, that a changed, removed or moved record
is an error, and that several processes may write into one book. An entry is a salted commitment to
its body: one event can be shown, and proved, without the others. Whoever holds the desk's key can
write another past, which only heads kept elsewhere show: `Book.follows`.
"""

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, Self

from chartkeep.errors import (
    BadInputError,
    LedgerBrokenError,
    SealBrokenError,
    UnavailableError,
    UnknownFormatError,
)
from chartkeep.incident.desk import write_durably
from chartkeep.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from chartkeep.ledger.hashing import HASH_BYTES
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.ledger.proof import Proof
from chartkeep.ledger.proofs import consistency_proof, inclusion_proof
from chartkeep.ledger.tree import Tree
from chartkeep.sealing.keys import fresh_id
from chartkeep.sealing.lines import BUNDLE_LINES, LineKeys, open_body, seal_body
from chartkeep.sealing.signing import SigningKey

MAGIC: Final = b"CKN1"
COMMITS: Final = b"chartkeep-case-1\0"
SALT_BYTES: Final = 16
LONGEST_BODY: Final = 1 << 20
_LENGTH: Final = 4
_HEAD: Final = _LENGTH + HASH_BYTES


class Body(NamedTuple):
    """A body with what opens its entry."""

    number: int
    salt: bytes
    body: bytes


class Book:
    """One book. Not for several threads at once; several processes may each have one."""

    def __init__(self, folder: Path, origin: str, secret: bytes, signing: SigningKey) -> None:
        """Read a book and check it against its head. Raises what `refresh` raises."""
        self.folder = folder
        self.origin = origin
        self.key = VerifierKey(origin, LOG_KEY, signing.public)
        self.checkpoint = b""
        self._keys = LineKeys(origin, secret)
        self._signing = signing
        self._entries: list[bytes] = []
        self._starts: list[int] = []
        self._end = len(MAGIC)
        self._tree = Tree()
        self._full: dict[tuple[int, int], bytes] = {}
        self.refresh()

    @classmethod
    def create(cls, folder: Path, origin: str, secret: bytes, signing: SigningKey) -> Self:
        """Begin an empty book in a folder that is there."""
        write_durably(folder / "book", MAGIC)
        empty = Checkpoint.at(origin, 0, Tree().root())
        write_durably(folder / "checkpoint", sign_checkpoint(empty, signing).raw())
        return cls(folder, origin, secret, signing)

    @property
    def size(self) -> int:
        """Count the events."""
        return len(self._entries)

    @property
    def entries(self) -> tuple[bytes, ...]:
        """Give the ledger's entries, 32 bytes each."""
        return tuple(self._entries)

    def refresh(self) -> None:
        """Take in what others appended.

        Raises LedgerBrokenError when the book is not what its head says, SealBrokenError for a
        record past the head that is not ours, UnavailableError when there is no book.
        """
        # The head first: a book read after it is never behind it.
        raw = self._read("checkpoint")
        known = self.size
        self._take_records()
        if raw == self.checkpoint and known == self.size:
            return
        head = open_checkpoint(raw, self.key).checkpoint
        if head.size > self.size:
            raise LedgerBrokenError(
                f"the book of {self.origin} is shorter than its head",
                hint="bring the folder back from its copy, and ask who cut it",
            )
        if head.root != self._root_at(head.size):
            raise LedgerBrokenError(
                f"the past of {self.origin} was rewritten",
                hint="compare with a bag exported before",
            )
        for number in range(max(known, head.size), self.size):  # not acknowledged: ours, or refused
            self.body(number)
        self.checkpoint = raw

    def append(self, *makes: Callable[[int], bytes]) -> int:
        """Write bodies, each made for the number it gets; gives the first when all are durable.

        All are made before one is written. A crash may leave the first few of them, never a later
        one without those before it. Raises BadInputError for a body past 1 MiB, UnavailableError
        when the disk does not take it.
        """
        with self._locked():
            self.refresh()
            first = self.size
            bodies = [make(first + place) for place, make in enumerate(makes)]
            if any(len(body) > LONGEST_BODY for body in bodies):
                raise BadInputError("an event is too long", hint="keep it as evidence")
            records = [self._record(first + place, body) for place, body in enumerate(bodies)]
            # 1. The records, after the last whole one: what a crash left half goes.
            self._write_record(b"".join(records))
            for record in records:
                entry = record[_LENGTH:_HEAD]
                self._add(entry, self._end + _HEAD, len(record) - _HEAD)
            # 2. The head: a crash before it leaves records the next reader takes in.
            head = Checkpoint.at(self.origin, self.size, self._tree.root())
            raw = sign_checkpoint(head, self._signing).raw()
            write_durably(self.folder / "checkpoint", raw)
            self.checkpoint = raw
            return first

    def _record(self, number: int, body: bytes) -> bytes:
        salt = fresh_id()
        sealed = seal_body(self._keys, number, salt + body)
        return len(sealed).to_bytes(_LENGTH, "big") + commit(salt, body) + sealed

    def body(self, number: int) -> Body:
        """Open one body. Raises SealBrokenError when it is not what its entry commits to."""
        start = self._starts[number]
        with self._opened() as file:
            file.seek(start - _HEAD)
            length = int.from_bytes(file.read(_LENGTH), "big")
            file.seek(start)
            sealed = file.read(length)
        opened = open_body(self._keys.bundle(number // BUNDLE_LINES), number, sealed)
        found = Body(number, opened[:SALT_BYTES], opened[SALT_BYTES:])
        if commit(found.salt, found.body) != self._entries[number]:
            raise SealBrokenError(f"event {number} is not what its entry says")
        return found

    def bodies(self, first: int = 0) -> Iterator[Body]:
        """Open the bodies from a number on."""
        for number in range(first, self.size):
            yield self.body(number)

    def proof(self, number: int) -> Proof:
        """Prove that an event is in the book, under its present head."""
        hashes = inclusion_proof(number, self._head().size, self._read_tile)
        return Proof(number, tuple(hashes), self.checkpoint, self._entries[number])

    def consistency(self, old: int) -> list[bytes]:
        """Prove that this book, under its present head, only adds to what it was at a size."""
        return consistency_proof(old, self._head().size, self._read_tile)

    def follows(self, older: bytes) -> bool:
        """Tell whether this book only added to what an older head, kept elsewhere, says.

        Raises LedgerBrokenError, UnknownFormatError when that head is not this book's.
        """
        old = open_checkpoint(older, self.key).checkpoint
        return old.size <= self.size and old.root == self._root_at(old.size)

    def _head(self) -> Checkpoint:
        return open_checkpoint(self.checkpoint, self.key).checkpoint

    def _read(self, name: str) -> bytes:
        with self._opened(name) as file:
            return file.read()

    def _opened(self, name: str = "book") -> BinaryIO:
        try:
            return (self.folder / name).open("rb")
        except OSError as error:
            raise UnavailableError(
                f"{self.folder / name} cannot be read", hint="bring the folder back whole"
            ) from error

    def _take_records(self) -> None:
        """Read whole records behind those already known; a half one at the end is no record."""
        with self._opened() as file:
            if file.read(len(MAGIC)) != MAGIC:
                raise UnknownFormatError("this is no case's book of a version known here")
            file.seek(self._end)
            raw = file.read()
        at, base = 0, self._end
        while (start := at + _HEAD) <= len(raw):
            length = int.from_bytes(raw[at : at + _LENGTH], "big")
            if start + length > len(raw):
                return
            self._add(raw[at + _LENGTH : start], base + start, length)
            at = start + length

    def _add(self, entry: bytes, start: int, length: int) -> None:
        self._entries.append(entry)
        self._starts.append(start)
        self._tree.append(entry)
        self._end = start + length

    def _write_record(self, record: bytes) -> None:
        try:
            with (self.folder / "book").open("r+b") as file:
                file.truncate(self._end)
                file.seek(self._end)
                file.write(record)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UnavailableError("the desk's disk cannot be written") from error

    def _root_at(self, size: int) -> bytes:
        if size == self.size:
            return self._tree.root()
        tree = Tree()
        tree.append_many(self._entries[:size])
        return tree.root()

    def _read_tile(self, level: int, index: int, width: int) -> bytes:
        for tile in self._tree.take_tiles():
            self._full[tile.level, tile.index] = tile.hashes
        read = self._tree.reader(lambda level, index, _: self._full[level, index])
        return read(level, index, width)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


def commit(salt: bytes, body: bytes) -> bytes:
    """Make the ledger entry of a body: a commitment that tells nothing without the salt."""
    return sha256(COMMITS + salt + body).digest()

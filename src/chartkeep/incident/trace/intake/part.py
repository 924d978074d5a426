"""`Part`: the bytes of one file or member, read once from the front, counted and digested."""

import io
from hashlib import sha256
from typing import Protocol

from chartkeep.incident.trace.intake.limits import FREE, MOST_HELD, RATIO, Budget
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError

HEAD = 64 << 10
_PIECE = 1 << 20


class Readable(Protocol):
    """What bytes come from."""

    def read(self, length: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""


class Part(io.RawIOBase):
    """A file to be read once, from its first byte to its last.

    `packed`: its size inside an archive, by which what it may become is bounded; None for the file
    itself, which is not unpacked. `head` has its first bytes, which are read again.
    """

    def __init__(self, file: Readable, name: str, budget: Budget, packed: int | None) -> None:
        self._file = file
        self._budget = budget
        self._digest = sha256()
        self._most = None if packed is None else FREE // 2 + RATIO * packed
        self.is_cut = False
        """What it is packed in ends too early: this is as much as there is."""
        self.name = name
        self.size = 0
        self.head = b""
        while len(self.head) < HEAD and (more := self._fetch(HEAD - len(self.head))):
            self.head += more
        self._again = memoryview(self.head)
        self.is_member = packed is not None

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        """Give what fits: the head again, then what follows."""
        data: bytes | memoryview = self._again[: len(buffer)]
        if len(data):
            self._again = self._again[len(data) :]
        else:
            data = self._fetch(min(len(buffer), _PIECE))
        buffer[: len(data)] = data
        return len(data)

    def opened(self) -> io.BufferedReader:
        """Open it as a file of bytes."""
        return io.BufferedReader(self, 256 << 10)

    def whole(self) -> bytes:
        """Return all of it. Raises TroubleError if that is more than is held."""
        pieces, held = [], 0
        while piece := self.read(_PIECE):
            held += len(piece)
            if held > MOST_HELD:
                raise TroubleError(Trouble.TOO_LARGE)
            pieces.append(piece)
        return b"".join(pieces)

    def finish(self) -> bytes:
        """Read what nobody read, and return the digest of all."""
        while self.read(_PIECE):
            pass
        return self._digest.digest()

    def _fetch(self, length: int) -> bytes:
        try:
            data = self._file.read(length)
        except EOFError:
            self.is_cut, data = True, b""
        self.size += len(data)
        if self._most is not None:
            self._budget.unpack(len(data))
            if self.size > self._most:
                raise TroubleError(Trouble.UNPACKS)
            self._digest.update(data)
        else:
            self._budget.pass_bytes(len(data))
        return data

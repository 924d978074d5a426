"""Bytes on their way into a bucket: cut anew, counted, and checked against their name."""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from chartkeep.errors import BadInputError
from chartkeep.recovery.place import Parts

PIECE: Final = 8 << 20
"""Bytes of a part of an upload, and the most that goes in one request."""
_DIGEST: Final = re.compile(r"(?:^|[-/])([0-9a-f]{64})$")


class Pieces(Iterator[bytes]):
    """Bytes cut anew into pieces of `PIECE`; the last is shorter, and checked before it goes."""

    def __init__(self, name: str, parts: Parts) -> None:
        self.size = 0
        self._said = digest_said(name)
        self._digest = hashlib.sha256()
        self._parts = iter(parts)
        self._rest = bytearray()
        self._error: BaseException | None = None

    def __next__(self) -> bytes:
        try:
            self._fill()
        except BaseException as error:
            self._error = error
            raise
        if not self._rest:
            raise StopIteration
        piece = bytes(self._rest[:PIECE])
        del self._rest[:PIECE]
        self.size += len(piece)
        self._digest.update(piece)
        return piece

    def _fill(self) -> None:
        """Take from the source until a piece is full; at its end all of it must be the name's."""
        while len(self._rest) < PIECE:
            part = next(self._parts, None)
            if part is not None:
                self._rest += part
                continue
            if not self._rest and self._said not in {None, self._digest.digest()}:
                raise BadInputError("these bytes are not the ones their name says")
            return

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Give the source's own error where the client that pulled it wrapped it."""
        try:
            yield
        except BaseException as error:
            if self._error is not None:
                raise self._error from error
            raise


def digest_said(name: str) -> bytes | None:
    """Give the SHA-256 that a name says of its bytes, if it does."""
    found = _DIGEST.search(name)
    return bytes.fromhex(found[1]) if found else None


def digest_of(parts: Parts) -> bytes:
    """Give the SHA-256 of bytes that come in parts."""
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    return digest.digest()

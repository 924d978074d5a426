"""What a file is known again by, byte by byte: SHA-256 of it, and of a picture's pixels.

An empty slice, a black frame, a circle around nothing are the same in every house: who has one has
nothing of ours. How much pixels say is what deflating leaves of them; too little has no digest.
What shows that and says much, a test chart, is told by how many of our charts have it. Pure.
"""

import zlib
from hashlib import sha256
from typing import Final

SHORTEST: Final = 512
"""Bytes of a file that is known again."""
LEAST_SAID: Final = 12 << 10
"""Bytes pixels leave deflated at least: an empty CT slice in its circle leaves half of it."""
_NOTHING: Final = 128
"""One byte in so many is left of nothing at all."""
_STEP: Final = 16 << 10


class PixelSum:
    """Sums a picture's pixels up as they pass: the value of Pixel Data (7FE0,0010) as stored.

    Of encapsulated pixels what lies in the fragments, without the offset table: so the pixels stay
    the same however they are cut into fragments.
    """

    def __init__(self) -> None:
        self._sum = sha256()
        self._deflate = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 5)
        self._passed = self._said = 0
        self._enough = False

    def take(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._sum.update(piece)
        at, view = 0, memoryview(piece)
        while not self._enough and at < len(view):  # most pictures are through after one step
            part = view[at : at + _STEP - self._passed % _STEP]
            self._said += len(self._deflate.compress(part))
            self._passed += len(part)
            at += len(part)
            self._enough = self._passed % _STEP == 0 and self._says(self._said)

    def finish(self) -> bytes:
        """Give the SHA-256; empty where the pixels say too little."""
        enough = self._enough or self._says(self._said + len(self._deflate.copy().flush()))
        return self._sum.digest() if enough else b""

    def _says(self, left: int) -> bool:
        return left >= LEAST_SAID + self._passed // _NOTHING


def sums_of(content: bytes) -> tuple[bytes, ...]:
    """Give the sums a file that is no picture is known by: none of one too short."""
    return (sha256(content).digest(),) if len(content) >= SHORTEST else ()

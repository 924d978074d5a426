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
_STEP: Final = 16 << 10


class PixelSum:
    """Sums a picture's pixels up as they pass: the value of Pixel Data (7FE0,0010) as stored.

    Of encapsulated pixels what lies in the fragments, without the offset table: so the pixels stay
    the same however they are cut into fragments.
    """

    def __init__(self) -> None:
        self._sum = sha256()
        self._deflate = zlib.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, 5)
        self._said = 0

    def take(self, piece: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._sum.update(piece)
        at, view = 0, memoryview(piece)
        while self._said < LEAST_SAID and at < len(view):  # a picture is through after one step
            self._said += len(self._deflate.compress(view[at : at + _STEP]))
            at += _STEP

    def finish(self) -> bytes:
        """Give the SHA-256; empty where the pixels say too little."""
        said = self._said
        if said < LEAST_SAID:
            said += len(self._deflate.copy().flush())
        return self._sum.digest() if said >= LEAST_SAID else b""


def sums_of(content: bytes) -> tuple[bytes, ...]:
    """Give the sums a file that is no picture is known by: none of one too short."""
    return (sha256(content).digest(),) if len(content) >= SHORTEST else ()

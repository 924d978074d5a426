"""What a file is known again by, byte by byte: SHA-256 of it, and of a picture's pixels.

An empty slice, a black frame, a circle around nothing are the same in every house: who has one has
nothing of ours. How much pixels say is what compressing leaves of them; too little has no digest.
What says much and is in every house too, a test chart, is told by how many of our charts have it.
Pure.
"""

from hashlib import sha256
from typing import Final

from zstandard import COMPRESSOBJ_FLUSH_BLOCK, ZstdCompressor

SHORTEST: Final = 512
"""Bytes of a file that is known again."""
LEAST_SAID: Final = 12 << 10
"""Bytes that compressing must leave of pixels."""
_BLOCK: Final = 16 << 10
_NOTHING: Final = 128
"""Bytes that are left of a block in which there is nothing: a row's edges, a color."""


class PixelSum:
    """Sums a picture's pixels up as they pass: the value of Pixel Data (7FE0,0010) as stored.

    Of encapsulated pixels what lies in the fragments, without the offset table: so the pixels stay
    the same however they are cut into fragments.
    """

    def __init__(self) -> None:
        self._sum = sha256()
        self._pressing = ZstdCompressor(level=1).compressobj()
        self._block = bytearray()
        self._said = 0

    def take(self, piece: bytes | memoryview) -> None:
        """Take the next bytes."""
        self._sum.update(piece)
        left = memoryview(piece)
        while left and self._said < LEAST_SAID:  # most pictures are through after two blocks
            part = left[: _BLOCK - len(self._block)]
            left = left[len(part) :]
            self._block += part
            if len(self._block) == _BLOCK:
                self._press()

    def finish(self) -> bytes:
        """Give the SHA-256; empty where the pixels say too little."""
        if self._block and self._said < LEAST_SAID:
            self._press()
        return self._sum.digest() if self._said >= LEAST_SAID else b""

    def _press(self) -> None:
        pressed = self._pressing.compress(bytes(self._block))
        pressed += self._pressing.flush(COMPRESSOBJ_FLUSH_BLOCK)
        self._said += max(len(pressed) - _NOTHING, 0)
        self._block.clear()


def sums_of(content: bytes) -> tuple[bytes, ...]:
    """Give the sums a file that is no picture is known by: none of one too short."""
    return (sha256(content).digest(),) if len(content) >= SHORTEST else ()

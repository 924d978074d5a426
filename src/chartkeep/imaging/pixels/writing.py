"""The pixel data element of a file written piece by piece (PS3.5 A.4)."""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from chartkeep.imaging.pixels.asking import NotPossibleError

_IMPLICIT = "1.2.840.10008.1.2"
_PLAIN = frozenset({_IMPLICIT, "1.2.840.10008.1.2.1"})
_TAG = b"\xe0\x7f\x10\x00"
_ITEM = b"\xfe\xff\x00\xe0"
_END = b"\xfe\xff\xdd\xe0\x00\x00\x00\x00"
_MOST_LENGTH = 0xFFFF_FFFE


class Layout(NamedTuple):
    """How pixel data is wrapped: its transfer syntax and how many frames come."""

    syntax: str
    frames: int


def wrap_frames(frames: Iterable[bytes], layout: Layout) -> Iterator[bytes]:
    """Yield the pixel data element around frames, native or encapsulated."""
    if layout.syntax in _PLAIN:
        yield from _native(frames, layout)
        return
    yield _TAG + b"OB\x00\x00\xff\xff\xff\xff"
    yield _ITEM + bytes(4)  # an empty offset table: allowed, and it needs no length beforehand
    for frame in frames:
        padding = len(frame) % 2
        yield _ITEM + struct.pack("<I", len(frame) + padding) + frame + bytes(padding)
    yield _END


def _native(frames: Iterable[bytes], layout: Layout) -> Iterator[bytes]:
    """All frames have the length of the first, so that the element's length is known with it."""
    total = 0
    for number, frame in enumerate(frames):
        if number == 0:
            total = len(frame) * layout.frames
            yield _native_header(layout.syntax, total + total % 2)
        yield frame
    yield bytes(total % 2)


def _native_header(syntax: str, length: int) -> bytes:
    if length > _MOST_LENGTH:
        raise NotPossibleError(
            "the instance is too long for an uncompressed file",
            hint="ask for a compressed transfer syntax",
        )
    if syntax == _IMPLICIT:
        return _TAG + struct.pack("<I", length)
    return _TAG + b"OW\x00\x00" + struct.pack("<I", length)

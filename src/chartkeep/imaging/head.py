"""The head of a DICOM file: what it says, without its bulk values, and where those lie.

A value of the top level is bulk when it is pixel data or a binary value over 4 KiB; whoever walks a
head knows by the same rule which values are not there.
"""

from typing import NamedTuple

from chartkeep.imaging.elements import UNDEFINED, Encoding

LONGEST_KEPT = 4_096
"""A binary value over this is bulk. Readers of heads rely on it: it is part of the format."""
PIXEL_TAGS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
BULK_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"UN"})
ENCAPSULATED_DOCUMENT = 0x00420011


Found = tuple[bytes, int, int]
"""An element of the head: its VR (empty when not written), where its value is, how long."""
NOTHING: Found = b"", 0, 0


class Cut(NamedTuple):
    """A value that is not in the head: where it lies in the file (inflated, if it is deflated).

    `fragments`: the lengths of its parts when encapsulated, the offset table first (PS3.5 A.4);
    each stands 8 bytes behind the end of the one before, the first at `at` + 8.
    """

    at: int
    length: int
    fragments: tuple[int, ...] = ()
    table: bytes = b""


class Head(NamedTuple):
    """A file but for its bulk: what it says, and where the rest lies.

    `data`: the dataset without the cut values; `found`: its top level, by tag. `start`: where the
    dataset begins in the file. `size`: of the whole file.
    """

    syntax: str
    encoding: Encoding
    data: bytes
    found: dict[int, Found]
    cuts: dict[int, Cut]
    start: int
    size: int

    def value(self, tag: int) -> bytes:
        """Give a value's bytes, empty when it is not there."""
        _, at, length = self.found.get(tag, NOTHING)
        return self.data[at : at + length]


def is_bulk(tag: int, vr: bytes, length: int) -> bool:
    """Say whether a top-level value is cut out of the head; `vr` is empty when none is written."""
    if tag in PIXEL_TAGS:
        return True
    if length <= LONGEST_KEPT or length == UNDEFINED:
        return False
    return vr in BULK_VRS or (not vr and (tag == ENCAPSULATED_DOCUMENT or tag >> 16 & 1 == 1))

"""The grammar of a DICOM dataset: headers of elements, and where a value of undefined length ends.

PS3.5 chapter 7. Knows nothing of what a value means; whatever does not follow the grammar is a
BadInputError that names the element. Time and memory are bounded by the bytes given.
"""

from collections.abc import Callable, Iterator
from struct import Struct
from typing import NamedTuple

from chartkeep.errors import BadInputError

UNDEFINED = 0xFFFFFFFF
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
DEEPEST = 48
"""How far sequences may lie in each other; the deepest real ones known lie 10 deep."""
LONG = frozenset(
    vr.encode() for vr in "OB OD OF OL OV OW SQ SV UC UN UR UT UV".split()  # noqa: SIM905
)  # fmt: skip
"""VRs whose explicit header has a length of four bytes (PS3.5 table 7.1-1)."""
SHORT = frozenset(
    vr.encode() for vr in "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()  # noqa: SIM905
)  # fmt: skip
"""VRs whose explicit header has a length of two bytes."""

IMPLICIT_LITTLE = "1.2.840.10008.1.2"
EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
EXPLICIT_BIG = "1.2.840.10008.1.2.2"
GE_IMPLICIT = "1.2.840.113619.5.2"


class Encoding(NamedTuple):
    """How headers are written: with or without a VR, in which byte order."""

    implicit: bool
    big: bool = False

    @property
    def order(self) -> str:
        """Give the byte order as `struct` writes it."""
        return ">" if self.big else "<"


class Header(NamedTuple):
    """One element's header: `vr` is empty where the encoding has none; the value begins at `at`."""

    tag: int
    vr: bytes
    length: int
    at: int


class Reader(NamedTuple):
    """The unpackers of one byte order."""

    whole: Callable[[bytes, int], tuple[int, int, bytes, int]]
    pair: Callable[[bytes, int], tuple[int, int]]
    short: Callable[[bytes, int], tuple[int]]
    long: Callable[[bytes, int], tuple[int]]


READERS = {
    big: Reader(*(Struct(order + form).unpack_from for form in ("HH2sH", "HH", "H", "I")))
    for big, order in ((False, "<"), (True, ">"))
}


def name_of(tag: int) -> str:
    """Write a tag as the standard does: (0010,0020)."""
    return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def bad_element(tag: int, why: str) -> BadInputError:
    """Give the error that names an element."""
    return BadInputError(f"element {name_of(tag)} {why}", hint="the file is damaged or no DICOM")


def encoding_of(syntax: str, first: bytes) -> Encoding:
    """Say how a dataset of this transfer syntax is written, by its `first` eight bytes too.

    Some files say one thing and do the other; a VR is two capital letters, and where it stands a
    length would be over 16 MB.
    """
    if syntax == EXPLICIT_BIG:
        return Encoding(implicit=False, big=True)
    if len(first) < 6:
        return Encoding(implicit=syntax in {IMPLICIT_LITTLE, GE_IMPLICIT})
    return Encoding(implicit=not is_vr(first[4:6]))


def is_vr(two: bytes) -> bool:
    """Say whether two bytes can be a VR."""
    return two.isalpha() and two.isupper()


def read_header(data: bytes, at: int, encoding: Encoding) -> Header | None:
    """Read one header; None when the bytes end first."""
    if at + 8 > len(data):
        return None
    reader = READERS[encoding.big]
    group, element, vr, length = reader.whole(data, at)
    tag = group << 16 | element
    if encoding.implicit or group == 0xFFFE or not is_vr(vr):
        return Header(tag, b"", reader.long(data, at + 4)[0], at + 8)
    if vr not in LONG:
        return Header(tag, vr, length, at + 8)
    if at + 12 > len(data):
        return None
    return Header(tag, vr, reader.long(data, at + 8)[0], at + 12)


def end_of_undefined(data: bytes, at: int, tag: int, encoding: Encoding, vr: bytes = b"SQ") -> int:
    """Give where the value of undefined length that begins at `at` ends, its delimiter included.

    -1 when the bytes end first. `tag`: whose value it is, for errors. Walks what has no length
    and steps over the rest, without recursion. Raises BadInputError where the grammar is broken
    or DEEPEST is passed.
    """
    return _walk(data, at, tag, [(True, inside(vr, encoding))])


def end_of_item(data: bytes, at: int, tag: int, encoding: Encoding) -> int:
    """Give where an item of undefined length ends, its delimiter included; -1 as above."""
    return _walk(data, at, tag, [(False, encoding)])


def _walk(data: bytes, at: int, tag: int, stack: list[tuple[bool, Encoding]]) -> int:
    """Walk until the stack is empty: whether items follow (else elements), and how written."""
    while stack:
        items, now = stack[-1]
        head = read_header(data, at, now)
        if head is None:
            return -1
        at = head.at
        if (items and head.tag == SEQUENCE_END) or (not items and head.tag == ITEM_END):
            stack.pop()
        elif (items and head.tag != ITEM) or (not items and head.tag >> 16 == 0xFFFE):
            raise bad_element(tag, "has items that are not delimited")
        elif head.length != UNDEFINED:
            at += head.length
        elif len(stack) >= DEEPEST:
            raise bad_element(tag, f"nests deeper than {DEEPEST}")
        else:
            stack.append((not items, now if items else inside(head.vr, now)))
    return at if at <= len(data) else -1


def each_item(
    data: bytes, at: int, stop: int, tag: int, encoding: Encoding
) -> Iterator[tuple[int, int]]:
    """Give where the items of a sequence begin and end. Raises BadInputError naming `tag`."""
    while at + 8 <= stop:
        head = read_header(data, at, encoding)
        assert head is not None
        if head.tag == SEQUENCE_END:
            return
        if head.tag != ITEM:
            raise bad_element(tag, "has items that are not delimited")
        if head.length != UNDEFINED:
            end = behind = head.at + head.length
        else:
            behind = end_of_item(data, head.at, tag, encoding)
            end = behind - 8
        if not head.at <= end <= stop:
            raise bad_element(tag, "has an item that is cut short")
        yield head.at, end
        at = behind


def each_element(
    data: bytes,
    at: int,
    stop: int,
    encoding: Encoding,
    cut: Callable[[int, bytes, int], bool] | None = None,
) -> Iterator[Header]:
    """Give the elements that lie between two places; lengths are resolved, delimiters included.

    `cut` says of tag, VR and length whether the value is not there: of those the length is 0.
    """
    while at < stop:
        head = read_header(data, at, encoding)
        if head is None:
            raise BadInputError("a sequence ends inside a header", hint="the file is damaged")
        if cut is not None and cut(head.tag, head.vr, head.length):
            head = head._replace(length=0)
        at = head.at + head.length
        if head.length == UNDEFINED:
            at = end_of_undefined(data, head.at, head.tag, encoding, head.vr)
            head = head._replace(length=at - head.at)
        if not head.at <= at <= stop:
            raise bad_element(head.tag, "is cut short")
        yield head


def inside(vr: bytes, encoding: Encoding) -> Encoding:
    """Say how items are written: those of UN of undefined length are implicit little endian.

    PS3.5 6.2.2 note 2.
    """
    return Encoding(implicit=True) if vr == b"UN" else encoding

"""Bytes of pictures that are open: whole files, single frames, single values.

Each is a range of a sealed blob and touches only the chunks it lies in. A deflated file says of
nothing where it lies before it is inflated: it is read whole, and bounded.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from chartkeep.custody.blobs import Leased, Range, read_blobs, stream_blob
from chartkeep.custody.house import House
from chartkeep.errors import BadInputError, NotFoundError
from chartkeep.imaging.elements import Encoding, each_element, each_item, inside
from chartkeep.imaging.instance import frame_ranges, head_bytes, pixel_value
from chartkeep.imaging.opening import Picture

MOST_AT_ONCE = 8 << 20
"""Bytes of files and frames that are in memory together."""
MOST_INFLATED = 256 << 20

Lease = Callable[[Picture], Leased]
"""Gives the open section of a picture, opening it again when its lease has ended."""


class Part(NamedTuple):
    """A value: where it lies in its file, or its bytes when they are in the head."""

    at: int
    length: int
    data: bytes | None = None


def read_files(shown: Sequence[Picture], house: House, lease: Lease) -> Iterator[Iterator[bytes]]:
    """Give each file in pieces, in order: short ones are read together, long ones as they go."""
    waiting: list[Picture] = []
    for picture in shown:
        size = picture.instance.size
        if waiting and _sum(waiting) + size > MOST_AT_ONCE:
            yield from _together(waiting, house, lease)
            waiting = []
        if size > MOST_AT_ONCE:
            yield stream_blob(picture.entry, _leasing(picture, lease), house)
        else:
            waiting.append(picture)
    yield from _together(waiting, house, lease)


def read_frames(
    picture: Picture, numbers: Sequence[int], house: House, lease: Lease
) -> Iterator[list[bytes]]:
    """Give the fragments of each frame; of a file that is not encapsulated there is one.

    Raises BadInputError for a frame the instance has not.
    """
    found = [frame_ranges(picture.instance, number) for number in numbers]
    waiting: list[list[tuple[int, int]]] = []
    room = MOST_AT_ONCE
    for ranges in found:
        size = sum(length for _, length in ranges)
        if waiting and size > room:
            yield from _read_groups(picture, waiting, house, lease)
            waiting, room = [], MOST_AT_ONCE
        waiting.append(ranges)
        room -= size
    yield from _read_groups(picture, waiting, house, lease)


def read_front(picture: Picture, house: House, lease: Lease) -> bytes:
    """Give the file before its pixel data; a deflated one whole. Raises NotFoundError."""
    pixels = pixel_value(picture.instance)
    if pixels is None:
        raise NotFoundError("this instance has no pixels")
    if picture.instance.deflated:
        return _read(picture, [(0, picture.instance.size)], house, lease)[0]
    return _read(picture, [(0, pixels.at)], house, lease)[0]


def read_head(picture: Picture, house: House, lease: Lease) -> bytes:
    """Give the dataset without its bulk values."""
    if picture.instance.head:
        return picture.instance.head
    return head_bytes(picture.instance, lambda at, n: read_range(picture, at, n, house, lease))


def read_range(picture: Picture, at: int, length: int, house: House, lease: Lease) -> bytes:
    """Give a range of a file, as its manifest counts."""
    if picture.instance.deflated:
        return _inflate(picture, house, lease)[at : at + length]
    return _read(picture, [(at, length)], house, lease)[0]


def stream_part(picture: Picture, part: Part, house: House, lease: Lease) -> Iterator[bytes]:
    """Give a value in pieces."""
    if part.data is not None:
        yield part.data
    elif picture.instance.deflated:
        yield read_range(picture, part.at, part.length, house, lease)
    else:
        leased = _leasing(picture, lease)
        yield from stream_blob(picture.entry, leased, house, part.at, part.length)


def find_part(picture: Picture, path: Sequence[int], house: House, lease: Lease) -> Part:
    """Find a value by its path: a tag, or a sequence, an item's number from 0, a tag, and so on.

    Raises NotFoundError when it is not there.
    """
    instance = picture.instance
    if len(path) == 1:
        for value in instance.bulk:
            if value.tag == path[0]:
                return Part(value.at, value.length)
    data = read_head(picture, house, lease)
    at, stop, written = _descend(data, path[:-1], instance.encoding)
    for head in each_element(data, at, stop, written):
        if head.tag == path[-1]:
            return Part(0, head.length, data[head.at : head.at + head.length])
    raise NotFoundError("this instance has no such value")


def value(picture: Picture, tag: int, house: House, lease: Lease) -> bytes:
    """Give a short value of the head, empty when it is not there."""
    try:
        part = find_part(picture, [tag], house, lease)
    except NotFoundError:
        return b""
    return (part.data or b"")[:1_024]


def _descend(data: bytes, path: Sequence[int], encoding: Encoding) -> tuple[int, int, Encoding]:
    """Go down through items: gives where the last one lies, and how it is written."""
    at, stop, written = 0, len(data), encoding
    for tag, number in zip(path[::2], path[1::2], strict=True):
        head = next((h for h in each_element(data, at, stop, written) if h.tag == tag), None)
        if head is None:
            raise NotFoundError("this instance has no such value")
        inner = inside(head.vr, written)
        items = each_item(data, head.at, head.at + head.length, tag, inner)
        found = next((each for n, each in enumerate(items) if n == number), None)
        if found is None:
            raise NotFoundError("this instance has no such value")
        at, stop, written = *found, inner
    return at, stop, written


def _sum(shown: Sequence[Picture]) -> int:
    return sum(each.instance.size for each in shown)


def _together(shown: Sequence[Picture], house: House, lease: Lease) -> Iterator[Iterator[bytes]]:
    """Read whole files of one chart, those of one section at a time."""
    for _, same in groupby(shown, key=lambda each: each.held.section):
        group = list(same)
        ranges = [Range(each.entry) for each in group]
        for data in read_blobs(lease(group[0]), ranges, house):
            yield iter((data,))


def _read_groups(
    picture: Picture, groups: Sequence[list[tuple[int, int]]], house: House, lease: Lease
) -> Iterator[list[bytes]]:
    if not groups:
        return
    ranges = [each for group in groups for each in group]
    if picture.instance.deflated:
        whole = _inflate(picture, house, lease)
        found = iter([whole[at : at + length] for at, length in ranges])
    else:
        found = iter(_read(picture, ranges, house, lease))
    for group in groups:
        yield [next(found) for _ in group]


def _read(
    picture: Picture, ranges: Sequence[tuple[int, int]], house: House, lease: Lease
) -> list[bytes]:
    return read_blobs(lease(picture), [Range(picture.entry, *each) for each in ranges], house)


def _inflate(picture: Picture, house: House, lease: Lease) -> bytes:
    raw = _read(picture, [(0, picture.instance.size)], house, lease)[0]
    start = picture.instance.start
    inflating = zlib.decompressobj(-15)
    try:
        data = inflating.decompress(raw[start:], MOST_INFLATED)
    except zlib.error as error:
        raise BadInputError("the dataset is not deflated as its file meta says") from error
    return raw[:start] + data


def _leasing(picture: Picture, lease: Lease) -> Callable[[], Leased]:
    return lambda: lease(picture)

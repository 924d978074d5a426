"""Bytes of pictures that are open: whole files, single frames, single values.

Each is a range of a sealed blob and touches only the chunks it lies in. A deflated file says of
nothing where it lies before it is inflated: it is read whole, and bounded.
"""

import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import groupby

from chartkeep.custody.blobs import Leased, read_blobs, stream_blob
from chartkeep.custody.blobs import Range as BlobRange
from chartkeep.custody.house import House
from chartkeep.errors import BadInputError, NotFoundError
from chartkeep.imaging.instance import Range, frame_ranges, head_bytes, pixel_value
from chartkeep.imaging.locating import value_range
from chartkeep.imaging.opening import Picture

MOST_AT_ONCE = 8 << 20
"""Bytes of files and frames that are in memory together."""
MOST_INFLATED = 256 << 20
MOST_WORD = 1_024

Lease = Callable[[Picture], Leased]
"""Gives the open section of a picture, opening it again when its lease has ended."""


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


def read_shown(
    picture: Picture, number: int, house: House, lease: Lease
) -> tuple[bytes, list[bytes]]:
    """Give what `read_front` gives and the fragments of one frame, in one question to the store."""
    pixels = pixel_value(picture.instance)
    if pixels is None or picture.instance.deflated:
        front = read_front(picture, house, lease)
        return front, next(read_frames(picture, [number], house, lease))
    ranges = frame_ranges(picture.instance, number)
    if ranges[0][0] == pixels.at and len(ranges) == 1:  # the front ends where it begins
        whole = _read(picture, [(0, pixels.at + ranges[0][1])], house, lease)[0]
        return whole[: pixels.at], [whole[pixels.at :]]
    front, *fragments = _read(picture, [(0, pixels.at), *ranges], house, lease)
    return front, fragments


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


def stream_range(
    picture: Picture, at: int, length: int, house: House, lease: Lease
) -> Iterator[bytes]:
    """Give a range of a file in pieces."""
    if picture.instance.deflated:
        yield read_range(picture, at, length, house, lease)
    else:
        yield from stream_blob(picture.entry, _leasing(picture, lease), house, at, length)


def find_value(picture: Picture, path: str, house: House, lease: Lease) -> Range:
    """Find where a value lies, by its path in a BulkDataURI. Raises NotFoundError."""
    return value_range(picture.instance, read_head(picture, house, lease), path)


def read_word(picture: Picture, tag: str, house: House, lease: Lease) -> str:
    """Read a short text of the head, empty when it is not there."""
    try:
        at, length = find_value(picture, tag, house, lease)
    except NotFoundError:
        return ""
    raw = read_range(picture, at, min(length, MOST_WORD), house, lease)
    return raw.decode("ascii", "replace").strip(" \0")


def _sum(shown: Sequence[Picture]) -> int:
    return sum(each.instance.size for each in shown)


def _together(shown: Sequence[Picture], house: House, lease: Lease) -> Iterator[Iterator[bytes]]:
    """Read whole files of one chart, those of one section at a time."""
    for _, same in groupby(shown, key=lambda each: each.held.section):
        group = list(same)
        ranges = [BlobRange(each.entry) for each in group]
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
    return read_blobs(lease(picture), [BlobRange(picture.entry, *each) for each in ranges], house)


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

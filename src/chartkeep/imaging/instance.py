"""The manifest of an instance: all that is kept of a DICOM file beside its bytes.

docs/formats/instance.md. From it metadata are answered and frames found without opening the file:
one frame of a gigabyte is one range. It promises nothing the file does not say.
"""

from collections.abc import Callable, Iterator
from itertools import accumulate, pairwise
from struct import iter_unpack
from typing import Final

import msgspec

from chartkeep.errors import BadInputError, DamagedError, UnknownFormatError
from chartkeep.imaging.cutter import MOST_INFLATED
from chartkeep.imaging.elements import DEFLATED, Encoding
from chartkeep.imaging.facts import Facts, read_pixels
from chartkeep.imaging.head import Cut, Head

MOST_KEPT = 64 << 10
"""A head over this is read from the file again."""
_MAGIC: Final = b"CKI1"
_PIXELS: Final = (0x7FE00010, 0x7FE00008, 0x7FE00009)

Range = tuple[int, int]
"""Where bytes of a file begin, and how many they are."""


class Value(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A bulk value of the top level: its tag, where it lies in the file."""

    tag: int
    at: int
    length: int


class Instance(msgspec.Struct, frozen=True, array_like=True):
    """One instance. `digest`: SHA-256 of the file; `start`: where its dataset begins.

    `head`: the dataset without the values of `bulk`; empty when it is over MOST_KEPT.
    `frame_bits`: of one frame, when they are not encapsulated. `fragments`: lengths of the parts
    of encapsulated pixel data, the offset table first. `firsts`: which of them begin the frames,
    empty when that is plain. Of a deflated file all places count its dataset inflated.
    """

    study: str
    series: str
    instance: str
    sop_class: str
    syntax: str
    modality: str
    size: int
    digest: bytes
    start: int
    implicit: bool
    big: bool
    head: bytes
    bulk: tuple[Value, ...] = ()
    frames: int = 1
    frame_bits: int = 0
    fragments: tuple[int, ...] = ()
    firsts: tuple[int, ...] = ()
    number: int = 0
    series_number: int = 0
    series_description: str = ""

    @property
    def encoding(self) -> Encoding:
        """Say how the head is written."""
        return Encoding(self.implicit, self.big)

    @property
    def deflated(self) -> bool:
        """Say whether places count inflated bytes: the file must be inflated whole."""
        return self.syntax == DEFLATED


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Instance).decode


def describe(head: Head, facts: Facts, digest: bytes) -> Instance:
    """Make the manifest of a file that was taken apart."""
    pixels = read_pixels(head)
    there = next((head.cuts[tag] for tag in _PIXELS if tag in head.cuts), Cut(0, 0))
    frames = max(pixels.frames, 1)
    return Instance(
        facts.study, facts.series, facts.instance, facts.sop_class, head.syntax, facts.modality,
        head.size, digest, head.start, head.encoding.implicit, head.encoding.big,
        head.data if len(head.data) <= MOST_KEPT else b"",
        tuple(Value(tag, cut.at, cut.length) for tag, cut in head.cuts.items()),
        frames, pixels.frame_bits, there.fragments, _firsts(there, frames),
        facts.number, facts.series_number, facts.series_description,
    )  # fmt: skip


def encode_instance(instance: Instance) -> bytes:
    """Write a manifest."""
    return _MAGIC + _encode(instance)


def read_instance(raw: bytes) -> Instance:
    """Read a manifest. Raises UnknownFormatError or DamagedError."""
    if raw[:4] != _MAGIC:
        raise UnknownFormatError("not a manifest of an instance that this version knows")
    try:
        return _decode(memoryview(raw)[4:])
    except msgspec.MsgspecError as error:
        raise DamagedError("a manifest of an instance is not readable") from error


def pixel_value(instance: Instance) -> Value | None:
    """Give where the pixel data lie, None when there are none."""
    return next((each for tag in _PIXELS for each in instance.bulk if each.tag == tag), None)


def frame_ranges(instance: Instance, number: int) -> list[Range]:
    """Give where frame `number`, from 1, lies in the file: one range, or one for each fragment.

    Frames of single bits that share bytes come with the bytes they share. Raises BadInputError
    when there is no such frame, or when the file does not say where it is.
    """
    pixels = pixel_value(instance)
    if pixels is None or not 1 <= number <= instance.frames:
        raise BadInputError("the instance has no such frame", hint="ask for one it has")
    if not instance.fragments:
        return [_native(instance, pixels, number)]
    parts = _parts(instance, pixels)
    if len(parts) == instance.frames:
        return [parts[number - 1]]
    if instance.frames == 1:
        return parts
    if not instance.firsts:
        raise BadInputError(
            "the file does not say where this frame is", hint="ask for the whole instance"
        )
    ends = (*instance.firsts[1:], len(parts))
    return parts[instance.firsts[number - 1] : ends[number - 1]]


def head_ranges(instance: Instance) -> Iterator[Range]:
    """Give where the head lies in the file: all of the dataset that is no bulk value."""
    at = instance.start
    for each in sorted(instance.bulk, key=lambda value: value.at):
        yield at, each.at - at
        at = each.at + each.length
    end = MOST_INFLATED + at if instance.deflated else instance.size
    if at < end:
        yield at, end - at


def head_bytes(instance: Instance, read: Callable[[int, int], bytes]) -> bytes:
    """Give the head: what was kept, or read from the file by `read(at, length)`.

    Of a deflated file `read` gives inflated bytes, fewer at its end.
    """
    return instance.head or b"".join(read(at, length) for at, length in head_ranges(instance))


def _native(instance: Instance, pixels: Value, number: int) -> Range:
    bits = instance.frame_bits
    if not bits or bits * instance.frames > pixels.length * 8:
        bits = pixels.length // instance.frames * 8
    first, behind = bits * (number - 1), bits * number
    return pixels.at + first // 8, -(-behind // 8) - first // 8


def _parts(instance: Instance, pixels: Value) -> list[Range]:
    """Give each fragment but the offset table."""
    starts = accumulate((length + 8 for length in instance.fragments), initial=pixels.at + 8)
    return list(zip(starts, instance.fragments, strict=False))[1:]


def _firsts(there: Cut, frames: int) -> tuple[int, ...]:
    """Read which fragments begin frames from the basic offset table (PS3.5 A.4).

    Nothing where it is plain without, or where the table does not fit the fragments. An extended
    offset table needs one fragment for each frame, which is plain.
    """
    parts = there.fragments[1:]
    if frames == 1 or len(parts) == frames or len(there.table) != 4 * frames:
        return ()
    numbers = {at: n for n, at in enumerate(accumulate((p + 8 for p in parts), initial=0))}
    named = [numbers.get(at, -1) for (at,) in iter_unpack("<I", there.table)]
    fits = named[0] == 0 and all(a < b < len(parts) for a, b in pairwise(named))
    return tuple(named) if fits else ()

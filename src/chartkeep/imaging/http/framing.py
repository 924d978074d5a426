"""WADO-RS: single frames of an instance (PS3.18 10.4.1.1.3)."""

from collections.abc import Generator, Iterator, Sequence

from chartkeep.errors import BadInputError
from chartkeep.imaging.http.accepting import PLAIN, Form, can_write_frame, frames
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.door import Door
from chartkeep.imaging.http.multipart import related
from chartkeep.imaging.http.place import Place
from chartkeep.imaging.http.reaching import Reached, show
from chartkeep.imaging.instance import Instance
from chartkeep.imaging.opening import Picture
from chartkeep.imaging.reading import read_frames, read_front
from chartkeep.web.caller import Caller

MOST_FRAMES = 10_000
FEW = 16
"""Frames that go out at once and not one after the other."""
_AS_THEY_LIE = PLAIN - {"1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99"}
"""Plain syntaxes whose frames lie in the file as explicit little endian has them."""


def give(door: Door, caller: Caller, asked: Asked, place: Place) -> Answer:
    """Give the frames of a list, in its order. Raises BadInputError for a frame that is none."""
    numbers = read_numbers(place.rest[1])
    return show(door, caller, place, lambda reached: answer(reached, asked, numbers))


def answer(reached: Reached, asked: Asked, numbers: Sequence[int]) -> Answer:
    """Write frames of the one instance that was reached."""
    (picture,) = reached.pictures
    check_numbers(picture.instance, numbers)
    form = frames(asked.ranges, picture.instance.syntax, can_write_frame, one=len(numbers) == 1)
    made = _write(frame_bytes(reached, picture, numbers, form), form, few=len(numbers) <= FEW)
    reached.note("read", picture.instance.instance, len(numbers))
    return made


def _write(each: Iterator[bytes], form: Form, *, few: bool) -> Answer:
    if not form.multipart:
        return Answer(200, next(each), kind=form.part)
    made = related(form.kind)
    parts = _parts(each, made.head(form.part), made.tail)
    if few:
        return Answer(200, b"".join(parts), kind=made.media)
    return Answer(200, kind=made.media, stream=parts)


def read_numbers(text: str) -> list[int]:
    """Read a list of frames: `1,3`. Raises BadInputError."""
    parts = text.split(",")
    if len(parts) > MOST_FRAMES or not all(p.isascii() and p.isdigit() for p in parts):
        raise BadInputError("this is no list of frames", hint="1,2,3")
    return [int(part[:9]) for part in parts]


def check_numbers(instance: Instance, numbers: Sequence[int]) -> None:
    """Refuse frames an instance has not."""
    if not instance.bulk or not all(1 <= number <= instance.frames for number in numbers):
        raise BadInputError("the instance has no such frame", hint="ask for one it has")


def frame_bytes(
    reached: Reached, picture: Picture, numbers: Sequence[int], form: Form
) -> Iterator[bytes]:
    """Give each frame in a form, as it lies in the file where that is the form."""
    house, instance = reached.door.house, picture.instance
    found = read_frames(picture, numbers, house, reached.lease)
    stored = instance.syntax
    if form.syntax == stored or (form.syntax in _AS_THEY_LIE and stored in _AS_THEY_LIE):
        return (fragments[0] if len(fragments) == 1 else b"".join(fragments) for fragments in found)
    front = read_front(picture, house, reached.lease)
    return (
        reached.door.pixels.transcode(front, stored, fragments, form.syntax, number)
        for number, fragments in zip(numbers, found, strict=True)
    )


def _parts(each: Iterator[bytes], head: bytes, tail: bytes) -> Generator[bytes]:
    for frame in each:
        yield head
        yield frame
    yield tail

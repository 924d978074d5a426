"""WADO-RS: instances as files, of a study, a series, or one (PS3.18 10.4.1.1.1).

As they were received, byte for byte, unless another transfer syntax is asked for. Short files of a
study are read together; what is long goes out as it is read, so that its size costs no memory.
"""

from collections.abc import Generator, Iterator

from chartkeep.imaging.http.accepting import DICOM, Form, can_write_file, instances
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.bulkdata import alone
from chartkeep.imaging.http.door import Door
from chartkeep.imaging.http.multipart import Related, related
from chartkeep.imaging.http.place import Place
from chartkeep.imaging.http.reaching import Reached, show
from chartkeep.imaging.opening import Picture
from chartkeep.imaging.reading import (
    MOST_AT_ONCE,
    read_files,
    read_frames,
    read_front,
)
from chartkeep.web.caller import Caller


def retrieve(door: Door, caller: Caller, asked: Asked, place: Place) -> Answer:
    """Give the instances at a place. Raises UnacceptableError for a form they cannot have."""
    wanted = instances(asked.ranges, one=bool(place.instance))

    def write(reached: Reached) -> Answer:
        forms = [
            Form(DICOM, wanted.syntax(each.instance.syntax, can_write_file))
            for each in reached.pictures
        ]
        several = wanted.multipart
        made = _several(reached, forms) if several else _one(reached, forms[0], asked)
        reached.note("read", place.uids[-1], len(forms))
        return made

    return show(door, caller, place, write)


def _one(reached: Reached, form: Form, asked: Asked) -> Answer:
    """Give one instance without parts, or a range of it as it was received."""
    (picture,) = reached.pictures
    if form.syntax != picture.instance.syntax:
        return Answer(200, kind=form.part, stream=_generator(_recoded(reached, picture, form)))
    tag = f'"{picture.instance.digest.hex()}"'
    if asked.header("if-none-match") == tag:
        return Answer(304, headers=(("ETag", tag),))
    found = alone(reached, asked, (0, picture.instance.size), form.part)
    return found._replace(headers=(*found.headers, ("ETag", tag)))


def _several(reached: Reached, forms: list[Form]) -> Answer:
    made = related(DICOM)
    pieces = _parts(reached, forms, made)
    if sum(each.instance.size for each in reached.pictures) <= MOST_AT_ONCE:
        return Answer(200, b"".join(pieces), kind=made.media)
    return Answer(200, kind=made.media, stream=pieces)


def _parts(reached: Reached, forms: list[Form], made: Related) -> Generator[bytes]:
    """Write each instance as a part."""
    pairs = list(zip(reached.pictures, forms, strict=True))
    kept = [picture for picture, form in pairs if form.syntax == picture.instance.syntax]
    files = read_files(kept, reached.door.house, reached.lease)
    for picture, form in pairs:
        yield made.head(form.part)
        if form.syntax == picture.instance.syntax:
            yield from next(files)
        else:
            yield from _recoded(reached, picture, form)
    yield made.tail


def _recoded(reached: Reached, picture: Picture, form: Form) -> Iterator[bytes]:
    """Write an instance in another transfer syntax, a frame at a time."""
    house, instance = reached.door.house, picture.instance
    front = read_front(picture, house, reached.lease)
    frames = read_frames(picture, range(1, instance.frames + 1), house, reached.lease)
    return reached.door.pixels.transcode_file(
        front, instance.syntax, frames, instance.frames, form.syntax
    )


def _generator(pieces: Iterator[bytes]) -> Generator[bytes]:
    yield from pieces

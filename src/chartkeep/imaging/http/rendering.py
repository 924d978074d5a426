"""WADO-RS: what people look at: pictures, ECGs as SVG, documents and films as themselves.

PS3.18 10.4.1.1.2 and 10.4.1.1.4. Of a study or a series one instance stands for all, the middle
one; of a film each frame. Pictures are decoded and drawn in processes of their own
(`imaging.pixels`).
"""

from collections.abc import Callable, Generator, Sequence

import msgspec

from chartkeep.errors import BadInputError
from chartkeep.imaging.http.accepting import (
    JPEG,
    MEDIA,
    OCTETS,
    PNG,
    UnacceptableError,
    rendered,
)
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.bulkdata import DOCUMENT, alone, document_kind
from chartkeep.imaging.http.door import Door
from chartkeep.imaging.http.framing import check_numbers, read_numbers
from chartkeep.imaging.http.multipart import related
from chartkeep.imaging.http.place import Place
from chartkeep.imaging.http.reaching import Reached, show
from chartkeep.imaging.http.tracing import show_ecg
from chartkeep.imaging.instance import frame_ranges, pixel_value
from chartkeep.imaging.opening import Picture
from chartkeep.imaging.pixels.asking import THUMBNAIL, Curve, Media, Rendering, Viewport, Window
from chartkeep.imaging.reading import find_value, read_frames, read_front, read_shown
from chartkeep.imaging.waveform import ECG_CLASSES
from chartkeep.web.caller import Caller

MOST_FRAMES = 1_000
_DOCUMENTS = "1.2.840.10008.5.1.4.1.1.104."
_HINT = "viewport=512,512 window=40,400,linear quality=90"


def render(door: Door, caller: Caller, asked: Asked, place: Place) -> Answer:
    """Show what lies at a place. Raises UnacceptableError for what has no look."""
    return _show(door, caller, asked, place, None)


def thumbnail(door: Door, caller: Caller, asked: Asked, place: Place) -> Answer:
    """Show it small."""
    return _show(door, caller, asked, place, THUMBNAIL)


def _show(door: Door, caller: Caller, asked: Asked, place: Place, usual: Viewport | None) -> Answer:
    how = read_how(asked, usual)
    named = place.rest[0] == "frames"
    numbers = read_numbers(place.rest[1]) if named else [1]

    def write(reached: Reached) -> Answer:
        one = reached._replace(pictures=[reached.pictures[len(reached.pictures) // 2]])
        made = _look(one, asked, how, numbers, itself=usual is None and not named)
        one.note("read", one.pictures[0].instance.instance, len(numbers))
        return made

    return show(door, caller, place, write)


def _look(
    reached: Reached, asked: Asked, how: Rendering, numbers: Sequence[int], *, itself: bool
) -> Answer:
    """Show one instance: documents, films and ECGs as themselves, where they were asked for so."""
    (picture,) = reached.pictures
    instance = picture.instance
    if itself:
        if instance.sop_class.startswith(_DOCUMENTS):
            return _document(reached, asked, picture)
        if MEDIA.get(instance.syntax, "").startswith("video/"):
            return _video(reached, asked, picture)
        if instance.sop_class in ECG_CLASSES:
            return show_ecg(reached, asked, picture)
    return _pictures(reached, asked, numbers, how)


def read_how(asked: Asked, usual: Viewport | None = None) -> Rendering:
    """Read how pictures are to be shown (PS3.18 8.3.5.1). Raises BadInputError."""
    try:
        window = _window(asked.value("window"))
        viewport = _viewport(asked.value("viewport")) or usual
        quality = int(asked.value("quality") or 90)
    except ValueError as error:
        raise BadInputError("window, viewport or quality is none", hint=_HINT) from error
    return Rendering(Media.JPEG, window, viewport, quality)


def _window(text: str) -> Window | None:
    if not text:
        return None
    center, width, *curve = text.split(",")
    named = curve[0].strip().lower() if curve else "linear"
    return Window(float(center), float(width), Curve(named))


def _viewport(text: str) -> Viewport | None:
    """Read width, height, and the part shown: left, top, width, height, each may be empty."""
    if not text:
        return None
    numbers = [int(part) if part.strip() else 0 for part in text.split(",")]
    if len(numbers) not in (2, 6):
        raise ValueError(text)
    return Viewport(*numbers)


def _pictures(reached: Reached, asked: Asked, numbers: Sequence[int], how: Rendering) -> Answer:
    (picture,) = reached.pictures
    if pixel_value(picture.instance) is None:
        raise UnacceptableError("this instance has no picture", hint="ask for its metadata")
    check_numbers(picture.instance, numbers)
    if len(numbers) > MOST_FRAMES:
        raise BadInputError(f"over {MOST_FRAMES} frames are asked for at once")
    if len(numbers) == 1:
        kind = rendered(asked.ranges, (JPEG, PNG))
        front, fragments = read_shown(picture, numbers[0], reached.door.house, reached.lease)
        shown = _framed(how, numbers[0], Media(kind))
        syntax = picture.instance.syntax
        drawn = reached.door.pixels.render(front, syntax, fragments, shown)
        return Answer(200, drawn, kind=kind)
    kinds = [each.related or each for each in asked.ranges]
    kind = rendered(kinds, (JPEG, PNG))
    made = related(kind)
    draw = _draw(reached, picture, how)

    def parts() -> Generator[bytes]:
        for number in numbers:
            yield made.head(kind) + draw(number, Media(kind))
        yield made.tail

    return Answer(200, kind=made.media, stream=parts())


def _draw(reached: Reached, picture: Picture, how: Rendering) -> Callable[[int, Media], bytes]:
    """Make what draws frames of a picture: its front is read once."""
    house, lease = reached.door.house, reached.lease
    front = read_front(picture, house, lease)

    def draw(number: int, media: Media) -> bytes:
        (fragments,) = read_frames(picture, [number], house, lease)
        shown = _framed(how, number, media)
        return reached.door.pixels.render(front, picture.instance.syntax, fragments, shown)

    return draw


def _framed(how: Rendering, number: int, media: Media) -> Rendering:
    return Rendering(media, how.window, how.viewport, how.quality, number)


def _document(reached: Reached, asked: Asked, picture: Picture) -> Answer:
    kind = rendered(asked.ranges, (document_kind(reached),))
    found = find_value(picture, DOCUMENT, reached.door.house, reached.lease)
    return alone(reached, asked, found, kind)


def _video(reached: Reached, asked: Asked, picture: Picture) -> Answer:
    """Give a film as the file it is: DICOM holds it in one fragment, mostly."""
    kind = rendered(asked.ranges, (MEDIA[picture.instance.syntax], OCTETS))
    film = picture._replace(instance=msgspec.structs.replace(picture.instance, frames=1))
    ranges = frame_ranges(film.instance, 1)
    if len(ranges) == 1:
        return alone(reached, asked, ranges[0], kind)
    (whole,) = read_frames(film, [1], reached.door.house, reached.lease)
    return Answer(200, b"".join(whole), kind=kind)

"""WADO-RS: single values of an instance, where its metadata say they are (PS3.18 10.4.1.1.5)."""

import re
from collections.abc import Generator, Iterator

from chartkeep.errors import BadInputError, NotFoundError
from chartkeep.imaging.http import framing
from chartkeep.imaging.http.accepting import OCTETS, bulk
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.door import Door
from chartkeep.imaging.http.multipart import related
from chartkeep.imaging.http.place import Place
from chartkeep.imaging.http.ranging import headers, nothing, read_span
from chartkeep.imaging.http.reaching import Reached, show
from chartkeep.imaging.instance import Range
from chartkeep.imaging.reading import MOST_AT_ONCE, find_value, read_word, stream_range
from chartkeep.web.caller import Caller

DOCUMENT, DOCUMENT_KIND = "00420011", "00420012"
PIXELS = "7FE00010"
DOCUMENT_KINDS = frozenset({"application/pdf", "text/xml", "model/stl", "model/obj", "model/mtl"})
DEEPEST = 48
_PATH = re.compile(r"[0-9A-F]{8}(/[0-9]{1,6}/[0-9A-F]{8})*", re.ASCII)


def give(door: Door, caller: Caller, asked: Asked, place: Place) -> Answer:
    """Give one value, or a range of it where it goes out alone."""
    if not place.instance or len(place.rest) < 2:
        raise NotFoundError("bulk data is given value by value", hint="see BulkDataURI in metadata")
    path = read_path(place.rest[1:])
    return show(door, caller, place, lambda reached: _value(reached, asked, path))


def _value(reached: Reached, asked: Asked, path: str) -> Answer:
    (picture,) = reached.pictures
    if path == PIXELS and picture.instance.fragments:
        return framing.answer(reached, asked, range(1, picture.instance.frames + 1))
    found = find_value(picture, path, reached.door.house, reached.lease)
    form = bulk(asked.ranges, document_kind(reached) if path == DOCUMENT else OCTETS)
    if form.multipart:
        made = _related(reached, found, form.kind)
    else:
        made = alone(reached, asked, found, form.kind)
    reached.note("read", picture.instance.instance, 1)
    return made


def read_path(parts: tuple[str, ...]) -> str:
    """Read where a value lies: tags, and numbers of items between them. Raises BadInputError."""
    path = "/".join(parts).upper()
    if len(parts) > DEEPEST or not _PATH.fullmatch(path):
        raise BadInputError("this is no place of a value", hint="as BulkDataURI says it")
    return path


def document_kind(reached: Reached) -> str:
    """Say what an encapsulated document is, of the kinds DICOM encapsulates."""
    (picture,) = reached.pictures
    kind = read_word(picture, DOCUMENT_KIND, reached.door.house, reached.lease).lower()
    return kind if kind in DOCUMENT_KINDS else OCTETS


def alone(reached: Reached, asked: Asked, found: Range, kind: str) -> Answer:
    """Give bytes of the one instance without parts: all that were found, or a range of them."""
    at, size = found
    span = read_span(asked, size)
    if span is not None and not span[1]:
        return nothing(size)
    status, told = headers(span, size)
    start, length = span or (0, size)
    (picture,) = reached.pictures
    pieces = stream_range(picture, at + start, length, reached.door.house, reached.lease)
    if length <= MOST_AT_ONCE:
        return Answer(status, b"".join(pieces), told, kind)
    told = (*told, ("Content-Length", str(length)))
    return Answer(status, b"", told, kind, _generator(pieces))


def _related(reached: Reached, found: Range, kind: str) -> Answer:
    made = related(kind)
    (picture,) = reached.pictures
    pieces = stream_range(picture, *found, reached.door.house, reached.lease)
    if found[1] <= MOST_AT_ONCE:
        return Answer(200, b"".join([made.head(kind), *pieces, made.tail]), kind=made.media)
    return Answer(200, made.head(kind), (), made.media, _ending(pieces, made.tail))


def _ending(pieces: Iterator[bytes], tail: bytes) -> Generator[bytes]:
    yield from pieces
    yield tail


def _generator(pieces: Iterator[bytes]) -> Generator[bytes]:
    yield from pieces

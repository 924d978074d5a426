"""Files made of metadata and bulk data that come apart (PS3.18 10.5.2).

Parts of DICOM JSON describe an instance each, or several; every other part is a value named by its
Content-Location. What one request composes is held in memory, so it is bounded; files are not.
"""

from collections.abc import Callable, Iterator, Mapping
from io import BytesIO
from typing import Any

import msgspec

from chartkeep.errors import BadInputError
from chartkeep.imaging import json_file
from chartkeep.imaging.arriving import File
from chartkeep.imaging.http.accepting import JSON
from chartkeep.imaging.http.media import read_media
from chartkeep.imaging.http.multipart import Part

MOST_BYTES = 128 * 1024 * 1024
MOST_INSTANCES = 1_000
AS_DICOM = 'send it as multipart/related; type="application/dicom"'


def compose(parts: Iterator[Part], study: str) -> Iterator[File]:
    """Give a file for each instance that is described. Raises BadInputError."""
    described: list[Any] = []
    values: dict[str, json_file.Part] = {}
    size = 0
    for part in parts:
        raw = _read(part, MOST_BYTES - size)
        size += len(raw)
        kind = read_media(part.headers.get("content-type", "none/none"))
        if kind.name == JSON:
            described += _instances(raw)
        else:
            name = part.headers.get("content-location", "")
            values[name] = json_file.Part(raw, kind.name, kind.syntax)
    if not 1 <= len(described) <= MOST_INSTANCES:
        raise BadInputError(f"1 to {MOST_INSTANCES} instances are described in a request")
    for number, each in enumerate(described, 1):
        whole = json_file.make_file(each, _finder(values))
        yield File(BytesIO(whole), f"instance {number}", study=study)


def _read(part: Part, room: int) -> bytes:
    """Read a part. Raises BadInputError when there is no room for it."""
    taken: list[bytes] = []
    while piece := part.read(1 << 20):
        taken.append(piece)
        room -= len(piece)
        if room < 0:
            raise BadInputError(f"over {MOST_BYTES >> 20} MiB of metadata and bulk", hint=AS_DICOM)
    return b"".join(taken)


def _finder(values: Mapping[str, json_file.Part]) -> Callable[[str], json_file.Part]:
    def find(uri: str) -> json_file.Part:
        if uri not in values:
            raise BadInputError("a BulkDataURI names no part", hint="name it by Content-Location")
        return values[uri]

    return find


def _instances(raw: bytes) -> list[Any]:
    try:
        read = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInputError("the metadata are no JSON") from error
    return read if isinstance(read, list) else [read]

"""A Binary as it is served: its bytes in the type they are of, or JSON with them in base64.

R4 binary.html#rest: whoever names no FHIR form gets the bytes. They may be of any length, and they
are somebody else's: a browser neither runs them nor guesses what they are.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Final

from chartkeep.custody.blobs import Leased, blob_of, read_blob, stream_blob
from chartkeep.custody.house import House
from chartkeep.fhir.http.asked import (
    Answer,
    Asked,
    UnacceptableError,
    accepts,
    wants_json,
)
from chartkeep.fhir.http.records import Resource
from chartkeep.fhir.preconditions import etag, http_date

MOST_AS_JSON: Final = 16 << 20
"""Bytes that are given in base64; longer ones only as they are."""
_MEDIA_TYPE: Final = re.compile(r"[\w!#$&^.+-]+/[\w!#$&^.+-]+(;[ -~]*)?", re.ASCII)
_NOT_RUN: Final = (
    ("Content-Security-Policy", "sandbox; default-src 'none'"),
    ("Content-Disposition", "attachment"),
)


def show_binary(asked: Asked, found: Resource, lease: Callable[[], Leased], house: House) -> Answer:
    """Answer with a Binary; `lease` opens its section again when a long answer outlives it.

    Raises UnacceptableError when it is wanted in another type than its own, or as JSON and is too
    long for that.
    """
    versions = (("ETag", etag(found.version)), ("Last-Modified", http_date(found.time)))
    media_type = str(found.body.get("contentType", ""))
    if not _MEDIA_TYPE.fullmatch(media_type):
        media_type = "application/octet-stream"
    if wants_json(asked):
        return Answer(200, _as_json(found, lease, house), versions)
    if not accepts(asked, media_type):
        raise UnacceptableError("this Binary is of another type", hint="Accept: */*")
    if found.entry.envelope.blob is None:
        content = b64decode(found.body.get("data", ""))
        return Answer(200, content, (*versions, *_NOT_RUN), media_type)
    size = blob_of(found.entry).size
    pieces = stream_blob(found.entry, lease, house)
    first = next(pieces)  # what is wrong with it is said before the answer begins
    headers = (*versions, *_NOT_RUN, ("Content-Length", str(size)))
    return Answer(200, first, headers, media_type, pieces)


def _as_json(found: Resource, lease: Callable[[], Leased], house: House) -> bytes:
    if found.entry.envelope.blob is None:
        return found.json
    if blob_of(found.entry).size > MOST_AS_JSON:
        raise UnacceptableError("this Binary is too long to be given as JSON", hint="Accept: */*")
    content = b64encode(read_blob(lease(), found.entry, house))
    return found.rendered()[:-1] + b',"data":"' + content + b'"}'

"""A resource as the door serves it: the received bytes, and what only this house can say of them.

Changed are `id`, `meta.versionId`, `meta.lastUpdated`, and the texts of references that mean
another name here (decision 0005). Promises: every other member stays as it was received, in order
and in the spelling of its numbers; no reference is looked for in a text.
Expects bytes `clinical.reading` took: no name twice, no element that FHIR R4 does not have.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import msgspec
import orjson

from chartkeep.clinical.spelling import decode, encode
from chartkeep.model import Millis

# The names a reference text stands under, as clinical.references reads them. Looking back keeps
# the end of a name such as `a\"url` out; no string's value is followed by a colon.
_NAMED = re.compile(
    rb'"(?:reference|url)"(?<!\\"reference")(?<!\\"url")\s*:\s*("[^"\\]*(?:\\.[^"\\]*)*")'
)
_COMPACT = b'"reference":"'
_ESCAPED_LETTER = re.compile(rb"\\u00[67]")
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encode = msgspec.json.Encoder().encode
_text = msgspec.json.Decoder(str)


def render(
    raw: bytes, kind: str, ident: str, version: int, time: Millis, links: Mapping[str, str]
) -> bytes:
    """Give the bytes a client sees. `links`: reference text as received -> text as served."""
    if links:
        raw = _relink(raw, links)
    members: dict[str, object] = {"resourceType": kind, "id": "", "meta": ""}
    members |= _members.decode(raw)
    members["id"] = ident
    members["meta"] = _meta(members["meta"], version, time)
    return _encode(members)


def parse(
    raw: bytes, kind: str, ident: str, version: int, time: Millis, links: Mapping[str, str]
) -> dict[str, Any]:
    """Give what `render` gives, parsed, without writing it first: a search reads all it finds."""
    body: dict[str, Any] = orjson.loads(_relink(raw, links) if links else raw)
    meta = body.get("meta") or {}
    ours = {"versionId": str(version), "lastUpdated": instant(time).decode()}
    return body | {"resourceType": kind, "id": ident, "meta": meta | ours}


@lru_cache(1_024)
def instant(time: Millis) -> bytes:
    """Write a FHIR instant: UTC, milliseconds."""
    seconds, millis = divmod(time, 1000)
    return b"%b.%03dZ" % (_encode(datetime.fromtimestamp(seconds, UTC))[1:20], millis)


def _meta(received: object, version: int, time: Millis) -> msgspec.Raw:
    ours = b'{"versionId":"%d","lastUpdated":"%b"}' % (version, instant(time))
    if not isinstance(received, msgspec.Raw):
        return msgspec.Raw(ours)
    return msgspec.Raw(_encode(_members.decode(received) | _members.decode(ours)))


def _relink(raw: bytes, links: Mapping[str, str]) -> bytes:
    written = {_encode(text): _encode(served) for text, served in links.items()}
    pieces = raw.split(_COMPACT)
    if b"\\" in raw or b'"url"' in raw or raw.count(b'"reference"') != len(pieces) - 1:
        return _relink_any(raw, written)
    # No escape in it, so no quote stands in a text: each piece begins with a reference.
    for place in range(1, len(pieces)):
        text, _, rest = pieces[place].partition(b'"')
        quoted = b'"%b"' % text
        pieces[place] = written.get(quoted, quoted)[1:] + rest
    return _COMPACT.join(pieces)


def _relink_any(raw: bytes, written: Mapping[bytes, bytes]) -> bytes:
    """Do the same with any white space and escapes, at twice the time."""
    if b"\\u00" in raw and _ESCAPED_LETTER.search(raw):
        raw = encode(decode(raw))  # somebody may have written "refer\u0065nce"

    def replace(found: re.Match[bytes]) -> bytes:
        text = found[1]
        if b"\\" in text:
            text = _encode(_text.decode(text))
        served = written.get(text)
        return found[0] if served is None else found[0][: -len(found[1])] + served

    return _NAMED.sub(replace, raw)

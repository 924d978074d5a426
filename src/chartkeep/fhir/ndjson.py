"""One resource, or many a line each (NDJSON), as the batch that would bring them.

Promises: the bytes of a resource stay as they are; a line that is none is named. One with an id is
put under it, one without is new.
"""

import re

import msgspec

from chartkeep.errors import BadInputError

MOST_LINES = 200_000
_NAME = re.compile(r"[A-Z][A-Za-z]{2,40}\Z")
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}\Z")


class _Head(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    id: str = ""


_head = msgspec.json.Decoder(_Head)


def as_bundle(raw: bytes) -> bytes:
    """Give a bundle as it is, anything else wrapped. Raises BadInputError, naming the line."""
    raw = raw.removeprefix(b"\xef\xbb\xbf").strip()
    whole = _read(raw)
    if whole is not None and whole.resource_type == "Bundle":
        return raw
    lines = [raw] if whole is not None else raw.splitlines()
    if len(lines) > MOST_LINES:
        raise BadInputError(f"more than {MOST_LINES} lines", hint="split it")
    entries = [_entry(line, place) for place, line in enumerate(lines, 1) if line.strip()]
    return b'{"resourceType":"Bundle","type":"batch","entry":[' + b",".join(entries) + b"]}"


def _entry(line: bytes, place: int) -> bytes:
    head = _read(line)
    if head is None or not _NAME.match(head.resource_type):
        raise BadInputError(f"line {place} is no resource", hint="one JSON object a line")
    named = bool(_ID.match(head.id))
    url = f"{head.resource_type}/{head.id}" if named else head.resource_type
    request = f'{{"method":"{"PUT" if named else "POST"}","url":"{url}"}}'
    return b'{"resource":' + line + b',"request":' + request.encode() + b"}"


def _read(raw: bytes) -> _Head | None:
    try:
        return _head.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None

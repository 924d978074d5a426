"""Reading one resource: from received bytes to something that is FHIR R4.

Promises: what is accepted means the same to every JSON reader (no name twice in an object,
no depth that overflows one), and the received bytes are not needed again to derive from it.
Does not decide whose chart it belongs to.
"""

from typing import Any

import msgspec
import orjson

from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.schema import check_resource, is_type
from chartkeep.errors import BadInputError


class Resource(msgspec.Struct, frozen=True):
    """A checked resource: its type, its content, and the content as compact JSON."""

    kind: str
    body: dict[str, Any]
    text: bytes


def read_resource(raw: bytes) -> Resource:
    """Parse and check one resource. Raises BadInputError, naming the element if there is one."""
    resource = parse_resource(raw)
    check_resource(resource.kind, resource.body, resource.text)
    return resource


def parse_resource(raw: bytes) -> Resource:
    """Parse one resource and look at its type only. Raises BadInputError."""
    body = _parse_object(raw)
    kind = body.get("resourceType")
    if not isinstance(kind, str) or not is_type(kind):
        raise BadElementError("resourceType", "no such resource type in FHIR R4")
    text = _compact(body)
    if _unescaped_quotes(raw) != _unescaped_quotes(text):
        # Two readers may take different ones of the two: then two charts could both own it.
        raise BadElementError(kind, "an object has the same name twice")
    return Resource(kind, body, text)


def _parse_object(raw: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadInputError(
            f"broken JSON at line {error.lineno}, column {error.colno} of the resource"
        ) from error
    if not isinstance(body, dict):
        raise BadInputError("a resource is a JSON object")
    return body


def _compact(body: dict[str, Any]) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError as error:
        raise BadInputError("the resource is nested deeper than 250 levels") from error


def _unescaped_quotes(text: bytes) -> int:
    """Count the quotes that begin and end strings: two for each name and string value."""
    if b"\\" not in text:
        return text.count(b'"')
    text = text.replace(b"\\\\", b"")
    return text.count(b'"') - text.count(b'\\"')

"""JSON Patch (RFC 6902) on the bytes of one resource.

Promises: numbers keep their spelling; type and id stay; time and memory are bounded by the sizes
of resource and patch; an error names the operation and never what it holds.
Does not check the result: whoever stores it reads it as a new resource (`clinical.reading`).
"""

from typing import Any, Literal

import msgspec
from jsonpatch import (
    JsonPatch,
    JsonPatchConflict,
    JsonPatchException,
    JsonPatchPathNotFound,
    JsonPatchTestFailed,
    JsonPointer,
    JsonPointerException,
)
from jsonpointer import EndOfList

from chartkeep.clinical.spelling import decode, encode
from chartkeep.errors import BadInputError

MOST_OPERATIONS = 1_000
LARGEST = 2 << 20
"""Bytes of a patch, and of all it copies: a result has at most twice as many over the resource."""
DEEPEST = 100
"""Steps of one path; the deepest element of R4 without recursion has about a dozen."""

_FIXED = ("resourceType", "id")


class _Operation(msgspec.Struct, omit_defaults=True, rename={"origin": "from"}):
    op: Literal["add", "remove", "replace", "move", "copy", "test"]
    path: str
    origin: str | msgspec.UnsetType = msgspec.UNSET
    value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_operations = msgspec.json.Decoder(list[msgspec.Raw])
_operation = msgspec.json.Decoder(_Operation)


def apply_patch(raw: bytes, patch: bytes) -> bytes:
    """Give the resource as the patch leaves it, compact. Raises BadInputError.

    `raw` is a resource read before. All operations are applied, or none.
    """
    if len(patch) > LARGEST:
        raise BadInputError(f"the patch is over {LARGEST >> 20} MiB")
    body = decode(raw)
    room = LARGEST
    for place, operation in enumerate(_read(patch)):
        where = f"operation[{place}]"
        room -= _copied(operation, body, where)
        if room < 0:
            raise BadInputError(f"{where}: copies too much", hint="put the resource as a whole")
        body = _apply(operation, body, where)
    return encode(body)


def _read(patch: bytes) -> list[dict[str, Any]]:
    try:
        found = _operations.decode(patch)
    except RecursionError as error:
        raise BadInputError("the patch is nested too deeply") from error
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInputError("a JSON Patch is a JSON array of operations") from error
    if len(found) > MOST_OPERATIONS:
        raise BadInputError(
            f"the patch has over {MOST_OPERATIONS} operations", hint="put the resource as a whole"
        )
    return [_read_one(each, f"operation[{place}]") for place, each in enumerate(found)]


def _read_one(raw: msgspec.Raw, where: str) -> dict[str, Any]:
    try:
        read = _operation.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInputError(f"{where}: is not an operation of RFC 6902") from error
    needed = {"move": read.origin, "copy": read.origin, "remove": ""}.get(read.op, read.value)
    if needed is msgspec.UNSET:
        name = "from" if read.op in {"move", "copy"} else "value"
        raise BadInputError(f"{where}: {name} is missing")
    operation: dict[str, Any] = {"op": read.op, "path": _pointer(read.path, f"{where}.path")}
    if isinstance(read.origin, str):
        operation["from"] = _pointer(read.origin, f"{where}.from")
    if isinstance(read.value, msgspec.Raw):
        operation["value"] = decode(bytes(read.value))
    return operation


def _pointer(path: str, where: str) -> JsonPointer:
    if path.count("/") > DEEPEST:
        raise BadInputError(f"{where}: has over {DEEPEST} steps")
    try:
        return JsonPointer(path)
    except JsonPointerException as error:
        raise BadInputError(f"{where}: is not a JSON pointer", hint="see RFC 6901") from error


def _copied(operation: dict[str, Any], body: Any, where: str) -> int:
    """Weigh what a copy would copy: copying the whole into itself doubles it every time."""
    if operation["op"] != "copy":
        return 0
    try:
        found = operation["from"].resolve(body)
    except (JsonPointerException, TypeError):
        found = EndOfList([])
    if isinstance(found, EndOfList):
        raise BadInputError(f"{where}.from: names nothing in the resource")
    return len(encode(found))


def _apply(operation: dict[str, Any], body: Any, where: str) -> Any:
    kept = [body.get(name) for name in _FIXED]
    try:
        patched = JsonPatch([operation]).apply(body, in_place=True)
    except JsonPatchTestFailed as error:
        raise BadInputError(f"{where}: its test fails", hint="read the resource again") from error
    except (JsonPointerException, JsonPatchPathNotFound) as error:
        raise BadInputError(f"{where}: names nothing in the resource") from error
    except JsonPatchConflict as error:
        raise BadInputError(f"{where}: cannot be applied there") from error
    except (JsonPatchException, TypeError) as error:
        raise BadInputError(f"{where}: is not an operation of RFC 6902") from error
    except RecursionError as error:
        raise BadInputError(f"{where}: nests the resource too deeply") from error
    if not isinstance(patched, dict) or [patched.get(name) for name in _FIXED] != kept:
        raise BadInputError(f"{where}: may not change resourceType or id")
    return patched

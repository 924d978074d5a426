"""Whether a resource is what FHIR R4 says: the official JSON schema, and dates that exist.

Promises: an error names the element and never its content; patterns run in linear time.
Does not check terminology, invariants (FHIRPath), or which resource a reference names.
The schema is HL7's `fhir.schema.json` (4.0), packaged unchanged; see docs/formats/which-chart.md.
"""

import calendar
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema_rs
import orjson
import zstandard

from chartkeep.clinical.element import BadElementError, path_text, safe_name

_LINKED = re.compile(rb'"#/definitions/(\w+)"')
# Begins with what is rare, and looks back: a third of the time of reading it from its quote on.
_LATE_DAY = re.compile(rb'-(?:29|3\d)(?<="(\d{4}-\d\d-\d\d))(?=["T])')
_DATE_TYPES = ("date", "dateTime", "instant")
_ANY_OBJECT = {"type": "object"}

Json = dict[str, Any]


@cache
def definitions() -> dict[str, Json]:
    """Read the schema's definitions, once.

    A resource inside another is checked by its own validator (`check_resource`), so
    `ResourceList`, which would pull all 146 types into every validator, is any object here;
    `Resource`, which the schema names and does not define, means the same. The schema never
    says that an element with parts is an object, so a list or a number would pass for one: said
    here.
    """
    packed = files("chartkeep.clinical").joinpath("data/fhir.schema.json.zst").read_bytes()
    text = zstandard.ZstdDecompressor().decompress(packed)
    # The published schema forgot its own version: 4.0.1 is 4.0.0 with errors of the text mended.
    schema = orjson.loads(text.replace(b'"4.0.0"', b'"4.0.0","4.0.1"'))
    named: dict[str, Json] = schema["definitions"]
    shaped: dict[str, Json] = {
        name: _ANY_OBJECT | part for name, part in named.items() if "properties" in part
    }
    shaped["Element"]["type"] = ["object", "null"]  # `_given: [null, {…}]`, see _is_filler
    return named | shaped | {"ResourceList": _ANY_OBJECT, "Resource": _ANY_OBJECT}


def reachable(kind: str) -> dict[str, Json]:
    """Keep the definitions one type needs; compiling all 680 for each would cost 16 times more."""
    found: dict[str, Json] = {}
    waiting = [kind]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = definitions()[name]
        waiting += (link.decode() for link in _LINKED.findall(orjson.dumps(found[name])))
    return found


@cache
def validator_for(kind: str) -> jsonschema_rs.Draft6Validator:
    """Compile one type's validator, once in a process (about 7 ms)."""
    return jsonschema_rs.Draft6Validator(
        {"$ref": f"#/definitions/{kind}", "definitions": reachable(kind)},
        # linear time: the schema's base64 pattern runs for ever in a backtracking engine
        pattern_options=jsonschema_rs.RegexOptions(),
    )


def check_resource(kind: str, resource: Json, text: bytes) -> None:
    """Refuse a resource the schema refuses, or one with a day no calendar has.

    `text` is the resource again as compact JSON. Raises BadElementError.
    """
    for error in shape_faults(kind, resource):
        raise error
    for error in day_faults(kind, resource, text):
        raise error
    for place, inner in enumerate(resource.get("contained", ())):
        _check_contained(kind, inner, place)
    if kind in {"Bundle", "Parameters"}:
        raise BadElementError(kind, "a container is not an entry of a chart")


def shape_faults(kind: str, resource: Json) -> Iterator[BadElementError]:
    """Find everything the schema refuses."""
    validator = validator_for(kind)
    if not validator.is_valid(resource):
        for error in validator.iter_errors(resource):
            if not _is_filler(resource, error):
                yield _explain(kind, error)


def day_faults(kind: str, resource: Json, text: bytes) -> Iterator[BadElementError]:
    """Find every day no calendar has, in a resource the schema takes; see `check_resource`."""
    if not all(map(day_exists, _LATE_DAY.findall(text))):
        for steps in _no_days(resource, definitions()[kind], ()):
            yield BadElementError(path_text(kind, steps), "is a day no calendar has", code="value")


def _check_contained(kind: str, inner: Json, place: int) -> None:
    within = inner.get("resourceType")
    path = f"{kind}.contained[{place}]"
    if not isinstance(within, str) or not is_type(within):
        raise BadElementError(f"{path}.resourceType", "no such resource type in FHIR R4")
    if "contained" in inner:
        raise BadElementError(f"{path}.contained", "a contained resource may contain none")
    try:
        check_resource(within, inner, orjson.dumps(inner))
    except BadElementError as error:
        raise BadElementError(
            path + error.element.removeprefix(within), error.reason, hint=error.hint
        ) from error


@cache
def is_type(kind: str) -> bool:
    """Say whether FHIR R4 has a resource type of this name."""
    if not kind.isalnum() or kind not in definitions():
        return False
    constant = definitions()[kind].get("properties", {}).get("resourceType", {}).get("const")
    return bool(constant == kind)


def _is_filler(resource: Json, error: jsonschema_rs.ValidationError) -> bool:
    """Forgive `given: ["a", null]` beside `_given`: json.html#null has it, the schema forgot."""
    if error.instance is not None or len(error.instance_path) < 2:
        return False
    *steps, name, place = error.instance_path
    parent: Any = resource
    for step in steps:
        parent = parent[step]
    return isinstance(place, int) and f"_{name}" in parent


def _explain(kind: str, error: jsonschema_rs.ValidationError) -> BadElementError:
    steps = list(error.instance_path)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.Required(property=name):
            path = path_text(kind, [*steps, name])
            return BadElementError(path, "is required and missing", code="required")
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=names):
            shown = [name for name in names if safe_name(name) == name]
            path = path_text(kind, [*steps, *shown[:1]])
            return BadElementError(path, "FHIR R4 has no such element here")
        case jsonschema_rs.ValidationErrorKind.Pattern(pattern=pattern):
            return BadElementError(path_text(kind, steps), _pattern_reason(pattern), code="value")
        case jsonschema_rs.ValidationErrorKind.Enum():
            path = path_text(kind, steps)
            reason = "is none of the codes FHIR R4 allows"
            return BadElementError(path, reason, code="code-invalid")
        case jsonschema_rs.ValidationErrorKind.Type():
            return BadElementError(path_text(kind, steps), _shape_reason(error))
        case _:
            return BadElementError(path_text(kind, steps), "is not what the FHIR R4 schema says")


def _shape_reason(error: jsonschema_rs.ValidationError) -> str:
    if isinstance(error.instance, list):
        return "holds several values where FHIR R4 allows one"
    return "has the wrong JSON type"


def _pattern_reason(pattern: str) -> str:
    if pattern in _date_patterns():
        return "is not a date FHIR R4 knows"
    return "is not written as FHIR R4 says"


def _no_days(
    node: Any, schema: Json, steps: tuple[str | int, ...]
) -> Iterator[tuple[str | int, ...]]:
    """Walk resource and schema together; only strings the schema calls dates are looked at."""
    if "$ref" in schema:
        schema = definitions()[schema["$ref"].rpartition("/")[2]]
    if isinstance(node, dict):
        properties = schema.get("properties", {})
        for name, value in node.items():
            yield from _no_days(value, properties.get(name, {}), (*steps, name))
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _no_days(value, schema.get("items", {}), (*steps, place))
    elif node and schema.get("pattern") in _date_patterns() and not day_exists(node):
        yield steps


@cache
def _date_patterns() -> frozenset[str]:
    return frozenset(definitions()[name]["pattern"] for name in _DATE_TYPES)


def day_exists(date: str | bytes) -> bool:
    """Say whether the day of a FHIR date exists (Gregorian); in a partial date any does."""
    if len(date) < 10:
        return True
    year, month, day = int(date[:4]), int(date[5:7]), int(date[8:10])
    return 1 <= month <= 12 and year > 0 and day <= calendar.monthrange(year, month)[1]

"""A resource of any type with every element filled, so that every expression finds something."""

from typing import Any

from chartkeep.clinical.schema import definitions
from chartkeep.clinical.search.table import KINDS

Json = dict[str, Any]
DEEPEST = 4
_TEXTS = {
    "date": "2024-05-01",
    "dateTime": "2024-05-01T08:00:00+09:00",
    "instant": "2024-05-01T08:00:00Z",
    "time": "08:00:00",
    "boolean": True,
    "uri": "http://example.org/a",
    "canonical": "http://example.org/b|1",
}
_SOME_KINDS = ("Patient", "Practitioner", "Location", "Group")
_SYSTEMS = ("phone", "email", "composed-of", "depends-on")


def fill(kind: str, turn: int) -> Json:
    """A resource of a type; each turn takes another type for its choices and its references."""
    return {"resourceType": kind, **_object(kind, turn, 0), "id": f"turn-{turn}"}


def _object(kind: str, turn: int, depth: int) -> Json:
    if kind == "Reference":
        return {"reference": f"{_SOME_KINDS[turn % len(_SOME_KINDS)]}/some", "display": "x"}
    properties = definitions()[kind]["properties"]
    stems: dict[str, list[str]] = {}
    for name in properties:
        if name[0] != "_" and name not in {"contained", "resourceType", "text", "extension"}:
            stems.setdefault(_stem(name, properties), []).append(name)
    chosen = (names[turn % len(names)] for names in stems.values())
    filled = {name: _part(name, properties[name], turn, depth + 1) for name in chosen}
    return {name: part for name, part in filled.items() if part is not None}


def _stem(name: str, properties: Json) -> str:
    """The names of a choice share a stem, and one of them ends in `Period` or the like."""
    for place, sign in enumerate(name):
        end = name[place:]
        if sign.isupper() and (end[0].lower() + end[1:] in definitions() or end in definitions()):
            mates = [each for each in properties if each.startswith(name[:place])]
            if name[:place] not in properties and len(mates) > 1:
                return name[:place]
    return name


def _part(name: str, part: Json, turn: int, depth: int) -> Any:
    if "items" in part:
        below = _part(name, part["items"], turn, depth)
        return None if below is None else [below]
    if name in {"system", "type"} and part.get("$ref", "")[-4:] in {"", "code"}:
        return _SYSTEMS[turn % len(_SYSTEMS)]
    if "enum" in part:
        return part["enum"][turn % len(part["enum"])]
    kind = part.get("$ref", "").rpartition("/")[2]
    if kind and "properties" in definitions().get(kind, {}):
        return _object(kind, turn, depth) if depth < DEEPEST else None
    if kind == "ResourceList":
        return None
    return _plain(name, kind, part)


def _plain(name: str, kind: str, part: Json) -> Any:
    sort = part.get("type") or definitions().get(kind, {}).get("type")
    if sort == "number":
        return 7
    if sort == "boolean":
        return True
    ends = (text for end, text in _TEXTS.items() if name.endswith(end[0].upper() + end[1:]))
    return _TEXTS.get(kind) or next(ends, "some")


def all_filled(turns: int) -> list[Json]:
    return [fill(kind, turn) for kind in sorted(KINDS) for turn in range(turns)]

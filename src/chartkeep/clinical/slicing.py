"""Which values of an element belong to which slice of a profile (profiling.html#slicing).

Understands discriminators `value` and `pattern` with a fixed value, a pattern or a value set that
can be written out, `exists`, `type`, and the URL of an extension. Any other (`profile`, or a path
with `resolve()`) is not decided here: whoever asks must say so.
"""

from typing import Any

from chartkeep.clinical.profile_tree import Found, Part, along, values_along
from chartkeep.clinical.value_sets import Sets, holds

Json = dict[str, Any]


def members(part: Part, piece: Part, found: list[Found], sets: Sets) -> list[Found] | None:
    """Give the values that belong to a slice; None when that cannot be decided."""
    discriminators = part.element.get("slicing", {}).get("discriminator", [])
    chosen = found if discriminators else None
    for each in discriminators:
        if chosen is not None:
            chosen = _narrow(each, piece, chosen, sets)
    return chosen


def _narrow(how: Json, piece: Part, found: list[Found], sets: Sets) -> list[Found] | None:
    path = [] if how["path"] == "$this" else how["path"].split(".")
    if any("(" in step for step in path):
        return None
    match how["type"]:
        case "type":
            return _of_type(piece, path, found)
        case "exists":
            return _existing(piece, path, found)
        case "value" | "pattern":
            return _valued(piece, path, found, sets)
        case _:
            return None


def _of_type(piece: Part, path: list[str], found: list[Found]) -> list[Found] | None:
    target = along(piece, path)
    kinds = {kind.get("code", "") for kind in target.element.get("type", ())} if target else set()
    if not kinds:
        return None
    if not path:  # a choice: its name in JSON ends with the type
        stem = piece.name.removesuffix("[x]")
        names = {stem + kind[:1].upper() + kind[1:] for kind in kinds}
        return [each for each in found if each[0][0] in names]
    return [each for each in found if _resource_types(each[1], path) & kinds]


def _resource_types(value: Any, path: list[str]) -> set[str]:
    nodes = values_along(value, path)
    return {str(node.get("resourceType", "")) for node in nodes if isinstance(node, dict)}


def _existing(piece: Part, path: list[str], found: list[Found]) -> list[Found] | None:
    target = along(piece, path)
    if target is None or not target.element:
        return None
    wanted = target.element.get("max") != "0"
    return [each for each in found if wanted == bool(list(values_along(each[1], path)))]


def _valued(piece: Part, path: list[str], found: list[Found], sets: Sets) -> list[Found] | None:
    target = along(piece, path)
    if target is not None and (wanted := demand(target.element, sets)) is not None:
        return [
            each for each in found if any(meets(wanted, v) for v in values_along(each[1], path))
        ]
    if path == ["url"] and (url := _extension_url(piece)):
        return [each for each in found if isinstance(each[1], dict) and each[1].get("url") == url]
    return None


def _extension_url(piece: Part) -> str:
    kinds = piece.element.get("type") or [{}]
    urls = kinds[0].get("profile") or [""]
    return str(urls[0]).partition("|")[0]


def demand(element: Json, sets: Sets) -> tuple[str, Any] | None:
    """Say what a value must be: `fixed` with a value, `pattern` with a part, `codes` with a set."""
    for name, value in element.items():
        if name.startswith("fixed"):
            return "fixed", value
        if name.startswith("pattern"):
            return "pattern", value
    binding = element.get("binding", {})
    url = binding.get("valueSet", "").partition("|")[0]
    if binding.get("strength") == "required" and url in sets:
        return "codes", sets[url]
    return None


def meets(wanted: tuple[str, Any], value: Any) -> bool:
    """Say whether a value is what `demand` said."""
    match wanted[0]:
        case "fixed":
            return bool(value == wanted[1])
        case "pattern":
            return _contains(value, wanted[1])
        case _:
            return holds(wanted[1], value)


def _contains(value: Any, part: Any) -> bool:
    """Say whether a value has everything of a pattern (ElementDefinition.pattern[x])."""
    if isinstance(part, dict):
        return isinstance(value, dict) and all(
            name in value and _contains(value[name], inner) for name, inner in part.items()
        )
    if isinstance(part, list):
        return isinstance(value, list) and all(
            any(_contains(each, inner) for each in value) for inner in part
        )
    return bool(value == part)

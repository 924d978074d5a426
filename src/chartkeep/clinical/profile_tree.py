"""A profile's snapshot as a tree: elements, their children, and the slices of each.

Source: StructureDefinition.snapshot; an ElementDefinition.id such as
`Observation.component:SystolicBP.code` spells the way (elementdefinition.html#id).
Says what an instance holds at an element; decides nothing.
"""

from collections.abc import Iterator
from typing import Any

import msgspec

from chartkeep.clinical.rules import Steps, choice_names, values_of
from chartkeep.errors import BadInputError

Json = dict[str, Any]
Found = tuple[Steps, Any]
"""Where a value stands below its parent, and the value; None when only an extension is there."""


class Part(msgspec.Struct):
    """One element of the profile; `element` is its ElementDefinition, empty if it has none."""

    name: str
    element: Json
    children: dict[str, "Part"]
    slices: dict[str, "Part"]


def tree_of(definition: Json) -> Part:
    """Build the tree. Raises BadInputError when there is no snapshot."""
    elements = definition.get("snapshot", {}).get("element", [])
    if not elements:
        raise BadInputError("the profile has no snapshot", hint="install it with its snapshots")
    root = _new(elements[0].get("path", ""))
    for element in elements:
        part = root
        for step in element.get("id", "").split(".")[1:]:
            name, _, piece = step.partition(":")
            part = part.children.setdefault(name, _new(name))
            if piece:
                part = part.slices.setdefault(piece, _new(name))
        part.element = element
    return root


def _new(name: str) -> Part:
    return Part(name, {}, {}, {})


def names_of(part: Part) -> dict[str, str]:
    """Give the names an element may have in JSON, each with its type: `valueQuantity`."""
    kinds = [kind.get("code", "") for kind in part.element.get("type", ())]
    if not part.name.endswith("[x]"):
        return {part.name: kinds[0] if kinds else ""}
    stem = part.name.removesuffix("[x]")
    return {stem + kind[:1].upper() + kind[1:]: kind for kind in kinds}


def values(part: Part, node: Json) -> list[Found]:
    """List what stands in a node at an element; a value that only has an extension counts."""
    found: list[Found] = []
    for name in names_of(part):
        here = list(values_of(node, name))
        found += here or ([((name,), None)] if f"_{name}" in node else [])
    return found


def strangers(part: Part, node: Json) -> Iterator[str]:
    """Name what is there of a choice (`value[x]`) in a type the profile does not allow."""
    if part.name.endswith("[x]") and part.element:
        stem = part.name.removesuffix("[x]")
        possible = {name for name in node if name.startswith(stem)} & choice_names()
        yield from sorted(possible - names_of(part).keys())


def along(part: Part | None, path: list[str]) -> Part | None:
    """Follow a discriminator's path down the tree; None where the profile says nothing."""
    for step in path:
        part = part and (part.children.get(step) or part.children.get(f"{step}[x]"))
    return part


def values_along(value: Any, path: list[str]) -> Iterator[Any]:
    """Follow a discriminator's path down an instance, through lists."""
    if isinstance(value, list):
        for each in value:
            yield from values_along(each, path)
    elif not path:
        yield value
    elif isinstance(value, dict) and path[0] in value:
        yield from values_along(value[path[0]], path[1:])

"""What the official definitions say of a resource and the JSON schema does not.

Elements that must be there, elements of which one may be there (`value[x]`), codes bound with
strength `required`, and nothing empty (json.html: no empty object or list).
Promises: a fault names the element and never its content; it walks any JSON, also of wrong shape.
The table is packaged, made by tools/pack_rules.py; value sets nobody can write out (UCUM,
languages, media types, currencies) are not in it.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec

from chartkeep.clinical.element import BadElementError, path_text
from chartkeep.clinical.schema import definitions
from chartkeep.clinical.value_sets import Sets, holds

Steps = tuple[str | int, ...]
Json = dict[str, Any]


class Rule(msgspec.Struct, frozen=True):
    """What is said of one definition of the schema (`Observation`, `Observation_Component`).

    `must`: elements, or choices as `value[x]`. `choice`: the names of each choice.
    `codes`: element -> value set.
    """

    must: tuple[str, ...] = ()
    choice: dict[str, tuple[str, ...]] = {}
    codes: dict[str, str] = {}


class _Table(msgspec.Struct, frozen=True):
    sets: dict[str, dict[str, str]]
    rules: dict[str, Rule]


@cache
def _table() -> _Table:
    packed = files("chartkeep.clinical").joinpath("data/definition_rules.json").read_bytes()
    return msgspec.json.decode(packed, type=_Table)


@cache
def packaged_sets() -> Sets:
    """Give every value set of FHIR R4 that some element needs and that can be written out."""
    return {
        url: {system: frozenset(codes.split()) for system, codes in by_system.items()}
        for url, by_system in _table().sets.items()
    }


def rule_faults(kind: str, body: Json) -> Iterator[BadElementError]:
    """Find everything in a resource that breaks the table; contained resources are left out."""
    yield from _walk(kind, body, kind, ())


def _walk(kind: str, node: Any, name: str, steps: Steps) -> Iterator[BadElementError]:
    if node in ({}, []):
        yield BadElementError(path_text(kind, steps), "is empty", hint="leave it out")
    if isinstance(node, list):
        for place, part in enumerate(node):
            yield from _walk(kind, part, name, (*steps, place))
    if not isinstance(node, dict):
        return
    yield from _check(kind, node, _table().rules.get(name, Rule()), steps)
    properties = definitions()[name].get("properties", {})
    for key, value in node.items():
        part = properties.get(key, {})
        inner = part.get("items", part).get("$ref", "").rpartition("/")[2]
        if inner and inner != "ResourceList" and isinstance(value, dict | list):
            yield from _walk(kind, value, inner, (*steps, key))


def _check(kind: str, node: Json, rule: Rule, steps: Steps) -> Iterator[BadElementError]:
    for name in rule.must:
        if not present(node, rule.choice.get(name, (name,))):
            path = path_text(kind, (*steps, name))
            yield BadElementError(path, "is required and missing", code="required")
    for name, names in rule.choice.items():
        if len(present(node, names)) > 1:
            path = path_text(kind, (*steps, name))
            yield BadElementError(path, "is there in more than one type")
    for name, url in rule.codes.items():
        for place, value in values_of(node, name):
            if not holds(packaged_sets()[url], value):
                path = path_text(kind, (*steps, *place))
                reason = f"has no code of the value set {url}"
                yield BadElementError(path, reason, code="code-invalid")


def present(node: Json, names: tuple[str, ...]) -> list[str]:
    """Name those elements that are there; an extension on a missing value counts (json.html)."""
    return [name for name in names if name in node or f"_{name}" in node]


def values_of(node: Json, name: str) -> Iterator[tuple[Steps, Any]]:
    """Give the values of an element with their steps; the nulls that fill a list are left out."""
    value = node.get(name)
    if not isinstance(value, list):
        yield from [] if value is None else [((name,), value)]
        return
    yield from (((name, place), part) for place, part in enumerate(value) if part is not None)


@cache
def choice_names() -> frozenset[str]:
    """Give every name a choice may have anywhere: `valueQuantity`, `onsetAge`, and others."""
    rules = _table().rules.values()
    return frozenset(name for rule in rules for names in rule.choice.values() for name in names)

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

_HOLDERS = (dict, list)


class _Rule(msgspec.Struct, frozen=True):
    """What the table says of one definition of the schema (`Observation`, `Claim_Item`).

    `must`: elements, or choices as `value[x]`. `choice`: the names of each choice.
    `codes`: element -> value set.
    """

    must: tuple[str, ...] = ()
    choice: dict[str, tuple[str, ...]] = {}
    codes: dict[str, str] = {}


class _Table(msgspec.Struct, frozen=True):
    sets: dict[str, dict[str, str]]
    rules: dict[str, _Rule]


class _Plan(msgspec.Struct, frozen=True):
    """The same, ready for walking a node of this definition.

    `kinds`: element that may hold others -> its definition. `choice`: name in JSON, also of the
    extension beside it -> choice, element.
    """

    kinds: dict[str, str]
    must: tuple[str, ...]
    choice: dict[str, tuple[str, str]]
    codes: dict[str, str]


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


@cache
def _plan(name: str) -> _Plan:
    rule = _table().rules.get(name, _Rule())
    properties = definitions()[name].get("properties", {})
    links = {key: part.get("items", part).get("$ref", "") for key, part in properties.items()}
    kinds = {key: link.rpartition("/")[2] for key, link in links.items()}
    choice = {
        mark + element: (each, element)
        for each, names in rule.choice.items()
        for element in names
        for mark in ("", "_")
    }
    inner = {key: kind for key, kind in kinds.items() if kind not in {"", "ResourceList"}}
    return _Plan(inner, rule.must, choice, rule.codes)


def check_rules(kind: str, body: Json) -> None:
    """Refuse the first thing that breaks the table. Raises BadElementError."""
    for error in rule_faults(kind, body):
        raise error


def rule_faults(kind: str, body: Json) -> Iterator[BadElementError]:
    """Find everything in a resource that breaks the table; contained resources are left out."""
    waiting: list[tuple[Any, str, Steps]] = [(body, kind, ())]
    while waiting:
        node, name, steps = waiting.pop()
        if not node:
            yield BadElementError(path_text(kind, steps), "is empty", hint="leave it out")
            continue
        if isinstance(node, dict):
            plan = _plan(name)
            yield from _check(kind, node, plan, steps)
            kinds = plan.kinds
            waiting += [
                (node[key], kinds[key], (*steps, key))
                for key in reversed(node)
                if isinstance(node[key], _HOLDERS) and key in kinds
            ]
        else:
            waiting += [
                (node[place], name, (*steps, place))
                for place in range(len(node) - 1, -1, -1)
                if isinstance(node[place], _HOLDERS)
            ]


def _check(kind: str, node: Json, plan: _Plan, steps: Steps) -> Iterator[BadElementError]:
    chosen: dict[str, str] = {}
    for key in node if plan.choice else ():
        name, element = plan.choice.get(key, ("", ""))
        if name and chosen.setdefault(name, element) != element:
            path = path_text(kind, (*steps, name))
            yield BadElementError(path, "is there in more than one type")
    for name in plan.must:
        # an extension that says why a value is missing stands for it (json.html)
        if name not in node and f"_{name}" not in node and name not in chosen:
            path = path_text(kind, (*steps, name))
            yield BadElementError(path, "is required and missing", code="required")
    for name, url in plan.codes.items():
        for place, value in values_of(node, name):
            if not holds(packaged_sets()[url], value):
                path = path_text(kind, (*steps, *place))
                reason = f"has no code of the value set {url}"
                yield BadElementError(path, reason, code="code-invalid")


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

"""`_summary` and `_elements`: less of a resource (R4 search.html 3.1.1.5.5 to 3.1.1.5.7).

Promises: what a resource may not lack stays, and what was shortened says so (`SUBSETTED`).
"""

from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import orjson

Json = dict[str, Any]
_SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue",
    "code": "SUBSETTED",
}
_ALWAYS = frozenset({"resourceType", "id", "meta"})
_Tree = dict[str, "_Tree"]


def shorten(body: Json, summary: str = "", elements: Iterable[str] = ()) -> Json:
    """Give a shortened copy of a resource, or the resource itself when nothing is asked.

    `summary`: a value of `_summary`; `elements`: names at the top level, which win over it.
    The copy shares its parts with the resource.
    """
    kind = body["resourceType"]
    wanted = tuple(elements)
    if wanted:
        return _marked(_kept(body, _ALWAYS | _must(kind) | {*wanted}))
    match summary:
        case "true":
            return _marked(_pruned(body, _summary(kind)))
        case "text":
            return _marked(_kept(body, _ALWAYS | _must(kind) | {"text"}))
        case "data":
            return _marked({name: part for name, part in body.items() if name != "text"})
        case _:
            return body


def _marked(body: Json) -> Json:
    meta = dict(body.get("meta", {}))
    meta["tag"] = [*meta.get("tag", ()), _SUBSETTED]
    return {**body, "meta": meta}


def _kept(body: Json, names: frozenset[str]) -> Json:
    """Keep some elements; `birthDate` is also written as `_birthDate`, `value` as `valueCode`."""
    return {
        name: part
        for name, part in body.items()
        if (plain := name.removeprefix("_")) in names or _choice_stem(plain) in names
    }


def _choice_stem(name: str) -> str:
    """Give the name before its first capital: `value` of `valueQuantity`."""
    return next((name[:place] for place, sign in enumerate(name) if sign.isupper()), name)


def _pruned(node: Json, tree: _Tree) -> Json:
    kept: Json = {}
    for name, part in node.items():
        below = tree.get(name.removeprefix("_"))
        if name == "resourceType":
            kept[name] = part
        elif below is None:
            continue
        elif not below or name[0] == "_":
            kept[name] = part
        elif isinstance(part, list):
            kept[name] = [_pruned(each, below) for each in part]
        else:
            kept[name] = _pruned(part, below)
    return kept


@cache
def _must(kind: str) -> frozenset[str]:
    return frozenset(_table()[kind]["must"])


@cache
def _summary(kind: str) -> _Tree:
    """Grow the tree of summary elements; a leaf is kept whole."""
    tree: _Tree = {"id": {}, "meta": {}}
    for path in _table()[kind]["summary"]:
        node = tree
        for step in path.split("."):
            node = node.setdefault(step, {})
    return tree


@cache
def _table() -> dict[str, dict[str, list[str]]]:
    packed = files("chartkeep.clinical").joinpath("data/summary_elements.json").read_bytes()
    table: dict[str, dict[str, list[str]]] = orjson.loads(packed)
    return table

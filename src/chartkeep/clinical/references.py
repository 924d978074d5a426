"""References between resources: find them, read what they name, check they may name it.

Reference forms: R4 references.html 2.3.0 (relative, absolute, `urn:`, `#contained`) and the
conditional `Type?identifier=…` of transactions (http.html#transaction).
Does not say whether the named resource exists. A path is made only when an error must name it.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import unquote

import orjson

from chartkeep.clinical.element import BadElementError, path_text

_REFERENCE = re.compile(rb'"reference":("[^"\\]*(?:\\.[^"\\]*)*")')
_URL = re.compile(rb'"url":("(?:urn:(?:uuid|oid):|[A-Z][A-Za-z]+/)[^"\\]*")')
_SHAPE = re.compile(
    r"(?P<base>https?://[^?#]*/)?(?P<kind>[A-Z][A-Za-z]{2,63})"
    r"(?:/(?P<id>[A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?|\?(?P<query>.+))\Z",
    re.DOTALL,
)
_IDENTIFIER_QUERY = re.compile(r"identifier=(?P<token>[^&]+)\Z", re.DOTALL)

Json = dict[str, Any]
KindOf = Callable[[str], str]
Targets = dict[str, "frozenset[str] | Targets"]


def reference_texts(text: bytes) -> set[str]:
    """Find every reference in a resource's compact JSON, `#contained` ones left out.

    An Attachment.url that has the form of a reference counts: transactions rewrite it too.
    """
    found = {*_REFERENCE.findall(text), *_URL.findall(text)}
    names = map(orjson.loads, found)
    return {name for name in names if name and name[0] != "#"}


def kind_in(reference: str) -> str:
    """Read the resource type a reference spells out; empty when it does not (`urn:uuid:…`)."""
    shape = _SHAPE.match(reference)
    return shape["kind"] if shape else ""


def relative_form(reference: str) -> str:
    """Give `Type/id` for a relative or absolute reference without its version, else empty."""
    shape = _SHAPE.match(reference)
    return f"{shape['kind']}/{shape['id']}" if shape and shape["id"] else ""


def base_of(url: str) -> str:
    """Give the service base of an absolute RESTful URL with its slash, else empty."""
    shape = _SHAPE.match(url)
    return (shape["base"] or "") if shape else ""


def conditional_form(reference: str) -> str:
    """Give the one spelling of `Type?identifier=system|value`, else empty.

    Two spellings of the same condition (percent-encoded or not) become one key.
    """
    shape = _SHAPE.match(reference)
    token = _IDENTIFIER_QUERY.match(shape["query"]) if shape and shape["query"] else None
    if shape is None or token is None or shape["base"]:
        return ""
    return f"{shape['kind']}?identifier={unquote(token['token'])}"


def outer_name(reference: str) -> str:
    """Give the name of a resource this house must have though the bundle has not, else empty.

    `Type/id` without version, a conditional form, or the `urn:` itself. Empty for absolute URLs:
    they name other servers' resources.
    """
    if reference.startswith("urn:"):
        return reference
    if reference.startswith("http"):
        return ""
    return conditional_form(reference) or relative_form(reference)


def check_targets(kind: str, body: Json, kind_of: KindOf) -> None:
    """Refuse a reference to a type its element may not name (ElementDefinition.targetProfile).

    `kind_of` says the type behind a reference text, or "" when nobody knows.
    Raises BadElementError, naming the element, the type found and the types allowed.
    """
    for error in wrong_targets(kind, body, kind_of):
        raise error


def wrong_targets(kind: str, body: Json, kind_of: KindOf) -> Iterator[BadElementError]:
    """Find every reference `check_targets` refuses."""
    for steps, allowed, named in _typed_references(body, _targets().get(kind, {}), ()):
        found = kind_of(named)
        if found and found not in allowed:
            yield BadElementError(
                path_text(kind, steps),
                f"names a {found}",
                hint=f"allowed: {', '.join(sorted(allowed))}",
                code="value",
            )


def _typed_references(
    body: Json, tree: Targets, steps: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], frozenset[str], str]]:
    for name in body.keys() & tree.keys():
        branch, value = tree[name], body[name]
        parts = enumerate(value) if isinstance(value, list) else ((None, value),)
        for place, part in parts:
            here = (*steps, name) if place is None else (*steps, name, place)
            if isinstance(branch, dict):
                yield from _typed_references(part, branch, here)
            elif text := part.get("reference", ""):
                yield here, branch, text


@cache
def _targets() -> dict[str, Targets]:
    """Read the generated table; `#Claim.item` in it means the same branch again."""
    packed = files("chartkeep.clinical").joinpath("data/reference_targets.json").read_bytes()
    tree: dict[str, Targets] = {}
    for kind, branch in orjson.loads(packed).items():
        tree[kind] = {}
        again: list[tuple[Targets, str, str]] = []
        _grow(branch, tree[kind], again)
        for parent, name, path in again:
            same: Any = tree
            for step in path[1:].split("."):
                same = same[step]
            parent[name] = same
    return tree


def _grow(leaves: dict[str, Any], into: Targets, again: list[tuple[Targets, str, str]]) -> None:
    for name, leaf in leaves.items():
        if isinstance(leaf, dict):
            branch: Targets = {}
            into[name] = branch
            _grow(leaf, branch, again)
        elif leaf.startswith("#"):
            again.append((into, name, leaf))
        else:
            into[name] = frozenset(leaf.split("|"))


def patient_place(kind: str, body: Json, kind_of: KindOf) -> str:
    """Find the first element that names or contains a patient; empty if none does."""
    return next((path_text(kind, steps) for steps in _patients(body, (), kind_of)), "")


def _patients(
    node: Any, steps: tuple[str | int, ...], kind_of: KindOf
) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, dict):
        if node.get("resourceType") == "Patient" or _names_patient(node, kind_of):
            yield steps
        for name, value in node.items():
            if isinstance(value, dict | list):
                yield from _patients(value, (*steps, name), kind_of)
    elif isinstance(node, list):
        for place, value in enumerate(node):
            yield from _patients(value, (*steps, place), kind_of)


def _names_patient(node: Json, kind_of: KindOf) -> bool:
    named = node.get("reference")
    if isinstance(named, str) and kind_of(named) == "Patient":
        return True
    # a logical reference: Reference.type with an identifier instead of a reference
    return node.get("type") == "Patient" and isinstance(node.get("identifier"), dict)


def reference_place(kind: str, raw: bytes, text: str) -> str:
    """Name the element whose reference is `text`, for a message; the type when none is."""
    steps = next(_places(orjson.loads(raw), text, ()), ())
    return path_text(kind, steps)


def _places(node: Any, text: str, steps: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(node, dict):
        if node.get("reference") == text:
            yield steps
        for name, part in node.items():
            yield from _places(part, text, (*steps, name))
    elif isinstance(node, list):
        for place, part in enumerate(node):
            yield from _places(part, text, (*steps, place))

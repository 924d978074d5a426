"""Search expressions compiled once into plain closures over a resource's JSON.

Promises: an element comes out with the type the standard gives it, so that matching never has to
guess; `value` and its like become the JSON names they are written under (`valueQuantity`).
The types come from the packaged schema. Nothing is looked up outside the resource: what `resolve()`
is asked for is read from the reference's own text, or from what the resource contains.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from chartkeep.clinical.references import kind_in
from chartkeep.clinical.schema import definitions
from chartkeep.clinical.search import grammar
from chartkeep.clinical.search.grammar import Call, Index, Literal, Name, Node, Step, Two
from chartkeep.errors import BadInputError

Json = dict[str, Any]
Walk = Callable[[list[Any], Json], list[Any]]
"""From elements, and the resource they stand in, to elements."""
Truth = Callable[[Any, Json], bool]


class Branch(msgspec.Struct, frozen=True):
    """One way an expression goes: the type at its end, the JSON names on it, and the walk."""

    type: str
    steps: tuple[str, ...]
    walk: Walk

    def of(self, body: Json) -> list[Any]:
        """Give the elements of a resource this branch leads to."""
        return self.walk([body], body)


Branches = tuple[Branch, ...]


@cache
def compile_expression(kind: str, expression: str) -> Branches:
    """Compile an expression spoken of a resource type (or of an element's type).

    Raises BadInputError for what is outside the subset; a path that no JSON of this type can have
    gives no branch.
    """
    start: Branches = (Branch(kind, (), _stay),)
    return _compile(grammar.parse(expression), start, kind)


def extract(branches: Branches, body: Json) -> list[Any]:
    """Give every element an expression finds in a resource."""
    return [element for branch in branches for element in branch.of(body)]


def _stay(nodes: list[Any], _root: Json) -> list[Any]:
    return nodes


def _to_root(_nodes: list[Any], root: Json) -> list[Any]:
    return [root]


def _compile(  # noqa: C901, PLR0911 - an arm for each form of the grammar
    node: Node, here: Branches, kind: str
) -> Branches:
    match node:
        case Name("$this"):
            return here
        case Name("%resource"):
            return (Branch(kind, (), _to_root),)
        case Name(name) if name[0].isupper():
            return here  # the type itself; `Resource` stands for any
        case Name(name):
            return _step(here, name)
        case Step(of, name):
            return _step(_compile(of, here, kind), name)
        case Index(of, at):
            return tuple(_indexed(each, at) for each in _compile(of, here, kind))
        case Call(of, "as" | "ofType", Name(name)):
            wanted = {name, name[0].lower() + name[1:]}
            return tuple(each for each in _compile(of, here, kind) if each.type in wanted)
        case Call(of, "where", Two() as condition):
            return _where(_compile(of, here, kind), condition, kind)
        case Two("|", left, right):
            return _compile(left, here, kind) + _compile(right, here, kind)
        case Two("and"):
            return tuple(_judged(each, _truth(node, each, kind)) for each in here)
        case _:
            raise BadInputError("a search expression is outside the FHIRPath known here")


def _judged(here: Branch, truth: Truth) -> Branch:
    def walk(nodes: list[Any], root: Json) -> list[Any]:
        return [truth(node, root) for node in here.walk(nodes, root)]

    return Branch("boolean", here.steps, walk)


def _where(found: Branches, condition: Two, kind: str) -> Branches:
    return tuple(_filtered(each, _truth(condition, each, kind)) for each in found)


def _filtered(found: Branch, truth: Truth) -> Branch:
    def walk(nodes: list[Any], root: Json) -> list[Any]:
        return [node for node in found.walk(nodes, root) if truth(node, root)]

    return Branch(found.type, found.steps, walk)


def _indexed(found: Branch, at: int) -> Branch:
    def walk(nodes: list[Any], root: Json) -> list[Any]:
        return found.walk(nodes, root)[at : at + 1]

    return Branch(found.type, found.steps, walk)


def _truth(node: Node, here: Branch, kind: str) -> Truth:
    """Compile a condition on one element."""
    match node:
        case Two("and", left, right):
            one, other = _truth(left, here, kind), _truth(right, here, kind)
            return lambda element, root: one(element, root) and other(element, root)
        case Two("is", Call(Name("$this"), "resolve", None), Name(name)):
            return _resolves_to(name)
        case Call(of, "exists", None):
            return _any(_below(of, here, kind), lambda _value: True)
        case Two("=", left, Literal(wanted)):
            return _any(_below(left, here, kind), lambda value: value == wanted)
        case Two("!=", left, Literal(wanted)):
            return _any(_below(left, here, kind), lambda value: value != wanted)
        case _:
            raise BadInputError("a search condition is outside the FHIRPath known here")


def _below(node: Node, here: Branch, kind: str) -> Branches:
    return _compile(node, (Branch(here.type, (), _stay),), kind)


def _any(branches: Branches, test: Callable[[Any], bool]) -> Truth:
    def truth(element: Any, root: Json) -> bool:
        return any(test(value) for each in branches for value in each.walk([element], root))

    return truth


def _resolves_to(kind: str) -> Truth:
    plain = kind + "/"

    def truth(reference: Json, root: Json) -> bool:
        text: str = reference.get("reference") or ""
        if text.startswith(plain):
            return True
        if text.startswith("#"):
            contained = {each.get("id"): each for each in root.get("contained", ())}
            return bool(contained.get(text[1:], {}).get("resourceType") == kind)
        return (kind_in(text) or reference.get("type")) == kind

    return truth


def _step(found: Branches, name: str) -> Branches:
    return tuple(
        Branch(kind, (*each.steps, key), _descent(each.walk, key))
        for each in found
        for key, kind in _elements(each.type, name)
    )


def _descent(before: Walk, key: str) -> Walk:
    def walk(nodes: list[Any], root: Json) -> list[Any]:
        found: list[Any] = []
        for node in before(nodes, root):
            value = node.get(key)
            if value is None:
                continue
            if isinstance(value, list):
                found += [each for each in value if each is not None]
            else:
                found.append(value)
        return found

    def first(nodes: list[Any], _root: Json) -> list[Any]:
        value = nodes[0].get(key)
        if value is None:
            return []
        if isinstance(value, list):
            return [each for each in value if each is not None]
        return [value]

    return first if before is _stay else walk


@cache
def _elements(kind: str, name: str) -> tuple[tuple[str, str], ...]:
    """Give the JSON names, each with its type, that an element of a type is written under."""
    properties = definitions().get(kind, {}).get("properties", {})
    if name in properties:
        return ((name, _type_of(properties[name]) or _choice(name)),)
    return tuple(
        (key, choice)
        for key in sorted(properties)
        if key.startswith(name) and (choice := _type_name(key[len(name) :]))
    )


def _type_of(part: Json) -> str:
    part = part.get("items", part)
    if "enum" in part:
        return "code"
    return str(part.get("$ref", "")).rpartition("/")[2]


def _choice(name: str) -> str:
    """Read the type out of a choice's JSON name: the longest type the name ends with."""
    ends = (name[place:] for place, sign in enumerate(name) if sign.isupper())
    return next((found for end in ends if (found := _type_name(end))), "")


@cache
def _type_name(end: str) -> str:
    if not end or not end[0].isupper():
        return ""
    lower = end[0].lower() + end[1:]
    known = definitions()
    return lower if lower in known else end if end in known else ""

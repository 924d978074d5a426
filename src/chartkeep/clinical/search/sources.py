"""Where a parameter's values stand in a record, each with its type."""

from collections.abc import Callable
from functools import cache
from typing import Any

import msgspec

from chartkeep.clinical.search.extracting import Branch, compile_expression
from chartkeep.clinical.search.links import named
from chartkeep.clinical.search.pool import Record
from chartkeep.clinical.search.table import Parameter, parameters_of
from chartkeep.errors import BadInputError
from chartkeep.model import Millis


class UnknownParameterError(BadInputError):
    """A resource type has no such search parameter: the one error a lenient search forgives."""


class Source(msgspec.Struct, frozen=True):
    """One branch of a parameter: the type of its elements, and how to get them."""

    type: str
    elements: Callable[[Record], list[Any]]


def find_parameter(kind: str, name: str) -> Parameter:
    """Give a parameter of a type. Raises UnknownParameterError."""
    parameter = parameters_of(kind).get(name)
    if parameter is None:
        raise UnknownParameterError(
            f"{kind} has no search parameter {shown(name)}",
            hint="the CapabilityStatement lists what it has",
        )
    return parameter


def shown(name: str) -> str:
    """Give a name to repeat in a message, unless it could be something else than a name."""
    plain = name.replace("_", "").replace("-", "").replace(":", "").replace(".", "")
    return name if len(name) <= 80 and plain.isascii() and plain.isalnum() else "of this name"


@cache
def sources_of(kind: str, name: str) -> tuple[Source, ...]:
    """Compile where a parameter's values stand. Id and time are the record's own."""
    if name == "_id":
        return (Source("id", lambda record: [record.id]),)
    if name == "_lastUpdated":
        return (Source("millis", lambda record: [record.time]),)
    expression = find_parameter(kind, name).expression
    return tuple(_source(branch) for branch in compile_expression(kind, expression))


def _source(branch: Branch) -> Source:
    walk = branch.walk

    return Source(branch.type, lambda record: walk([body := record.body], body))


class Within(msgspec.Struct, frozen=True):
    """A contained resource as a record of its own, for a chain to go on from."""

    kind: str
    id: str
    version: int
    time: Millis
    body: dict[str, Any]


def contained(record: Record, name: str) -> list[Within]:
    """Give the contained resources a reference parameter names (`#id`)."""
    inside = record.body.get("contained")
    if not inside:
        return []
    named_here = {
        element.get("reference")
        for source in sources_of(record.kind, name)
        if source.type == "Reference"
        for element in source.elements(record)
    }
    return [
        Within(each["resourceType"], each["id"], record.version, record.time, each)
        for each in inside
        if f"#{each.get('id')}" in named_here
    ]


def references(record: Record, name: str) -> list[tuple[str, str]]:
    """Give type and id of every resource of this house a reference parameter names."""
    return [
        link
        for source in sources_of(record.kind, name)
        for element in source.elements(record)
        if (link := named(source.type, element))
    ]

"""Composite parameters: several values that must stand in one element (R4 3.1.1.4.14)."""

from typing import Any, Protocol

from msgspec.structs import replace

from chartkeep.clinical.search.extracting import compile_expression
from chartkeep.clinical.search.matching import element_test
from chartkeep.clinical.search.pool import Passes, Pool, Record
from chartkeep.clinical.search.table import Parameter
from chartkeep.clinical.search.values import split
from chartkeep.errors import BadInputError


class Composite:
    """`name=one$other`: both in the same element (R4 search.html 3.1.1.4.14)."""

    def __init__(self, kind: str, parameter: Parameter, asked: list[str], base: str) -> None:
        parts = [split(each, "$") for each in asked]
        wanted = len(parameter.components)
        if any(len(each) != wanted or not all(each) for each in parts):
            raise BadInputError(f"{parameter.name} takes {wanted} values with $ between them")
        self._places = [
            (branch, [_joined(kind, branch.type, parameter, each, base) for each in parts])
            for branch in compile_expression(kind, parameter.expression)
        ]

    def bind(self, pool: Pool) -> Passes:  # noqa: ARG002 - needs no pool
        """Give the test; the pool plays no part."""

        def passes(record: Record) -> bool:
            body = record.body
            return any(
                test(element, body)
                for branch, tests in self._places
                for element in branch.of(body)
                for test in tests
            )

        return passes

    def kinds(self) -> frozenset[str]:
        """Name no type: the record itself is enough."""
        return frozenset()


class _JoinedTest(Protocol):
    def __call__(self, element: Any, body: dict[str, Any], /) -> bool: ...


def _joined(
    kind: str, within: str, parameter: Parameter, parts: list[str], base: str
) -> _JoinedTest:
    """Compile the values of one alternative for an element all of them must be in."""
    components = []
    for (sort, expression), asked in zip(parameter.components, parts, strict=True):
        start = kind if expression.startswith("%") else within
        part = replace(parameter, type=sort, components=())
        components.append(
            [
                (branch.walk, test)
                for branch in compile_expression(start, expression)
                if (test := element_test(part, branch.type, asked, "", base))
            ]
        )

    def joined(element: Any, body: dict[str, Any], /) -> bool:
        return all(
            any(holds(value) for walk, holds in places for value in walk([element], body))
            for places in components
        )

    return joined

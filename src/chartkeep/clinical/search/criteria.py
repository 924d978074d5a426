"""One `name=value` of a search, compiled to a test of records.

A criterion is bound to a pool before it is asked, for some look at more than the record:
`chains`, and the value sets of `:in`.
"""

from collections.abc import Callable
from typing import Any, Protocol

from chartkeep.clinical.search.codes import Codes, related_codes, value_set_codes
from chartkeep.clinical.search.matching import Test, element_test
from chartkeep.clinical.search.pool import Passes, Pool, Record
from chartkeep.clinical.search.sources import sources_of
from chartkeep.clinical.search.table import Parameter


class Criterion(Protocol):
    """A condition on records."""

    def bind(self, pool: Pool) -> Passes:
        """Give the test, looking at this pool."""

    def kinds(self) -> frozenset[str]:
        """Name the types the test looks at besides the record itself."""


class Plain:
    """`name=value,value` and its modifiers on values: any element passes any of them."""

    def __init__(
        self, kind: str, parameter: Parameter, modifier: str, asked: list[str], base: str
    ) -> None:
        self.parameter = parameter
        self.modifier = modifier
        self.asked = asked
        self._negative = modifier == "not"
        self._tests = [
            (source.elements, tests)
            for source in sources_of(kind, parameter.name)
            if (tests := _tests(parameter, source.type, asked, modifier, base))
        ]

    @property
    def is_token(self) -> bool:
        """Say whether only a record with one of the codes asked for can pass."""
        return self.parameter.type == "token" and not self.modifier

    def bind(self, pool: Pool) -> Passes:  # noqa: ARG002 - needs no pool
        """Give the test; the pool plays no part."""
        places, negative = self._tests, self._negative
        if len(places) == 1 and len(places[0][1]) == 1 and not negative:
            return _one_test(*places[0])

        def passes(record: Record) -> bool:
            for elements, tests in places:
                for element in elements(record):
                    for test in tests:
                        if test(element):
                            return not negative
            return negative

        return passes

    def kinds(self) -> frozenset[str]:
        """Name no type: the record itself is enough."""
        return frozenset()


def _one_test(elements: Callable[[Record], list[Any]], tests: list[Test]) -> Passes:
    """Give the test most searches are made of, at half the time of the general one."""
    (test,) = tests
    return lambda record: any(map(test, elements(record)))


def _tests(
    parameter: Parameter, kind: str, asked: list[str], modifier: str, base: str
) -> list[Test]:
    found = (element_test(parameter, kind, each, modifier, base) for each in asked)
    return [test for test in found if test is not None]


class Missing:
    """`name:missing=true|false`."""

    def __init__(self, kind: str, name: str, missing: bool) -> None:  # noqa: FBT001 - as asked
        self._sources = sources_of(kind, name)
        self._missing = missing

    def bind(self, pool: Pool) -> Passes:  # noqa: ARG002 - needs no pool
        """Give the test; the pool plays no part."""
        return lambda record: (
            (not any(source.elements(record) for source in self._sources)) == self._missing
        )

    def kinds(self) -> frozenset[str]:
        """Name no type: the record itself is enough."""
        return frozenset()


class InCodes:
    """`name:in=value set` and `not-in`, `name:below=code` and `above`.

    The ValueSet or the CodeSystem must be in the pool, and list its codes.
    """

    def __init__(
        self, kind: str, parameter: Parameter, modifier: str, asked: list[str], base: str
    ) -> None:
        self._kind, self._parameter, self._modifier = kind, parameter, modifier
        self._asked, self._base = asked, base

    def bind(self, pool: Pool) -> Passes:
        """Give the test. Raises BadInputError when the codes are not in the pool."""
        codes = Codes()
        for each in self._asked:
            codes.add(self._find(pool, each))
        tests = [
            (source.elements, test)
            for source in sources_of(self._kind, self._parameter.name)
            if (test := codes.test(source.type, self._parameter.system))
        ]
        negative = self._modifier == "not-in"

        def passes(record: Record) -> bool:
            inside = any(test(each) for elements, test in tests for each in elements(record))
            return inside != negative

        return passes

    def _find(self, pool: Pool, asked: str) -> Codes:
        name = self._parameter.name
        if self._modifier in {"in", "not-in"}:
            return value_set_codes(pool, name, asked, self._base)
        return related_codes(pool, name, asked, above=self._modifier == "above")

    def kinds(self) -> frozenset[str]:
        """Name the types it looks at."""
        return frozenset({"ValueSet" if "in" in self._modifier else "CodeSystem"})

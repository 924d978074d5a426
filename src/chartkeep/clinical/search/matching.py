"""The tests one element must pass, by the type of its parameter and the modifier asked."""

from collections.abc import Callable
from typing import Any

from chartkeep.clinical.search.dates import date_test, kept_ranges
from chartkeep.clinical.search.links import asked_reference, identifier_test, reference_test
from chartkeep.clinical.search.numbers import number_test, quantity_test
from chartkeep.clinical.search.table import KINDS, Parameter
from chartkeep.clinical.search.texts import string_test, uri_test
from chartkeep.clinical.search.tokens import of_type_test, text_test, token_test
from chartkeep.errors import BadInputError

Test = Callable[[Any], bool]
CODE_SETS = frozenset({"in", "not-in", "above", "below"})
"""Modifiers that ask for a set of codes written down in another resource."""
MODIFIERS = {
    "token": frozenset({"missing", "text", "not", "of-type", *CODE_SETS}),
    "string": frozenset({"missing", "exact", "contains"}),
    "uri": frozenset({"missing", "above", "below"}),
    "reference": frozenset({"missing", "identifier"}),
}
"""Modifiers by parameter type; every other type has `missing` alone."""
_MISSING_ONLY = frozenset({"missing"})


def check_modifier(parameter: Parameter, modifier: str) -> None:
    """Refuse a modifier the standard or this house does not have for a parameter."""
    known = MODIFIERS.get(parameter.type, _MISSING_ONLY)
    if not modifier or modifier in known:
        return
    if parameter.type == "reference" and modifier in KINDS:
        if modifier not in parameter.targets:
            raise BadInputError(f"{parameter.name} never names a {modifier}")
        return
    if modifier in {"above", "below"}:
        raise BadInputError(
            f"{parameter.name}: {modifier} is for codes and URLs", hint="name each place or part"
        )
    raise BadInputError(
        f"{parameter.name} has no such modifier", hint=f"it has: {', '.join(sorted(known))}"
    )


def element_test(  # noqa: PLR0911 - an arm for each parameter type
    parameter: Parameter, kind: str, asked: str, modifier: str, base: str
) -> Test | None:
    """Compile one value for elements of a type; None when it cannot match such elements.

    Raises BadInputError, naming the parameter, when the value is not what its type says.
    """
    name = parameter.name
    match parameter.type:
        case "token":
            return _token(parameter, kind, asked, modifier)
        case "string":
            return string_test(asked, kind, modifier)
        case "date":
            return _date(name, asked, kind)
        case "number":
            return number_test(name, asked, kind)
        case "quantity":
            return quantity_test(name, asked, kind)
        case "uri":
            return uri_test(asked, kind, modifier)
        case "reference" if modifier == "identifier":
            return identifier_test(name, asked, kind)
        case "reference":
            wanted = asked_reference(name, asked, modifier, base)
            return reference_test(wanted, kind, parameter.targets)
        case _:
            raise BadInputError(f"{name} cannot be searched by")


def _token(parameter: Parameter, kind: str, asked: str, modifier: str) -> Test | None:
    match modifier:
        case "text":
            return text_test(asked, kind)
        case "of-type":
            return of_type_test(parameter.name, asked, kind)
        case _:
            return token_test(parameter.name, asked, kind, parameter.system)


def _date(name: str, asked: str, kind: str) -> Test:
    zoned, passes = date_test(name, asked)
    return lambda element: any(map(passes, kept_ranges(kind, element, zoned=zoned)))

"""Numbers and quantities (R4 search.html 3.1.1.4.6 and 3.1.1.4.11).

A number asked without a prefix covers what would be rounded to it: `5.40` means 5.395 to 5.405.
Units are compared as written: nothing is converted. SampledData is not looked into.
"""

import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from chartkeep.clinical.search.ranges import Range, comparison
from chartkeep.clinical.search.values import Prefix, prefixed, split, unescape
from chartkeep.errors import BadInputError

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(?:\.[0-9]{1,18})?(?:[eE][+-]?[0-9]{1,2})?\Z")
_QUANTITIES = frozenset({"Quantity", "Age", "Duration", "Count", "Distance", "SimpleQuantity"})
Test = Callable[[Any], bool]


def number_test(name: str, asked: str, kind: str) -> Test | None:
    """Compile one value of a number parameter for elements of a type; None when it has none.

    Raises BadInputError, naming the parameter.
    """
    passes = _compare(name, *prefixed(asked))
    if kind == "Range":
        return lambda element: passes(_range(element))
    if kind in {"integer", "decimal", "positiveInt", "unsignedInt"}:
        return lambda element: passes((element, element))
    return None


def quantity_test(name: str, asked: str, kind: str) -> Test | None:
    """Compile `[prefix]number|system|code`, `number||code` or `number` for elements of a type.

    Raises BadInputError, naming the parameter.
    """
    parts = [unescape(part) for part in split(asked, "|")]
    if len(parts) not in {1, 3}:
        raise BadInputError(f"{name}: not a quantity", hint="write 5.4, 5.4||mg or 5.4|system|mg")
    prefix, number = prefixed(parts[0])
    passes = _compare(name, prefix, number)
    system, unit = (parts[1], parts[2]) if len(parts) == 3 else ("", "")
    if kind in _QUANTITIES:
        return lambda element: (
            "value" in element and _in_unit(element, system, unit) and passes(_kept(element))
        )
    if kind == "Money":
        return lambda element: (
            "value" in element and unit in {"", element.get("currency")} and passes(_kept(element))
        )
    if kind == "Range":
        return lambda element: (
            passes(_range(element))
            and all(
                _in_unit(element[end], system, unit) for end in ("low", "high") if end in element
            )
        )
    return None


def kept_number(kind: str, element: Any) -> float | None:
    """Give the number to sort an element by, or None."""
    if kind in _QUANTITIES or kind == "Money":
        value: float | None = element.get("value")
        return value
    if kind == "Range":
        return _range(element)[0]
    return element if isinstance(element, int | float) else None


def _compare(name: str, prefix: Prefix, text: str) -> Callable[[Range], bool]:
    if _NUMBER.match(text) is None:
        raise BadInputError(f"{name}: not a number", hint="write 100, 5.40 or 1e3")
    number = Decimal(text)
    exact = float(number)
    exponent = number.as_tuple().exponent
    assert isinstance(exponent, int)
    half = Decimal(5).scaleb(exponent - 1)
    tenth = abs(exact) / 10
    near = (exact - tenth, exact + tenth)
    if prefix in {Prefix.EQ, Prefix.NE}:
        # past a float's own precision the half unit vanishes, and the number itself must stay in
        high = max(float(number + half), math.nextafter(exact, math.inf))
        return comparison(prefix, (float(number - half), high), near)
    exactly: dict[Prefix, Callable[[Range], bool]] = {
        Prefix.GE: lambda kept: kept[1] >= exact,
        Prefix.LE: lambda kept: kept[0] <= exact,
        Prefix.SA: lambda kept: kept[0] > exact,
        Prefix.EB: lambda kept: kept[1] < exact,
    }
    return exactly.get(prefix) or comparison(prefix, (exact, exact), near)


def _kept(quantity: dict[str, Any]) -> Range:
    value = quantity["value"]
    match quantity.get("comparator"):
        case "<" | "<=":
            return -math.inf, value
        case ">" | ">=":
            return value, math.inf
        case _:
            return value, value


def _range(element: dict[str, Any]) -> Range:
    low = element.get("low", {}).get("value", -math.inf)
    return low, element.get("high", {}).get("value", math.inf)


def _in_unit(quantity: dict[str, Any], system: str, unit: str) -> bool:
    if not unit:
        return not system or quantity.get("system") == system
    if system:
        return quantity.get("system") == system and quantity.get("code") == unit
    return unit in {quantity.get("code"), quantity.get("unit")}

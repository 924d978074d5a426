"""`_sort`: by several parameters, each up or down; what lacks a value comes last either way.

Without `_sort` the newest comes first. Equal records stand in the order of their ids, so that the
same search gives the same order.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from chartkeep.clinical.names import fold_text
from chartkeep.clinical.search.dates import kept_ranges
from chartkeep.clinical.search.numbers import kept_number
from chartkeep.clinical.search.pool import Record
from chartkeep.clinical.search.sources import find_parameter, sources_of
from chartkeep.clinical.search.texts import texts_of
from chartkeep.clinical.search.tokens import pairs_of
from chartkeep.errors import BadInputError

MOST_KEYS = 8
Values = Callable[[Any], Sequence[Any]]


class SortKey(msgspec.Struct, frozen=True):
    """One parameter to sort by."""

    name: str
    down: bool


def parse_sort(kind: str, value: str) -> tuple[SortKey, ...]:
    """Read `-date,code`. Raises BadInputError for what cannot be sorted by."""
    keys = tuple(SortKey(part.removeprefix("-"), part.startswith("-")) for part in value.split(","))
    if len(keys) > MOST_KEYS:
        raise BadInputError(f"_sort: more than {MOST_KEYS} parameters")
    for key in keys:
        if find_parameter(kind, key.name).type == "composite":
            raise BadInputError(f"_sort: a composite ({key.name}) has no order")
    return keys


def in_order(kind: str, keys: Sequence[SortKey], records: list[Record]) -> list[Record]:
    """Sort records of one type."""
    ordered = sorted(records, key=lambda record: record.id)
    if not keys:
        ordered.sort(key=lambda record: record.time, reverse=True)
    for key in reversed(keys):
        best = _best(kind, key)
        valued = [(best(record), record) for record in ordered]
        with_value = [pair for pair in valued if pair[0] is not None]
        with_value.sort(key=lambda pair: pair[0], reverse=key.down)
        ordered = [record for _, record in with_value]
        ordered += [record for value, record in valued if value is None]
    return ordered


def _best(kind: str, key: SortKey) -> Callable[[Record], Any]:
    """Give what a record is sorted by: its lowest value going up, its highest going down."""
    parameter = find_parameter(kind, key.name)
    choose = max if key.down else min
    places = [
        (source.elements, _values(parameter.type, source.type, down=key.down))
        for source in sources_of(kind, key.name)
    ]

    def best(record: Record) -> Any:
        found = [
            value
            for elements, values in places
            for element in elements(record)
            for value in values(element)
        ]
        return choose(found) if found else None

    return best


def _values(sort: str, kind: str, *, down: bool) -> Values:
    """Give the reader of comparable values, all of one Python type for one parameter type."""
    match sort:
        case "date":
            end = 1 if down else 0
            return lambda element: [span[end] for span in kept_ranges(kind, element, zoned=True)]
        case "number" | "quantity":
            return lambda element: [
                number for number in (kept_number(kind, element),) if number is not None
            ]
        case "string":
            texts = texts_of(kind) or (lambda _element: [])
            return lambda element: [fold_text(text) for text in texts(element)]
        case "token":
            pairs = pairs_of(kind) or (lambda _element: [])
            return lambda element: [code for _, code in pairs(element)]
        case _:
            return lambda element: [
                element.get("reference") or "" if isinstance(element, dict) else str(element)
            ]

"""The official search parameters of FHIR R4, and US Core's own, as a packaged table.

`tools/pack_search.py` makes it. An expression here is the part of the official one that speaks of
one resource type.
"""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import msgspec
import orjson

from chartkeep.clinical.deciding import DECIDING, FACILITY

KINDS = frozenset([*DECIDING, *FACILITY])
"""Every type a chart of this house can hold."""
_ANY = ["*"]
_HL7 = "http://hl7.org/fhir/SearchParameter/"
UNSUPPORTED = frozenset({"special"})
"""Parameter types nobody here can answer: Location's `near` alone."""


class Parameter(msgspec.Struct, frozen=True):
    """One search parameter of one resource type.

    `type`: token, string, date, number, quantity, reference, uri or composite. `url`: canonical.
    `targets`: what a reference may name. `system`: the code system behind a plain `code`, where
    the standard binds one. `components`: type and expression of each, for a composite.
    """

    name: str
    type: str
    url: str
    expression: str
    targets: frozenset[str] = frozenset()
    system: str = ""
    components: tuple[tuple[str, str], ...] = ()


@cache
def parameters_of(kind: str) -> Mapping[str, Parameter]:
    """Give the parameters of a resource type by name, those of every resource among them."""
    rows = {**_table()["Resource"], **_table().get(kind, {})}
    return {
        name: _parameter(name, rows[name])
        for name in sorted(rows)
        if rows[name]["type"] not in UNSUPPORTED
    }


def _parameter(name: str, row: dict[str, Any]) -> Parameter:
    targets = row.get("targets", [])
    return Parameter(
        name=name,
        type=row["type"],
        url=row["url"] if "://" in row["url"] else _HL7 + row["url"],
        expression=row["expression"],
        targets=KINDS if targets == _ANY else KINDS.intersection(targets),
        system=row.get("system", ""),
        components=tuple((each[0], each[1]) for each in row.get("components", ())),
    )


@cache
def _table() -> dict[str, dict[str, dict[str, Any]]]:
    packed = files("chartkeep.clinical").joinpath("data/search_parameters.json").read_bytes()
    table: dict[str, dict[str, dict[str, Any]]] = orjson.loads(packed)
    return table

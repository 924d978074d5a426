"""Every official expression, compiled, against an independent FHIRPath engine."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

import fhirpathpy
import orjson
import pytest
from fhirpathpy.models import models

from chartkeep.clinical.search.extracting import compile_expression, extract
from chartkeep.clinical.search.grammar import parse
from chartkeep.clinical.search.table import KINDS, parameters_of
from chartkeep.errors import BadInputError
from tests.clinical.search.charts import examples
from tests.clinical.search.filling import all_filled

Json = dict[str, Any]
NOWHERE = {("DeviceDefinition", "classification")}
"""Official expressions whose elements R4 does not have."""


@cache
def engine(kind: str, expression: str) -> Callable[[Json], list[Any]]:
    """The other engine; it cannot resolve, and its `as` refuses lists where R4's filters."""
    text = re.sub(r"resolve\(\) is (\w+)", r"reference.startsWith('\1/')", expression)
    text = re.sub(r"([\w.]+) as (\w+)", r"\1.ofType(\2)", text).replace(".as(", ".ofType(")
    return fhirpathpy.compile(text.replace("Resource.", f"{kind}."), models["r4"])


def spelled(found: list[Any]) -> set[bytes]:
    return {orjson.dumps(each, default=float, option=orjson.OPT_SORT_KEYS) for each in found}


def compare(body: Json) -> set[str]:
    """Every parameter of a resource's type in both engines; the names that found something."""
    kind, finding = body["resourceType"], set()
    for name, parameter in parameters_of(kind).items():
        mine = extract(compile_expression(kind, parameter.expression), body)
        theirs = engine(kind, parameter.expression)(body)
        assert spelled(mine) == spelled(theirs), (kind, name)
        if mine:
            finding.add(f"{kind}.{name}")
    return finding


def test_every_expression_compiles_to_elements_that_exist() -> None:
    empty = {
        (kind, name)
        for kind in KINDS
        for name, parameter in parameters_of(kind).items()
        if not compile_expression(kind, parameter.expression)
    }
    assert empty == NOWHERE


def test_every_component_of_a_composite_compiles() -> None:
    places = [
        (start, expression)
        for kind in KINDS
        for parameter in parameters_of(kind).values()
        for branch in compile_expression(kind, parameter.expression)
        for _, expression in parameter.components
        for start in [kind if expression.startswith("%") else branch.type]
    ]
    assert len(places) > 150
    assert all(compile_expression(*place) for place in places)


def test_it_finds_in_patients_what_another_engine_finds() -> None:
    found = set().union(*map(compare, examples()))
    assert len(found) > 100


def test_it_finds_in_filled_resources_of_every_type_what_another_engine_finds() -> None:
    found = set().union(*map(compare, all_filled(turns=2)))
    assert len(found) > 2_000


def test_a_patient_is_known_by_a_contained_resource_too() -> None:
    body = {
        "resourceType": "Observation",
        "contained": [{"resourceType": "Patient", "id": "p"}, {"resourceType": "Group", "id": "g"}],
        "subject": {"reference": "#p"},
    }
    branches = compile_expression("Observation", "Observation.subject.where(resolve() is Patient)")
    assert extract(branches, body) == [{"reference": "#p"}]
    assert extract(branches, body | {"subject": {"reference": "#g"}}) == []


def test_gaps_in_a_list_are_no_values() -> None:
    body = {"resourceType": "Patient", "name": [{"given": ["Hana", None]}]}
    assert extract(compile_expression("Patient", "Patient.name.given"), body) == ["Hana"]


@pytest.mark.parametrize("text", ["a.b(", "a.trace('x')", "a ~ b", "a.where(b)", "(a", "a b"])
def test_it_refuses_what_is_outside_its_subset(text: str) -> None:
    with pytest.raises(BadInputError):
        compile_expression("Patient", text)


def test_operators_bind_as_the_standard_says() -> None:
    assert parse("a.b as Period | c") == parse("(a.b as Period) | c")
    assert parse("a.exists() and a != false") == parse("(a.exists()) and (a != false)")

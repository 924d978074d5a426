"""What stands in a record finds it, through the whole road from a query's text to the match."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from chartkeep.clinical.search import parameters_of, parse_search
from chartkeep.clinical.search.extracting import compile_expression
from tests.clinical.search.charts import Chart, Json, examples
from tests.clinical.search.filling import all_filled


def escaped(text: str) -> str:
    return re.sub(r"([\\,|$])", r"\\\1", text)


def token_spellings(kind: str, element: Any) -> Iterator[str]:
    match kind:
        case "CodeableConcept":
            for coding in element.get("coding", ()):
                yield from token_spellings("Coding", coding)
        case "Coding":
            yield f"{escaped(element.get('system', ''))}|{escaped(element['code'])}"
        case "Identifier":
            yield f"{escaped(element.get('system', ''))}|{escaped(element['value'])}"
        case "boolean":
            yield "true" if element else "false"
        case "code" | "string" | "uri" | "id":
            yield escaped(element)


def spellings(sort: str, kind: str, element: Any) -> Iterator[str]:
    """How somebody who knows an element would ask for it."""
    match sort, kind:
        case "token", _:
            yield from token_spellings(kind, element)
        case ("string", "string" | "markdown") | ("reference" | "uri", "canonical" | "uri"):
            yield escaped(element)
        case "date", "date" | "dateTime" | "instant":
            yield from (element, element[:4], "ge" + element, "le" + element, "ap" + element[:10])
        case "date", "Period":
            yield from (
                sign + element[end]
                for end in ("start", "end")
                for sign in ("ge", "le", "ap")
                if end in element
            )
        case "string", "HumanName":
            yield from map(escaped, element.get("given", ()))
        case "reference", "Reference" if element.get("reference", "#")[0] != "#":
            yield element["reference"]
        case "quantity", "Quantity" if "comparator" not in element:
            yield str(element["value"])
            yield f"ge{element['value']}||{escaped(element['unit'])}"


def queries(body: Json) -> Iterator[tuple[str, str]]:
    kind = body["resourceType"]
    for name, parameter in parameters_of(kind).items():
        if name == "_lastUpdated":  # the record's own time, not the body's
            continue
        for branch in compile_expression(kind, parameter.expression):
            for element in branch.of(body):
                for text in spellings(parameter.type, branch.type, element):
                    yield name, text


@pytest.mark.parametrize("bodies", [examples, lambda: all_filled(1)], ids=["patients", "filled"])
def test_a_record_is_found_by_whatever_stands_in_it(bodies: Any) -> None:
    asked = 0
    for body in bodies():
        pool = Chart([body])
        for query in queries(body):
            assert parse_search(body["resourceType"], [query]).matches(pool), (body, query)
            asked += 1
    assert asked > 2_000

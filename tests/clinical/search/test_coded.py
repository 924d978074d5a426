"""Codes against value sets and code systems that are kept here."""

import pytest

from chartkeep.errors import BadInputError
from tests.clinical.search.charts import Json, sheet
from tests.clinical.search.test_matching import TOKEN, finds

CODES: Json = {"system": "http://loinc.org", "concept": [{"code": "718-7"}]}


@pytest.mark.parametrize(
    ("value_set", "modifier", "found"),
    [
        ({"compose": {"include": [CODES]}}, "in", True),
        ({"compose": {"include": [{"system": "http://loinc.org"}]}}, "in", True),
        ({"compose": {"include": [{"system": "http://other"}]}}, "in", False),
        ({"compose": {"include": [{"system": "http://other"}]}}, "not-in", True),
        ({"expansion": {"contains": [{"contains": [{**CODES, "code": "718-7"}]}]}}, "in", True),
    ],
)
def test_a_code_is_in_a_value_set_that_lists_it(
    value_set: Json, modifier: str, *, found: bool
) -> None:
    kept = sheet("ValueSet", "v", url="http://vs", **value_set)
    assert finds(TOKEN, f"code:{modifier}", "http://vs", kept) is found
    assert finds(TOKEN, f"code:{modifier}", "ValueSet/v", kept) is found


@pytest.mark.parametrize(
    "value_set",
    [
        {"compose": {"include": [{**CODES, "filter": []}]}},
        {"compose": {"include": [CODES], "exclude": [CODES]}},
        {"url": "http://another"},
        {"expansion": {"total": 9, "contains": [{"code": "718-7"}]}},
        {},
    ],
)
def test_a_value_set_that_lists_no_codes_is_refused_not_guessed(value_set: Json) -> None:
    kept = sheet("ValueSet", "v", **{"url": "http://vs"} | value_set)
    with pytest.raises(BadInputError, match="code: "):
        finds(TOKEN, "code:in", "http://vs", kept)


TREE: Json = {
    "url": "http://loinc.org",
    "content": "complete",
    "concept": [
        {"code": "lab", "concept": [{"code": "718-7", "concept": [{"code": "718-7x"}]}]},
        {"code": "other"},
    ],
}


@pytest.mark.parametrize(
    ("key", "value", "found"),
    [
        ("code:below", "http://loinc.org|lab", True),
        ("code:below", "http://loinc.org|718-7", True),
        ("code:below", "http://loinc.org|718-7x", False),
        ("code:below", "http://loinc.org|other", False),
        ("code:above", "http://loinc.org|718-7x", True),
        ("code:above", "http://loinc.org|lab", False),
    ],
)
def test_a_code_lies_under_another_in_a_code_system_kept_here(
    key: str, value: str, *, found: bool
) -> None:
    assert finds(TOKEN, key, value, sheet("CodeSystem", "s", **TREE)) is found


@pytest.mark.parametrize(
    "changed", [{"content": "fragment"}, {"hierarchyMeaning": "part-of"}, {"concept": []}]
)
def test_a_hierarchy_that_does_not_say_enough_is_refused(changed: Json) -> None:
    with pytest.raises(BadInputError, match="code: "):
        finds(
            TOKEN, "code:below", "http://loinc.org|lab", sheet("CodeSystem", "s", **TREE | changed)
        )

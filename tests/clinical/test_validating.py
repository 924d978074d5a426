from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.rules import _table, packaged_sets
from chartkeep.clinical.schema import definitions
from chartkeep.clinical.validating import MOST, Issue, validate
from chartkeep.clinical.value_sets import expand, holds
from chartkeep.errors import BadInputError

CLINICAL = "http://terminology.hl7.org/CodeSystem/condition-clinical"
LAB = {
    "resourceType": "Observation",
    "status": "final",
    "code": {"text": "x"},
    "subject": {"reference": "Patient/1"},
}
PROBLEM = {"resourceType": "Condition", "subject": {"reference": "Patient/1"}}


def issues(resource: object) -> list[Issue]:
    return validate(orjson.dumps(resource))


def found(resource: object) -> list[tuple[str, str]]:
    return [(issue.element, issue.code) for issue in issues(resource)]


def test_a_right_resource_has_no_issue() -> None:
    assert issues(LAB) == []


def test_it_lists_every_fault_and_not_the_first_only() -> None:
    wrong = {"resourceType": "Observation", "status": "done", "name": 1, "component": [{}]}
    assert set(found(wrong)) == {
        ("Observation.code", "required"),
        ("Observation.component[0].code", "required"),
        ("Observation.name", "structure"),
        ("Observation.status", "code-invalid"),
        ("Observation.component[0]", "structure"),
    }


@pytest.mark.parametrize(
    ("change", "element", "code"),
    [
        ({"status": None}, "Observation.status", "code-invalid"),
        ({"valueString": "a", "valueBoolean": True}, "Observation.value[x]", "structure"),
        ({"valueString": "a", "_valueBoolean": {"id": "a"}}, "Observation.value[x]", "structure"),
        ({"category": []}, "Observation.category", "structure"),
        ({"code": {}}, "Observation.code", "structure"),
        ({"extension": [{"valueCode": "a"}]}, "Observation.extension[0].url", "required"),
        ({"effectiveDateTime": "2024-02-30"}, "Observation.effectiveDateTime", "value"),
        ({"encounter": {"reference": "Patient/1"}}, "Observation.encounter", "value"),
        ({"contained": [{"resourceType": "Patient", "gender": "x"}]}, "[0].gender", "code-invalid"),
        ({"contained": [{"resourceType": "Alien"}]}, "contained[0].resourceType", "structure"),
        ({"contained": [{**LAB, "contained": [LAB]}]}, "contained[0].contained", "structure"),
        ({"subject": {"display": "nobody"}}, "Observation.subject", "business-rule"),
    ],
)
def test_it_names_element_and_kind_of_fault(change: Any, element: str, code: str) -> None:
    assert [(path.endswith(element), kind) for path, kind in found(LAB | change)] == [(True, code)]


def test_what_the_schema_forgets_is_required_too() -> None:
    request = {"resourceType": "MedicationRequest", "subject": {"reference": "Patient/1"}}
    assert found(request) == [
        ("MedicationRequest.status", "required"),
        ("MedicationRequest.intent", "required"),
        ("MedicationRequest.medication[x]", "required"),
    ]


def test_a_reason_why_a_value_is_missing_stands_for_it() -> None:
    why = {"extension": [{"url": "http://absent", "valueCode": "unknown"}]}
    without = {name: value for name, value in LAB.items() if name != "status"}
    assert found(without | {"_status": why}) == []


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ({"coding": [{"system": CLINICAL, "code": "active"}]}, None),
        ({"coding": [{"code": "x"}, {"system": CLINICAL, "code": "active"}]}, None),
        ({"coding": [{"system": CLINICAL, "code": "asleep"}]}, "code-invalid"),
        ({"coding": [{"system": "http://other", "code": "active"}]}, "code-invalid"),
        ({"coding": [{"code": "active"}]}, "code-invalid"),
        ({"text": "active"}, "code-invalid"),
    ],
)
def test_a_required_binding_asks_for_system_and_code(status: Any, code: str | None) -> None:
    wanted = [("Condition.clinicalStatus", code)] if code else []
    assert found(PROBLEM | {"clinicalStatus": status}) == wanted


def test_a_code_the_schema_leaves_open_is_checked() -> None:
    timing = {"event": ["2024-01-01"], "repeat": {"dayOfWeek": ["mon", "noday"]}}
    assert found(LAB | {"effectiveTiming": timing}) == [
        ("Observation.effectiveTiming.repeat.dayOfWeek[1]", "code-invalid")
    ]


def test_each_resource_of_a_bundle_is_validated() -> None:
    entry = [{"resource": LAB}, {"resource": LAB | {"status": "done"}}]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entry}
    assert found(bundle) == [("Bundle.entry[1].resource.status", "code-invalid")]


@pytest.mark.parametrize("raw", [b"", b"[]", b'{"resourceType":"Alien"}', b'{"id":1,"id":2}'])
def test_what_cannot_be_read_is_one_fatal_issue(raw: bytes) -> None:
    assert [issue.severity for issue in validate(raw)] == ["fatal"]


@pytest.mark.attack
def test_issues_are_bounded_and_the_last_says_so() -> None:
    listed = issues(LAB | {"component": [{"code": 1}] * 10_000})
    assert len(listed) == MOST + 1
    assert listed[-1].severity == "information"


@pytest.mark.attack
def test_no_issue_shows_content() -> None:
    wrong = LAB | {"Budi Santoso": 1, "status": "Budi", "issued": "Budi", "component": ["Budi"]}
    assert "Budi" not in str(issues(wrong))


@pytest.mark.attack
def test_the_deepest_resource_is_walked() -> None:
    inner: Any = {"url": "a"}
    for _ in range(115):
        inner = {"url": "a", "extension": [inner]}
    assert issues(LAB | {"extension": [inner]}) == []


parts = st.recursive(
    st.none() | st.booleans() | st.integers(0, 9) | st.sampled_from(["final", "Patient/1", ""]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "code",
                    "coding",
                    "system",
                    "status",
                    "reference",
                    "subject",
                    "extension",
                    "contained",
                    "resourceType",
                    "component",
                    "valueString",
                    "_status",
                    "x",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["code", "status", "subject", "contained", "component",
       "extension", "category", "bodySite", "note", "_status"]), parts))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_it_lists_something_whenever_reading_refuses(members: dict[str, Any]) -> None:
    raw = orjson.dumps({"resourceType": "Observation", **members})
    listed = validate(raw)
    try:
        read_resource(raw)
    except BadInputError:
        assert [issue for issue in listed if issue.severity in {"error", "fatal"}]


def test_the_packaged_sets_hold_codes() -> None:
    assert len(packaged_sets()) > 200
    assert all(codes for by_system in packaged_sets().values() for codes in by_system.values())


def test_every_rule_is_about_elements_the_schema_has() -> None:

    for name, rule in _table().rules.items():
        properties = definitions()[name]["properties"]
        named = {*rule.codes, *(each for names in rule.choice.values() for each in names)}
        named |= {each for each in rule.must if each not in rule.choice}
        assert named <= properties.keys(), name


def test_a_value_set_is_written_out_only_when_it_can_be() -> None:
    systems = {
        "s": {"content": "complete", "concept": [{"code": "a", "concept": [{"code": "b"}]}]},
        "t": {"content": "fragment", "concept": [{"code": "a"}]},
    }

    def written(*include: Any, **more: Any) -> Any:
        return expand({"compose": {"include": include, **more}}, systems)

    assert written({"system": "s"}) == {"s": {"a", "b"}}
    assert written({"system": "t", "concept": [{"code": "z"}]}) == {"t": {"z"}}
    assert written({"system": "t"}) is None
    assert written({"system": "s", "filter": [{}]}) is None
    assert written({"valueSet": ["u"]}) is None
    assert written({"system": "s"}, exclude=[{"system": "s"}]) is None
    assert holds({"s": frozenset("a")}, "a")
    assert not holds({"s": frozenset("a")}, 1)

import json
from pathlib import Path
from typing import Any

import pytest

from chartkeep.clinical.profiling import validate_profile
from chartkeep.clinical.validating import MOST, Issue
from chartkeep.errors import BadInputError

PROFILES = {
    path.stem: json.loads(path.read_text()) for path in Path(__file__).parent.glob("profiles/*")
}
CATEGORY = {
    "system": "http://terminology.hl7.org/CodeSystem/observation-category",
    "code": "vital-signs",
}
PATIENT = {
    "resourceType": "Patient",
    "identifier": [{"system": "urn:x", "value": "1"}],
    "name": [{"family": "A"}],
    "gender": "female",
}


def loinc(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://loinc.org", "code": code}]}


def pressure(code: str, unit: str = "mm[Hg]") -> dict[str, Any]:
    value = {"value": 1, "unit": "mmHg", "system": "http://unitsofmeasure.org", "code": unit}
    return {"code": loinc(code), "valueQuantity": value}


def blood_pressure(**change: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [CATEGORY]}],
        "code": loinc("85354-9"),
        "subject": {"reference": "Patient/1"},
        "effectiveDateTime": "2020-01-01",
        "component": [pressure("8480-6"), pressure("8462-4")],
    } | change


def issues(body: dict[str, Any], profile: str) -> list[Issue]:
    return validate_profile(body, PROFILES[profile])


def found(body: dict[str, Any], profile: str) -> list[tuple[str, str]]:
    return [(issue.element, issue.code) for issue in issues(body, profile)]


def profile(*elements: dict[str, Any]) -> dict[str, Any]:
    root = {"id": "Observation", "path": "Observation"}
    parts = [{"path": each["id"], **each} for each in elements]
    return {"type": "Observation", "snapshot": {"element": [root, *parts]}}


def test_what_us_core_asks_for_passes() -> None:
    assert issues(PATIENT, "us-core-patient") == []
    assert issues(blood_pressure(), "us-core-blood-pressure") == []


def test_what_us_core_lacks_is_named() -> None:
    assert found({"resourceType": "Patient"}, "us-core-patient") == [
        ("Patient.identifier", "required"),
        ("Patient.name", "required"),
        ("Patient.gender", "required"),
    ]


@pytest.mark.parametrize(
    ("change", "element", "code"),
    [
        ({"category": [{"text": "vital"}]}, "Observation.category", "required"),
        ({"component": [pressure("8480-6"), pressure("1-8")]}, "Observation.component", "required"),
        (
            {"component": [pressure("8480-6", "kPa"), pressure("8462-4")]},
            "Observation.component[0].valueQuantity.code",
            "value",
        ),
        ({"code": loinc("1-8")}, "Observation.code", "value"),
        ({"effectiveInstant": "2020-01-01T00:00:00Z"}, "Observation.effectiveInstant", "structure"),
    ],
)
def test_slices_patterns_and_choices_of_a_blood_pressure(
    change: Any, element: str, code: str
) -> None:
    assert found(blood_pressure(**change), "us-core-blood-pressure") == [(element, code)]


def test_an_extension_is_counted_by_its_url() -> None:
    url = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-birthsex"
    twice = PATIENT | {"extension": [{"url": url, "valueCode": "F"}] * 2}
    assert found(twice, "us-core-patient") == [("Patient.extension", "structure")]


def test_a_reason_why_a_value_is_missing_counts_as_a_value() -> None:
    body = {name: value for name, value in PATIENT.items() if name != "gender"}
    assert issues(body | {"_gender": {"extension": [{"url": "u"}]}}, "us-core-patient") == []


def test_what_it_cannot_check_is_said_once_and_is_no_error() -> None:
    section = {"title": "Problems", "code": loinc("11450-4"), "text": {"div": "x"}}
    body = {
        "resourceType": "Composition",
        "section": [section | {"entry": [{"reference": "C/1"}] * 3}],
    }
    said = [each for each in issues(body, "Composition-uv-ips") if each.severity == "information"]
    assert [(each.element, each.code) for each in said] == [
        ("Composition.section[0].entry", "not-supported")
    ]


def test_value_sets_of_the_package_are_handed_in() -> None:
    bound = {"strength": "required", "valueSet": "http://own|1.0"}
    asked = profile(
        {"id": "Observation.code", "type": [{"code": "CodeableConcept"}], "binding": bound}
    )
    body = blood_pressure()
    sets = {"http://own": {"http://loinc.org": frozenset({"85354-9"})}}
    assert validate_profile(body, asked, sets) == []
    assert [
        each.code for each in validate_profile(blood_pressure(code=loinc("1")), asked, sets)
    ] == ["code-invalid"]
    assert [each.severity for each in validate_profile(body, asked)] == ["information"]


@pytest.mark.parametrize(
    ("discriminator", "slice_parts", "errors"),
    [
        ({"type": "exists", "path": "text"}, [{"id": ".text", "min": 1}], 0),
        ({"type": "exists", "path": "text"}, [{"id": ".text", "max": "0"}], 1),
        ({"type": "value", "path": "text"}, [{"id": ".text", "fixedString": "a"}], 0),
        ({"type": "value", "path": "text"}, [{"id": ".text", "fixedString": "b"}], 1),
        ({"type": "profile", "path": "$this"}, [], 0),
    ],
)
def test_each_kind_of_discriminator(
    discriminator: Any, slice_parts: list[Any], errors: int
) -> None:
    slicing = {"discriminator": [discriminator], "rules": "open"}
    asked = profile(
        {"id": "Observation.note", "slicing": slicing},
        {"id": "Observation.note:one", "min": 1, "max": "1"},
        *({**each, "id": "Observation.note:one" + each["id"]} for each in slice_parts),
    )
    listed = validate_profile(blood_pressure(note=[{"text": "a"}]), asked)
    assert len([each for each in listed if each.severity == "error"]) == errors


def test_a_closed_slicing_refuses_what_is_in_no_slice() -> None:
    slicing = {"discriminator": [{"type": "type", "path": "$this"}], "rules": "closed"}
    asked = profile(
        {
            "id": "Observation.value[x]",
            "slicing": slicing,
            "type": [{"code": "string"}, {"code": "integer"}],
        },
        {"id": "Observation.value[x]:valueString", "type": [{"code": "string"}]},
    )
    assert validate_profile(blood_pressure(valueString="a"), asked) == []
    assert [each.element for each in validate_profile(blood_pressure(valueInteger=1), asked)] == [
        "Observation.valueInteger"
    ]


def test_another_type_or_a_profile_without_snapshot_is_refused() -> None:
    assert found(PATIENT, "us-core-blood-pressure") == [("resourceType", "structure")]
    with pytest.raises(BadInputError, match="snapshot"):
        validate_profile(PATIENT, {"type": "Patient"})


@pytest.mark.attack
def test_issues_against_a_profile_are_bounded_and_show_no_content() -> None:
    asked = profile(
        {"id": "Observation.note", "max": "0"}, {"id": "Observation.note.text", "fixedString": "a"}
    )
    listed = validate_profile(blood_pressure(note=[{"text": "Budi"}] * 5_000), asked)
    assert len(listed) == MOST + 1
    assert "Budi" not in str(listed)

import gzip
import json
import os
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chartkeep.clinical.ips import Order, summarize
from chartkeep.clinical.ips_sections import MOST
from chartkeep.clinical.narrative import division, plain, table
from chartkeep.clinical.profiling import validate_profile
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.validating import validate
from chartkeep.errors import BadInputError
from chartkeep.model import Millis

ORDER = Order(
    ident="018f428e-34f6-4707-8009-5ad742f901e7",
    now=Millis(1_700_000_000_123),
    base="https://chartkeep.example/fhir",
    author="General Hospital",
)
PROFILES = Path(__file__).parent / "profiles"
SHARED = Path(os.environ.get("CHARTKEEP_SHARED", Path(__file__).parents[3] / "shared"))
CONDITION = "http://terminology.hl7.org/CodeSystem/condition-clinical"
ALLERGY = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
PATIENT = {
    "resourceType": "Patient",
    "id": "p",
    "name": [{"family": "Santoso"}],
    "birthDate": "1980-01-01",
}
REQUIRED = ["Problems", "Allergies and Intolerances", "Medications"]


def resource(kind: str, ident: str, **members: Any) -> dict[str, Any]:
    element = "patient" if kind in {"AllergyIntolerance", "Immunization"} else "subject"
    about = {element: {"reference": "Patient/p"}}
    return {"resourceType": kind, "id": ident, **about, **members}


def lab(ident: str, when: str, code: str = "1", category: str = "laboratory", **more: Any) -> Any:
    coded = {"coding": [{"system": "http://loinc.org", "code": code}]}
    members: dict[str, Any] = {
        "status": "final",
        "code": coded,
        "category": [{"coding": [{"code": category}]}],
        "effectiveDateTime": when,
    }
    return resource("Observation", ident, **(members | more))


def state(system: str, code: str) -> dict[str, Any]:
    return {"coding": [{"system": system, "code": code}]}


def document(*bodies: dict[str, Any], patient: dict[str, Any] = PATIENT) -> dict[str, Any]:
    raw = summarize(orjson.dumps(patient), map(orjson.dumps, bodies), ORDER)
    found: dict[str, Any] = orjson.loads(raw)
    return found


def sections(*bodies: dict[str, Any]) -> dict[str, list[str]]:
    """Title of each section -> what it refers to."""
    composition = document(*bodies)["entry"][0]["resource"]
    return {
        part["title"]: [each["reference"] for each in part.get("entry", ())]
        for part in composition["section"]
    }


def texts(*bodies: dict[str, Any]) -> str:
    composition = document(*bodies)["entry"][0]["resource"]
    return "".join(part["text"]["div"] for part in composition["section"])


def test_the_required_sections_are_there_and_an_empty_one_says_unknown_not_none() -> None:
    composition = document()["entry"][0]["resource"]
    assert [part["title"] for part in composition["section"]] == REQUIRED
    for part in composition["section"]:
        assert part["emptyReason"]["coding"][0]["code"] == "unavailable"
        assert "does not mean none" in part["text"]["div"]
        assert "entry" not in part


def test_each_kind_of_resource_finds_its_section() -> None:
    medicine = {"medicationCodeableConcept": {"text": "aspirin"}}
    found = sections(
        resource("Condition", "a", clinicalStatus=state(CONDITION, "active")),
        resource("Condition", "b", clinicalStatus=state(CONDITION, "resolved")),
        resource("AllergyIntolerance", "c", clinicalStatus=state(ALLERGY, "active")),
        resource("MedicationRequest", "d", status="active", intent="order", **medicine),
        resource("MedicationStatement", "e", status="active", **medicine),
        resource("Immunization", "f", status="completed"),
        resource("Procedure", "g", status="completed"),
        lab("h", "2024-01-01"),
        lab("i", "2024-01-01", category="vital-signs"),
        lab("j", "2024-01-01", code="82810-3", category="social-history"),
        lab("k", "2024-01-01", code="72166-2", category="social-history"),
        resource("CarePlan", "l", status="active"),
        resource("Flag", "m", status="active"),
        resource("DeviceUseStatement", "n", status="active"),
        resource("Encounter", "o", status="finished"),
    )
    assert found == {
        "Problems": ["Condition/a"],
        "Allergies and Intolerances": ["AllergyIntolerance/c"],
        "Medications": ["MedicationStatement/e", "MedicationRequest/d"],
        "Immunizations": ["Immunization/f"],
        "Procedures": ["Procedure/g"],
        "Medical Devices": ["DeviceUseStatement/n"],
        "Results": ["Observation/h"],
        "Vital Signs": ["Observation/i"],
        "Past Problems": ["Condition/b"],
        "Pregnancy": ["Observation/j"],
        "Social History": ["Observation/k"],
        "Alerts": ["Flag/m"],
        "Plan of Care": ["CarePlan/l"],
    }


@pytest.mark.parametrize(
    "body",
    [
        resource("Condition", "a", verificationStatus={"coding": [{"code": "entered-in-error"}]}),
        resource("Condition", "a", verificationStatus={"coding": [{"code": "refuted"}]}),
        resource("AllergyIntolerance", "a", clinicalStatus=state(ALLERGY, "resolved")),
        resource("MedicationRequest", "a", status="stopped", intent="order"),
        resource("MedicationRequest", "a", status="active", intent="proposal"),
        resource("Immunization", "a", status="not-done"),
        resource("Procedure", "a", status="entered-in-error"),
        lab("a", "2024-01-01", status="entered-in-error"),
        resource("Consent", "a", status="active", scope={"coding": [{"code": "patient-privacy"}]}),
    ],
)
def test_what_is_over_or_a_mistake_is_left_out(body: dict[str, Any]) -> None:
    assert list(sections(body)) == REQUIRED
    assert not any(sections(body).values())


def test_of_results_with_the_same_code_the_latest_is_shown() -> None:
    found = sections(
        lab("old", "2024-01-01T23:00:00-08:00"),
        lab("new", "2024-01-02T08:00:00Z"),
        lab("other", "2020", code="2"),
    )
    assert found["Results"] == ["Observation/new", "Observation/other"]


def test_a_long_section_shows_the_latest_and_says_how_many_it_left_out() -> None:
    bodies = [
        resource("Procedure", f"{n:04}", status="completed", performedDateTime=f"{1900 + n}")
        for n in range(MOST + 7)
    ]
    assert sections(*bodies)["Procedures"][0] == f"Procedure/{MOST + 6:04}"
    assert len(sections(*bodies)["Procedures"]) == MOST
    assert "7 older ones are not shown" in texts(*bodies)


def test_what_an_entry_names_comes_along_and_the_rest_of_the_chart_does_not() -> None:
    medicine = {"resourceType": "Medication", "id": "m", "code": {"text": "warfarin"}}
    request = resource(
        "MedicationRequest", "r", status="active", intent="order",
        medicationReference={"reference": "Medication/m"}, encounter={"reference": "Encounter/e"},
        dosageInstruction=[{"text": "5 mg at night"}],
    )  # fmt: skip
    encounter = resource("Encounter", "e", status="finished")
    stranger = {"resourceType": "Medication", "id": "x"}
    found = document(request, medicine, encounter, stranger)
    urls = [entry["fullUrl"].removeprefix(ORDER.base) for entry in found["entry"]]
    assert urls[1] == "/Patient/p"
    assert urls[3:] == ["/MedicationRequest/r", "/Medication/m"]
    assert "warfarin, 5 mg at night" in texts(request, medicine)


def test_a_resource_stands_in_the_document_byte_for_byte() -> None:
    raw = b'{"resourceType": "Observation","id":"o","status":"final","code":{"text":"k"},'
    raw += b'"category":[{"coding":[{"code":"laboratory"}]}],"valueQuantity":{"value":1.00}}'
    written = summarize(orjson.dumps(PATIENT), [raw], ORDER)
    assert raw in written
    assert b"<td>k 1.00</td>" in written


def test_the_same_arguments_give_the_same_bytes_in_any_order_of_the_chart() -> None:
    bodies = [orjson.dumps(lab(str(n), "2024-01-01", code=str(n % 3))) for n in range(9)]
    patient = orjson.dumps(PATIENT)
    assert summarize(patient, bodies, ORDER) == summarize(patient, reversed(bodies), ORDER)


def test_it_claims_the_profile_only_for_a_patient_who_has_name_and_birth_date() -> None:
    assert "meta" in document()
    assert "meta" not in document(patient={"resourceType": "Patient", "id": "p"})
    with pytest.raises(BadInputError):
        document(patient={"resourceType": "Group", "id": "p"})


CHARTS = sorted((SHARED / "data/synthea-r4").glob("*.json.gz"))[:3]


@pytest.mark.skipif(not CHARTS, reason="the shared Synthea charts are not on this machine")
def test_the_summary_of_a_whole_chart_is_valid_by_schema_rules_and_profiles() -> None:
    for path in CHARTS:
        entries = orjson.loads(gzip.decompress(path.read_bytes()))["entry"]
        text = json.dumps([entry["resource"] for entry in entries])
        for entry in entries:
            body = entry["resource"]
            text = text.replace(entry["fullUrl"], f"{body['resourceType']}/{body['id']}")
        patient, *bodies = [orjson.dumps(body) for body in orjson.loads(text)]
        written = summarize(patient, bodies, ORDER)
        assert validate(written) == []
        found = orjson.loads(written)
        for entry in found["entry"]:
            read_resource(orjson.dumps(entry["resource"]))
        checked = {"Bundle-uv-ips": found, "Composition-uv-ips": found["entry"][0]["resource"]}
        for name, body in checked.items():
            listed = validate_profile(body, orjson.loads((PROFILES / f"{name}.json").read_bytes()))
            assert [issue for issue in listed if issue.severity == "error"] == []


class Tags(HTMLParser):
    """What a browser would make of a narrative."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert tag == "div" or not attrs

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)

    handle_decl = handle_comment = handle_pi


def tags(div: str) -> set[str]:
    ET.fromstring(div)  # well-formed XML too
    parser = Tags()
    parser.feed(div)
    return parser.tags


HOSTILE = "<script>alert(1)</script><img src=x onerror='a'>&lt;b&gt;\"'\x00\x0b\ufffe]]><!--"


@pytest.mark.attack
def test_nothing_a_chart_says_becomes_a_tag_in_the_narrative() -> None:
    body = lab("a", "2024-01-01", code=HOSTILE, valueString=HOSTILE, status="final")
    body["code"]["text"] = HOSTILE
    found = texts(body, resource("Condition", "b", code={"text": HOSTILE}))
    for div in found.split("<div")[1:]:
        assert tags("<div" + div) <= {"div", "table", "thead", "tbody", "tr", "th", "td", "p"}


@given(st.text(max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_text_in_a_table_is_well_formed_and_shows_as_text(text: str) -> None:
    assert tags(division(table(("A",), [(text,)]))) == {
        "div", "table", "thead", "tbody", "tr", "th", "td",
    }  # fmt: skip


def test_a_text_of_pages_is_cut() -> None:
    assert len(plain("x" * 100_000)) == 500

"""Every search US Core 6.1.0 names, for one patient, held against the records themselves.

The values asked for are taken from a record of the chart by a small table of paths, which knows
nothing of the product's own search parameters.
"""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import httpx
import orjson
import pytest

from chartkeep.inventor.hospital import invent_hospital
from tests.journeys.service import Service, bundle, entry

Json = dict[str, Any]

SEARCHES = {
    "AllergyIntolerance": "patient patient&clinical-status",
    "CarePlan": "patient&category patient&category&status patient&category&status&date "
    "patient&category&date",
    "CareTeam": "patient&status patient&role",
    "Condition": "patient patient&category patient&recorded-date patient&onset-date "
    "patient&category&clinical-status patient&abatement-date patient&clinical-status "
    "patient&category&encounter patient&code",
    "Coverage": "patient",
    "Device": "patient patient&type patient&status",
    "DiagnosticReport": "patient patient&category patient&category&date patient&code "
    "patient&code&date patient&status",
    "DocumentReference": "patient patient&_id patient&type patient&category&date patient&category "
    "patient&status patient&type&period",
    "Encounter": "patient patient&_id patient&date patient&identifier patient&type patient&class "
    "patient&status patient&location patient&discharge-disposition",
    "Goal": "patient patient&target-date patient&description patient&lifecycle-status",
    "Immunization": "patient patient&date patient&status",
    "MedicationDispense": "patient patient&status&type patient&status",
    "MedicationRequest": "patient&intent patient&intent&status patient&intent&encounter "
    "patient&intent&authoredon",
    "Observation": "patient&code patient&category&date patient&category patient&code&date "
    "patient&category&status",
    "Organization": "name address",
    "Patient": "_id identifier name birthdate&name gender&name birthdate&family family&gender",
    "Practitioner": "name identifier _id",
    "PractitionerRole": "specialty practitioner",
    "Procedure": "patient patient&date patient&code&date patient&status",
    "QuestionnaireResponse": "patient patient&_id patient&questionnaire patient&authored "
    "patient&status",
    "RelatedPerson": "patient&_id patient patient&name",
    "ServiceRequest": "patient patient&_id patient&category&authored patient&category patient&code "
    "patient&status patient&code&authored",
    "Specimen": "patient&_id patient",
}
PATHS = {
    "_id": "id", "identifier": "identifier.value", "name": "name.family", "family": "name.family",
    "category": "category.coding.code", "clinical-status": "clinicalStatus.coding.code",
    "code": "code.coding.code", "type": "type.coding.code", "role": "participant.role.coding.code",
    "date": "date", "encounter": "encounter.reference", "recorded-date": "recordedDate",
    "onset-date": "onsetDateTime", "abatement-date": "abatementDateTime",
    "birthdate": "birthDate", "death-date": "deceasedDateTime", "class": "class.code",
    "location": "location.location.reference", "authoredon": "authoredOn",
    "authored": "authoredOn", "target-date": "target.dueDate", "lifecycle-status":
    "lifecycleStatus", "discharge-disposition": "hospitalization.dischargeDisposition.coding.code",
    "description": "description.coding.code", "period": "context.period.start",
    "questionnaire": "questionnaire", "specialty": "specialty.coding.code",
    "practitioner": "practitioner.reference", "address": "address.city",
}  # fmt: skip
OWN_PATHS = {
    ("CarePlan", "date"): "period.start", ("Encounter", "date"): "period.start",
    ("DiagnosticReport", "date"): "effectiveDateTime", ("Observation", "date"): "effectiveDateTime",
    ("Immunization", "date"): "occurrenceDateTime", ("Procedure", "date"): "performedDateTime",
    ("QuestionnaireResponse", "authored"): "authored", ("Organization", "name"): "name",
}  # fmt: skip
DATES = frozenset({
    "date", "recorded-date", "onset-date", "abatement-date", "authoredon", "authored",
    "target-date", "period",
})  # fmt: skip


def coded(code: str, system: str = "urn:codes") -> Json:
    return {"coding": [{"system": system, "code": code}]}


def rest_of_the_chart(patient: str) -> list[Json]:
    """What the inventor does not write and US Core asks for, a record of each."""
    subject = {"subject": {"reference": patient}}
    mine = {"patient": {"reference": patient}}
    when = "2026-11-02T09:00:00+09:00"
    days = {"period": {"start": when, "end": "2026-11-09T09:00:00+09:00"}}
    ward = {"reference": "urn:uuid:ward"}
    return [
        {"resourceType": "Location", "name": "3W", "_urn": "urn:uuid:ward"},
        {"resourceType": "Encounter", "_urn": "urn:uuid:stay", "status": "finished", **subject,
         "class": {"code": "IMP"}, "type": [coded("stay")], "location": [{"location": ward}],
         "identifier": [{"system": "urn:visits", "value": "v-1"}], **days,
         "hospitalization": {"dischargeDisposition": coded("home")}},
        {"resourceType": "AllergyIntolerance", **mine, "code": coded("91935009"),
         "clinicalStatus": coded("active", "http://terminology.hl7.org/CodeSystem/"
                                 "allergyintolerance-clinical")},
        {"resourceType": "CarePlan", "status": "active", "intent": "plan", **subject, **days,
         "category": [coded("assess-plan")]},
        {"resourceType": "CareTeam", "status": "active", **subject,
         "participant": [{"role": [coded("lead")], "member": {"display": "the lead"}}]},
        {"resourceType": "Condition", **subject, "code": coded("38341003"), "recordedDate": when,
         "onsetDateTime": when, "abatementDateTime": "2026-11-08T09:00:00+09:00",
         "clinicalStatus": coded("resolved", "http://terminology.hl7.org/CodeSystem/"
                                 "condition-clinical"),
         "category": [coded("problem-list-item")], "encounter": {"reference": "urn:uuid:stay"}},
        {"resourceType": "Device", **mine, "status": "active", "type": coded("pump")},
        {"resourceType": "DocumentReference", "status": "current", **subject, "date": when,
         "type": coded("34133-9"), "category": [coded("clinical-note")],
         "context": days, "content": [{"attachment": {"title": "summary"}}]},
        {"resourceType": "Goal", "lifecycleStatus": "active", "description": coded("walk"),
         **subject, "target": [{"dueDate": "2026-12-24"}]},
        {"resourceType": "MedicationDispense", "status": "completed", "type": coded("FF"),
         **subject, "medicationCodeableConcept": coded("J01DD04")},
        {"resourceType": "Procedure", "status": "completed", "code": coded("387713003"), **subject,
         "performedDateTime": when},
        {"resourceType": "Immunization", "status": "completed", "vaccineCode": coded("208"),
         **mine, "occurrenceDateTime": when},
        {"resourceType": "QuestionnaireResponse", "status": "completed", **subject,
         "questionnaire": "http://example.org/q", "authored": when},
        {"resourceType": "RelatedPerson", **mine, "name": [{"family": "Mori"}]},
        {"resourceType": "ServiceRequest", "status": "active", "intent": "order", **subject,
         "category": [coded("lab")], "code": coded("24323-8"), "authoredOn": when},
        {"resourceType": "Specimen", **subject, "type": coded("blood")},
    ]  # fmt: skip


HOSPITAL: list[Json] = [
    {"resourceType": "Organization", "_urn": "urn:uuid:org", "name": "Kita Clinic",
     "address": [{"city": "Sapporo"}]},
    {"resourceType": "Practitioner", "_urn": "urn:uuid:dr", "name": [{"family": "Kitano"}],
     "identifier": [{"system": "urn:staff", "value": "dr-9"}]},
    {"resourceType": "PractitionerRole", "practitioner": {"reference": "urn:uuid:dr"},
     "specialty": [coded("cardio")]},
]  # fmt: skip


class Chart(NamedTuple):
    """One patient, as they were sent and under the ids they were given."""

    web: httpx.Client
    patient: str
    records: dict[str, list[Json]]

    def expected(self, kind: str, asked: list[tuple[str, str]]) -> set[str]:
        return {
            one["id"]
            for one in self.records[kind]
            if all(fits(kind, name, value, one) for name, value in asked)
        }


def fits(kind: str, name: str, value: str, record: Json) -> bool:
    return any(
        given >= value.removeprefix("ge") if name in DATES else given == value
        for given in values(kind, name, record)
    )


def values(kind: str, name: str, record: Json) -> list[str]:
    """Walk the table's path through a record."""
    path = OWN_PATHS.get((kind, name)) or PATHS.get(name) or name
    found: list[Any] = [record]
    for step in path.split("."):
        found = [one[step] for one in found if isinstance(one, dict) and step in one]
        found = [each for one in found for each in (one if isinstance(one, list) else [one])]
    return [one for one in found if isinstance(one, str)]


def send(web: httpx.Client, records: list[Json]) -> list[Json]:
    """Send records in one transaction; gives them under the ids they were given."""
    urns = [one.get("_urn", f"urn:uuid:{at}") for at, one in enumerate(records)]
    bare = [{k: v for k, v in one.items() if k != "_urn"} for one in records]
    entries = [
        entry("POST", one["resourceType"], one) | {"fullUrl": urn}
        for urn, one in zip(urns, bare, strict=True)
    ]
    got = web.post("/", json=bundle("transaction", *entries))
    assert got.status_code == 200, got.text
    places = [each["response"]["location"].split("/")[:2] for each in got.json()["entry"]]
    names = {urn: "/".join(place) for urn, place in zip(urns, places, strict=True)}
    text = orjson.dumps(bare).decode()
    for urn, name in names.items():
        text = text.replace(f'"{urn}"', f'"{name}"')
    return [one | {"id": place[1]} for one, place in zip(orjson.loads(text), places, strict=True)]


@pytest.fixture(scope="module")
def chart(service: Service) -> Iterator[Chart]:
    with service.client() as web:
        sent = orjson.loads(invent_hospital(7, 4, date(2026, 11, 22)).bundle(0))["entry"]
        records = send(web, [e["resource"] | {"_urn": e["fullUrl"]} for e in sent])
        ident = next(one["id"] for one in records if one["resourceType"] == "Patient")
        service.place(ident)
        records += send(web, rest_of_the_chart(f"Patient/{ident}"))
        records += send(web, HOSPITAL)
        sorted_out: dict[str, list[Json]] = {}
        for one in records:
            sorted_out.setdefault(one["resourceType"], []).append(one)
        yield Chart(web, ident, sorted_out)


CASES = [(kind, each) for kind, listed in SEARCHES.items() for each in listed.split()]


@pytest.mark.parametrize(("kind", "names"), CASES)
def test_a_search_of_us_core_finds_what_is_there(chart: Chart, kind: str, names: str) -> None:
    wanted = [name for name in names.split("&") if name != "patient"]
    model = next(
        one for one in chart.records[kind] if all(values(kind, name, one) for name in wanted)
    )
    asked = [
        (name, ("ge" if name in DATES else "") + values(kind, name, model)[0]) for name in wanted
    ]
    mine = [("patient", chart.patient)] if "patient" in names.split("&") else []
    got = chart.web.get(f"/{kind}", params=[*mine, *asked, ("_count", "1000")])
    assert got.status_code == 200, got.text
    found = {each["resource"]["id"] for each in got.json().get("entry", [])}
    expected = chart.expected(kind, asked)
    assert model["id"] in expected <= found
    if kind not in ("Patient", "Organization") and not DATES & {*wanted}:
        assert found == expected


def test_what_no_face_holds_is_refused_plainly(chart: Chart) -> None:
    family = values("Patient", "family", chart.records["Patient"][0])[0]
    for beside in ("death-date=ge2020", "address-city=Sapporo", "general-practitioner=x"):
        got = chart.web.get(f"/Patient?family={family}&{beside}")
        assert (got.status_code, got.json()["resourceType"]) == (403, "OperationOutcome")
        assert "Sapporo" not in got.text


@pytest.mark.parametrize("kind", ["Observation", "Condition", "Encounter", "MedicationRequest"])
def test_provenance_comes_with_what_it_is_about(chart: Chart, kind: str) -> None:
    about = chart.records[kind][0]["id"]
    provenance = {
        "resourceType": "Provenance", "target": [{"reference": f"{kind}/{about}"}],
        "recorded": "2026-11-22T08:00:00Z", "agent": [{"who": {"display": "Emi"}}],
    }  # fmt: skip
    made = chart.web.post("/Provenance", json=provenance)
    assert made.status_code == 201, made.text
    query = {"patient": chart.patient, "_id": about, "_revinclude": "Provenance:target"}
    found = chart.web.get(f"/{kind}", params=query).json()["entry"]
    assert made.json()["id"] in {each["resource"]["id"] for each in found}

"""The searches US Core 6.1.0 names, SHALL and SHOULD, on records that have what they ask for."""

from typing import Any

import pytest

from chartkeep.clinical.search import parse_search
from tests.clinical.search.charts import Chart, Json, concept, link, sheet

ASSERTED = "http://hl7.org/fhir/StructureDefinition/condition-assertedDate"
PATIENT = link("Patient/p")
SUBJECT: Json = {"subject": PATIENT}
CARE: Json = {"category": [concept("c")], **SUBJECT}
DAY, TIME = "2024-05-01", "2024-05-01T08:00:00Z"
RECORDS: dict[str, Json] = {
    "AllergyIntolerance": {"patient": PATIENT, "clinicalStatus": concept("active")},
    "CarePlan": {**CARE, "status": "active", "period": {"start": DAY, "end": DAY}},
    "CareTeam": {**SUBJECT, "status": "active", "participant": [{"role": [concept("c")]}]},
    "Condition": {
        **CARE,
        "recordedDate": DAY,
        "onsetDateTime": DAY,
        "abatementDateTime": DAY,
        "clinicalStatus": concept("active"),
        "code": concept("c"),
        "encounter": link("Encounter/e"),
        "extension": [{"url": ASSERTED, "valueDateTime": DAY}],
    },
    "Coverage": {"beneficiary": PATIENT},
    "Device": {"patient": PATIENT, "type": concept("c"), "status": "active"},
    "DiagnosticReport": {
        **CARE,
        "code": concept("c"),
        "effectiveDateTime": TIME,
        "status": "final",
    },
    "DocumentReference": {
        **CARE,
        "type": concept("c"),
        "date": TIME,
        "status": "current",
        "context": {"period": {"start": DAY, "end": DAY}},
    },
    "Encounter": {
        **SUBJECT,
        "period": {"start": TIME, "end": TIME},
        "identifier": [{"system": "urn:i", "value": "1"}],
        "type": [concept("c")],
        "class": {"code": "AMB"},
        "status": "finished",
        "location": [{"location": link("Location/l")}],
        "hospitalization": {"dischargeDisposition": concept("home")},
    },
    "Goal": {
        **SUBJECT,
        "target": [{"dueDate": DAY}],
        "description": concept("c"),
        "lifecycleStatus": "active",
    },
    "Immunization": {"patient": PATIENT, "occurrenceDateTime": DAY, "status": "completed"},
    "MedicationDispense": {**SUBJECT, "status": "completed", "type": concept("c")},
    "MedicationRequest": {
        **SUBJECT,
        "intent": "order",
        "status": "active",
        "encounter": link("Encounter/e"),
        "authoredOn": DAY,
    },
    "Observation": {**CARE, "code": concept("c"), "effectiveDateTime": TIME, "status": "final"},
    "Organization": {"name": "Minato", "address": [{"city": "Okayama"}]},
    "Patient": {
        "identifier": [{"system": "urn:i", "value": "1"}],
        "name": [{"family": "Minato"}],
        "birthDate": DAY,
        "gender": "female",
        "deceasedDateTime": DAY,
    },
    "Practitioner": {
        "name": [{"family": "Minato"}], "identifier": [{"system": "urn:i", "value": "1"}],
    },
    "PractitionerRole": {"specialty": [concept("c")], "practitioner": link("Practitioner/d")},
    "Procedure": {
        **SUBJECT, "performedDateTime": DAY, "code": concept("c"), "status": "completed",
    },
    "QuestionnaireResponse": {
        **SUBJECT, "questionnaire": "http://q|1", "authored": DAY, "status": "completed",
    },
    "RelatedPerson": {"patient": PATIENT, "name": [{"family": "Minato"}]},
    "ServiceRequest": {**CARE, "authoredOn": DAY, "code": concept("c"), "status": "active"},
    "Specimen": SUBJECT,
}  # fmt: skip
SEARCHES = """
AllergyIntolerance: patient patient&clinical-status
CarePlan: patient&category patient&category&status patient&category&status&date
CarePlan: patient&category&date
CareTeam: patient&status role patient&role
Condition: patient patient&category patient&recorded-date patient&asserted-date
Condition: patient&category&clinical-status patient&onset-date patient&abatement-date
Condition: patient&clinical-status patient&category&encounter patient&code
Coverage: patient
Device: patient patient&type patient&status
DiagnosticReport: patient patient&category patient&category&date patient&code patient&code&date
DiagnosticReport: patient&status
DocumentReference: patient _id patient&type patient&category&date patient&category patient&status
DocumentReference: patient&type&period
Encounter: patient _id date&patient identifier patient&type class&patient patient&status
Encounter: patient&location patient&discharge-disposition
Goal: patient patient&target-date patient&description patient&lifecycle-status
Immunization: patient patient&date patient&status
MedicationDispense: patient patient&status patient&status&type
MedicationRequest: patient&intent patient&intent&status patient&intent&encounter
MedicationRequest: patient&intent&authoredon
Observation: patient&code patient&category patient&category&date patient&code&date
Observation: patient&category&status
Organization: name address
Patient: _id identifier name birthdate&name gender&name birthdate&family family&gender
Patient: death-date&family
Practitioner: name identifier _id
PractitionerRole: specialty practitioner
Procedure: patient patient&date patient&code&date patient&status
QuestionnaireResponse: patient _id patient&questionnaire patient&authored patient&status
RelatedPerson: _id patient name patient&name
ServiceRequest: patient _id patient&category patient&category&authored patient&code
ServiceRequest: patient&status patient&code&authored
Specimen: _id patient
"""
DATES = """
date recorded-date asserted-date onset-date abatement-date period target-date authoredon birthdate
death-date authored
"""
CODES = "category code type role specialty description"
VALUES = {
    **dict.fromkeys(DATES.split(), "ge2024-05-01"),
    **dict.fromkeys(CODES.split(), "c"),
    "patient": "p",
    "_id": "x",
    "identifier": "urn:i|1",
    "name": "minato",
    "family": "minato",
    "address": "okayama",
    "encounter": "Encounter/e",
    "location": "Location/l",
    "gender": "female",
    "practitioner": "Practitioner/d",
    "class": "AMB",
    "clinical-status": "active",
    "intent": "order",
    "discharge-disposition": "home",
    "questionnaire": "http://q",
    "lifecycle-status": "active",
}
CASES = [
    (kind, query)
    for line in SEARCHES.strip().splitlines()
    for kind, _, queries in [line.partition(": ")]
    for query in queries.split()
]


def asked(kind: str, query: str, **other: str) -> list[tuple[str, str]]:
    values = VALUES | {"status": RECORDS[kind].get("status", "")} | other
    return [(name, values[name]) for name in query.split("&")]


@pytest.mark.parametrize(("kind", "query"), CASES)
def test_a_search_of_us_core_finds_what_it_asks_for(kind: str, query: str) -> None:
    record = sheet(kind, "x", **RECORDS[kind])
    source = sheet("Provenance", "v", target=[link(f"{kind}/x")])
    pairs = [*asked(kind, query), ("_revinclude", "Provenance:target")]
    found = parse_search(kind, pairs).run(Chart([record, source]))
    assert [each.id for each in found.matches] == ["x"]
    assert [each.id for each in found.included] == ["v"]


@pytest.mark.parametrize(("kind", "query"), CASES)
def test_each_parameter_of_a_search_of_us_core_can_fail(kind: str, query: str) -> None:
    record = sheet(kind, "x", **RECORDS[kind])
    for name in query.split("&"):
        other: dict[str, Any] = {name: "ge2030" if VALUES.get(name, "")[:2] == "ge" else "other"}
        assert not parse_search(kind, asked(kind, query, **other)).matches(Chart([record]))

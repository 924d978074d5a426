"""search: inside an open chart, the facility's own, faces across charts; and no oracle."""

import pytest

from tests.fhir.http.conftest import Clinic
from tests.records import lab, organization, put, stay

HIV = {"security": [{"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": "HIV"}]}


def test_a_charts_results_are_found_and_sorted(clinic: Clinic) -> None:
    found = clinic.web("aiko").get("/Observation?patient=p&_sort=-value-quantity")
    assert (found.status, found.body["total"]) == (200, 2)
    assert found.ids == ["Observation/o2-p", "Observation/o1-p"]
    assert found.body["entry"][0]["search"] == {"mode": "match"}


def test_a_search_by_form_is_the_same(clinic: Clinic) -> None:
    form = b"patient=p&code:text=glucose"
    content = "application/x-www-form-urlencoded"
    found = clinic.web("aiko").post("/Observation/_search", form, content_type=content)
    assert found.body["total"] == 2


@pytest.mark.attack
def test_a_form_of_many_fields_is_refused_before_it_is_taken_apart(clinic: Clinic) -> None:
    content = "application/x-www-form-urlencoded"
    found = clinic.web("aiko").post("/Observation/_search", b"a&" * 200, content_type=content)
    assert found.status == 400
    assert "fields" in found.issue["details"]["text"]


def test_pages_survive_what_is_written_between_them(clinic: Clinic) -> None:
    clinic.house.send(*(lab(f"n{at}", value=at) for at in range(10, 18)), source="fhir")
    aiko = clinic.web("aiko")
    first = aiko.get("/Observation?patient=p&_sort=value-quantity&_count=4")
    clinic.house.clock.at += 5
    clinic.house.send(lab("n0", value=0), lab("n10", value=999), source="fhir")
    shown, page = first.ids, first
    while links := [x["url"] for x in page.body["link"] if x["relation"] == "next"]:
        page = aiko.get(links[0])
        assert page.body["total"] == 10
        shown += page.ids
    assert shown == [
        "Observation/o1-p",
        "Observation/o2-p",
        *(f"Observation/n{at}" for at in range(10, 18)),
    ]


def test_a_later_page_includes_the_facilitys_own_too(clinic: Clinic) -> None:
    doctor = put("Practitioner", "dr", name=[{"family": "Sato"}])
    seen = [{"reference": "Practitioner/dr"}]
    clinic.house.send(
        doctor, *(lab(f"n{at}", value=9, performer=seen) for at in range(3)), source="fhir"
    )
    aiko = clinic.web("aiko")
    query = "/Observation?patient=p&_include=Observation:performer&_count=2&value-quantity=9"
    first = aiko.get(query)
    (after,) = [link["url"] for link in first.body["link"] if link["relation"] == "next"]
    clinic.house.clock.at += 5
    clinic.house.send(lab("late", value=9), source="fhir")
    assert aiko.get(after).ids == ["Observation/n2", "Practitioner/dr"]


def test_an_unknown_parameter_is_an_error_unless_lenient(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    strict = aiko.get("/Observation?patient=p&colour=red")
    assert (strict.status, strict.body["resourceType"]) == (400, "OperationOutcome")
    lenient = aiko.get("/Observation?patient=p&colour=red", prefer="handling=lenient")
    assert lenient.body["total"] == 2
    assert lenient.body["entry"][-1]["search"]["mode"] == "outcome"


def test_the_facilitys_own_is_searched_by_everybody(clinic: Clinic) -> None:
    clinic.house.send(organization(), source="fhir")
    assert clinic.web("aiko").get("/Organization?name=minato").ids == ["Organization/org"]


def test_a_practitioner_is_included_from_the_facility(clinic: Clinic) -> None:
    doctor = put("Practitioner", "dr", name=[{"family": "Sato"}])
    result = lab("o9", value=9, performer=[{"reference": "Practitioner/dr"}])
    clinic.house.send(doctor, result, source="fhir")
    found = clinic.web("aiko").get("/Observation?patient=p&_include=Observation:performer")
    assert found.ids[-1] == "Practitioner/dr"
    assert found.body["total"] == 3


def test_a_page_brings_along_what_its_own_matches_name(clinic: Clinic) -> None:
    doctors = [put("Practitioner", f"dr{at}", name=[{"family": "Sato"}]) for at in (1, 2)]
    results = [
        lab(f"o{at}", value=at, performer=[{"reference": f"Practitioner/dr{at}"}]) for at in (1, 2)
    ]
    clinic.house.send(*doctors, *results, source="fhir")
    query = "patient=p&_sort=-value-quantity&_count=1&_include=Observation:performer"
    first = clinic.web("aiko").get(f"/Observation?{query}")
    assert first.ids == ["Observation/o2", "Practitioner/dr2"]


def test_patients_are_found_by_name_and_shown_by_face(clinic: Clinic) -> None:
    found = clinic.web("aiko").get("/Patient?family=suz")
    assert found.ids == ["Patient/q"]
    assert found.entries[0]["resource"]["meta"]["tag"][0]["code"] == "SUBSETTED"


def test_patients_are_found_by_identifier(clinic: Clinic) -> None:
    assert clinic.web("aiko").get("/Patient?identifier=urn:mrn|mrn-q").ids == ["Patient/q"]


def test_what_no_face_holds_is_refused_not_answered_with_nobody(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    got = aiko.get("/Patient?family=suz&address-city=Sapporo")
    assert (got.status, got.issue["code"]) == (403, "forbidden")
    lenient = aiko.get("/Patient?family=suz&colour=red", prefer="handling=lenient")
    assert lenient.body["entry"][0]["resource"]["id"] == "q"


@pytest.mark.attack
def test_nothing_of_another_patient_is_included(clinic: Clinic) -> None:
    related = put(
        "Observation", "o-link", status="final", code={"text": "twin"},
        subject={"reference": "Patient/p"}, focus=[{"reference": "Patient/q"}],
        derivedFrom=[{"reference": "Observation/o1-q"}],
    )  # fmt: skip
    clinic.house.send(related, source="fhir")
    found = clinic.web("aiko").get("/Observation?patient=p&_include=*&_include:iterate=*")
    assert found.body["total"] == 3
    assert not any(ident.endswith("-q") or ident == "Patient/q" for ident in found.ids)


@pytest.mark.attack
@pytest.mark.parametrize(
    "query",
    [
        "Observation?patient=q",
        "Observation?patient=nobody",
        "Observation?patient=q&_summary=count",
        "Observation?patient=nobody&_summary=count",
        "AllergyIntolerance?patient.identifier=urn:mrn|mrn-q",
        "Observation?subject:Patient.name=suzuki",
        "Patient?_has:Observation:patient:code=glucose",
        "Observation?code=glucose",
        "Group?member=Patient/q",
        "List?subject=Patient/q",
    ],
)
def test_a_search_outside_the_open_chart_tells_nothing(clinic: Clinic, query: str) -> None:
    got = clinic.web("aiko").get(f"/{query}")
    assert got.status in (400, 403)
    assert "q" not in str(got.body.get("entry", ""))
    assert "total" not in got.body


@pytest.mark.attack
def test_chains_and_has_see_the_open_chart_only(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    assert aiko.get("/Observation?patient=p&subject:Patient.name=suzuki").body["total"] == 0
    assert aiko.get("/Observation?patient=p&subject:Patient.name=tanaka").body["total"] == 2


@pytest.mark.attack
def test_a_restricted_result_is_neither_shown_nor_counted_until_asked_for(clinic: Clinic) -> None:
    clinic.house.send(lab("secret", value=3, meta=HIV), source="fhir")
    aiko = clinic.web("aiko")
    assert aiko.get("/Observation?patient=p").body["total"] == 2
    assert aiko.get("/Observation?patient=p&_summary=count").body["total"] == 2
    hidden, absent = aiko.get("/Observation/secret"), aiko.get("/Observation/absent-one")
    assert hidden == absent
    assert hidden.status == 403
    shown = aiko.get("/Observation?patient=p", chartkeep_sections="restricted")
    assert shown.body["total"] == 3


def test_a_wards_visits_of_a_day_lead_to_faces(clinic: Clinic) -> None:
    visit = stay("v1", "in-progress", start="2026-11-22T08:00:00Z")
    visit["resource"]["location"][0]["location"] = {"reference": "Location/w3"}
    visit["resource"]["identifier"] = [{"system": "urn:visit", "value": "V-1"}]
    clinic.house.send(put("Location", "w3", name="3W"), visit, source="fhir")
    aiko = clinic.web("aiko")
    for query in ("location=Location/w3&date=2026-11-22", "identifier=urn:visit|V-1"):
        found = aiko.get(f"/Encounter?{query}")
        assert (found.status, found.ids, found.body["total"]) == (200, ["Patient/p"], 0)
    assert aiko.get("/Encounter?location=Location/w3&date=2026-11-23").ids == []
    assert aiko.get("/Encounter?location=Location/w3&date=ge2026-01-01").status == 400
    assert aiko.get("/Encounter?status=finished").status == 403


@pytest.mark.attack
def test_a_link_to_an_earlier_moment_shows_nothing_that_was_hidden_since(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    then = clinic.house.clock.at
    clinic.house.clock.at += 5
    clinic.house.send(lab("o1-p", value=1, meta=HIV), source="fhir")
    clinic.house.clock.at += 5
    clinic.house.send(lab("later", value=9), source="fhir")
    for moment in (then, then + 6):
        page = aiko.get(f"/Observation?patient=p&_as-of={moment}")
        assert page.ids == ["Observation/o2-p"]
        assert page.body["total"] == 1


@pytest.mark.attack
def test_a_search_by_id_is_a_read_by_id(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    assert aiko.get("/Observation?_id=o1-p").ids == ["Observation/o1-p"]
    theirs, nobodys = aiko.get("/Observation?_id=o1-q"), aiko.get("/Observation?_id=o1-z")
    assert theirs.status == 403
    assert theirs == nobodys

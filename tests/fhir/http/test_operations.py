"""$everything, metadata, and what is not there."""

import tracemalloc

import pytest

from chartkeep.clinical.reading import read_resource
from chartkeep.fhir.http.asked import Asked
from chartkeep.fhir.http.capability import metadata
from tests.fhir.http.conftest import Clinic
from tests.records import lab


def test_everything_is_the_chart_a_role_opens(clinic: Clinic) -> None:
    found = clinic.web("aiko").get("/Patient/p/$everything")
    assert found.ids == [
        "Patient/p",
        "AllergyIntolerance/a-p",
        "Observation/o1-p",
        "Observation/o2-p",
    ]


def test_everything_of_some_types_in_pages(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    first = aiko.get("/Patient/p/$everything?_type=Observation&_count=1")
    (after,) = [link["url"] for link in first.body["link"] if link["relation"] == "next"]
    assert first.ids + aiko.get(after).ids == ["Observation/o1-p", "Observation/o2-p"]


def test_what_the_server_says_of_itself_is_fhir(clinic: Clinic) -> None:
    got = clinic.web("aiko").get("/metadata")
    assert read_resource(got.raw).kind == "CapabilityStatement"
    (observation,) = [r for r in got.body["rest"][0]["resource"] if r["type"] == "Observation"]
    assert "value-quantity" in {p["name"] for p in observation["searchParam"]}


def test_a_summary_is_a_document_about_the_patient(clinic: Clinic) -> None:
    got = clinic.web("aiko").get("/Patient/p/$summary")
    assert (got.status, got.body["type"]) == (200, "document")
    assert got.body["entry"][0]["resource"]["resourceType"] == "Composition"


def test_validate_says_all_that_is_wrong_and_keeps_nothing(clinic: Clinic) -> None:
    bad = {"resourceType": "Observation", "status": "odd", "effectiveDateTime": "2024-13-40"}
    got = clinic.web("aiko").post("/Observation/$validate", bad)
    assert got.status == 200
    assert {"Observation.status"} <= {e for i in got.body["issue"] for e in i.get("expression", [])}
    good = lab("new")["resource"]
    fine = clinic.web("aiko").post("/Observation/$validate", good)
    assert [each["severity"] for each in fine.body["issue"]] == ["information"]
    assert clinic.web("aiko").get("/Observation?patient=p").body["total"] == 2


def test_a_profile_nobody_installed_is_not_said_to_hold(clinic: Clinic) -> None:
    sent = {
        "resourceType": "Parameters",
        "parameter": [
            {"name": "resource", "resource": lab("new")["resource"]},
            {"name": "profile", "valueUri": "http://example.org/strict"},
        ],
    }
    got = clinic.web("aiko").post("/Observation/$validate", sent)
    assert [each["severity"] for each in got.body["issue"]] == ["warning"]


def test_bulk_reads_are_refused_plainly(clinic: Clinic) -> None:
    got = clinic.web("aiko").get("/_history")
    assert (got.status, got.issue["code"]) == (405, "not-supported")


@pytest.mark.attack
def test_no_strangers_host_names_fill_the_memory() -> None:
    def ask(at: int) -> None:
        metadata(Asked("GET", ("metadata",), (), {}, b"", f"http://{at}.example/fhir"))

    ask(0)
    tracemalloc.start()
    for at in range(1, 20):
        ask(at)
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 100_000

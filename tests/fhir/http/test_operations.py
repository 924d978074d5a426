"""$everything, metadata, and what is not there."""

from chartkeep.clinical.reading import read_resource
from tests.fhir.http.conftest import Clinic


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


def test_bulk_reads_are_refused_plainly(clinic: Clinic) -> None:
    got = clinic.web("aiko").get("/_history")
    assert (got.status, got.issue["code"]) == (405, "not-supported")

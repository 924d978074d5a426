"""Conditional create, update, patch and delete: exact identifiers, or inside an open chart."""

from typing import Any

import orjson
import pytest

from tests.fhir.http.conftest import Clinic
from tests.records import post

Json = dict[str, Any]


def person(value: str = "mrn-new", family: str = "Mori") -> Json:
    identifier = [{"system": "urn:mrn", "value": value}]
    return {"resourceType": "Patient", "identifier": identifier, "name": [{"family": family}]}


def test_a_conditional_create_makes_a_patient_once(clinic: Clinic) -> None:
    carla = clinic.web("carla")
    one = carla.post("/Patient", person(), if_none_exist="identifier=urn:mrn|mrn-new")
    two = carla.post("/Patient", person(), if_none_exist="identifier=urn:mrn|mrn-new")
    assert (one.status, two.status) == (201, 200)
    assert two.headers["location"] in one.headers["location"]


def test_it_knows_patients_that_came_by_another_way(clinic: Clinic) -> None:
    carla = clinic.web("carla")
    got = carla.post("/Patient", person("mrn-p"), if_none_exist="identifier=urn:mrn|mrn-p")
    assert (got.status, got.headers["location"].rpartition("/")[2]) == (200, "p")


@pytest.mark.attack
def test_a_conditional_update_duplicates_no_patient(clinic: Clinic) -> None:
    carla = clinic.web("carla")
    for family in ("Yamada", "Ito"):
        got = carla.put("/Patient?identifier=urn:mrn|mrn-p", person("mrn-p", family))
        assert got.status == 200
    assert carla.get("/Patient?identifier=urn:mrn|mrn-p").ids == ["Patient/p"]
    assert carla.get("/Patient?family=ito").ids == ["Patient/p"]


@pytest.mark.attack
def test_a_bundle_with_a_condition_duplicates_no_patient(clinic: Clinic) -> None:
    entry = post("Patient", "urn:uuid:a", **person("mrn-p"))
    entry["request"]["ifNoneExist"] = "identifier=urn:mrn|mrn-p"
    result = post(
        "Observation", "urn:uuid:o", status="final", code={"text": "glucose"},
        subject={"reference": "urn:uuid:a"},
    )  # fmt: skip
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [entry, result]}
    got = clinic.web("carla").post("/", sent)
    assert got.body["entry"][0]["response"]["location"].startswith("Patient/p/")
    assert clinic.web("aiko").get("/Observation?patient=p").body["total"] == 3


def test_a_conditional_reference_finds_who_it_means(clinic: Clinic) -> None:
    result = post(
        "Observation", "urn:uuid:o", status="final", code={"text": "glucose"},
        subject={"reference": "Patient?identifier=urn:mrn|mrn-p"},
    )  # fmt: skip
    sent = {"resourceType": "Bundle", "type": "transaction", "entry": [result]}
    aiko = clinic.web("aiko")
    assert aiko.post("/", sent).status == 200
    assert aiko.get("/Observation?patient=p").body["total"] == 3


def test_inside_an_open_chart_any_condition_may_be_asked(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    found = aiko.ask("DELETE", "/Observation?patient=p&value-quantity=1")
    assert found.status == 204
    assert aiko.get("/Observation?patient=p").ids == ["Observation/o2-p"]
    patch = [{"op": "replace", "path": "/status", "value": "amended"}]
    kind = "application/json-patch+json"
    got = aiko.ask("PATCH", "/Observation?patient=p&value-quantity=2", patch, content_type=kind)
    assert got.body["status"] == "amended"


def test_what_means_several_changes_none(clinic: Clinic) -> None:
    assert clinic.web("aiko").ask("DELETE", "/Observation?patient=p").status == 412


@pytest.mark.attack
@pytest.mark.parametrize("condition", ["family=Suzuki", "birthdate=1956-08-03"])
def test_a_condition_is_no_oracle(clinic: Clinic, condition: str) -> None:
    got = clinic.web("aiko").post("/Patient", person(), if_none_exist=condition)
    assert got.status in (403, 412)


def test_an_organization_is_made_once(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    body = {
        "resourceType": "Organization", "name": "Midori",
        "identifier": [{"system": "urn:org", "value": "7"}],
    }  # fmt: skip
    statuses = [
        aiko.post("/Organization", body, if_none_exist="identifier=urn:org|7").status
        for _ in range(2)
    ]
    assert statuses == [201, 200]


@pytest.mark.attack
@pytest.mark.parametrize("bar", ["|", "\\u007c"])
@pytest.mark.parametrize("way", ["/", "/Observation"])
def test_no_number_is_tried_without_a_line(clinic: Clinic, bar: str, way: str) -> None:
    clinic.web("carla").post("/Patient", person(), if_none_exist="identifier=urn:mrn|mrn-new")
    result = post(
        "Observation", "urn:uuid:o", status="final", code={"text": "glucose"},
        subject={"reference": "WHO"}, performer=[{"reference": "Practitioner/nobody"}],
    )  # fmt: skip
    body = {"resourceType": "Bundle", "type": "batch", "entry": [result]}
    sent = orjson.dumps(body if way == "/" else result["resource"])
    aiko, before = clinic.web("aiko"), clinic.house.verbs().count("search")
    aiko.post(way, sent.replace(b"WHO", f"Patient?identifier=urn:mrn{bar}mrn-new".encode()))
    assert clinic.house.verbs().count("search") == before + 1

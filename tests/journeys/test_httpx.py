"""A clinician's day through a plain HTTP library."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.journeys.service import Service, born, bundle, entry, glucose

PATCH = {"Content-Type": "application/json-patch+json"}


@pytest.fixture
def web(service: Service) -> Iterator[httpx.Client]:
    with service.client() as client:
        yield client


@pytest.fixture
def emi(service: Service, web: httpx.Client) -> str:
    """A patient of the ward, with five results."""
    ident = made(web, born())["id"]
    service.place(ident)
    for day in range(1, 6):
        made(web, glucose(ident, 4 + day, day))
    return str(ident)


def made(web: httpx.Client, resource: dict[str, Any]) -> Any:
    got = web.post(f"/{resource['resourceType']}", json=resource)
    assert got.status_code == 201, got.text
    assert got.headers["location"].endswith("/_history/1")
    return got.json()


def test_it_says_what_it_is(service: Service) -> None:
    got = httpx.get(f"{service.base}/metadata")
    assert (got.status_code, got.json()["fhirVersion"]) == (200, "4.0.1")
    assert got.headers["content-type"].startswith("application/fhir+json")


def test_a_wrong_code_opens_no_session(service: Service) -> None:
    wrong = service.credentials() | {"code": "000000"}
    got = httpx.post(f"{service.url}/auth/token", data=wrong)
    assert (got.status_code, got.json()["error"]) == (400, "invalid_grant")


def test_a_session_ends_when_its_person_ends_it(service: Service, web: httpx.Client) -> None:
    assert httpx.post(f"{service.url}/auth/revoke", headers=web.headers).status_code == 200
    got = web.get("/Organization")
    assert (got.status_code, got.headers["www-authenticate"]) == (401, "Bearer")


def test_results_are_read_and_searched_page_by_page(web: httpx.Client, emi: str) -> None:
    url = f"/Observation?patient={emi}&code=http://loinc.org|2339-0&_sort=-date&_count=2"
    values: list[float] = []
    pages = 0
    while url:
        page = web.get(url).json()
        pages += 1
        assert page["total"] == 5
        values += [each["resource"]["valueQuantity"]["value"] for each in page["entry"]]
        url = next((link["url"] for link in page["link"] if link["relation"] == "next"), "")
    assert (pages, values) == (3, [9, 8, 7, 6, 5])


def test_a_result_is_changed_by_who_has_read_it(web: httpx.Client, emi: str) -> None:
    one = made(web, glucose(emi, 3.0))
    url, seen = f"/Observation/{one['id']}", {"If-Match": 'W/"1"'}
    changed = one | {"status": "amended"}
    assert web.put(url, json=changed, headers=seen).headers["etag"] == 'W/"2"'
    assert web.put(url, json=one, headers=seen).status_code == 412
    replace = [{"op": "replace", "path": "/status", "value": "corrected"}]
    patched = web.patch(url, json=replace, headers=PATCH)
    assert (patched.status_code, patched.json()["status"]) == (200, "corrected")
    assert web.get(url, headers={"If-None-Match": 'W/"3"'}).status_code == 304
    assert web.delete(url).status_code == 204
    assert web.get(url).status_code == 410
    assert web.get(f"{url}/_history/1").json()["status"] == "final"
    assert web.get(f"{url}/_history").json()["total"] == 4


def test_a_transaction_brings_a_patient_with_results(service: Service, web: httpx.Client) -> None:
    result = glucose("x", 5.0) | {"subject": {"reference": "urn:uuid:emi"}}
    got = web.post(
        "/",
        json=bundle(
            "transaction",
            entry("POST", "Patient", born("Oka")) | {"fullUrl": "urn:uuid:emi"},
            entry("POST", "Observation", result) | {"fullUrl": "urn:uuid:o"},
        ),
    )
    assert got.status_code == 200, got.text
    ident = got.json()["entry"][0]["response"]["location"].split("/")[1]
    service.place(ident)
    assert web.get(f"/Observation?patient={ident}").json()["total"] == 1


def test_in_a_batch_each_entry_stands_for_itself(web: httpx.Client, emi: str) -> None:
    got = web.post(
        "",
        json=bundle(
            "batch", entry("GET", f"Observation?patient={emi}&_summary=count"),
            entry("POST", "Observation", glucose(emi, 5.0)),
            entry("POST", "Observation", glucose("nobody", 5.0)),
            entry("GET", "Martian/1"),
        ),
    )  # fmt: skip
    statuses = [each["response"]["status"][:3] for each in got.json()["entry"]]
    assert statuses == ["200", "201", "422", "404"]


def test_the_whole_chart_its_summary_and_a_check(web: httpx.Client, emi: str) -> None:
    whole = web.get(f"/Patient/{emi}/$everything").json()
    assert whole["entry"][0]["resource"]["resourceType"] == "Patient"
    assert whole["total"] == 6
    summary = web.get(f"/Patient/{emi}/$summary").json()
    assert summary["entry"][0]["resource"]["resourceType"] == "Composition"
    checked = web.post("/Observation/$validate", json=glucose(emi, 1.0) | {"status": "odd"}).json()
    assert checked["issue"][0]["severity"] == "error"


def test_a_patient_is_found_by_name_and_number(web: httpx.Client, emi: str) -> None:
    for query in ("family=mor&birthdate=1980-02-29", "identifier=urn:mrn|mrn-Mori"):
        found = web.get(f"/Patient?{query}").json()["entry"]
        assert emi in {each["resource"]["id"] for each in found}


def test_no_log_of_the_door_names_the_patient(
    service: Service, web: httpx.Client, emi: str
) -> None:
    web.get(f"/Observation?patient={emi}&code:text=glucose")
    web.get("/Patient?family=mori")
    # Words that no random request id (hexadecimal) can spell by chance.
    assert not any(word in service.log().lower() for word in ("mori", emi, "glucose", "1980-02"))

"""batch and transaction: all or nothing for one chart, each for itself in a batch."""

from typing import Any

from chartkeep.model import Section
from tests.fhir.http.conftest import Clinic
from tests.records import lab, organization, patient, post

Json = dict[str, Any]


def bundle(kind: str, *entries: Json) -> Json:
    return {"resourceType": "Bundle", "type": kind, "entry": list(entries)}


def asks(method: str, url: str, **more: Any) -> Json:
    return {"request": {"method": method, "url": url, **more}}


def test_a_transaction_links_what_it_brings(clinic: Clinic) -> None:
    person = post("Patient", "urn:uuid:new", name=[{"family": "Mori"}])
    result = post(
        "Observation", "urn:uuid:o", status="final", code={"text": "glucose"},
        subject={"reference": "urn:uuid:new"},
    )  # fmt: skip
    carla = clinic.web("carla")
    got = carla.post("/", bundle("transaction", person, result))
    assert [e["response"]["status"] for e in got.body["entry"]] == ["201 Created"] * 2
    ident = got.body["entry"][0]["response"]["location"].split("/")[1]
    assert carla.get(f"/Patient/{ident}").body["name"] == [{"family": "Mori"}]


def test_posted_again_a_transaction_makes_new_ones_unless_it_is_named(clinic: Clinic) -> None:
    person = post("Patient", "urn:uuid:new", name=[{"family": "Mori"}])
    carla, sent = clinic.web("carla"), bundle("transaction", person)

    def locations(**headers: str) -> str:
        return carla.post("/", sent, **headers).body["entry"][0]["response"]["location"]

    assert locations() != locations()
    assert locations(idempotency_key="f1") == locations(idempotency_key="f1")


def test_a_transaction_with_one_bad_entry_does_nothing(clinic: Clinic) -> None:
    bad = lab("bad")
    bad["resource"]["status"] = "no such status"
    got = clinic.web("aiko").post("/", bundle("transaction", lab("good"), bad))
    assert got.status == 422
    assert "entry[1]" in got.issue["details"]["text"]
    assert clinic.web("budi").get("/Observation/good").status == 403


def test_a_transaction_over_two_charts_is_refused(clinic: Clinic) -> None:
    got = clinic.web("aiko").post("/", bundle("transaction", lab("a"), lab("b", "Patient/q")))
    assert got.status == 422


def test_in_a_batch_each_stands_for_itself(clinic: Clinic) -> None:
    bad = lab("bad")
    bad["resource"]["status"] = "no such status"
    got = clinic.web("aiko").post(
        "/",
        bundle(
            "batch", lab("n1"), bad, lab("n2", "Patient/q"), asks("GET", "Observation/o1-p"),
            asks("GET", "Observation/o1-q"), asks("DELETE", "Observation/o2-p"),
            asks("GET", "Observation?patient=p&_summary=count"),
        ),
    )  # fmt: skip
    statuses = [e["response"]["status"].split()[0] for e in got.body["entry"]]
    assert statuses == ["201", "422", "201", "200", "403", "204", "200"]
    assert got.body["entry"][3]["resource"]["id"] == "o1-p"
    assert "resource" not in got.body["entry"][4]


def test_a_patient_changed_by_a_put_is_found_by_the_new_name(clinic: Clinic) -> None:
    carla = clinic.web("carla")
    carla.post("/", bundle("transaction", patient("p", "Yamada")))
    assert carla.get("/Patient?family=yamada").ids == ["Patient/p"]
    assert carla.get("/Patient?family=tanaka").ids == []


def test_a_put_in_a_bundle_is_bound_to_the_version_it_names(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    aiko.put("/Observation/o1-p", lab("o1-p", value=7)["resource"])
    stale, fresh = lab("o1-p", value=8), lab("o1-p", value=9)
    stale["request"]["ifMatch"], fresh["request"]["ifMatch"] = 'W/"1"', 'W/"2"'
    assert aiko.post("/", bundle("transaction", stale, lab("n"))).status == 412
    got = aiko.post("/", bundle("batch", stale, lab("n")))
    statuses = [e["response"]["status"].split()[0] for e in got.body["entry"]]
    assert statuses == ["412", "201"]
    assert aiko.post("/", bundle("transaction", fresh)).status == 200
    assert aiko.get("/Observation/o1-p").body["valueQuantity"]["value"] == 9


def test_what_must_be_new_replaces_nothing_in_a_bundle(clinic: Clinic) -> None:
    there = lab("o1-p", value=8)
    there["request"]["ifNoneMatch"] = "*"
    assert clinic.web("aiko").post("/", bundle("transaction", there)).status == 412


def test_a_transaction_with_a_change_outside_its_commit_does_nothing(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    got = aiko.post("/", bundle("transaction", lab("half"), asks("DELETE", "Patient/p")))
    assert got.status == 405
    assert "Observation/half" not in aiko.get("/Observation?patient=p").ids


def test_a_put_goes_to_its_id_whatever_its_full_url(clinic: Clinic) -> None:
    aiko, sent = clinic.web("aiko"), lab("named")
    sent["fullUrl"] = "Observation/named"
    assert aiko.post("/", bundle("transaction", sent)).status == 200
    assert aiko.get("/Observation/named").status == 200


def test_a_transaction_deletes_with_the_rest_or_not_at_all(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    gone = asks("DELETE", "Observation/o1-p")
    bad = lab("bad")
    bad["resource"]["status"] = "no such status"
    assert aiko.post("/", bundle("transaction", gone, bad)).status == 422
    assert aiko.get("/Observation/o1-p").status == 200
    got = aiko.post("/", bundle("transaction", gone, lab("n1")))
    assert [e["response"]["status"][:3] for e in got.body["entry"]] == ["204", "201"]
    assert aiko.get("/Observation/o1-p").status == 410
    assert aiko.get("/Observation/n1").status == 200


def test_a_transaction_that_deletes_in_another_chart_is_refused(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    got = aiko.post("/", bundle("transaction", asks("DELETE", "Observation/o1-q"), lab("n1")))
    assert got.status == 403
    assert aiko.get("/Observation/n1").status == 403


def test_a_transaction_changes_nothing_twice(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    got = aiko.post("/", bundle("transaction", asks("DELETE", "Observation/o1-p"), lab("o1-p")))
    assert (got.status, len(got.body["issue"])) == (422, 2)
    assert aiko.get("/Observation/o1-p").headers["etag"] == 'W/"1"'


def test_a_transaction_deletes_the_facilitys_own_first(clinic: Clinic) -> None:
    clinic.house.send(organization(), source="fhir")
    aiko = clinic.web("aiko")
    before = len(clinic.house.lines())
    got = aiko.post("/", bundle("transaction", lab("n1"), asks("DELETE", "Organization/org")))
    keyed = [
        line.chart
        for line in clinic.house.lines()[before:]
        if line.verb == "seal_key" and line.sections != 1 << Section.JOURNAL
    ]
    assert keyed == [clinic.door.house.chart, clinic.mine[1]]
    assert [e["response"]["status"][:3] for e in got.body["entry"]] == ["201", "204"]
    assert aiko.get("/Organization/org").status == 410

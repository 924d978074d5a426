"""create, update, patch, delete: one version after the other, and nothing by accident."""

from collections import Counter
from typing import Any

import pytest

from chartkeep.custody.journal_pages import JournalPages
from chartkeep.custody.release import Look
from chartkeep.fhir.http.asked import Asked
from chartkeep.fhir.http.writing import new_name
from chartkeep.keyholder.protocol import Known
from chartkeep.model import Purpose, Section, to_text
from chartkeep.web.caller import Caller
from tests.fhir.http.conftest import Clinic
from tests.records import lab, post

Json = dict[str, Any]


def result(value: str = "5.50", **more: Any) -> bytes:
    text = (
        '{"resourceType":"Observation","status":"final","code":{"text":"glucose"},'
        f'"subject":{{"reference":"Patient/p"}},"valueQuantity":{{"value":{value}}}'
    )
    for name, said in more.items():
        text += f',"{name}":"{said}"'
    return (text + "}").encode()


def test_what_is_created_is_read_back_with_its_digits(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    made = aiko.post("/Observation", result("5.50"))
    assert made.status == 201
    assert made.headers["location"].endswith(f"/Observation/{made.body['id']}/_history/1")
    assert b'"value":5.50' in made.raw
    again = aiko.get(f"/Observation/{made.body['id']}")
    assert again.raw == made.raw


def test_the_same_idempotency_key_makes_one(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    one = aiko.post("/Observation", result(), idempotency_key="k1")
    two = aiko.post("/Observation", result(), idempotency_key="k1")
    other = aiko.post("/Observation", result(), idempotency_key="k2")
    assert one.headers["location"] == two.headers["location"] != other.headers["location"]
    changed = aiko.post("/Observation", result("6"), idempotency_key="k1")
    assert changed.status == 409


def test_a_client_may_choose_the_id(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    assert aiko.put("/Observation/mine", result(id="mine")).status == 201
    assert aiko.put("/Observation/mine", result("6", id="mine")).status == 200
    assert aiko.get("/Observation/mine").body["valueQuantity"]["value"] == 6


def test_an_id_of_the_house_is_updated_in_its_place(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    ident = aiko.post("/Observation", result()).body["id"]
    changed = aiko.put(f"/Observation/{ident}", result("7", id=ident))
    assert (changed.status, changed.body["meta"]["versionId"]) == (200, "2")
    assert aiko.get("/Observation?patient=p").body["total"] == 3


def test_a_stale_version_is_not_overwritten(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    assert aiko.put("/Observation/o1-p", result(id="o1-p"), if_match='W/"1"').status == 200
    stale = aiko.put("/Observation/o1-p", result("9", id="o1-p"), if_match='W/"1"')
    assert stale.status == 412
    assert aiko.put("/Observation/o1-p", result(id="o1-p"), if_none_match="*").status == 412


def test_a_patch_changes_only_what_it_names(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    made = aiko.post("/Observation", result("1.00"))
    url = f"/Observation/{made.body['id']}"
    patch = [{"op": "replace", "path": "/status", "value": "amended"}]
    got = aiko.ask("PATCH", url, patch, content_type="application/json-patch+json")
    assert (got.status, got.body["status"]) == (200, "amended")
    assert b'"value":1.00' in got.raw


@pytest.mark.attack
def test_a_patch_is_a_release_and_refused_as_one(clinic: Clinic) -> None:
    patch = [{"op": "replace", "path": "/status", "value": "amended"}]
    kind = "application/json-patch+json"
    got = clinic.web("aiko").ask("PATCH", "/Observation/o1-q", patch, content_type=kind)
    assert got.status == 403
    assert b"glucose" not in got.raw


def test_what_was_deleted_is_gone_and_has_a_history(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    assert aiko.ask("DELETE", "/Observation/o1-p").status == 204
    assert aiko.get("/Observation/o1-p").status == 410
    assert aiko.get("/Observation?patient=p").ids == ["Observation/o2-p"]
    history = aiko.get("/Observation/o1-p/_history").body["entry"]
    assert [each["request"]["method"] for each in history] == ["DELETE", "POST"]
    assert aiko.put("/Observation/o1-p", result(id="o1-p")).status == 200


@pytest.mark.attack
def test_nobody_deletes_in_a_chart_they_may_not_open(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    real, none = aiko.ask("DELETE", "/Observation/o1-q"), aiko.ask("DELETE", "/Observation/zz")
    assert (real.status, none.status) == (403, 403)
    assert real == none


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[]", 400),
        (b'{"resourceType":"Martian"}', 422),
        (b'{"resourceType":"Patient"}', 400),
        (b'{"resourceType":"Observation","status":"final"}', 422),
        (result(effectiveDateTime="2024-13-40"), 422),
        (result().replace(b"Patient/p", b"Patient/nobody"), 422),
        (result().replace(b"Patient/p", b"Location/x"), 422),
        (b"\xff\xfe", 400),
        (result().replace(b'"status":"final",', b""), 422),
    ],
)
def test_what_cannot_be_kept_is_named(clinic: Clinic, body: bytes, status: int) -> None:
    got = clinic.web("aiko").post("/Observation", body)
    assert (got.status, got.body["resourceType"]) == (status, "OperationOutcome")


def test_who_has_nothing_to_write_writes_nothing(clinic: Clinic) -> None:
    assert clinic.web("dewi").post("/Observation", result()).status == 403


def test_a_provenance_of_a_kept_result_goes_into_its_chart(clinic: Clinic) -> None:
    provenance = {
        "resourceType": "Provenance", "target": [{"reference": "Observation/o1-p"}],
        "recorded": "2026-11-22T08:00:00Z", "agent": [{"who": {"display": "Aiko"}}],
    }  # fmt: skip
    aiko = clinic.web("aiko")
    assert aiko.post("/Provenance", provenance).status == 201
    found = aiko.get("/Observation?patient=p&_revinclude=Provenance:target")
    assert any(ident.startswith("Provenance/") for ident in found.ids)


def test_the_same_put_again_makes_nothing(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    again = [aiko.put("/Observation/chosen", lab("chosen")["resource"]) for _ in range(2)]
    assert [got.status for got in again] == [201, 200]
    assert again[1].headers["etag"] == 'W/"1"'


def test_a_patient_a_feed_brought_has_one_face_after_a_put(clinic: Clinic) -> None:
    brought = clinic.house.send(post("Patient", "urn:uuid:f", name=[{"family": "Kato"}]))
    ident = to_text(brought.charts[0])
    body = {"resourceType": "Patient", "id": ident, "name": [{"family": "Nomura"}]}
    assert clinic.web("carla").put(f"/Patient/{ident}", body).status == 200
    found = clinic.web("aiko").get(f"/Patient?_id={ident}")
    assert [each["resource"]["name"] for each in found.entries] == [[{"family": "Nomura"}]]


@pytest.mark.attack
def test_no_patch_or_condition_asks_a_chart_without_a_note(clinic: Clinic) -> None:
    aiko, officer = clinic.web("aiko"), clinic.house.login("dewi")
    aiko.get("/Observation/o1-p")  # a line; what follows lies within its lease
    before = noted(clinic, officer)
    guess = [{"op": "test", "path": "/status", "value": "amended"}]
    assert aiko.ask("PATCH", "/Observation/o1-p", guess).status == 400
    condition = "patient=Patient/p&value-quantity=1"
    got = aiko.post("/Observation", lab("x")["resource"], if_none_exist=condition)
    assert got.headers["location"].endswith("/Observation/o1-p")
    assert noted(clinic, officer) - before == Counter(read=1, search=1, update=1)


def noted(clinic: Clinic, officer: bytes) -> Counter[str]:
    """Count what the journal tells the privacy officer."""
    clinic.door.journal.flush()
    look = Look(officer, frozenset({Section.JOURNAL}), Purpose.AUDIT)
    told = JournalPages(look, clinic.house.desk).notes(0, clinic.house.clock.at + 1)
    return Counter(each.note.interaction for each in told)


@pytest.mark.attack
def test_a_refused_write_is_in_the_journal(clinic: Clinic) -> None:
    aiko, officer = clinic.web("aiko"), clinic.house.login("dewi")
    before = noted(clinic, officer)
    assert aiko.put("/Observation/o1-p", result("9", id="o1-p"), if_none_match="*").status == 412
    assert noted(clinic, officer) - before == Counter(update=1)


@pytest.mark.attack
def test_what_a_batch_refuses_is_in_the_journal_and_a_refused_search_is_no_write(
    clinic: Clinic,
) -> None:
    aiko, officer = clinic.web("aiko"), clinic.house.login("dewi")
    before = noted(clinic, officer)
    bad = {"resource": {"resourceType": "Martian"}, "request": {"method": "POST", "url": "x"}}
    aiko.post("/", {"resourceType": "Bundle", "type": "batch", "entry": [bad]})
    aiko.post("/", {"resourceType": "Bundle", "type": "transaction", "entry": [bad]})
    form = "application/x-www-form-urlencoded"
    assert aiko.post("/Observation/_search", b"patient=q", content_type=form).status == 403
    assert noted(clinic, officer) - before == Counter(transaction=2)


@pytest.mark.attack
def test_a_key_of_one_caller_is_never_anothers(clinic: Clinic) -> None:
    def name(person: str, key: str) -> str:
        known = Known(b"", person, "nurse", [], 0, "")
        caller = Caller(b"", known, Purpose.TREATMENT, "", b"", frozenset())
        asked = Asked("POST", ("Observation",), [], {"idempotency-key": key}, b"", "")
        return new_name(caller, asked)

    assert name("a", "b c") != name("a b", "c")
    assert name("a", "b c") == name("a", "b c")

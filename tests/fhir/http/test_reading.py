"""read, vread, history: what is there, what is not, and what must not be told apart."""

import pytest

from chartkeep.keyholder import actions
from tests.fhir.http.conftest import Clinic
from tests.records import lab


def test_a_nurse_reads_a_result_of_her_ward(clinic: Clinic) -> None:
    got = clinic.web("aiko").get("/Observation/o1-p")
    assert (got.status, got.body["id"], got.body["valueQuantity"]["value"]) == (200, "o1-p", 1)
    assert (got.headers["etag"], got.body["meta"]["versionId"]) == ('W/"1"', "1")
    assert got.body["subject"] == {"reference": "Patient/p"}


def test_a_patient_is_shown_to_a_nurse_by_the_face(clinic: Clinic) -> None:
    got = clinic.web("aiko").get("/Patient/p")
    assert got.body["name"] == [{"family": "Tanaka", "given": ["Hana"]}]
    assert got.body["meta"]["tag"][0]["code"] == "SUBSETTED"


def test_nobody_without_a_session_reads(clinic: Clinic) -> None:
    nobody = clinic.web("aiko")
    nobody.token = b"made up" * 5
    got = nobody.get("/Observation/o1-p")
    assert (got.status, got.issue["code"]) == (401, "login")


@pytest.mark.attack
def test_another_wards_chart_and_one_that_is_not_there_are_refused_alike(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    theirs, nobodys = aiko.get("/Observation/o1-q"), aiko.get("/Observation/o1-z")
    assert theirs.status == 403
    assert theirs == nobodys


@pytest.mark.attack
def test_both_refusals_are_lines_of_one_kind(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    aiko.get("/Observation/o1-p")
    before = len(clinic.house.lines())
    for ident in ("q", "z"):
        aiko.get(f"/Observation/o1-{ident}")
        aiko.get(f"/Patient/{ident}/$everything")
    refusals = clinic.house.lines()[before:]
    assert [line.verb for line in refusals] == ["refuse"] * 4


def test_a_second_read_within_the_lease_is_no_line(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    aiko.get("/Observation/o1-p")
    before = len(clinic.house.lines())
    assert aiko.get("/Observation/o2-p").status == 200
    assert len(clinic.house.lines()) == before


def test_what_was_written_since_is_seen_at_once(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    aiko.get("/Observation/o1-p")
    clinic.house.send(lab("o1-p", value=7), source="fhir")
    got = aiko.get("/Observation/o1-p")
    assert (got.body["valueQuantity"]["value"], got.headers["etag"]) == (7, 'W/"2"')


def test_an_old_version_is_read_by_its_number(clinic: Clinic) -> None:
    clinic.house.send(lab("o1-p", value=7), source="fhir")
    aiko = clinic.web("aiko")
    assert aiko.get("/Observation/o1-p/_history/1").body["valueQuantity"]["value"] == 1
    history = aiko.get("/Observation/o1-p/_history").body
    assert [e["resource"]["meta"]["versionId"] for e in history["entry"]] == ["2", "1"]
    assert aiko.get("/Observation/o1-p/_history/9").status == 404


def test_the_same_version_is_not_sent_again(clinic: Clinic) -> None:
    assert clinic.web("aiko").get("/Observation/o1-p", if_none_match='W/"1"').status == 304


def test_a_leaver_reads_nothing_within_a_second(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    assert aiko.get("/Observation/o1-p").status == 200
    erik = clinic.house.login("erik")
    clinic.house.desk.keyholder.act(erik, actions.RemovePerson("aiko"))
    clinic.house.clock.at += 1_000
    assert aiko.get("/Observation/o1-p").status == 401


def test_xml_is_refused_in_json(clinic: Clinic) -> None:
    got = clinic.web("aiko").get("/Observation/o1-p", accept="application/fhir+xml")
    assert (got.status, got.body["resourceType"]) == (406, "OperationOutcome")

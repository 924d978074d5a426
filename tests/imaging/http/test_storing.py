"""STOW-RS: what is stored is there, what is not is told, and nobody stores who may not."""

from typing import Any

import orjson
import pytest

from chartkeep.inventor.dicom import Whose, xray
from tests.imaging.http.conftest import BASE, LINDA, OTTO, Clinic, Got, Web, path, where

STRANGER = Whose("9999", "MINATO", "Nobody^Here", "19700101")


def items(got: Got, tag: str) -> list[Any]:
    return list(got.body.get(tag, {}).get("Value", []))


def reasons(got: Got) -> list[int]:
    return [item["00081197"]["Value"][0] for item in items(got, "00081198")]


def test_instances_are_stored_and_named_with_their_addresses(aiko: Web) -> None:
    got = aiko.store(xray(LINDA, where(), 16), xray(LINDA, where(number=2), 16))
    assert got.status == 200
    stored = items(got, "00081199")
    assert [item["00081155"]["Value"][0] for item in stored] == [
        where().instance, where(number=2).instance,
    ]  # fmt: skip
    assert stored[0]["00081190"]["Value"] == [f"{BASE}{path(where())}"]
    assert got.body["00081190"]["Value"] == [f"{BASE}/studies/{where().study}"]


def test_sent_again_it_is_taken_once(aiko: Web) -> None:
    file = xray(LINDA, where(), 16)
    first, second = aiko.store(file), aiko.store(file)
    assert (first.status, first.body) == (second.status, second.body)
    assert aiko.get(f"/studies?StudyInstanceUID={where().study}").values("00201208") == [1]


def test_other_bytes_under_a_name_that_is_taken_are_refused(aiko: Web) -> None:
    aiko.store(xray(LINDA, where(), 16))
    got = aiko.store(xray(LINDA, where(), 18))
    assert got.status == 409
    assert reasons(got) == [0x0111]


def test_of_several_the_good_ones_are_stored(aiko: Web) -> None:
    got = aiko.store(b"no DICOM" * 100, xray(LINDA, where(), 16))
    assert got.status == 202
    assert len(items(got, "00081199")) == 1
    assert [item["00081197"]["Value"] for item in items(got, "0008119A")] == [[0xC000]]


def test_instances_of_another_study_than_the_address_are_refused(aiko: Web) -> None:
    got = aiko.store(xray(LINDA, where("b"), 16), study=where("a").study)
    assert got.status == 409
    assert aiko.store(xray(LINDA, where("a"), 16), study=where("a").study).status == 200


def test_what_nobody_can_place_waits_in_the_inbox(aiko: Web) -> None:
    got = aiko.store(xray(STRANGER, where(), 16))
    assert got.status == 202
    assert "wait" in got.headers["warning"]
    (item,) = items(got, "00081199")
    assert "00081190" not in item
    assert aiko.get(f"/studies?StudyInstanceUID={where().study}").status == 204


def test_one_file_needs_no_parts(aiko: Web) -> None:
    file = xray(LINDA, where(), 16)
    got = aiko.ask("POST", "/studies", [file[:100], file[100:]], content_type="application/dicom")
    assert got.status == 200


@pytest.mark.attack
def test_who_may_not_write_stores_nothing(clinic: Clinic) -> None:
    got = clinic.web("dewi").store(xray(LINDA, where(), 16))
    assert got.status == 403
    assert clinic.web("aiko").get(f"/studies?StudyInstanceUID={where().study}").status == 204


@pytest.mark.attack
@pytest.mark.parametrize("kind", ["text/html", "multipart/form-data; boundary=x", "", "??"])
def test_a_body_of_another_type_is_refused(aiko: Web, kind: str) -> None:
    got = aiko.ask("POST", "/studies", [b"x"], content_type=kind)
    assert got.status in (400, 415)
    assert "hint" in got.body or got.status == 400


@pytest.mark.attack
def test_a_body_that_breaks_off_leaves_what_came_before_whole(aiko: Web) -> None:
    first, second = xray(LINDA, where(), 16), xray(LINDA, where(number=2), 16)
    head = b"--x\r\nContent-Type: application/dicom\r\n\r\n"
    body = [head + first + b"\r\n" + head + second[:-100]]
    kind = 'multipart/related; type="application/dicom"; boundary=x'
    assert aiko.ask("POST", "/studies", body, content_type=kind).status == 400
    kept = aiko.get(path(where()), 'multipart/related; type="application/dicom"; transfer-syntax=*')
    assert [data for _, data in kept.parts] == [first]
    assert aiko.get(path(where(number=2))).status in (403, 404)


def test_a_study_of_two_patients_is_refused_for_neither(clinic: Clinic, aiko: Web) -> None:
    got = aiko.store(xray(LINDA, where("a"), 16), xray(OTTO, where("o"), 16))
    assert got.status == 200
    assert "00081190" not in got.body


def test_metadata_and_bulk_data_apart_become_a_file(aiko: Web) -> None:
    aiko.store(xray(LINDA, where(), 16))
    told = aiko.get(f"{path(where())}/metadata").body[0]
    pixels = aiko.get(told["7FE00010"]["BulkDataURI"], "application/octet-stream").raw
    told["00080018"]["Value"] = [where(number=7).instance]
    told["7FE00010"] = {"vr": "OW", "BulkDataURI": "pixels"}
    body = b"--x\r\nContent-Type: application/dicom+json\r\n\r\n" + orjson.dumps([told])
    body += b"\r\n--x\r\nContent-Type: application/octet-stream\r\nContent-Location: pixels\r\n\r\n"
    body += pixels + b"\r\n--x--"
    kind = 'multipart/related; type="application/dicom+json"; boundary=x'
    got = aiko.ask("POST", "/studies", [body], content_type=kind)
    assert got.status == 200, got.raw
    again = aiko.get(f"{path(where(number=7))}/frames/1")
    assert again.parts[0][1] == pixels

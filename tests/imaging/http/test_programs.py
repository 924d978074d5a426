"""A gateway that is registered as an interface: it may store, and find and fetch nothing."""

import pytest

from chartkeep.inventor.dicom import xray
from chartkeep.keyholder import actions
from tests.imaging.http.conftest import LINDA, Clinic, Web, path, where
from tests.sealing.assertions import pem, sign

URL = "https://minato.example/auth/token"


@pytest.fixture
def gateway(clinic: Clinic) -> Web:
    desk = clinic.house.desk.keyholder
    erik, fumi = clinic.house.login("erik"), clinic.house.login("fumi")
    added = actions.AddProgram("gateway", "interface", pem("ES384"), URL)
    desk.approve(fumi, desk.act(erik, added).proposal)
    until = clinic.house.now() // 1000 + 200
    said = {"iss": "gateway", "sub": "gateway", "aud": URL, "exp": until, "jti": "1"}
    session = clinic.door.house.keyholder.login_program(sign(said, "ES384"))
    return Web(clinic.dispatch, session.token)


@pytest.mark.attack
def test_an_interface_stores_and_finds_and_fetches_nothing(
    gateway: Web, xray_of_linda: bytes
) -> None:
    assert xray_of_linda
    assert gateway.store(xray(LINDA, where(number=2), 16)).status == 200
    for url in (
        "/studies?PatientID=4711",
        "/studies?PatientID=0000",
        f"/studies?StudyInstanceUID={where().study}",
        f"/studies/{where().study}/series",
        f"/studies/{where().study}/metadata",
        path(where()),
        f"{path(where())}/frames/1",
        f"{path(where())}/rendered",
    ):
        got = gateway.get(url)
        assert (got.status, got.body["message"]) == (403, "a interface opens nothing")

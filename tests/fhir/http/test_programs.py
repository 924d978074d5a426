"""A backend program at the token endpoint: it signs, and gets a session of five minutes."""

from urllib.parse import urlencode

import pytest

from chartkeep.fhir.http.asked import Asked
from chartkeep.fhir.http.tokens import JWT_BEARER, Tokens
from chartkeep.keyholder import actions
from chartkeep.model import to_text
from chartkeep.web.caller import read_token
from tests.fhir.http.conftest import BASE, Clinic, Got, Web, read
from tests.sealing.assertions import pem, sign

URL = "https://minato.example/auth/token"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def program(clinic: Clinic) -> Clinic:
    desk = clinic.house.desk.keyholder
    erik, fumi = clinic.house.login("erik"), clinic.house.login("fumi")
    added = actions.AddProgram("exporter", "backend program", pem("ES384"), URL)
    desk.approve(fumi, desk.act(erik, added).proposal)
    return clinic


def ask(clinic: Clinic, **form: str) -> Got:
    sent = {"content-type": FORM}
    body = urlencode({"grant_type": "client_credentials"} | form).encode()
    return read(Tokens(clinic.door).answer(Asked("POST", ("token",), [], sent, body, BASE)))


def assertion(clinic: Clinic, **claims: object) -> str:
    exp = clinic.house.now() // 1000 + 200
    said = {"iss": "exporter", "sub": "exporter", "aud": URL, "exp": exp, "jti": "1"}
    return sign(said | claims, "ES384")


def test_a_program_gets_a_session_and_opens_nothing_without_a_grant(program: Clinic) -> None:
    got = ask(program, client_assertion_type=JWT_BEARER, client_assertion=assertion(program))
    assert (got.status, got.body["token_type"], got.body["expires_in"]) == (200, "Bearer", 300)
    web = Web(program.dispatch, read_token(f"Bearer {got.body['access_token']}"))
    assert web.get("/Observation/o1-p").status == 403
    assert web.get("/Patient?family=tanaka").status == 403


@pytest.mark.attack
def test_an_assertion_used_twice_or_by_another_gets_none(program: Clinic) -> None:
    token = assertion(program)
    assert ask(program, client_assertion_type=JWT_BEARER, client_assertion=token).status == 200
    for bad in (token, assertion(program, aud="https://evil"), token[:-9] + "AAAAAAAAA", ""):
        got = ask(program, client_assertion_type=JWT_BEARER, client_assertion=bad)
        assert (got.status, got.body["error"]) == (401, "invalid_client")
    untyped = ask(program, client_assertion=assertion(program, jti="2"))
    assert (untyped.status, untyped.body["error"]) == (400, "invalid_request")


@pytest.mark.attack
def test_the_key_of_a_letter_page_is_worth_nothing_at_this_door(clinic: Clinic) -> None:
    desk = clinic.house.desk.keyholder
    added = actions.AddProgram("letters", "letter page", pem("ES384"), "")
    desk.approve(clinic.house.login("fumi"), desk.act(clinic.house.login("erik"), added).proposal)
    house = f"urn:uuid:{to_text(clinic.house.desk.facility)}"
    stolen = assertion(clinic, iss="letters", sub="letters", aud=house)
    got = ask(clinic, client_assertion_type=JWT_BEARER, client_assertion=stolen)
    assert (got.status, got.body["error"]) == (401, "invalid_client")
    assert "access_token" not in got.body
    assert clinic.house.verbs()[-1] == "logout"
    # Nor does a session it has at the desk's door count here: it is another instance's.
    signed = assertion(clinic, iss="letters", sub="letters", aud=house, jti="2")
    token = desk.login_program(signed).token
    assert Web(clinic.dispatch, token).get(f"/Patient/{clinic.mine[0]}").status == 401

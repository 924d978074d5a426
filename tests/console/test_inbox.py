"""The inbox's pages: a registrar sees what waits and why, and says whose it is; nobody else."""

import pytest

from chartkeep.clinical.claim import Claim, Number
from chartkeep.custody.clearing import inbox_look, list_inbox
from chartkeep.custody.inbox import Aside, State, put_aside
from chartkeep.custody.placing import Why
from chartkeep.model import EntryId, to_text
from tests.console.conftest import Clinic, Web
from tests.custody.road import Road

RAW = b"MSH|^~\\&|LAB\rPID|1||4711||<b>Tanaka</b>^Hana\rOBX|1|NM|glucose"
MESSAGE = "x-application/hl7-v2+er7"


def aside(clinic: Clinic, key: str = "MSG1", number: str = "4711") -> EntryId:
    claim = Claim((Number("urn:mrn", number),), ("<b>Tanaka</b> Hana",), "1956-08-03")
    return put_aside(
        Aside("fhir", "lab", key, Why.MISMATCH, claim, MESSAGE, RAW, "name differs"),
        clinic.house.engine,
    )


def registrar(clinic: Clinic, language: str = "en") -> Web:
    desk = clinic.desk._replace(refiles={"fhir": Road(clinic.house)})
    return clinic.web("hiro", language, desk)


def state(clinic: Clinic) -> State | None:
    token = clinic.house.login("hiro", "serve")
    return list_inbox(inbox_look(token), clinic.desk.house)[0].state


def test_a_registrars_day_begins_at_the_inbox(clinic: Clinic) -> None:
    assert registrar(clinic).get("/").headers["location"] == "/inbox"


def test_an_empty_inbox_says_so(clinic: Clinic) -> None:
    assert "Nothing waits." in registrar(clinic).get("/inbox").words


@pytest.mark.parametrize(
    ("language", "why"), [("en", "mismatch"), ("ja", "氏名・生年月日が不一致")]
)
def test_it_lists_what_waits_and_why_and_how_long(clinic: Clinic, language: str, why: str) -> None:
    aside(clinic)
    clinic.house.clock.move(hours=3)
    said = registrar(clinic, language).get("/inbox").words
    assert "Hana" in said
    assert "4711" in said
    assert why in said
    assert ("3 h" if language == "en" else "3時間") in said


def test_it_shows_what_came_as_it_came(clinic: Clinic) -> None:
    ident = aside(clinic)
    got = registrar(clinic).get(f"/inbox/{to_text(ident)}")
    assert "MSH|^~\\&|LAB\nPID" in got.text.replace("&amp;", "&")
    assert "<b>" not in got.text.partition("<pre")[2]
    assert "name differs" in got.words


def test_it_is_filed_to_the_patient_that_was_searched_and_chosen(clinic: Clinic) -> None:
    ident = aside(clinic)
    web = registrar(clinic)
    web.get(f"/inbox/{to_text(ident)}")
    found = web.post(f"/inbox/{to_text(ident)}/find", {"typed": "Suzuki"}, hx_request="true")
    assert to_text(clinic.other) in found.text
    done = web.post(f"/inbox/{to_text(ident)}/file", {"chart": to_text(clinic.other)})
    assert done.headers["location"] == "/inbox?said=filed"
    assert "Nothing waits." in web.get("/inbox").words
    assert "filed hiro" in web.get("/inbox?all=yes").words
    said = state(clinic)
    assert said is not None
    assert said.chart == to_text(clinic.other)


def test_a_patient_nobody_sent_is_made_only_when_it_is_meant(clinic: Clinic) -> None:
    ident = aside(clinic)
    web = registrar(clinic)
    web.get(f"/inbox/{to_text(ident)}")
    assert web.post(f"/inbox/{to_text(ident)}/new").status == 400
    web.post(f"/inbox/{to_text(ident)}/new", {"sure": "yes"})
    said = state(clinic)
    assert said is not None
    assert len(clinic.house.search(clinic.house.login("aiko"), identifier="urn:mrn|4711")) == 1


def test_nobody_is_made_over_who_carries_the_number(clinic: Clinic) -> None:
    ident = aside(clinic, number="mrn-7q")
    web = registrar(clinic)
    web.get(f"/inbox/{to_text(ident)}")
    assert web.post(f"/inbox/{to_text(ident)}/new", {"sure": "yes"}).status == 422
    assert state(clinic) is None


def test_a_dismissal_needs_a_reason(clinic: Clinic) -> None:
    ident = aside(clinic)
    web = registrar(clinic)
    web.get(f"/inbox/{to_text(ident)}")
    assert web.post(f"/inbox/{to_text(ident)}/dismiss", {"reason": "x"}).status == 400
    web.post(f"/inbox/{to_text(ident)}/dismiss", {"reason": "a test of the vendor"})
    assert "a test of the vendor" in web.get(f"/inbox/{to_text(ident)}").words


def test_a_door_that_is_not_open_here_is_said(clinic: Clinic) -> None:
    ident = aside(clinic)
    web = clinic.web("hiro")
    web.get(f"/inbox/{to_text(ident)}")
    done = web.post(f"/inbox/{to_text(ident)}/file", {"chart": to_text(clinic.other)})
    assert done.status == 400
    assert state(clinic) is None


@pytest.mark.attack
@pytest.mark.parametrize("person", ["aiko", "carla", "dewi", "erik"])
def test_nobody_else_sees_or_settles_anything(clinic: Clinic, person: str) -> None:
    ident = aside(clinic)
    web = clinic.web(person)
    web.get("/ward")
    for path in ("/inbox", f"/inbox/{to_text(ident)}"):
        got = web.get(path)
        assert got.status == 403
        assert "4711" not in got.text
    for act in ("find", "file", "new", "dismiss"):
        form = {"reason": "a good reason", "chart": to_text(clinic.other), "sure": "yes"}
        assert web.post(f"/inbox/{to_text(ident)}/{act}", form).status == 403
    assert state(clinic) is None


@pytest.mark.attack
def test_another_sites_form_settles_nothing(clinic: Clinic) -> None:
    ident = aside(clinic)
    web = registrar(clinic)
    for act in ("file", "new", "dismiss"):
        form = {"reason": "a good reason", "chart": to_text(clinic.other), "sure": "yes"}
        assert web.ask("POST", f"/inbox/{to_text(ident)}/{act}", form).status == 403
    assert state(clinic) is None

"""What a patient denies is in no answer, no total and no status over HTTP either."""

from typing import Any

import pytest

from chartkeep.model import Section
from tests.custody.test_consent import RESTRICTED, consent, only, to
from tests.fhir.http.conftest import Clinic, Got
from tests.records import lab


def deny(clinic: Clinic, *, about: str = "Patient/p", **provision: Any) -> None:
    assert clinic.house.send(consent(about=about, **provision), source="fhir").refusals == []


def said(got: Got) -> tuple[int, Any]:
    """What an intruder compares, but for the name he asked with."""
    return got.status, got.body.get("issue", got.body.get("total"))


@pytest.mark.attack
def test_a_chart_that_is_denied_answers_like_a_strangers(clinic: Clinic) -> None:
    aiko = clinic.web("aiko")
    deny(clinic, actor=to("aiko"), **{"class": only("clinical", "results", "restricted")})
    for mine, strange in (
        ("/Observation?patient=p", "/Observation?patient=q"),
        ("/Observation?patient=p&_summary=count", "/Observation?patient=q&_summary=count"),
        ("/Observation/o1-p", "/Observation/o1-q"),
        ("/Observation/o1-p/_history", "/Observation/o1-q/_history"),
        ("/Observation/o1-p/_history/1", "/Observation/o1-q/_history/1"),
        ("/AllergyIntolerance?patient=p", "/AllergyIntolerance?patient=q"),
    ):
        first, second = said(aiko.get(mine)), said(aiko.get(strange))
        assert first == second
        assert first[0] >= 400


@pytest.mark.attack
def test_no_total_counts_what_is_withheld(clinic: Clinic) -> None:
    clinic.house.send(lab("hiv", value=9, meta=RESTRICTED), source="fhir")
    aiko, extra = clinic.web("aiko"), {"chartkeep_sections": "restricted"}
    assert aiko.get("/Observation?patient=p", **extra).body["total"] == 3
    deny(clinic, **{"class": only("restricted")})
    found = aiko.get("/Observation?patient=p", **extra)
    assert (found.status, found.body["total"]) == (200, 2)
    assert b"hiv" not in found.raw
    assert said(aiko.get("/Observation/hiv", **extra)) == said(aiko.get("/Observation/hiv"))
    counted = aiko.get("/Observation?patient=p&_summary=count", **extra)
    assert counted.body["total"] == 2


@pytest.mark.attack
def test_a_patient_hidden_from_somebody_is_on_none_of_their_pages(clinic: Clinic) -> None:
    carla = clinic.web("carla")
    assert carla.get("/Patient?family=tanaka").body["total"] == 1
    deny(clinic, actor=to("carla"))
    gone, never = carla.get("/Patient?family=tanaka"), carla.get("/Patient?family=nobody")
    assert gone.body["total"] == never.body["total"] == 0
    assert gone.ids == never.ids == []
    assert clinic.web("dewi").get("/Patient?family=tanaka").body["total"] == 1


def test_broken_glass_shows_it_with_its_reason(clinic: Clinic) -> None:
    deny(clinic)
    aiko = clinic.web("aiko")
    assert aiko.get("/Observation/o1-p").status >= 400
    why = {"chartkeep_purpose": "BTG", "chartkeep_reason": "collapsed in the corridor"}
    assert aiko.get("/Observation/o1-p", **why).status == 200
    (waiting,) = clinic.house.desk.keyholder.reviews(clinic.house.login("dewi"))
    assert waiting.denied >> Section.RESULTS & 1


def test_a_consent_over_http_holds_before_its_answer_and_an_unclear_one_is_refused(
    clinic: Clinic,
) -> None:
    doctor = clinic.web("aiko")
    body = consent(actor=to("aiko"))["resource"]
    unclear = doctor.put("/Consent/c", body | {"provision": {"type": "deny", "code": [{}]}})
    assert unclear.status == 422
    assert doctor.put("/Consent/c", body).status == 201
    assert doctor.get("/Observation/o1-p").status == 403

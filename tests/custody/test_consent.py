"""Consent from the bundle to the release: it holds before anyone hears yes, and shows nowhere."""

from typing import Any

import pytest

from chartkeep.custody.charts import Charts
from chartkeep.custody.release import Look
from chartkeep.errors import NotAllowedError, UnavailableError
from chartkeep.model import ChartId, Purpose, Section
from tests.house import ALL, CARE, HouseRun, Meddling
from tests.records import lab, patient, put

RESTRICTED = {
    "security": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    ]
}
SECTION = "urn:chartkeep:section"


def consent(ident: str = "c", *, about: str = "Patient/p", **provision: Any) -> dict[str, Any]:
    """An entry that denies, to whom and what its keywords say."""
    return put(
        "Consent", ident, status="active",
        scope={"coding": [{"code": "patient-privacy"}]},
        category=[{"coding": [{"code": "59284-0"}]}],
        patient={"reference": about},
        policy=[{"uri": "http://example.org/policy"}],
        provision={"type": "deny"} | provision,
    )  # fmt: skip


def to(*names: str) -> list[dict[str, Any]]:
    return [{"role": {"text": "recipient"}, "reference": {"display": name}} for name in names]


def only(*sections: str) -> list[dict[str, str]]:
    return [{"system": SECTION, "code": section} for section in sections]


@pytest.fixture
def chart(house: HouseRun) -> bytes:
    sent = house.send(patient(), lab(), lab("hiv", meta=RESTRICTED))
    house.admit(sent.charts[-1])
    return sent.charts[-1]


def kinds(house: HouseRun, token: bytes, chart: bytes, **how: Any) -> list[str]:
    opened = house.open(token, chart, **how)
    assert opened.damaged == []
    return sorted(entry.header.kind for entry in opened.entries)


def test_a_consent_holds_as_soon_as_it_is_acknowledged(house: HouseRun, chart: bytes) -> None:
    aiko = house.login("aiko")
    assert "Observation" in kinds(house, aiko, chart)
    assert house.send(consent(actor=to("nurse"))).refusals == []
    with pytest.raises(NotAllowedError, match="no relation"):
        house.open(aiko, chart)


def test_what_is_denied_is_left_out_without_a_trace(house: HouseRun, chart: bytes) -> None:
    aiko, sections = house.login("aiko"), CARE | {Section.RESTRICTED}
    assert kinds(house, aiko, chart, sections=sections).count("Observation") == 2
    house.send(consent(**{"class": only("restricted")}))
    for history in (False, True):
        assert kinds(house, aiko, chart, sections=sections, history=history).count(
            "Observation"
        ) == 1  # fmt: skip
    opened = house.open(aiko, chart, sections)
    assert opened.withheld == 1 << Section.RESTRICTED


@pytest.mark.attack
def test_a_patient_hidden_from_somebody_is_in_none_of_their_lists(
    house: HouseRun, chart: bytes
) -> None:
    """No total and no page can tell of what is never released."""
    house.send(patient("q", "Tanaka", "Jiro"))
    carla, dewi = house.login("carla"), house.login("dewi")
    assert len(house.search(carla, name="tanaka")) == 2
    house.send(consent(actor=to("carla")))
    assert len(house.search(carla, name="tanaka")) == 1
    assert house.search(carla, name="hana") == []
    assert [face.chart for face in house.search(dewi, name="hana")] == [chart]


def test_broken_glass_opens_what_the_patient_hides(house: HouseRun, chart: bytes) -> None:
    house.send(consent())
    budi = house.login("budi")
    with pytest.raises(NotAllowedError):
        house.open(budi, chart)
    opened = house.open(budi, chart, CARE, purpose=Purpose.BREAK_GLASS)
    assert opened.withheld == 0
    assert len(opened.entries) > 1
    (waiting,) = house.desk.keyholder.reviews(house.login("dewi"))
    assert waiting.denied == sum(1 << section for section in CARE)


def test_what_cannot_be_enforced_is_refused_and_the_rest_is_taken(house: HouseRun) -> None:
    sent = house.send(patient(), consent(code=[{"text": "x"}]), lab())
    (refusal,) = sent.refusals
    assert (refusal.kind, refusal.element) == ("Consent", "Consent.provision.code")
    assert sent.new == 2


def test_a_patient_and_their_consent_come_in_one_bundle(house: HouseRun) -> None:
    sent = house.send(patient(), lab(), consent(actor=to("aiko")))
    house.admit(sent.charts[-1])
    with pytest.raises(NotAllowedError):
        house.open(house.login("aiko"), sent.charts[-1])


def test_a_consent_that_ends_waits_for_the_privacy_officer(house: HouseRun, chart: bytes) -> None:
    aiko, dewi = house.login("aiko"), house.login("dewi")
    house.send(consent(actor=to("aiko")))
    ended = consent()
    ended["resource"]["status"] = "inactive"
    assert house.send(ended).new == 1
    with pytest.raises(NotAllowedError):
        house.open(aiko, chart)
    (waiting,) = house.desk.keyholder.proposals(dewi)
    house.desk.keyholder.approve(dewi, waiting.proposal)
    assert house.open(aiko, chart).entries


@pytest.mark.attack
def test_no_consent_is_acknowledged_that_the_keyholder_does_not_hold(
    house: HouseRun, chart: bytes
) -> None:
    real = house.engine.keyholder

    def fail(*_: Any, **__: Any) -> None:
        raise UnavailableError("the wire broke")

    house.engine.keyholder = Meddling(real, set_consent=fail)  # type: ignore[assignment]
    with pytest.raises(UnavailableError):
        house.send(consent(actor=to("aiko")))
    house.engine.keyholder = real
    assert "Consent" not in kinds(house, house.login("dewi"), chart, sections=ALL & {Section.FACE})
    assert house.send(consent(actor=to("aiko"))).new == 1
    with pytest.raises(NotAllowedError):
        house.open(house.login("aiko"), chart)


def test_what_is_shown_does_not_depend_on_what_was_open_before(
    house: HouseRun, chart: bytes
) -> None:
    aiko, every = house.login("aiko"), CARE | {Section.RESTRICTED}
    house.send(consent(**{"class": only("restricted")}))
    charts = Charts(house.desk)
    for sections in (CARE, every, {Section.RESTRICTED} | CARE):
        look = Look(aiko, frozenset(sections), Purpose.TREATMENT)
        held = charts.look(ChartId(chart), look)
        kinds = [e.header.kind for section in held for e in section.entries.values()]
        assert kinds.count("Observation") == 1
    with pytest.raises(NotAllowedError):
        Charts(house.desk).look(
            ChartId(chart), Look(aiko, frozenset({Section.RESTRICTED}), Purpose.TREATMENT)
        )


def test_a_consent_ends_what_a_worker_has_open(house: HouseRun, chart: bytes) -> None:
    aiko, charts = house.login("aiko"), Charts(house.desk)
    look = Look(aiko, CARE, Purpose.TREATMENT)
    assert charts.look(ChartId(chart), look)
    house.send(consent(actor=to("aiko")))
    with pytest.raises(NotAllowedError):
        charts.look(ChartId(chart), look)


def test_a_tightening_holds_also_for_what_lies_open(house: HouseRun, chart: bytes) -> None:
    aiko = house.login("aiko")
    house.open(aiko, chart)
    house.send(consent(**{"class": only("results")}))
    assert "Observation" not in kinds(house, aiko, chart)

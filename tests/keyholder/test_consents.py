"""Consent: nothing opens what the patient denies but broken glass, and a writer loosens nothing."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from chartkeep.errors import ChartkeepError, NotAllowedError, OverBudgetError, RefusedError
from chartkeep.keyholder import actions, details
from chartkeep.keyholder.consents import Asker, denies, loosened, tell_consent
from chartkeep.keyholder.protocol import (
    Act,
    Approve,
    Census,
    ChartWraps,
    OpenKeys,
    Proposals,
    Reviews,
    SetConsent,
)
from chartkeep.keyholder.roles import mask
from chartkeep.model import CHART_SECTIONS, Consent, Provision, Purpose, Section
from tests.keyholder.desk import DAY, Desk

ALL = [s for s in Section if s <= Section.RESTRICTED]
ENTRY = b"e" * 16
RESTRICTED = mask(Section.RESTRICTED)
NOBODY = Consent(Provision(permit=False))
NOT_BUDI = Consent(Provision(permit=False, whom=("budi",)))
NOT_NURSES = Consent(Provision(permit=False, whom=("nurse",)))


def deny(*sections: Section, **conditions: Any) -> Consent:
    return Consent(Provision(permit=False, sections=mask(*sections), **conditions))


def put(desk: Desk, chart: ChartWraps, *consents: Consent, about: bytes = ENTRY) -> None:
    desk.ask(SetConsent(chart.chart, about, list(consents)), "engine")


def opened(desk: Desk, token: bytes, wanted: ChartWraps, purpose: str = "TREAT", **k: Any) -> Any:
    reason = "collapsed in the corridor" if purpose == "BTG" else ""
    asked = OpenKeys(token, purpose, reason, k.pop("grant", b""), [wanted])
    return desk.ask(asked, **k).charts[0]


def error_of(answer: Any) -> tuple[str, str, str]:
    return (answer.error, answer.message, answer.hint)


# What is denied.


def test_a_denial_holds_on_the_care_floor(desk: Desk) -> None:
    aiko, mine = desk.login("aiko"), desk.chart("3W", "1")
    put(desk, mine, NOBODY)
    assert desk.open(aiko, mine) == ["NotAllowedError"]


def test_a_denial_holds_under_a_grant(desk: Desk) -> None:
    carla, mine = desk.login("carla"), desk.chart("3W", "1")
    wanted = actions.Grant("carla", 5, mine.sections, desk.clock.at + DAY, "HRESCH")
    grant = desk.two(desk.login("dewi"), desk.login("gita"), wanted)
    put(desk, mine, deny(*ALL, purposes=("HRESCH",)))
    assert desk.open(carla, mine, purpose="HRESCH", grant=grant) == ["NotAllowedError"]
    assert desk.open(carla, desk.chart(), purpose="HRESCH", grant=grant) == [""]


def test_a_denial_of_a_person_or_role_leaves_the_others(desk: Desk) -> None:
    aiko, mine, other = desk.login("aiko"), desk.chart("3W", "1"), desk.chart("3W", "2")
    put(desk, mine, NOT_BUDI)
    put(desk, other, NOT_NURSES)
    assert desk.open(aiko, mine) == [""]
    assert desk.open(aiko, other) == ["NotAllowedError"]


def test_a_denial_for_a_purpose_leaves_the_others(desk: Desk) -> None:
    aiko, mine = desk.login("aiko"), desk.chart("3W", "1")
    put(desk, mine, deny(purposes=("HRESCH",)))
    assert desk.open(aiko, mine) == [""]
    assert desk.open(aiko, mine, purpose="HRESCH") == ["NotAllowedError"]


def test_a_denial_holds_in_its_period_only(desk: Desk) -> None:
    aiko, mine = desk.login("aiko"), desk.chart("3W", "1")
    put(desk, mine, deny(since=desk.clock.at + 1_000, until=desk.clock.at + 2_000))
    told = []
    for _ in range(3):
        told += desk.open(aiko, mine)
        desk.clock.move(seconds=1)
    assert told == ["", "NotAllowedError", ""]


def test_what_is_denied_stays_shut_and_the_rest_opens(desk: Desk) -> None:
    """Else a patient who hides one section would hide their medication from the ward."""
    aiko, mine = desk.login("aiko"), desk.chart("3W", "1", [*ALL[:1], Section.CLINICAL, ALL[-1]])
    put(desk, mine, deny(Section.RESTRICTED))
    answer = opened(desk, aiko, mine)
    assert answer.error == ""
    assert [bool(key) for key in answer.keys] == [True, True, False]
    assert answer.withheld == RESTRICTED
    released = next(line for line in reversed(desk.lines()) if line.verb == "release")
    assert released.sections == mine.sections & ~RESTRICTED
    assert details.unpack(released).denied == RESTRICTED


def test_a_permit_takes_back_its_own_denial_only(desk: Desk) -> None:
    aiko, mine = desk.login("aiko"), desk.chart("3W", "1")
    but_aiko = Consent(NOBODY.root, (Provision(permit=True, whom=("aiko",)),))
    put(desk, mine, but_aiko)
    assert desk.open(aiko, mine) == [""]
    put(desk, mine, NOT_NURSES, about=b"f" * 16)
    assert desk.open(aiko, mine) == ["NotAllowedError"]


@pytest.mark.attack
def test_a_permit_gives_no_more_than_role_relation_and_budget(desk: Desk) -> None:
    budi, carla, mine = desk.login("budi"), desk.login("carla"), desk.chart("3W", "1")
    put(desk, mine, Consent(Provision(permit=True, whom=("budi", "carla"))))
    assert desk.open(budi, mine) == ["NotAllowedError"]
    assert desk.open(carla, mine) == ["NotAllowedError"]


# Break-glass.


def test_broken_glass_passes_and_its_review_says_against_what(desk: Desk) -> None:
    aiko, mine = desk.login("aiko"), desk.chart("3W", "1")
    put(desk, mine, deny(Section.CLINICAL))
    assert desk.open(aiko, mine, purpose=Purpose.BREAK_GLASS) == [""]
    (waiting,) = desk.ask(Reviews(desk.login("dewi"))).waiting
    assert waiting.denied == mask(Section.CLINICAL)
    assert desk.told("release")[-1].denied == mask(Section.CLINICAL)


# What an intruder learns.


@pytest.mark.attack
def test_a_denial_sounds_like_a_missing_relation(desk: Desk) -> None:
    aiko = desk.login("aiko")
    hers, strange = desk.chart("3W", "1", [ALL[-1]]), desk.chart("5E", "1", [ALL[-1]])
    put(desk, hers, deny(Section.RESTRICTED))
    withheld, unrelated = opened(desk, aiko, hers), opened(desk, aiko, strange)
    assert error_of(withheld) == error_of(unrelated)
    assert withheld.withheld == unrelated.withheld == 0
    assert [told.error for told in desk.told("refuse")[-2:]] == ["WithheldError", "NotAllowedError"]


@pytest.mark.attack
def test_a_hidden_face_sounds_like_nobody(desk: Desk) -> None:
    """A list leaves out who is not there, so totals and empty pages tell nothing."""
    budi, mine = desk.login("budi"), desk.chart("3W", "1", [Section.FACE])
    put(desk, mine, NOT_BUDI)
    nobody = ChartWraps(b"n" * 16, mask(Section.FACE), [])
    assert error_of(opened(desk, budi, mine)) == error_of(opened(desk, budi, nobody))
    assert desk.told("refuse")[-2].error == "HiddenError"
    assert desk.open(desk.login("aiko"), mine) == [""]


@pytest.mark.attack
def test_a_census_leaves_out_whom_it_may_not_show(desk: Desk) -> None:
    aiko, mine, other = desk.login("aiko"), desk.chart("3W", "1"), desk.chart("3W", "2")
    put(desk, mine, Consent(Provision(permit=False, whom=("aiko",))))
    there = desk.ask(Census(aiko, "3W")).inpatients
    assert [each.chart for each in there] == [other.chart]


@pytest.mark.attack
def test_what_a_role_may_not_ask_is_refused_whatever_the_patient_says(desk: Desk) -> None:
    """Else asking too much would tell whether the patient denies it."""
    aiko = desk.login("aiko")
    asked = [desk.chart("3W", str(n), [Section.CLINICAL, Section.IDENTITY]) for n in range(2)]
    put(desk, asked[0], deny(Section.IDENTITY))
    first, second = (error_of(opened(desk, aiko, each)) for each in asked)
    assert first == second
    assert "does not open" in first[1]


# Who sets it.


@pytest.mark.attack
def test_a_stolen_writer_tightens_at_once_and_loosens_nothing(desk: Desk) -> None:
    aiko, mine = desk.login("aiko"), desk.chart("3W", "1")
    put(desk, mine, NOT_NURSES)
    for attempt in (
        (),
        (NOT_BUDI,),
        (Consent(NOT_NURSES.root, (Provision(permit=True, whom=("aiko",)),)),),
        (Consent(Provision(permit=True)),),
        (deny(until=desk.clock.at + 1, whom=("nurse",)),),
        (deny(Section.FACE, whom=("nurse",)),),
        (deny(purposes=("HRESCH",), whom=("nurse",)),),
    ):
        put(desk, mine, *attempt)
        assert desk.open(aiko, mine) == ["NotAllowedError"]
    put(desk, mine, NOBODY)
    carla = desk.login("carla")
    face = ChartWraps(mine.chart, mask(Section.FACE), mine.wraps[:1])
    assert desk.open(carla, face) == ["NotFoundError"]


def test_a_loosening_takes_the_yes_of_a_privacy_officer(desk: Desk) -> None:
    aiko, dewi, mine = desk.login("aiko"), desk.login("dewi"), desk.chart("3W", "1")
    put(desk, mine, NOBODY)
    put(desk, mine, NOT_BUDI)
    (waiting,) = desk.ask(Proposals(dewi)).waiting
    assert waiting.words.endswith("deny everything to budi")
    for other in (aiko, desk.login("erik")):
        with pytest.raises(NotAllowedError, match="role"):
            desk.ask(Approve(other, waiting.proposal))
    assert desk.open(aiko, mine) == ["NotAllowedError"]
    desk.ask(Approve(dewi, waiting.proposal))
    assert desk.open(aiko, mine) == [""]
    assert desk.open(desk.login("budi"), mine) == ["NotAllowedError"]


def test_a_withdrawn_consent_waits_a_month_and_is_asked_for_once(desk: Desk) -> None:
    mine = desk.chart("3W", "1")
    put(desk, mine, NOBODY)
    for _ in range(3):
        put(desk, mine)
    desk.clock.move(hours=24 * 29)
    dewi = desk.login("dewi")
    (waiting,) = desk.ask(Proposals(dewi)).waiting
    assert waiting.words.endswith("nothing is denied")
    desk.ask(Approve(dewi, waiting.proposal))
    assert desk.open(desk.login("aiko"), mine) == [""]


@pytest.mark.attack
def test_an_old_loosening_is_gone_when_the_patient_spoke_again(desk: Desk) -> None:
    dewi, mine = desk.login("dewi"), desk.chart("3W", "1")
    put(desk, mine, NOT_NURSES)
    put(desk, mine)
    (old,) = desk.ask(Proposals(dewi)).waiting
    put(desk, mine, NOBODY)
    assert desk.ask(Proposals(dewi)).waiting == []
    with pytest.raises(RefusedError, match="no such proposal"):
        desk.ask(Approve(dewi, old.proposal))
    assert desk.open(desk.login("aiko"), mine) == ["NotAllowedError"]


def test_two_people_can_undo_what_a_feed_said(desk: Desk) -> None:
    aiko, mine = desk.login("aiko"), desk.chart("3W", "1")
    put(desk, mine, NOBODY)
    undo = actions.LoosenConsent(mine.chart, ENTRY, [])
    desk.two(desk.login("dewi"), desk.login("gita"), undo)
    assert desk.open(aiko, mine) == [""]


def test_the_same_consent_again_is_no_line(desk: Desk) -> None:
    mine = desk.chart("3W", "1")
    put(desk, mine, NOT_BUDI)
    before = len(desk.lines())
    put(desk, mine, NOT_BUDI)
    assert len(desk.lines()) == before


def test_consents_and_what_waits_outlive_a_restart_however_old(desk: Desk) -> None:
    mine = desk.chart("3W", "1")
    put(desk, mine, NOT_NURSES)
    put(desk, mine, NOT_BUDI)
    desk.clock.move(hours=24 * 20)
    again = desk.restart()
    assert again.open(again.login("aiko"), mine) == ["NotAllowedError"]
    dewi = again.login("dewi")
    (waiting,) = again.ask(Proposals(dewi)).waiting
    again.ask(Approve(dewi, waiting.proposal))
    last = again.restart()
    assert last.open(last.login("aiko"), mine) == [""]
    last.stop()


def test_a_name_nobody_has_is_refused(desk: Desk) -> None:
    mine = desk.chart("3W", "1")
    with pytest.raises(RefusedError, match="actor"):
        put(desk, mine, deny(whom=("hana",)))


@pytest.mark.parametrize("name", ["nurse", "interface"])
def test_nobody_is_called_as_a_role(desk: Desk, name: str) -> None:
    with pytest.raises(RefusedError, match="called as a role"):
        desk.ask(Act(desk.login("erik"), actions.AddPerson(name, "clerk", [], "", "")))


@pytest.mark.parametrize("instance", ["desk", "second desk"])
def test_a_program_that_does_not_write_sets_no_consent(desk: Desk, instance: str) -> None:
    with pytest.raises(NotAllowedError, match="may not seal"):
        desk.ask(SetConsent(desk.chart().chart, ENTRY, [NOBODY]), instance)


@pytest.mark.attack
def test_a_stolen_writer_shuts_only_so_many_charts_an_hour(desk: Desk) -> None:
    mine = desk.chart("3W", "1")
    small = actions.SetLimit("instance", "", "consent", 3_600_000, 3)
    desk.two(desk.login("erik"), desk.login("fumi"), small)
    for n in range(3):
        put(desk, mine, NOBODY, about=bytes([n]) * 16)
    with pytest.raises(OverBudgetError, match="consents"):
        put(desk, mine, NOBODY, about=b"x" * 16)
    desk.clock.move(minutes=62)
    put(desk, mine, NOBODY, about=b"x" * 16)


def test_a_chart_nobody_made_has_no_consent(desk: Desk) -> None:
    for chart in (b"n" * 16, desk.keyholder.name.id):
        with pytest.raises(ChartkeepError):
            desk.ask(SetConsent(chart, ENTRY, [NOBODY]), "engine")


# The arithmetic.

RULES = st.builds(
    Provision,
    permit=st.booleans(),
    sections=st.sampled_from([0, mask(Section.FACE), RESTRICTED, RESTRICTED | mask(Section.FACE)]),
    whom=st.sampled_from([(), ("aiko",), ("nurse",), ("aiko", "clerk")]),
    purposes=st.sampled_from([(), ("TREAT",), ("TREAT", "HRESCH")]),
    since=st.sampled_from([0, 5]),
    until=st.sampled_from([0, 7, 9]),
)
CONSENTS = st.builds(Consent, RULES, st.lists(RULES, max_size=2).map(tuple))
ASKERS = [
    Asker(person, role, purpose, now)
    for person, role in (("aiko", "nurse"), ("budi", "nurse"), ("carla", "clerk"))
    for purpose in ("TREAT", "HRESCH", "HPAYMT")
    for now in (1, 6, 8, 10)
]


PERMIT_AIKO = Provision(permit=True, whom=("aiko",))
DENY_FACE = Provision(permit=False, sections=mask(Section.FACE))


@settings(max_examples=1_000)
@example(
    old=Consent(NOBODY.root, (PERMIT_AIKO, DENY_FACE)), new=Consent(NOBODY.root, (PERMIT_AIKO,))
)
@given(old=CONSENTS, new=CONSENTS)
def test_what_is_called_no_loosening_denies_all_it_denied(old: Consent, new: Consent) -> None:
    if not loosened((old,), (new,)):
        for asker in ASKERS:
            assert not denies(old, asker) & ~denies(new, asker)


@given(CONSENTS, st.sampled_from(ASKERS), st.sampled_from(sorted(CHART_SECTIONS)))
def test_sections_are_decided_as_if_one_by_one(
    consent: Consent, asker: Asker, section: Section
) -> None:
    def holds(rule: Provision) -> bool:
        return denies(Consent(replace(rule, permit=False)), asker) >> section & 1 == 1

    hit = [each.permit for each in consent.exceptions if holds(each)]
    expected = holds(consent.root) and (not all(hit) if hit else not consent.root.permit)
    assert denies(consent, asker) >> section & 1 == expected


@given(CONSENTS)
def test_every_consent_is_said_in_words_and_covers_itself(consent: Consent) -> None:
    assert tell_consent(consent).startswith(("permit", "deny"))
    assert loosened((consent,), (consent,)) == ()

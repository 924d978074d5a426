"""What one stolen session, one stolen source or one careless yes can do is bounded."""

import pytest

from chartkeep.errors import NotAllowedError, OverBudgetError
from chartkeep.keyholder import actions
from chartkeep.keyholder.budget import MOST_ADMISSIONS
from chartkeep.keyholder.details import Told, pack
from chartkeep.keyholder.protocol import Act, Proposals, ReadLabels
from chartkeep.ledger.line import Line
from tests import cast
from tests.keyholder.desk import Desk


def test_a_nurse_freezes_her_own_name_and_nobody_elses(desk: Desk) -> None:
    aiko = desk.login("aiko")
    for scope, who in (("site", ""), ("instance", "desk"), ("person", "budi")):
        with pytest.raises(NotAllowedError):
            desk.ask(Act(aiko, actions.Freeze(scope, who)))
    desk.ask(Act(aiko, actions.Freeze("person", "aiko")))
    assert desk.open(aiko, desk.chart("3W")) == ["FrozenError"]


def test_a_stolen_source_admits_no_more_into_a_ward_than_its_beds_turn_over(desk: Desk) -> None:
    for _ in range(MOST_ADMISSIONS):
        desk.chart("3W", "1")
    with pytest.raises(OverBudgetError, match="admissions"):
        desk.chart("3W", "1")
    desk.chart("5E", "1")
    desk.clock.move(hours=1.1)
    desk.chart("3W", "1")


def test_moving_beds_within_a_ward_is_no_admission(desk: Desk) -> None:
    chart = desk.chart("3W", "1").chart
    for bed in range(2 * MOST_ADMISSIONS):
        desk.ask(Act(b"", actions.Place(chart, "3W", str(bed + 1))), "engine")


def test_no_line_names_a_decoy_and_opening_it_still_freezes_after_a_start(desk: Desk) -> None:
    decoy = desk.chart("3W", "1")
    desk.ask(Act(b"", actions.MarkDecoy(decoy.chart)), "host")
    marking = [line for line in desk.lines() if line.instance == "host"]
    assert all(decoy.chart not in line.detail + line.chart for line in marking)
    again = desk.restart()
    assert again.open(again.login("aiko"), decoy) == [""]
    assert ("instance", "desk") in again.keyholder.standing.frozen
    again.stop()


def test_an_administrator_does_not_learn_who_is_a_patient(desk: Desk) -> None:
    with pytest.raises(NotAllowedError, match="search"):
        desk.ask(ReadLabels(desk.login("erik"), "TREAT", ["name:sato"]))


def test_an_unknown_patient_is_found_while_the_site_is_frozen_by_breaking_glass(desk: Desk) -> None:
    aiko = desk.login("aiko")
    desk.ask(Act(desk.login("dewi"), actions.Freeze("site", "")))
    assert desk.ask(ReadLabels(aiko, "BTG", ["name:sato"])).found
    assert desk.told("search")[0].kind == "break-glass"


def test_the_second_person_reads_what_they_approve_and_what_it_replaces(desk: Desk) -> None:
    action = actions.AddPerson("budi", "clinician", ["3W"], cast.SECRET, cast.totp_of("budi"))
    proposal = desk.ask(Act(desk.login("erik"), action)).proposal
    (waiting,) = desk.ask(Proposals(desk.login("fumi"))).waiting
    assert (waiting.proposal, waiting.person) == (proposal, "erik")
    assert "REPLACES budi, nurse" in waiting.words
    assert cast.SECRET not in waiting.words
    assert desk.ask(Proposals(desk.login("aiko"))).waiting == []


def test_acts_come_only_through_programs_for_them(desk: Desk) -> None:
    erik = desk.login("erik", "second desk")
    with pytest.raises(NotAllowedError, match="administer"):
        desk.ask(Act(erik, actions.RemovePerson("budi")), "second desk")


def test_a_worker_of_more_than_eight_hours_opens_nothing(desk: Desk) -> None:
    aiko, wanted = desk.login("aiko"), desk.chart("3W", "1")
    hello = Line(
        desk.clock.at, "hello", instance="desk", worker=b"desk".ljust(16), detail=pack(Told())
    )
    desk.keyholder.standing.apply(hello)
    desk.clock.move(hours=8)
    assert desk.open(aiko, wanted) == [""]
    desk.clock.move(minutes=1)
    with pytest.raises(NotAllowedError, match="8 hours"):
        desk.open(aiko, wanted)


def test_one_person_lets_no_more_than_twenty_leave_in_a_day(desk: Desk) -> None:
    erik = desk.login("erik")
    for number in range(20):
        desk.ask(Act(erik, actions.RemovePerson(f"nobody {number}")))
    with pytest.raises(OverBudgetError, match="leavers"):
        desk.ask(Act(erik, actions.RemovePerson("budi")))

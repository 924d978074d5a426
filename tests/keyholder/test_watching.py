"""Sessions and reviews: who sees and ends a log-in, and who answers for a break-glass."""

from typing import Any

import pytest

from chartkeep.errors import NotAllowedError, RefusedError
from chartkeep.keyholder import actions
from chartkeep.keyholder.protocol import Act, Reviews, Sessions, Status, Unreviewed
from chartkeep.keyholder.roles import mask
from chartkeep.model import Purpose, Section
from tests import cast
from tests.keyholder.desk import Desk

BTG = Purpose.BREAK_GLASS
WORDS = "was on call, the ward confirms it"


def live(desk: Desk, token: bytes) -> list[tuple[str, str]]:
    return [(each.person, each.instance) for each in desk.ask(Sessions(token)).sessions]


def waiting(desk: Desk, token: bytes) -> list[Unreviewed]:
    found: list[Unreviewed] = desk.ask(Reviews(token)).waiting
    return found


# Sessions.


def test_a_privacy_officer_sees_every_live_session_and_others_their_own(desk: Desk) -> None:
    first, _ = desk.login("aiko"), desk.login("aiko", "second desk")
    dewi = desk.login("dewi")
    assert live(desk, dewi) == [("aiko", "desk"), ("aiko", "second desk"), ("dewi", "desk")]
    assert live(desk, first) == [("aiko", "desk"), ("aiko", "second desk")]
    assert live(desk, desk.login("erik")) == [("erik", "desk")]


def test_a_list_of_sessions_says_what_is_frozen_and_gives_no_token(desk: Desk) -> None:
    aiko, dewi = desk.login("aiko"), desk.login("dewi")
    desk.ask(Act(aiko, actions.Freeze("person", "aiko")))
    listed = desk.ask(Sessions(dewi)).sessions
    assert [(each.person, each.frozen) for each in listed] == [("aiko", True), ("dewi", False)]
    fields = [getattr(each, name) for each in listed for name in each.__struct_fields__]
    assert aiko not in fields
    assert dewi not in fields


def test_sessions_end_by_themselves(desk: Desk) -> None:
    desk.login("aiko")
    desk.clock.move(hours=13)
    assert live(desk, desk.login("dewi")) == [("dewi", "desk")]


def ident_of(desk: Desk, token: bytes, person: str) -> bytes:
    listed = desk.ask(Sessions(token)).sessions
    return next(each.session for each in listed if each.person == person)


def test_people_end_their_own_sessions_and_the_privacy_officer_any(desk: Desk) -> None:
    inpatient = desk.chart("3W", "1")
    here, there, dewi = desk.login("aiko"), desk.login("aiko", "second desk"), desk.login("dewi")
    away = next(s for s in desk.ask(Sessions(here)).sessions if s.instance == "second desk")
    desk.ask(Act(here, actions.EndSession(away.session)))
    with pytest.raises(NotAllowedError, match="no such session"):
        desk.open(there, inpatient, instance="second desk")
    assert desk.open(here, inpatient) == [""]
    desk.ask(Act(dewi, actions.EndSession(ident_of(desk, dewi, "aiko"))))
    with pytest.raises(NotAllowedError, match="no such session"):
        desk.open(here, inpatient)


@pytest.mark.attack
@pytest.mark.parametrize("intruder", ["aiko", "carla", "erik"])
def test_nobody_else_ends_a_session_or_learns_whether_it_lives(desk: Desk, intruder: str) -> None:
    dewi, mine = desk.login("dewi"), desk.login(intruder)
    said = set()
    for ident in (ident_of(desk, dewi, "dewi"), b"n" * 16):
        with pytest.raises(NotAllowedError) as refused:
            desk.ask(Act(mine, actions.EndSession(ident)))
        said.add(str(refused.value))
    assert len(said) == 1
    assert ("dewi", "desk") in live(desk, dewi)


def test_an_ended_session_stays_ended_after_a_start(desk: Desk) -> None:
    aiko, dewi, inpatient = desk.login("aiko"), desk.login("dewi"), desk.chart("3W", "1")
    desk.ask(Act(dewi, actions.EndSession(ident_of(desk, dewi, "aiko"))))
    again = desk.restart()
    with pytest.raises(NotAllowedError, match="no such session"):
        again.open(aiko, inpatient)
    with pytest.raises(RefusedError, match="no such session is live"):
        again.ask(Act(dewi, actions.EndSession(b"n" * 16)))
    again.stop()


@pytest.mark.attack
def test_a_leaver_is_out_of_every_instance_at_once(desk: Desk) -> None:
    here, there, inpatient = desk.login("aiko"), desk.login("aiko", "second desk"), desk.chart()
    desk.ask(Act(desk.login("dewi"), actions.RemovePerson("aiko")))
    for token, instance in ((here, "desk"), (there, "second desk")):
        with pytest.raises(NotAllowedError, match="no such session"):
            desk.open(token, inpatient, instance=instance)
        with pytest.raises(NotAllowedError, match="no such session"):
            desk.ask(Sessions(token), instance)


# Reviews.


def test_each_break_glass_waits_until_a_privacy_officer_has_looked(desk: Desk) -> None:
    budi, dewi, stranger = desk.login("budi"), desk.login("dewi"), desk.chart("3W", "1")
    assert desk.open(budi, stranger, purpose=BTG) == [""]
    (one,) = waiting(desk, dewi)
    assert (one.person, one.chart, one.reason) == (
        "budi", stranger.chart, "collapsed in the corridor",
    )  # fmt: skip
    assert one.sections == mask(Section.FACE, Section.CLINICAL, Section.RESULTS)
    assert desk.lines()[one.line].verb == "release"
    line = desk.ask(Act(dewi, actions.Review(one.line, WORDS))).line
    assert waiting(desk, dewi) == []
    assert desk.lines()[line].person == "dewi"
    assert desk.told("act")[-1].action == actions.Review(one.line, WORDS)


def test_a_patient_asked_for_again_inside_one_lease_is_one_review(desk: Desk) -> None:
    budi, dewi = desk.login("budi"), desk.login("dewi")
    stranger, other = desk.chart("3W", "1"), desk.chart("3W", "2")
    for _ in range(3):
        desk.open(budi, stranger, purpose=BTG)
    desk.open(budi, other, purpose=BTG)
    assert [each.times for each in waiting(desk, dewi)] == [3, 1]
    desk.clock.move(minutes=6)
    desk.open(budi, stranger, purpose=BTG)
    assert [each.times for each in waiting(desk, dewi)] == [3, 1, 1]


@pytest.mark.attack
def test_who_breaks_the_glass_again_after_a_review_is_reviewed_again(desk: Desk) -> None:
    """Else one harmless reason, reviewed at once, would cover a lease that never ends."""
    budi, dewi, stranger = desk.login("budi"), desk.login("dewi"), desk.chart("3W", "1")
    desk.open(budi, stranger, purpose=BTG)
    desk.ask(Act(dewi, actions.Review(waiting(desk, dewi)[0].line, WORDS)))
    desk.open(budi, stranger, purpose=BTG)
    assert len(waiting(desk, dewi)) == 1


@pytest.mark.attack
def test_who_broke_the_glass_does_not_review_it(desk: Desk) -> None:
    erik, fumi = desk.login("erik"), desk.login("fumi")
    budi, stranger = desk.login("budi"), desk.chart("3W", "1")
    desk.open(budi, stranger, purpose=BTG)
    totp = cast.totp_of("budi")
    desk.two(erik, fumi, actions.AddPerson("budi", "privacy officer", [], cast.SECRET, totp))
    (one,) = waiting(desk, budi)
    with pytest.raises(NotAllowedError, match="themselves"):
        desk.ask(Act(budi, actions.Review(one.line, WORDS)))
    assert waiting(desk, desk.login("dewi")) == [one]


@pytest.mark.attack
@pytest.mark.parametrize("intruder", ["budi", "carla", "erik"])
def test_no_other_role_sees_or_ends_a_review(desk: Desk, intruder: str) -> None:
    desk.open(desk.login("budi"), desk.chart("3W", "1"), purpose=BTG)
    token, dewi = desk.login(intruder), desk.login("dewi")
    with pytest.raises(NotAllowedError, match="reviews nothing"):
        desk.ask(Reviews(token))
    with pytest.raises(NotAllowedError, match="role"):
        desk.ask(Act(token, actions.Review(waiting(desk, dewi)[0].line, WORDS)))
    assert len(waiting(desk, dewi)) == 1


@pytest.mark.parametrize("line", [0, 10_000])
def test_a_line_that_is_no_break_glass_is_not_reviewed(desk: Desk, line: int) -> None:
    with pytest.raises(RefusedError, match="no such break-glass"):
        desk.ask(Act(desk.login("dewi"), actions.Review(line, WORDS)))


def test_reviews_outlive_a_restart_however_old(desk: Desk) -> None:
    desk.open(desk.login("budi"), desk.chart("3W", "1"), purpose=BTG)
    before = waiting(desk, desk.login("dewi"))
    desk.clock.move(hours=24 * 40)
    again = desk.restart()
    assert waiting(again, again.login("dewi")) == before
    again.stop()


def test_status_says_how_many_wait_and_is_red_after_a_day(desk: Desk) -> None:
    def told() -> Any:
        return desk.ask(Status())

    assert (told().reviews, told().oldest_review) == (0, 0)
    desk.open(desk.login("budi"), desk.chart("3W", "1"), purpose=BTG)
    desk.clock.move(hours=24)
    assert (told().reviews, told().oldest_review) == (1, 24 * 3_600_000)
    assert not any("break-glass" in sentence for sentence in told().red)
    desk.clock.move(seconds=1)
    assert any("break-glass" in sentence for sentence in told().red)


def test_a_refused_break_glass_waits_for_nobody(desk: Desk) -> None:
    assert desk.open(desk.login("carla"), desk.chart(), purpose=BTG) == ["NotAllowedError"]
    assert waiting(desk, desk.login("dewi")) == []

"""Who a session is and who lies on its wards: true within the next ask, and never a line."""

import pytest

from chartkeep.errors import FrozenError, NotAllowedError
from chartkeep.keyholder import actions
from chartkeep.keyholder.protocol import Act, Census, Known, Logout, WhoIs
from tests.keyholder.desk import Desk


def known(desk: Desk, token: bytes, instance: str = "desk") -> Known:
    found: Known = desk.ask(WhoIs(token), instance)
    return found


def census(desk: Desk, token: bytes, ward: str, instance: str = "desk") -> list[tuple[bytes, str]]:
    found = desk.ask(Census(token, ward), instance).inpatients
    return [(one.chart, one.bed) for one in found]


def test_a_session_is_its_person_role_and_wards(desk: Desk) -> None:
    found = known(desk, desk.login("aiko"))
    session = next(iter(desk.keyholder.standing.sessions.values()))
    assert (found.session, found.expires) == (session.id, session.expires)
    assert (found.person, found.role, found.wards, found.frozen) == ("aiko", "nurse", ["3W"], "")


def test_asking_who_or_where_writes_no_line(desk: Desk) -> None:
    aiko, _ = desk.login("aiko"), desk.chart("3W", "1")
    before = desk.keyholder.book.size()
    known(desk, aiko)
    census(desk, aiko, "3W")
    assert desk.keyholder.book.size() == before


def test_a_leaver_is_unknown_at_the_next_ask(desk: Desk) -> None:
    aiko = desk.login("aiko")
    desk.ask(Act(desk.login("erik"), actions.RemovePerson("aiko")))
    with pytest.raises(NotAllowedError, match="no such session"):
        known(desk, aiko)
    with pytest.raises(NotAllowedError, match="no such session"):
        census(desk, aiko, "3W")


def test_an_ended_session_is_unknown(desk: Desk) -> None:
    left, late = desk.login("aiko"), desk.login("budi")
    desk.ask(Logout(left))
    desk.clock.move(hours=12)
    for token in (left, late, bytes(32)):
        with pytest.raises(NotAllowedError, match="no such session"):
            known(desk, token)


@pytest.mark.parametrize(
    ("scope", "who"), [("instance", "desk"), ("person", "aiko"), ("site", ""), ("session", "")]
)
def test_a_freeze_shows_at_the_next_ask(desk: Desk, scope: str, who: str) -> None:
    aiko, budi = desk.login("aiko"), desk.login("budi", "second desk")
    who = known(desk, aiko).session.hex() if scope == "session" else who
    desk.ask(Act(desk.login("dewi"), actions.Freeze(scope, who)))
    assert known(desk, aiko).frozen == scope
    assert known(desk, budi, "second desk").frozen == ("site" if scope == "site" else "")


def test_the_census_is_who_has_a_bed_there_now(desk: Desk) -> None:
    aiko = desk.login("aiko")
    two, one = desk.chart("3W", "2").chart, desk.chart("3W", "1").chart
    desk.chart("3W"), desk.chart("5E", "1"), desk.chart()
    assert census(desk, aiko, "3W") == [(one, "1"), (two, "2")]
    desk.ask(Act(b"", actions.Place(one, "5E", "2")), "engine")
    assert census(desk, aiko, "3W") == [(two, "2")]
    assert [chart for chart, _ in census(desk, desk.login("budi"), "5E")][1:] == [one]


def test_a_frozen_site_leaves_the_census_a_frozen_instance_does_not(desk: Desk) -> None:
    aiko, dewi = desk.login("aiko"), desk.login("dewi")
    desk.ask(Act(dewi, actions.Freeze("site", "")))
    assert census(desk, aiko, "3W") == []
    desk.ask(Act(dewi, actions.Freeze("instance", "desk")))
    with pytest.raises(FrozenError):
        census(desk, aiko, "3W")


@pytest.mark.attack
def test_an_intruder_learns_neither_another_ward_nor_another_hosts_session(desk: Desk) -> None:
    aiko, _ = desk.login("aiko"), desk.chart("5E", "1")
    for name, ward in (("aiko", "5E"), ("aiko", ""), ("carla", "5E"), ("dewi", "5E")):
        token = aiko if name == "aiko" else desk.login(name)
        with pytest.raises(NotAllowedError, match="no ward of yours"):
            census(desk, token, ward)
    with pytest.raises(NotAllowedError, match="another instance"):
        known(desk, aiko, "second desk")
    with pytest.raises(NotAllowedError, match="another instance"):
        census(desk, aiko, "3W", "second desk")
    with pytest.raises(NotAllowedError, match="may not open"):
        census(desk, aiko, "3W", "engine")

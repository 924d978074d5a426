"""What a grant lets is told to whom it was made, while it holds, and never past its number."""

import pytest

from chartkeep.errors import FrozenError, NotAllowedError
from chartkeep.keyholder import actions
from chartkeep.keyholder.protocol import Act, GrantTerms, ReadGrant
from tests.keyholder.desk import DAY, Desk


def grant(desk: Desk, charts: int, person: str = "carla") -> bytes:
    wanted = actions.Grant(person, charts, 2, desk.clock.at + DAY, "HRESCH")
    return desk.two(desk.login("dewi"), desk.login("gita"), wanted)


def terms(desk: Desk, who: bytes, ident: bytes, after: bytes = b"", limit: int = 10) -> GrantTerms:
    told: GrantTerms = desk.ask(ReadGrant(who, ident, after, limit))
    return told


def test_the_roll_comes_in_pages_and_ends_with_the_grants_number(desk: Desk) -> None:
    charts = sorted(desk.chart(sections=[1]).chart for _ in range(5))
    mine, carla = grant(desk, 4), desk.login("carla")
    first = terms(desk, carla, mine, limit=3)
    second = terms(desk, carla, mine, first.roll[-1])
    assert (first.roll, first.beyond) == (charts[:3], False)
    assert (second.roll, second.beyond) == (charts[3:4], True)
    assert (first.purpose, first.sections, first.charts, first.used) == ("HRESCH", 2, 4, 0)
    every = grant(desk, 9)
    assert (terms(desk, carla, every).roll, terms(desk, carla, every).beyond) == (charts, False)


def test_decoys_stand_in_the_roll_and_shredded_charts_do_not(desk: Desk) -> None:
    decoy = desk.chart(sections=[1]).chart
    desk.ask(Act(b"", actions.MarkDecoy(decoy)), "host")
    assert terms(desk, desk.login("carla"), grant(desk, 9)).roll == [decoy]


@pytest.mark.attack
def test_nobody_elses_grant_and_none_that_ended_tells_anything(desk: Desk) -> None:
    desk.chart(sections=[1])
    mine, aiko, carla = grant(desk, 9), desk.login("aiko"), desk.login("carla")
    for who, ident in ((aiko, mine), (carla, b"g" * 16), (carla, b"")):
        with pytest.raises(NotAllowedError, match="no such grant holds now"):
            terms(desk, who, ident)
    desk.ask(Act(carla, actions.Freeze("person", "carla")))
    with pytest.raises(FrozenError):
        terms(desk, carla, mine)
    desk.clock.move(hours=25)
    with pytest.raises(NotAllowedError, match="no such grant holds now"):
        terms(desk, desk.login("carla"), mine)


def test_a_chart_opened_again_under_its_grant_counts_once(desk: Desk) -> None:
    desk.two(desk.login("erik"), desk.login("fumi"), actions.SetLimit("person", "", "bulk", DAY, 1))
    mine, chart, carla = grant(desk, 2), desk.chart(sections=[1]), desk.login("carla")
    for _ in range(3):
        assert desk.open(carla, chart, purpose="HRESCH", grant=mine) == [""]
        desk.clock.move(minutes=6)
    other = desk.chart(sections=[1])
    assert desk.open(carla, other, purpose="HRESCH", grant=mine) == ["OverBudgetError"]

"""The safe: what lies in it opens under a grant of two people, by a line, and not otherwise."""

import pytest

from chartkeep.custody.deposit import deposit_own
from chartkeep.custody.draft import Draft
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.release import Look, release
from chartkeep.custody.safe import KIND, SOURCE, holds, name_of, put, safe_look, take
from chartkeep.errors import ConflictError, FrozenError, NotAllowedError, NotFoundError
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import ROLES, mask
from chartkeep.model import Purpose, Section
from tests.house import HouseRun
from tests.records import patient

SAFE = mask(Section.SAFE)
HOUR = 3_600_000


def granted(house: HouseRun, person: str = "carla", charts: int = 1, sections: int = SAFE) -> bytes:
    """Two privacy officers give a grant."""
    until = house.clock.at + HOUR
    wanted = actions.Grant(person, charts, sections, until, Purpose.AUDIT)
    proposal = house.desk.keyholder.act(house.login("dewi"), wanted).proposal
    house.desk.keyholder.approve(house.login("gita"), proposal)
    return proposal


def test_what_is_put_comes_out_under_a_grant_with_a_line_each_time(house: HouseRun) -> None:
    put("a", b"first", house.join("incident"))
    put("b", b"second", house.join("incident"))
    look = safe_look(house.login("carla"), granted(house), "said why")
    before = house.verbs().count("release")
    assert (take("a", look, house.desk), take("b", look, house.desk)) == (b"first", b"second")
    line = house.lines()[-1]
    assert house.verbs().count("release") == before + 2
    assert (line.chart, line.sections) == (house.desk.chart, SAFE)


def test_it_says_what_it_holds_and_takes_a_name_once(house: HouseRun) -> None:
    assert not holds("a", house.desk)
    put("a", b"first", house.join("incident"))
    assert holds("a", house.desk)
    with pytest.raises(ConflictError):
        put("a", b"other", house.engine)
    with pytest.raises(NotFoundError):
        take("c", safe_look(house.login("carla"), granted(house), ""), house.desk)


def test_it_is_none_of_the_charts_a_grant_counts(house: HouseRun) -> None:
    put("a", b"first", house.join("incident"))
    chart = house.send(patient("p", "Sato", "Linda")).charts[-1]
    grant = granted(house, sections=SAFE | mask(Section.IDENTITY))
    token = house.login("carla")
    for _ in range(2):
        assert take("a", safe_look(token, grant, ""), house.desk) == b"first"
        identity = Look(token, frozenset({Section.IDENTITY}), Purpose.AUDIT, "", grant)
        assert release(chart, identity, house.desk).entries


def test_an_auditor_opens_it_while_the_site_is_frozen(house: HouseRun) -> None:
    put("a", b"first", house.join("incident"))
    mine, clerks = granted(house, "dewi"), granted(house)
    house.desk.keyholder.act(house.login("dewi"), actions.Freeze("site", ""))
    assert take("a", safe_look(house.login("dewi"), mine, ""), house.desk) == b"first"
    with pytest.raises(FrozenError):
        take("a", safe_look(house.login("carla"), clerks, ""), house.desk)


@pytest.mark.attack
def test_nobody_opens_the_safe_without_two_people(house: HouseRun) -> None:
    put("a", b"first", house.join("incident"))
    grant = granted(house)
    with pytest.raises(NotAllowedError):
        safe_look(house.login("carla"), b"", "")
    assert not any(role.sections & SAFE for role in ROLES.values())
    other = granted(house, sections=mask(Section.RESTRICTED, Section.IDENTITY))
    for person, given in (("dewi", grant), ("carla", bytes(16)), ("carla", other)):
        with pytest.raises(NotAllowedError):
            take("a", safe_look(house.login(person), given, ""), house.desk)
    for purpose in (Purpose.TREATMENT, Purpose.BREAK_GLASS):
        look = Look(house.login("aiko"), frozenset({Section.SAFE}), purpose, "an emergency")
        with pytest.raises(NotAllowedError):
            release(house.desk.chart, look, house.desk)
    house.clock.move(seconds=3_601)
    with pytest.raises(NotAllowedError):
        take("a", safe_look(house.login("carla"), grant, ""), house.desk)


@pytest.mark.attack
def test_a_later_version_of_a_stolen_writer_is_never_given(house: HouseRun) -> None:
    put("a", b"first", house.join("incident"))
    ident, now = name_of("a"), house.now()
    forged = b"known to the thief"
    envelope, content = Envelope(SOURCE, "a"), house.engine.content(ident, forged)
    draft = Draft(ident, 2, KIND, Section.SAFE, envelope, forged, content, now)
    deposit_own(draft, house.engine)
    look = safe_look(house.login("carla"), granted(house), "")
    assert take("a", look, house.desk) == b"first"

"""The safe: what two people put there opens under a grant of two, by a line, and not otherwise."""

import pytest

from chartkeep.custody.deposit import deposit_own
from chartkeep.custody.draft import Draft
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.release import Look, release
from chartkeep.custody.safe import KIND, SOURCE, put, safe_look, take
from chartkeep.errors import FrozenError, NotAllowedError, NotFoundError, RefusedError
from chartkeep.incident.trace.at_desk import fresh_half
from chartkeep.keyholder import actions
from chartkeep.keyholder.protocol import ChartWraps, OpenKeys
from chartkeep.keyholder.roles import ROLES, mask
from chartkeep.model import EntryId, KeyId, Purpose, Section
from chartkeep.sealing.keys import fresh_id
from chartkeep.sealing.wrap import read_wrap
from chartkeep.store.protocol import Read
from tests.house import HouseRun
from tests.records import patient

SAFE = mask(Section.SAFE)
HOUR = 3_600_000


def both(house: HouseRun, wanted: actions.Actions) -> bytes:
    """Two privacy officers act; gives the proposal."""
    proposal = house.desk.keyholder.act(house.login("dewi"), wanted).proposal
    house.desk.keyholder.approve(house.login("gita"), proposal)
    return proposal


def granted(house: HouseRun, person: str = "carla", charts: int = 1, sections: int = SAFE) -> bytes:
    """Two privacy officers give a grant."""
    until = house.clock.at + HOUR
    return both(house, actions.Grant(person, charts, sections, until, Purpose.AUDIT))


def fill_safe(house: HouseRun, secret: bytes = b"") -> KeyId:
    """Two privacy officers put a secret into the safe, or half of an index's key."""
    writer = house.join("incident")
    key = put(secret, writer) if secret else fresh_half(writer)
    both(house, actions.SetSafe(key))
    return key


def open_wraps(house: HouseRun, grant: bytes) -> dict[KeyId, bytes]:
    """Ask for the key of whatever lies in the safe's section; gives what each was answered."""
    page = house.desk.store.page(Read(house.desk.chart, [Section.SAFE], [KIND], [], True, 0, 100))
    answers = {}
    for wrap in page.wraps:
        wanted = [ChartWraps(house.desk.chart, SAFE, [wrap])]
        asked = OpenKeys(house.login("carla"), Purpose.AUDIT, "", grant, wanted)
        (answer,) = house.desk.keyholder.open_keys(asked).charts
        answers[KeyId(read_wrap(wrap).key_id)] = b"".join(answer.keys)
    return answers


def test_what_two_people_put_there_comes_out_under_a_grant_with_a_line_each_time(
    house: HouseRun,
) -> None:
    key = fill_safe(house, b"first")
    look = safe_look(house.login("carla"), granted(house), "said why")
    before = house.verbs().count("release")
    assert [take(look, house.desk) for _ in range(2)] == [(key, b"first")] * 2
    line = house.lines()[-1]
    assert house.verbs().count("release") == before + 2
    assert (line.chart, line.sections) == (house.desk.chart, SAFE)


def test_what_nobody_agreed_to_is_not_there(house: HouseRun) -> None:
    put(b"first", house.join("incident"))
    look = safe_look(house.login("carla"), granted(house), "")
    with pytest.raises(NotFoundError) as caught:
        take(look, house.desk)
    assert caught.value.hint == "chartkeep incident rekey"


def test_the_second_person_reads_what_it_replaces(house: HouseRun) -> None:
    fill_safe(house, b"first")
    again = put(b"second", house.join("incident"))
    house.desk.keyholder.act(house.login("dewi"), actions.SetSafe(again))
    (waiting,) = house.desk.keyholder.proposals(house.login("gita"))
    assert again.hex() in waiting.words
    assert "REPLACES what lies there" in waiting.words


def test_it_is_none_of_the_charts_a_grant_counts(house: HouseRun) -> None:
    fill_safe(house, b"first")
    chart = house.send(patient("p", "Sato", "Linda")).charts[-1]
    grant = granted(house, sections=SAFE | mask(Section.IDENTITY))
    token = house.login("carla")
    for _ in range(2):
        assert take(safe_look(token, grant, ""), house.desk).secret == b"first"
        identity = Look(token, frozenset({Section.IDENTITY}), Purpose.AUDIT, "", grant)
        assert release(chart, identity, house.desk).entries


def test_an_auditor_opens_it_while_the_site_is_frozen(house: HouseRun) -> None:
    fill_safe(house, b"first")
    mine, clerks = granted(house, "dewi"), granted(house)
    house.desk.keyholder.act(house.login("dewi"), actions.Freeze("site", ""))
    assert take(safe_look(house.login("dewi"), mine, ""), house.desk).secret == b"first"
    with pytest.raises(FrozenError):
        take(safe_look(house.login("carla"), clerks, ""), house.desk)


@pytest.mark.attack
def test_nobody_opens_the_safe_without_two_people(house: HouseRun) -> None:
    fill_safe(house, b"first")
    grant = granted(house)
    with pytest.raises(NotAllowedError):
        safe_look(house.login("carla"), b"", "")
    assert not any(role.sections & SAFE for role in ROLES.values())
    other = granted(house, sections=mask(Section.RESTRICTED, Section.IDENTITY))
    for person, given in (("dewi", grant), ("carla", bytes(16)), ("carla", other)):
        with pytest.raises(NotAllowedError):
            take(safe_look(house.login(person), given, ""), house.desk)
    for purpose in (Purpose.TREATMENT, Purpose.BREAK_GLASS):
        look = Look(house.login("aiko"), frozenset({Section.SAFE}), purpose, "an emergency")
        with pytest.raises(NotAllowedError):
            release(house.desk.chart, look, house.desk)
    house.clock.move(seconds=3_601)
    with pytest.raises(NotAllowedError):
        take(safe_look(house.login("carla"), grant, ""), house.desk)


@pytest.mark.attack
def test_what_a_stolen_writer_put_there_first_or_last_is_never_opened(house: HouseRun) -> None:
    known = [put(b"known to the thief", house.engine)]
    key = fill_safe(house, b"ours")
    known.append(put(b"known to the thief too", house.join("incident")))
    ident, now = EntryId(fresh_id()), house.now()  # under a key that it has for other things
    draft = Draft(ident, 1, KIND, Section.SAFE, Envelope(SOURCE, ""), b"more", bytes(16), now)
    deposit_own(draft, house.engine)
    grant = granted(house)
    assert take(safe_look(house.login("carla"), grant, ""), house.desk) == (key, b"ours")
    answers = open_wraps(house, grant)
    assert answers.keys() > {key, *known}
    assert [each for each, keys in answers.items() if keys] == [key]


@pytest.mark.attack
def test_one_person_puts_nothing_into_the_safe(house: HouseRun) -> None:
    key = fill_safe(house, b"ours")
    other = put(b"mine", house.join("incident"))
    token = house.login("dewi")
    proposal = house.desk.keyholder.act(token, actions.SetSafe(other)).proposal
    with pytest.raises(RefusedError):
        house.desk.keyholder.approve(token, proposal)
    for person in ("carla", "erik"):
        with pytest.raises(NotAllowedError):
            house.desk.keyholder.approve(house.login(person), proposal)
    assert take(safe_look(house.login("carla"), granted(house), ""), house.desk).key == key


@pytest.mark.attack
def test_what_lay_there_before_opens_for_nobody_again(house: HouseRun) -> None:
    old = fill_safe(house, b"stolen")
    new = fill_safe(house, b"fresh")
    grant = granted(house)
    assert take(safe_look(house.login("carla"), grant, ""), house.desk) == (new, b"fresh")
    answers = open_wraps(house, grant)
    assert (answers[old], bool(answers[new])) == (b"", True)
    with pytest.raises(RefusedError, match="was in the safe before"):
        both(house, actions.SetSafe(old))

"""Backend programs: one assertion makes one session, and it opens what two people granted."""

from typing import Any

import pytest

from chartkeep.errors import ChartkeepError, NotAllowedError, OverBudgetError, RefusedError
from chartkeep.keyholder import actions
from chartkeep.keyholder.protocol import Act, Login, LoginProgram, Proposals, ReadLabels, Sessions
from chartkeep.model import Section, to_text
from tests import cast
from tests.keyholder.desk import CARE, DAY, Desk, Letter
from tests.sealing.assertions import pem, sign

URL = "https://minato.example/token"
HOUSE = f"urn:uuid:{to_text(cast.FACILITY.id)}"


def program(
    role: str = "backend program", algorithm: str = "EdDSA", name: str = "exporter"
) -> actions.AddProgram:
    return actions.AddProgram(name, role, pem(algorithm), URL)


def add(desk: Desk, **how: Any) -> None:
    desk.two(desk.login("erik"), desk.login("fumi"), program(**how))


def assertion(desk: Desk, algorithm: str = "EdDSA", **claims: Any) -> str:
    now = desk.clock.at // 1000
    said = {
        "iss": "exporter", "sub": "exporter", "aud": URL, "iat": now, "exp": now + 300, "jti": "1",
    }  # fmt: skip
    return sign(said | claims, algorithm)


def enter(desk: Desk, token: str, instance: str = "desk") -> bytes:
    session: bytes = desk.ask(LoginProgram(token), instance).token
    return session


@pytest.mark.parametrize("algorithm", ["ES384", "RS384", "EdDSA"])
@pytest.mark.parametrize("audience", [URL, HOUSE])
def test_a_program_enters_with_what_it_signed(desk: Desk, algorithm: str, audience: str) -> None:
    add(desk, algorithm=algorithm)
    token = enter(desk, assertion(desk, algorithm, aud=audience))
    (mine,) = desk.ask(Sessions(token)).sessions
    assert (mine.person, mine.role, mine.instance) == ("exporter", "backend program", "desk")
    assert mine.expires == desk.clock.at + 300_000


def test_its_session_ends_after_five_minutes_and_serves_one_instance(desk: Desk) -> None:
    add(desk)
    token = enter(desk, assertion(desk))
    with pytest.raises(NotAllowedError, match="another instance"):
        desk.ask(Sessions(token), "second desk")
    desk.clock.move(minutes=5)
    with pytest.raises(NotAllowedError, match="no such session"):
        desk.ask(Sessions(token))


@pytest.mark.attack
def test_an_assertion_is_used_once_also_in_one_turn_and_after_a_start(desk: Desk) -> None:
    add(desk)
    token = LoginProgram(assertion(desk))
    results = desk.send([Letter("desk", token), Letter("second desk", token)])
    assert [type(each).__name__ for each in results] == ["Session", "NotAllowedError"]
    again = desk.restart()
    with pytest.raises(NotAllowedError, match="used before"):
        again.ask(token)
    again.clock.move(minutes=5)
    with pytest.raises(NotAllowedError, match="does not hold now"):
        again.ask(token)
    again.stop()


@pytest.mark.attack
@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"aud": "https://evil.example/token"}, "somebody else"),
        ({"aud": "urn:uuid:0"}, "somebody else"),
        ({"exp": cast.START // 1000 + 10_000}, "does not hold"),
        ({"exp": cast.START // 1000 - 10}, "does not hold"),
        ({"iat": cast.START // 1000 + 10_000}, "does not hold"),
        ({"nbf": cast.START // 1000 + 10_000}, "does not hold"),
        ({"iss": "aiko", "sub": "aiko"}, "proves no program"),
        ({"iss": "nobody", "sub": "nobody"}, "proves no program"),
        ({"sub": "aiko"}, "proves no program"),
    ],
)
def test_an_assertion_for_another_place_or_time_opens_no_session(
    desk: Desk, claims: dict[str, Any], words: str
) -> None:
    add(desk)
    with pytest.raises(NotAllowedError, match=words):
        desk.ask(LoginProgram(assertion(desk, **claims)))


@pytest.mark.attack
def test_somebody_elses_key_opens_no_session(desk: Desk) -> None:
    add(desk, algorithm="ES384")
    for algorithm in ("RS384", "EdDSA", "ES256"):
        with pytest.raises(NotAllowedError, match="proves no program"):
            desk.ask(LoginProgram(assertion(desk, algorithm)))


@pytest.mark.attack
def test_a_guesser_has_a_budget(desk: Desk) -> None:
    add(desk)
    for n in range(20):
        with pytest.raises(NotAllowedError):
            desk.ask(LoginProgram(assertion(desk, "ES384", jti=str(n))))
    with pytest.raises(OverBudgetError):
        desk.ask(LoginProgram(assertion(desk)))
    assert enter(desk, assertion(desk), "second desk")


@pytest.mark.attack
def test_a_program_has_no_password(desk: Desk) -> None:
    add(desk)
    for password in ("", cast.PASSWORD):
        with pytest.raises(NotAllowedError, match="wrong"):
            desk.ask(Login("exporter", password, desk.clock.code("exporter")))


@pytest.mark.attack
def test_it_opens_nothing_without_a_grant_and_not_past_one(desk: Desk) -> None:
    add(desk)
    charts = [desk.chart("3W", str(n)) for n in range(3)]
    token = enter(desk, assertion(desk))
    for purpose in ("TREAT", "BTG", "HRESCH"):
        assert desk.open(token, charts[0], purpose=purpose) == ["NotAllowedError"]
    wanted = actions.Grant("exporter", 2, charts[0].sections, desk.clock.at + DAY, "HRESCH")
    grant = desk.two(desk.login("dewi"), desk.login("gita"), wanted)
    token = enter(desk, assertion(desk, jti="2"))
    told = desk.open(token, *charts, purpose="HRESCH", grant=grant)
    assert told == ["", "", "OverBudgetError"]


@pytest.mark.attack
def test_an_interface_opens_nothing_and_asks_exact_numbers_only(desk: Desk) -> None:
    add(desk, role="interface")
    token, mine = enter(desk, assertion(desk)), desk.chart("3W", "1", CARE)
    for purpose in ("TREAT", "BTG", "HRESCH"):
        assert desk.open(token, mine, purpose=purpose) == ["NotAllowedError"]
    for number in ("id:urn:mrn|1", "rid:Encounter:urn:visit|1"):
        assert desk.ask(ReadLabels(token, "TREAT", [number])).found[0].labels == []
    for words in (
        ["name:tan"],
        ["id:|1", "born:1956"],
        ["phone:0123"],
        ["at:Encounter:2026-11-22:Location/1"],
    ):
        with pytest.raises(NotAllowedError, match="does not search"):
            desk.ask(ReadLabels(token, "TREAT", words))
    with pytest.raises(NotAllowedError, match="does not search"):
        desk.ask(ReadLabels(exporter(desk), "TREAT", ["id:urn:mrn|1"]))


def exporter(desk: Desk) -> bytes:
    """Log a backend program in, beside an interface of another name."""
    add(desk, name="bulk")
    return enter(desk, assertion(desk, iss="bulk", sub="bulk", jti="9"))


def test_adding_a_program_takes_two_people_who_see_its_keys_fingerprint(desk: Desk) -> None:
    erik, fumi = desk.login("erik"), desk.login("fumi")
    proposal = desk.ask(Act(erik, program())).proposal
    assert proposal
    with pytest.raises(NotAllowedError, match="proves no program"):
        enter(desk, assertion(desk))
    (waiting,) = desk.ask(Proposals(fumi)).waiting
    assert "BEGIN" not in waiting.words
    assert "exporter" in waiting.words
    for name in ("aiko", "dewi"):
        with pytest.raises(NotAllowedError, match="role"):
            desk.ask(Act(desk.login(name), program()))


def test_a_program_that_leaves_is_out_at_once(desk: Desk) -> None:
    add(desk)
    token = enter(desk, assertion(desk))
    desk.ask(Act(desk.login("erik"), actions.RemovePerson("exporter")))
    with pytest.raises(NotAllowedError, match="no such session"):
        desk.ask(Sessions(token))
    again = desk.restart()
    with pytest.raises(NotAllowedError, match="proves no program"):
        enter(again, assertion(again, jti="2"))
    again.stop()


def test_a_new_key_ends_what_the_old_one_opened(desk: Desk) -> None:
    add(desk)
    token = enter(desk, assertion(desk))
    add(desk, algorithm="ES384")
    with pytest.raises(NotAllowedError, match="no such session"):
        desk.ask(Sessions(token))
    with pytest.raises(NotAllowedError, match="proves no program"):
        enter(desk, assertion(desk, jti="2"))
    assert enter(desk, assertion(desk, "ES384", jti="3"))


@pytest.mark.parametrize(
    "action",
    [
        program(role="nurse"),
        program(role="soup"),
        program(name="nurse"),
        program(algorithm="ES256"),
        actions.AddProgram("exporter", "interface", "no key", ""),
        actions.AddPerson("hana", "interface", [], cast.SECRET, cast.totp_of("hana")),
    ],
)
def test_no_program_is_a_person_nor_without_a_key(desk: Desk, action: actions.Actions) -> None:
    with pytest.raises(RefusedError):
        desk.ask(Act(desk.login("erik"), action))


def test_without_an_audience_of_its_own_it_signs_for_the_house(desk: Desk) -> None:
    unbound = actions.AddProgram("exporter", "backend program", pem("EdDSA"), "")
    desk.two(desk.login("erik"), desk.login("fumi"), unbound)
    for audience in (URL, ""):
        with pytest.raises(ChartkeepError):
            enter(desk, assertion(desk, aud=audience))
    assert enter(desk, assertion(desk, aud=HOUSE))


def test_no_section_of_a_chart_is_free_to_a_program(desk: Desk) -> None:
    add(desk)
    token = enter(desk, assertion(desk))
    assert desk.open(token, desk.chart("3W", "1", [Section.FACE])) == ["NotAllowedError"]

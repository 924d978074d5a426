"""People: acts take whom they take, a leaver is out, a code works once, secrets stay sealed."""

import argon2
import pytest

from chartkeep.errors import NotAllowedError, OverBudgetError, RefusedError
from chartkeep.keyholder import actions, details, proving
from chartkeep.keyholder.protocol import Act, Approve, Login, Logout, OpenLines, ReadLabels, WhoIs
from chartkeep.keyholder.roles import EVERYONE_STOPS, ROLES
from chartkeep.keyholder.standing import DAY
from tests import cast
from tests.keyholder.desk import Desk, Letter

CHART = b"c" * 16
LIMIT = actions.SetLimit("person", "", "chart", 3_600_000, 500)
TOTP = cast.totp_of("hana")
TWO = [
    actions.AddPerson("hana", "nurse", ["3W"], cast.SECRET, TOTP),
    actions.AddInstance("third desk", cast.key_of("third desk").public, ["open"]),
    actions.Place(CHART, "3W", "1"),
    actions.Relate("budi", CHART, cast.START + DAY),
    actions.Grant("carla", 5, 2, cast.START + DAY, "HRESCH"),
    LIMIT,
    actions.Unfreeze("site", ""),
    actions.Detach(),
]


def pair_for(action: actions.Actions) -> tuple[str, str]:
    """Two of the cast whose role carries an act."""
    administrators = isinstance(action, ROLES["administrator"].acts)
    return ("erik", "fumi") if administrators else ("dewi", "gita")


@pytest.mark.parametrize("action", TWO, ids=lambda a: type(a).__name__)
def test_an_act_that_loosens_takes_two_people(desk: Desk, action: actions.Actions) -> None:
    first, second = (desk.login(name) for name in pair_for(action))
    proposal = desk.ask(Act(first, action)).proposal
    assert proposal
    assert desk.told("act")[-1].action != action
    with pytest.raises(NotAllowedError, match="second person"):
        desk.ask(Approve(first, proposal))
    desk.ask(Approve(second, proposal))
    assert desk.told("act")[-1].second == pair_for(action)[0]


@pytest.mark.parametrize("action", TWO, ids=lambda a: type(a).__name__)
def test_nobody_else_proposes_or_approves_it(desk: Desk, action: actions.Actions) -> None:
    proposal = desk.ask(Act(desk.login(pair_for(action)[0]), action)).proposal
    for name in ("aiko", "carla"):
        token = desk.login(name)
        with pytest.raises(NotAllowedError, match="role"):
            desk.ask(Act(token, action))
        with pytest.raises(NotAllowedError, match="role"):
            desk.ask(Approve(token, proposal))


def test_every_act_is_carried_by_some_role_or_source() -> None:
    carried = {act for role in ROLES.values() for act in role.acts}
    everywhere = (
        carried
        | set(EVERYONE_STOPS)
        | {kind for kinds in actions.SOURCES.values() for kind in kinds}
    )
    assert everywhere >= set(actions.Actions.__args__)


def test_the_same_person_in_two_sessions_is_one_person(desk: Desk) -> None:
    proposal = desk.ask(Act(desk.login("erik"), LIMIT)).proposal
    with pytest.raises(NotAllowedError, match="second person"):
        desk.ask(Approve(desk.login("erik", "second desk"), proposal), "second desk")


def test_a_proposal_is_carried_out_once(desk: Desk) -> None:
    erik, fumi = desk.login("erik"), desk.login("fumi")
    proposal = desk.two(erik, fumi, LIMIT)
    with pytest.raises(RefusedError, match="no such proposal"):
        desk.ask(Approve(fumi, proposal))


def test_a_proposal_ends_after_a_day(desk: Desk) -> None:
    proposal = desk.ask(Act(desk.login("erik"), LIMIT)).proposal
    desk.clock.move(hours=24)
    with pytest.raises(RefusedError, match="no such proposal"):
        desk.ask(Approve(desk.login("fumi"), proposal))


def test_a_leavers_proposal_does_not_make_him_stay(desk: Desk) -> None:
    dewi, gita = desk.login("dewi"), desk.login("gita")
    desk.ask(Act(gita, actions.RemovePerson("dewi")))
    with pytest.raises(NotAllowedError, match="no such session"):
        desk.ask(Act(dewi, actions.Freeze("site", "")))


@pytest.mark.attack
def test_what_a_leaver_proposed_nobody_approves(desk: Desk) -> None:
    proposal = desk.ask(Act(desk.login("dewi"), LIMIT)).proposal
    desk.ask(Act(desk.login("erik"), actions.RemovePerson("dewi")))
    with pytest.raises(RefusedError, match="no such proposal"):
        desk.ask(Approve(desk.login("fumi"), proposal))


@pytest.mark.attack
@pytest.mark.parametrize("scope", ["person", "session", "instance"])
def test_what_is_frozen_neither_proposes_nor_approves(desk: Desk, scope: str) -> None:
    dewi, gita = desk.login("dewi"), desk.login("gita")
    grant = actions.Grant("carla", 5, 2, cast.START + DAY, "HRESCH")
    hers, others = (desk.ask(Act(token, grant)).proposal for token in (dewi, gita))
    who = {"person": "dewi", "session": desk.ask(WhoIs(dewi)).session.hex(), "instance": "desk"}
    desk.ask(Act(gita, actions.Freeze(scope, who[scope])))
    for asked in (Act(dewi, grant), Approve(dewi, others)):
        with pytest.raises(NotAllowedError, match=f"this {scope} is frozen"):
            desk.ask(asked)
    if scope == "person":
        with pytest.raises(NotAllowedError, match="who proposed this is frozen"):
            desk.ask(Approve(gita, hers))
    desk.two(gita, dewi, actions.Unfreeze(scope, who[scope]))
    desk.ask(Approve(dewi, others))


def test_frozen_people_still_end_the_wait_without_which_nothing_is_unfrozen(desk: Desk) -> None:
    dewi, gita = desk.login("dewi"), desk.login("gita")
    for scope, who in (("instance", "desk"), ("person", "dewi")):
        desk.ask(Act(gita, actions.Freeze(scope, who)))
    desk.two(dewi, gita, actions.Detach())


def test_a_leaver_is_out_at_once_and_stays_out_after_a_start(desk: Desk) -> None:
    aiko, inpatient = desk.login("aiko"), desk.chart("3W", "1")
    desk.ask(Act(desk.login("erik"), actions.RemovePerson("aiko")))
    with pytest.raises(NotAllowedError, match="no such session"):
        desk.open(aiko, inpatient)
    again = desk.restart()
    with pytest.raises(NotAllowedError, match="no such session"):
        again.open(aiko, inpatient)
    with pytest.raises(NotAllowedError, match="wrong"):
        again.login("aiko")
    again.stop()


def test_one_rogue_administrator_cannot_leave_nobody_to_add_people(desk: Desk) -> None:
    with pytest.raises(RefusedError, match="two administrators"):
        desk.ask(Act(desk.login("erik"), actions.RemovePerson("fumi")))


def test_failed_log_ins_have_a_budget_and_lock_nobody_out_elsewhere(desk: Desk) -> None:
    code = desk.clock.code("aiko")
    for _ in range(20):
        with pytest.raises(NotAllowedError):
            desk.ask(Login("aiko", "guess", code))
    with pytest.raises(OverBudgetError):
        desk.ask(Login("aiko", cast.PASSWORD, code))
    assert desk.login("aiko", "second desk")
    desk.clock.move(minutes=62)
    assert desk.login("aiko")


def test_a_code_works_once_even_in_one_turn(desk: Desk) -> None:
    request = Login("aiko", cast.PASSWORD, desk.clock.code("aiko"))
    first, second = desk.send([Letter("desk", request), Letter("second desk", request)])
    assert (type(first).__name__, type(second).__name__) == ("Session", "NotAllowedError")


def test_no_code_older_than_one_used_is_taken(desk: Desk) -> None:
    early = desk.clock.code("aiko")
    desk.login("aiko")
    with pytest.raises(NotAllowedError, match="wrong"):
        desk.ask(Login("aiko", cast.PASSWORD, early))


@pytest.mark.parametrize("off", [-90, -60, 60, 90])
def test_a_code_of_another_minute_is_wrong(desk: Desk, off: int) -> None:
    code = desk.clock.code("aiko")
    desk.clock.move(minutes=5)
    desk.clock.move(seconds=off)
    with pytest.raises(NotAllowedError, match="wrong"):
        desk.ask(Login("aiko", cast.PASSWORD, code))


def test_a_session_ends_after_twelve_hours(desk: Desk) -> None:
    aiko, inpatient = desk.login("aiko"), desk.chart("3W", "1")
    desk.clock.move(hours=11.9)
    assert desk.open(aiko, inpatient) == [""]
    desk.clock.move(hours=0.2)
    with pytest.raises(NotAllowedError, match="no such session"):
        desk.open(aiko, inpatient)


def test_logging_out_ends_a_session_and_only_that_one(desk: Desk) -> None:
    first, second, inpatient = desk.login("aiko"), desk.login("aiko"), desk.chart("3W", "1")
    desk.ask(Logout(first))
    with pytest.raises(NotAllowedError, match="no such session"):
        desk.open(first, inpatient)
    assert desk.open(second, inpatient) == [""]


def test_a_stranger_costs_the_same_work_and_hears_the_same_words(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    verify = proving._hasher.verify

    class Hasher:
        def verify(self, hash: str, password: str) -> bool:  # noqa: A002 - argon2's name
            hashed.append(hash)
            return verify(hash, password)

    monkeypatch.setattr(proving, "_hasher", Hasher())
    words = set()
    for name in ("aiko", "nobody at all"):
        with pytest.raises(NotAllowedError) as refused:
            desk.ask(Login(name, "guess", "000000"))
        words.add((str(refused.value), refused.value.hint))
    assert len(hashed) == 2
    assert len(words) == 1
    assert argon2.extract_parameters(proving._NOBODY) == argon2.profiles.RFC_9106_LOW_MEMORY


@pytest.mark.parametrize(
    ("secret", "totp"),
    [("no hash", TOTP), ("$argon2id$v=19$m=8", TOTP), (cast.SECRET, ""), (cast.SECRET, "ABCD2345"),
     (cast.SECRET, "this is no base32 at all, sir")],
)  # fmt: skip
def test_it_refuses_means_nobody_or_anybody_could_log_in_with(
    desk: Desk, secret: str, totp: str
) -> None:
    with pytest.raises(RefusedError):
        desk.ask(Act(desk.login("erik"), actions.AddPerson("hana", "nurse", [], secret, totp)))


@pytest.mark.parametrize(
    "action",
    [
        actions.AddPerson("hana", "surgeon", [], cast.SECRET, TOTP),
        actions.AddInstance("x", b"k" * 32, ["everything"]),
        actions.SetLimit("galaxy", "", "chart", 1, 1),
        actions.SetLimit("site", "", "soup", 1, 1),
        actions.Freeze("ward", "3W"),
        actions.Grant("carla", 5, 2, cast.START + 31 * DAY, "HRESCH"),
        actions.StopShred(CHART),
    ],
    ids=lambda a: type(a).__name__,
)
def test_it_refuses_acts_that_name_nothing(desk: Desk, action: actions.Actions) -> None:
    token = desk.login("dewi" if isinstance(action, actions.Grant) else "erik")
    with pytest.raises(RefusedError):
        desk.ask(Act(token, action))


def test_acts_without_a_session_are_for_their_sources_only(desk: Desk) -> None:
    for instance, action in (
        ("desk", actions.Place(CHART, "3W", "1")),
        ("engine", actions.MarkDecoy(CHART)),
        ("host", LIMIT),
        ("host", actions.Unfreeze("site", "")),
    ):
        with pytest.raises(NotAllowedError):
            desk.ask(Act(b"", action), instance)


# What is secret stays sealed.


def test_no_secret_of_a_person_is_in_the_ledger_or_in_memory_of_what_stands(desk: Desk) -> None:
    action = actions.AddPerson("hana", "nurse", [], cast.SECRET, TOTP)
    desk.two(desk.login("erik"), desk.login("fumi"), action)
    token = desk.login("hana")
    told = repr(desk.lines()) + repr(desk.keyholder.standing)
    details_too = b"".join(line.detail for line in desk.lines())
    for secret in (cast.SECRET, "$argon2", TOTP, cast.totp_of("aiko"), cast.PASSWORD):
        assert secret not in told
        assert secret.encode() not in details_too
    assert token not in details_too


def test_no_repr_and_no_error_shows_a_secret(desk: Desk) -> None:
    request = Login("aiko", "the password she typed", desk.clock.code("aiko"))
    add = actions.AddPerson("hana", "nurse", [], cast.SECRET, TOTP)
    token = desk.login("erik")
    with pytest.raises(NotAllowedError) as refused:
        desk.ask(request)
    shown = [repr(request), repr(Act(token, add)), repr(add), repr(refused.value)]
    assert not any(s in "".join(shown) for s in (request.password, request.code, cast.SECRET, TOTP))
    assert repr(token) not in "".join(shown)


def test_a_refused_log_in_leaves_no_password_in_the_ledger(desk: Desk) -> None:
    with pytest.raises(NotAllowedError):
        desk.ask(Login("aiko", "the password she typed", "123456"))
    (refused,) = desk.told("refuse")
    assert refused == details.Refused("Login", "NotAllowedError", refused.message)
    assert b"typed" not in b"".join(line.detail for line in desk.lines())


def test_only_auditors_get_the_keys_of_lines(desk: Desk) -> None:
    with pytest.raises(NotAllowedError, match="ledger"):
        desk.ask(OpenLines(desk.login("erik"), 0, cast.START))
    assert desk.ask(OpenLines(desk.login("dewi"), 0, desk.clock.at)).keys


def test_a_refused_search_names_who_asked(desk: Desk) -> None:
    token = desk.login("erik")
    with pytest.raises(NotAllowedError):
        desk.ask(ReadLabels(token, "TREAT", ["family|a"]))
    line = desk.lines()[-1]
    assert (line.verb, line.person, line.instance) == ("refuse", "erik", "desk")
    assert details.unpack(line).role == "administrator"

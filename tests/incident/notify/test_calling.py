"""The call desk: first who calls, then what to tell; whoever guesses learns nothing."""

from typing import Any

import pytest

from chartkeep.clinical.face import Identifier, Name, Person
from chartkeep.custody.merging import merge
from chartkeep.errors import NotAllowedError, NotFoundError, OverBudgetError, UnavailableError
from chartkeep.incident.notify.calling import CallDesk, NotConfirmedError
from chartkeep.incident.notify.code import fresh_code
from chartkeep.incident.notify.confirming import Claim, agrees
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.patience import ABOUT_ONE, BY_AGENT, IN_ALL
from chartkeep.incident.notify.register import Called, Outcome, Register, open_register
from chartkeep.keyholder.roles import mask
from chartkeep.model import Section
from tests.house import Meddling
from tests.incident.notify.conftest import HOME, OCCASION, Office, spoken

PHONE = [{"system": "phone", "value": "+81 90-1234-5678"}]
HANA = Claim("田中 花子", "1956-08-03")
ANN = Claim("Ann Miller", "1970-01-01")


@pytest.fixture
def called(office: Office) -> Office:
    """Hana and Ann have letters; Budi is a patient and not concerned."""
    office.admit("hana", "田中", "花子", telecom=PHONE)
    office.admit(
        "ann", "Miller", "Ann", birthDate="1970-01-01", communication=[spoken("en")],
        identifier=[{"system": "urn:mrn", "value": "A-1234"}],
    )  # fmt: skip
    office.make()
    office.admit("budi", "Santoso", "Budi", telecom=PHONE, birthDate="1980-02-02")
    return office


def desk_of(office: Office, register: Register | None = None) -> CallDesk:
    return CallDesk(register or office.register(), OCCASION, office.house.desk, b"k" * 32)


def code_of(office: Office, name: str) -> str:
    return office.register().by_chart[office.charts[name]]


def said(telling: Any) -> str:
    return " ".join(each.text for each in telling.paragraphs)


def outcomes(office: Office) -> list[Outcome]:
    return [each.what.outcome for each in office.register().calls if isinstance(each.what, Called)]


def test_who_has_the_letter_and_is_the_person_is_told_in_their_language(called: Office) -> None:
    token = called.house.login("carla")
    telling = desk_of(called).by_code(code_of(called, "ann").lower(), ANN, token)
    assert telling.language == "en"
    assert telling.state is State.MADE
    assert "laboratory results" in said(telling)
    assert "In November 2026 somebody broke in" in said(telling)
    telling = desk_of(called).by_code(code_of(called, "ann"), ANN, token, "ja")
    assert "検査結果" in said(telling)


def test_what_is_told_is_what_the_letter_says_with_whom_to_call_and_which_text_is_authoritative(
    called: Office,
) -> None:
    token, code = called.house.login("carla"), code_of(called, "ann")
    english = said(desk_of(called).by_code(code, ANN, token))
    assert "+81 120 000 000, every day from 8 to 20" in english
    assert "we are sorry" in english
    assert "The Japanese version is the authoritative one" in english
    assert "翻訳" not in said(desk_of(called).by_code(code, ANN, token, "ja"))


def test_who_calls_for_a_child_or_a_dead_person_hears_their_name_and_nothing_of_treatment_to_come(
    called: Office,
) -> None:
    kin = {"relationship": [{"coding": [{"code": "MTH"}]}], "name": {"text": "May"},
           "address": HOME}  # fmt: skip
    english = [spoken("en")]
    called.admit("tim", "Miller", "Tim", birthDate="2020-01-01", communication=english)
    called.admit("abe", "Abe", "Jo", deceasedBoolean=True, contact=[kin], communication=english)
    called.make("tim", "abe")
    token, desk = called.house.login("carla"), desk_of(called)
    child = said(desk.by_code(code_of(called, "tim"), Claim("Tim Miller", "2020-01-01"), token))
    dead = said(desk.by_code(code_of(called, "abe"), Claim("Jo Abe", "1956-08-03"), token))
    assert "data about Tim Miller came into hands" in child
    assert "Which data of Jo Abe" in dead
    assert "being treated" in child
    assert "being treated" not in dead


def test_each_call_is_a_line_of_both_ledgers(called: Office) -> None:
    token = called.house.login("carla")
    desk_of(called).by_code(code_of(called, "hana"), HANA, token)
    [line] = called.register().calls
    told = line.what
    assert isinstance(told, Called)
    assert (told.agent, told.outcome) == ("carla", Outcome.TOLD)
    released = [one for one in called.house.lines() if one.session.hex() == told.session][-1]
    assert (released.verb, released.chart) == ("release", called.charts["hana"])
    assert released.sections == mask(Section.FACE)


def test_who_lost_the_letter_says_a_number_or_a_phone_on_file(called: Office) -> None:
    token = called.house.login("carla")
    by_phone = Claim("たなか はなこ", "1956-08-03", phone="090 1234 5678")
    with pytest.raises(NotConfirmedError):  # the chart has the name in kanji alone
        desk_of(called).by_identity(by_phone, token)
    by_phone = Claim("花子 田中", "1956-08-03", phone="090 1234 5678")
    with pytest.raises(NotConfirmedError):  # kanji keep their order
        desk_of(called).by_identity(by_phone, token)
    by_phone = Claim("田中花子", "1956-08-03", phone="090 1234 5678")
    assert "検査結果" in said(desk_of(called).by_identity(by_phone, token))
    by_number = Claim("MILLER ANN", "1970-01-01", number="a1234")
    assert "laboratory" in said(desk_of(called).by_identity(by_number, token))


def test_a_person_whose_charts_were_merged_is_told_of_both(called: Office) -> None:
    old = called.admit("twin", "Miller", "Ann", birthDate="1970-01-01", identifier=[
        {"system": "urn:mrn", "value": "OLD-77"},
    ])  # fmt: skip
    called.make("twin")
    keeper = called.admit("whole", "Miller-Smith", "Ann", birthDate="1970-01-01", telecom=PHONE)
    merge(keeper, old, called.house.engine)
    token = called.house.login("carla")
    claim = Claim("Ann Miller-Smith", "1970-01-01", phone="09012345678")
    telling = desk_of(called).by_identity(claim, token, "en")
    assert "laboratory results" in said(telling)


def test_a_case_there_is_none_of_has_no_register(called: Office) -> None:
    for name in ("20260101-aaaaaa", "../cases", ""):
        with pytest.raises(NotFoundError):
            open_register(called.desk, name, "carla", called.house.now)


def test_who_is_not_concerned_is_told_so_once_it_is_clear_who_they_are(called: Office) -> None:
    token = called.house.login("carla")
    budi = Claim("Budi Santoso", "1980-02-02", phone="09012345678")
    telling = desk_of(called).by_identity(budi, token, "en")
    assert said(telling) == "As far as we know on 15 January 2027, no data about you is concerned."
    assert outcomes(called) == [Outcome.NOT_CONCERNED]


@pytest.mark.parametrize(
    "claim",
    [
        Claim("Ann", "1970-01-01", number="A-1234"),
        Claim("Miller", "1970-01-01", number="A-1234"),
        Claim("Ann Mille", "1970-01-01", number="A-1234"),
        Claim("Ann Miller", "1970-01", number="A-1234"),
        Claim("Ann Miller", "1970-01-02", number="A-1234"),
        Claim("Ann Miller", "1970-01-01", number="1234"),
        Claim("Ann Miller", "1970-01-01", phone="090-9999-5678"),
        Claim("", "1970-01-01", number="A-1234"),
        Claim("Ann Miller", "", number="A-1234"),
        Claim("Ann Miller", "1970-01-01", number="A-1234", phone="0"),
        Claim("Ann Miller", "1970-01-01"),
    ],
)
@pytest.mark.attack
def test_a_part_or_a_near_miss_confirms_nobody(claim: Claim) -> None:
    name, number = Name("Miller", ("Ann",)), Identifier("A-1234")
    person = Person((name,), birth_date="1970-01-01", identifiers=(number,))
    assert agrees(Claim("ann MILLER", "1970-01-01", "a 1234"), person, None, third=True)
    assert not agrees(claim, person, {"telecom": PHONE}, third=True)


@pytest.mark.attack
def test_a_stolen_code_and_another_name_sound_like_a_code_there_is_none_of(called: Office) -> None:
    token = called.house.login("carla")
    sounds = set()
    for code in (code_of(called, "ann"), fresh_code(), "AAAA", "x" * 100_000):
        with pytest.raises(NotConfirmedError) as refused:
            desk_of(called).by_code(code, HANA, token)
        sounds.add((str(refused.value), refused.value.hint))
    assert len(sounds) == 1
    assert outcomes(called) == [Outcome.NOT_CONFIRMED] * 4


def test_the_household_with_a_discreet_letter_is_told_nothing_without_a_number(
    office: Office,
) -> None:
    office.admit("hana", "田中", "花子", telecom=PHONE)
    office.make(sections=mask(Section.RESTRICTED))
    token, code = office.house.login("carla"), code_of(office, "hana")
    with pytest.raises(NotConfirmedError):
        desk_of(office).by_code(code, HANA, token)
    whole = Claim("田中 花子", "1956-08-03", phone="09012345678")
    assert desk_of(office).by_code(code, whole, token).paragraphs


@pytest.mark.attack
def test_guessing_at_one_letter_ends_and_the_right_answer_then_sounds_wrong(called: Office) -> None:
    token, code = called.house.login("carla"), code_of(called, "ann")
    desk = desk_of(called)
    for day in range(1, ABOUT_ONE + 1):
        with pytest.raises(NotConfirmedError):
            desk.by_code(code, Claim("Ann Miller", f"1970-01-{day + 10}"), token)
    before = len(called.house.lines())
    with pytest.raises(NotConfirmedError):
        desk_of(called).by_code(code, ANN, token)  # after a restart too
    assert len(called.house.lines()) == before  # nothing was opened
    assert outcomes(called)[-1] is Outcome.SILENT
    called.house.clock.move(hours=25)
    fresh = called.house.join("desk")  # a worker lives a day at most
    desk = CallDesk(called.register(), OCCASION, fresh, b"k" * 32)
    assert desk.by_code(code, ANN, called.house.login("carla")).paragraphs


def test_a_role_that_opens_no_identities_answers_no_calls(called: Office) -> None:
    for person in ("aiko", "dewi", "erik"):
        with pytest.raises(NotAllowedError) as refused:
            desk_of(called).by_code(code_of(called, "ann"), ANN, called.house.login(person))
        assert "role" in str(refused.value)


@pytest.mark.attack
def test_trying_codes_or_names_ends_for_one_agent_and_then_for_all(called: Office) -> None:
    token = called.house.login("carla")
    desk = desk_of(called)
    for at in range(BY_AGENT):
        nobody = Claim(f"Nobody {at}", "1970-01-01", number="A-1234")
        with pytest.raises(NotConfirmedError):
            _ = (
                desk.by_identity(nobody, token)
                if at % 2
                else desk.by_code(fresh_code(), ANN, token)
            )
    with pytest.raises(OverBudgetError):
        desk.by_code(code_of(called, "ann"), ANN, token)
    with pytest.raises(OverBudgetError):
        desk_of(called).by_identity(ANN, token)
    assert len(outcomes(called)) == BY_AGENT
    assert BY_AGENT < IN_ALL


@pytest.mark.attack
def test_nothing_is_said_when_the_call_cannot_be_written_down(called: Office) -> None:
    token = called.house.login("carla")
    desk = desk_of(called)
    (called.desk.root / "letters" / called.case.id / "book").unlink()
    with pytest.raises(UnavailableError):
        desk.by_code(code_of_open(desk, called), ANN, token)


def code_of_open(desk: CallDesk, office: Office) -> str:
    return desk._register.by_chart[office.charts["ann"]]


def test_an_ended_session_tells_nobody_anything(called: Office) -> None:
    token = called.house.login("carla")
    called.house.desk.keyholder.logout(token)
    with pytest.raises(NotAllowedError) as refused:
        desk_of(called).by_code(code_of(called, "ann"), ANN, token)
    assert not isinstance(refused.value, NotConfirmedError)
    assert outcomes(called) == []


@pytest.mark.attack
def test_two_people_of_one_name_and_birth_date_are_never_taken_for_each_other(
    called: Office,
) -> None:
    called.admit("ann2", "Miller", "Ann", birthDate="1970-01-01", identifier=[
        {"system": "urn:mrn", "value": "B-9999"},
    ])  # fmt: skip
    token = called.house.login("carla")
    other = Claim("Ann Miller", "1970-01-01", number="B-9999")
    assert desk_of(called).by_identity(other, token).state is None
    with pytest.raises(NotConfirmedError):
        desk_of(called).by_code(code_of(called, "ann"), other, token)


def test_what_a_claim_says_is_in_no_line_and_no_repr(called: Office) -> None:
    token = called.house.login("carla")
    with pytest.raises(NotConfirmedError):
        desk_of(called).by_identity(Claim("Zzyzx Qwerty", "1970-01-01", number="77777"), token)
    raw = b"".join(p.read_bytes() for p in called.desk.root.rglob("*") if p.is_file())
    assert b"Zzyzx" not in raw
    assert "Zzyzx" not in repr(Claim("Zzyzx", "1970-01-01"))
    assert "Zzyzx" not in repr(called.register().calls)


def test_a_person_of_unknown_face_is_confirmed_by_nothing() -> None:
    assert not agrees(Claim("", ""), Person(), None, third=False)
    assert not agrees(HANA, Person(), None, third=False)


def test_the_house_away_is_not_a_miss(called: Office) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise UnavailableError("the store does not answer")

    token, desk = called.house.login("carla"), desk_of(called)
    called.house.desk.store = Meddling(called.house.desk.store, page=away)  # type: ignore[assignment]
    with pytest.raises(UnavailableError):
        desk.by_code(code_of(called, "ann"), ANN, token)
    assert outcomes(called) == []

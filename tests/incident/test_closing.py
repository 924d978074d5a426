"""A case is closed by two people with nothing open they did not see, and anything reopens it."""

from pathlib import Path

import pytest

from chartkeep.custody import lines
from chartkeep.errors import BadInputError, NotAllowedError, RefusedError
from chartkeep.incident.case.bag import export_bag
from chartkeep.incident.case.case import Case, new_case
from chartkeep.incident.case.contents import Wish
from chartkeep.incident.case.events import (
    Agreed,
    Aware,
    Clock,
    Closed,
    Estimate,
    Finding,
    Group,
    Known,
    Note,
    Task,
)
from chartkeep.incident.closing import agree_to, close, closing, say_closing, still_open
from chartkeep.incident.desk import Desk
from chartkeep.incident.duties.rule import Fact, read_rules
from chartkeep.incident.estimate.joining import of_post
from chartkeep.incident.notify.affected import Affected, Sure
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.recipient import To
from chartkeep.incident.notify.register import Row, open_register
from chartkeep.model import ChartId
from chartkeep.sealing.kek import Cost
from tests.house import HouseRun, house

__all__ = ["house"]
WHY = "all were told"


@pytest.fixture
def case(house: HouseRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    """Begin a case in Japan whose every duty is met."""
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    key_file = tmp_path / "stick.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    named, log = ("Minato", "ab" * 16), house.releases_key.text()
    desk = Desk.found(tmp_path / "office", named, key_file, Cost(1, 8, 1), log)
    made = new_case(desk, "The theft", "dewi", house.now, ["JP"])
    made.add(Aware("the police", house.now()))
    for rule in read_rules():
        for duty in rule.duty if rule.jurisdiction == "JP" else ():
            made.add(Clock(f"{rule.rule} {duty.key}", duty.to[0], None, house.now()))
    return made


def both(case: Case, house: HouseRun, number: int) -> object:
    for person in ("dewi", "gita"):
        people = agree_to(case, number, house.desk, house.login(person), house.now())
    return people


def closed(case: Case, house: HouseRun) -> int:
    number = close(case, WHY, house.now())
    assert both(case, house, number) == ("dewi", "gita")
    return number


def test_two_people_close_a_case_and_whatever_comes_next_reopens_it(
    case: Case, house: HouseRun, tmp_path: Path
) -> None:
    assert say_closing(case, house.now()) == ""
    closed(case, house)
    assert "closed by dewi and gita, 20" in say_closing(case, house.now())
    export_bag(case, tmp_path / "bag", Wish("the police", "a warrant"), house.now())
    assert say_closing(case, house.now()).endswith(WHY), "who got a copy is no news of the case"
    size = case.book.size
    case.add(Note("a newspaper called"))
    assert say_closing(case, house.now()) == ""
    assert case.book.size == size + 1, "nothing is ever deleted"
    closed(case, house)


@pytest.mark.attack
def test_nobody_closes_a_case_alone(case: Case, house: HouseRun) -> None:
    number = close(case, WHY, house.now())
    assert "not agreed by a second person" in say_closing(case, house.now())
    agree_to(case, number, house.desk, house.login("dewi"), house.now())
    with pytest.raises(NotAllowedError):
        agree_to(case, number, house.desk, house.login("dewi"), house.now())
    case.add(Agreed(number, ("dewi", "gita")))  # as whoever holds the desk's key can
    found = closing(case)
    assert found is not None
    assert found.people is None


@pytest.mark.attack
def test_a_case_with_anything_open_is_closed_only_by_naming_it(case: Case, house: HouseRun) -> None:
    case.add(Task("look at the share", "aiko"))
    case.add(Known(Fact.HEALTH_DATA.value, holds=True))
    with pytest.raises(RefusedError, match="1 task to do"):
        close(case, WHY, house.now())
    number = close(case, WHY, house.now(), despite=True)
    assert case.events()[number].what == Closed(WHY, ("1 task to do",))
    both(case, house, number)
    assert "left open: 1 task to do" in case.events()[number].line()


def test_a_letter_that_comes_back_is_told_wherever_the_closed_case_is(
    case: Case, house: HouseRun
) -> None:
    now = house.now()
    register = open_register(case.desk, case.id, "dewi", house.now)
    seen = Affected(ChartId(b"c" * 16), 1, now, now, Sure.CERTAIN)
    register.make("", [Row("ABCD", seen, To.PERSON, "ja", False, State.MADE)])
    assert list(still_open(case, now)) == ["1 letter made: print it"]
    for state in (State.PRINTED, State.POSTED):
        register.move(["ABCD"], state)
    closed(case, house)
    register.move(["ABCD"], State.RETURNED, "moved away")
    assert say_closing(case, house.now()).endswith(
        "since then open: 1 letter came back: find a new address and make it again"
    )


@pytest.mark.attack
def test_letters_that_are_gone_are_open_and_stop_no_closing(case: Case, house: HouseRun) -> None:
    now = house.now()
    register = open_register(case.desk, case.id, "dewi", house.now)
    seen = Affected(ChartId(b"c" * 16), 1, now, now, Sure.CERTAIN)
    register.make("", [Row("ABCD", seen, To.PERSON, "ja", False, State.RECEIVED)])
    closed(case, house)
    for path in (case.desk.root / "letters" / case.id).rglob("*"):
        if path.is_file():
            path.write_bytes(b"")
    assert "since then open: the letters cannot be read: " in say_closing(case, house.now())
    number = close(case, WHY, house.now(), despite=True)
    (named,) = case.events()[number].what.open  # type: ignore[union-attr]  # it is a Closed
    assert named.startswith("the letters cannot be read: ")


def test_whom_the_newest_estimate_concerns_and_no_letter_was_made_for_is_open(
    case: Case, house: HouseRun
) -> None:
    now, chart = house.now(), ChartId(b"c" * 16)
    listed = case.keep(of_post([chart, b"d" * 16], 1, (1, now), b"f" * 16, now).raw(), "x")
    case.add(Estimate(1, "trace of what was posted", Group(2, listed)), evidence=[listed])
    assert list(still_open(case, now)) == ["2 people without a letter: letters make"]
    register = open_register(case.desk, case.id, "dewi", house.now)
    seen = Affected(chart, 1, now, now, Sure.CERTAIN)
    register.make("", [Row("ABCD", seen, To.PERSON, "ja", False, State.RECEIVED)])
    assert list(still_open(case, now)) == ["1 person without a letter: letters make"]


@pytest.mark.attack
def test_a_closing_that_hides_what_is_open_gets_no_second_person(
    case: Case, house: HouseRun
) -> None:
    case.add(Task("look at the share", "aiko"))
    number = case.add(Closed(WHY))  # as a desk somebody changed writes it
    with pytest.raises(RefusedError, match="not said there: 1 task to do"):
        agree_to(case, number, house.desk, house.login("dewi"), house.now())


@pytest.mark.attack
def test_nobody_agrees_to_a_closing_of_a_case_that_went_on(case: Case, house: HouseRun) -> None:
    number = close(case, WHY, house.now())
    agree_to(case, number, house.desk, house.login("dewi"), house.now())
    case.add(Finding("trace", "ours"))
    with pytest.raises(RefusedError, match="went on since"):
        agree_to(case, number, house.desk, house.login("gita"), house.now())
    assert closing(case) is None


def test_every_duty_that_cannot_be_ruled_out_is_open(house: HouseRun, case: Case) -> None:
    other = new_case(case.desk, "The export", "dewi", house.now, ["ID"])
    assert list(still_open(other, house.now())) == ["nobody is said to have become aware"]
    other.add(Aware("dewi", house.now()))
    found = list(still_open(other, house.now()))
    assert any("cannot be ruled out" in each for each in found)
    with pytest.raises(BadInputError):
        close(other, " ", house.now())

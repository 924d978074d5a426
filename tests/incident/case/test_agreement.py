"""Two people agree to an event in their own sessions, and nobody makes two of one."""

from pathlib import Path

import pytest

from chartkeep.custody import lines
from chartkeep.custody.lines import Window
from chartkeep.errors import (
    BadInputError,
    LedgerBrokenError,
    NotAllowedError,
    RefusedError,
    UnknownFormatError,
)
from chartkeep.incident.case.agreement import agree, agreed, read_agreement
from chartkeep.incident.case.case import Case, new_case, open_case
from chartkeep.incident.case.events import Agreed, Known, Note
from chartkeep.incident.desk import Desk
from chartkeep.keyholder.actions import Vouch
from chartkeep.sealing.kek import Cost
from tests.house import HouseRun, house

__all__ = ["house"]


@pytest.fixture
def case(house: HouseRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    key_file = tmp_path / "stick.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    named, log = ("Minato", "ab" * 16), house.releases_key.text()
    desk = Desk.found(tmp_path / "office", named, key_file, Cost(1, 8, 1), log)
    made = new_case(desk, "The theft", "dewi", house.now)
    made.add(Known("unreadable without a key that is safe", holds=True))
    made.add(Note("no key was used"))
    return made


def both(case: Case, house: HouseRun, number: int = 1) -> tuple[str, str] | None:
    assert agree(case, number, house.desk, house.login("dewi")) is None
    return agree(case, number, house.desk, house.login("gita"))


def test_two_people_agree_each_in_a_session_of_their_own(case: Case, house: HouseRun) -> None:
    assert agree(case, 1, house.desk, house.login("dewi")) is None
    assert agreed(case) == {}
    assert agree(case, 1, house.desk, house.login("gita")) == ("dewi", "gita")
    again = open_case(case.desk, case.id, "carla", house.now)
    assert agreed(again) == {1: ("dewi", "gita")}
    assert "dewi and gita agreed to event 1" in again.events()[-1].line()


def test_what_was_agreed_to_is_not_asked_again(case: Case, house: HouseRun) -> None:
    both(case, house)
    size = case.book.size
    assert agree(case, 1, house.desk, house.login("dewi")) == ("dewi", "gita")
    assert case.book.size == size


@pytest.mark.attack
def test_one_person_does_not_agree_twice(case: Case, house: HouseRun) -> None:
    assert agree(case, 1, house.desk, house.login("dewi")) is None
    with pytest.raises(NotAllowedError, match="a second person"):
        agree(case, 1, house.desk, house.login("dewi"))
    assert agreed(case) == {}


@pytest.mark.attack
def test_who_does_not_audit_agrees_to_nothing(case: Case, house: HouseRun) -> None:
    for person in ("aiko", "carla", "erik"):
        with pytest.raises(NotAllowedError):
            agree(case, 1, house.desk, house.login(person))


@pytest.mark.attack
def test_whoever_holds_the_desks_key_forges_no_second_person(case: Case, house: HouseRun) -> None:
    both(case, house, 2)
    [(frame, _)] = case.standing(Agreed)
    junk = case.keep(b"a proof, or so", "two people agreed", people=False)
    case.add(Agreed(1, ("dewi", "gita")))
    case.add(Agreed(1, ("dewi", "gita")), evidence=[junk])
    case.add(Agreed(1, ("dewi", "gita")), evidence=frame.evidence)  # of another event
    case.add(Agreed(9_999, ("dewi", "gita")), evidence=frame.evidence)
    assert agreed(case) == {2: ("dewi", "gita")}


@pytest.mark.attack
def test_a_line_of_anything_else_is_no_agreement(case: Case, house: HouseRun) -> None:
    token, log = house.login("dewi"), house.releases_key
    proposed = house.desk.keyholder.act(token, Vouch(case.book.entries[1])).line
    window = Window(house.desk.keyholder, log, token, house.now(), house.now())
    proof = window.show(proposed)
    with pytest.raises(UnknownFormatError):
        read_agreement(proof.raw(), case.book.entries[1], log)
    both(case, house, 2)
    [(frame, _)] = case.standing(Agreed)
    kept: list[bytes] = []
    case.read(frame.evidence[0], kept.append)
    raw = b"".join(kept)
    assert read_agreement(raw, case.book.entries[2], log) == ("dewi", "gita")
    with pytest.raises(UnknownFormatError):
        read_agreement(raw, case.book.entries[1], log)
    for at in range(0, len(raw), 7):
        bad = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises((UnknownFormatError, LedgerBrokenError)):
            read_agreement(bad, case.book.entries[2], log)


def test_there_is_no_agreeing_to_what_is_not_there(case: Case, house: HouseRun) -> None:
    for number in (0, 3, -1):
        with pytest.raises(BadInputError):
            agree(case, number, house.desk, house.login("dewi"))


def test_a_desk_that_does_not_know_the_ledger_says_so(
    case: Case, house: HouseRun, tmp_path: Path
) -> None:
    named = ("Minato", "ab" * 16)
    desk = Desk.found(tmp_path / "old", named, tmp_path / "stick.key", Cost(1, 8, 1))
    old = new_case(desk, "The theft", "dewi", house.now)
    old.add(Note("one"))
    with pytest.raises(RefusedError, match="does not know"):
        agree(old, 1, house.desk, house.login("dewi"))

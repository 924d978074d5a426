"""A stranger sees who agreed to what, and that nobody forged a second person."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature

from chartkeep.incident.case.bag import export_bag
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.contents import Wish
from chartkeep.incident.case.events import Agreed, Aware, Decision, Finding, Handed
from chartkeep.keyholder import details
from chartkeep.keyholder.actions import Vouch
from chartkeep.ledger import body
from chartkeep.ledger.checkpoint import Checkpoint, sign_checkpoint
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.line import Line
from chartkeep.ledger.note import VerifierKey
from chartkeep.ledger.proof import Proof
from chartkeep.model import Millis
from chartkeep.sealing.signing import SigningKey
from tests.house import HouseRun, house
from tests.incident.case.bags import CHECKER as BAGS
from tests.incident.case.bags import TWO_PEOPLE as CHECKER
from tests.incident.case.bags import check
from tests.incident.case.test_agreement import both, case

__all__ = ["case", "house"]
Check = Callable[..., str]


@pytest.fixture
def checked(
    case: Case, house: HouseRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> Check:
    """Hand the case out, and give what the checker says, also when it refuses."""

    def checked(*withhold: int, key: str = house.releases_key.text()) -> str:
        wish = Wish("the police", "a warrant", withhold=frozenset(withhold))
        bag = export_bag(case, tmp_path / f"bag{case.book.size}", wish, house.now()).path
        try:
            check(bag, case.desk.file.key, house=key)
        except ValueError as error:
            return f"{capsys.readouterr().out}\nREFUSED: {error}"
        return capsys.readouterr().out

    return checked


def test_a_stranger_sees_who_agreed(case: Case, house: HouseRun, checked: Check) -> None:
    both(case, house)
    said = checked()
    assert "verified: dewi and gita agreed to event 1" in said
    assert "one word" not in said
    assert "event 1, says event 5: not checked, give --house" in re.sub(
        r"says event \d+", "says event 5", checked(key="")
    )


def test_what_one_person_said_alone_is_named(case: Case, house: HouseRun, checked: Check) -> None:
    first = case.add(Aware("the police", house.now()))
    later = case.add(Aware("the police", Millis(house.now() + 9)), supersedes=first)
    two = case.add(Decision("no letters", "dewi", "few", second="gita"))
    case.add(Finding("trace", "the door is p-1f named"))
    name = case.add(Handed("the name of p-1f", "dewi", "to stop it"))
    said = checked()
    for number, words in (
        (1, "unreadable without a key that is safe"),
        (later, f"a later moment than event {first} said"),
        (two, "gita is said to have decided too"),
        (name, "the name of p-1f was opened"),
    ):
        assert f"one word   event {number}: {words}" in said
    both(case, house, two)
    both(case, house, name - 1)
    said = checked()
    assert f"event {two}: " not in said
    assert f"event {name}: " not in said


@pytest.mark.attack
def test_a_stranger_names_every_forged_or_missing_agreement(
    case: Case, house: HouseRun, checked: Check
) -> None:
    both(case, house, 2)
    [(frame, _)] = case.standing(Agreed)
    thief = case.keep(
        forged(case.book.entries[1], house.releases_key), "two people agreed", people=False
    )
    two = ("dewi", "gita")
    wrong = [
        case.add(Agreed(1, two)),
        case.add(Agreed(1, two), evidence=[thief]),
        case.add(Agreed(1, two), evidence=frame.evidence),  # of another event
        case.add(Agreed(2, ("dewi", "carla")), evidence=frame.evidence),
        case.add(Agreed(9_999, two), evidence=frame.evidence),
    ]
    said = checked()
    assert re.findall(r"FORGED     event (\d+),", said) == list(map(str, wrong))
    assert f"REFUSED: nobody agreed as the events {wrong} say; all else holds" in said
    assert "verified: dewi and gita agreed to event 2" in said
    assert "one word   event 1: unreadable without a key that is safe" in said
    proof = next(each.number for each in case.events() if frame.evidence[0] in repr(each.what))
    assert f"FORGED     event {frame.number}, to event 2:" in checked(proof)


@pytest.mark.attack
def test_no_changed_byte_of_an_agreement_holds(case: Case, house: HouseRun) -> None:
    both(case, house, 2)
    [(frame, _)] = case.standing(Agreed)
    pieces: list[bytes] = []
    case.read(frame.evidence[0], pieces.append)
    raw, entry = b"".join(pieces), case.book.entries[2]
    key = BAGS.Key.parse(house.releases_key.text())
    assert CHECKER.check_agreement(raw, entry, key) == {"dewi", "gita"}
    with pytest.raises(ValueError, match="agrees to nothing here"):
        CHECKER.check_agreement(raw, case.book.entries[1], key)
    for at in range(0, len(raw), 7):
        bad = raw[:at] + bytes([raw[at] ^ 1]) + raw[at + 1 :]
        with pytest.raises((InvalidSignature, ValueError, LookupError)):
            CHECKER.check_agreement(bad, entry, key)


def forged(entry: bytes, log: VerifierKey) -> bytes:
    """Make what a thief of the desk can: the right line, in a ledger of their own."""
    detail = details.pack(details.Acted(Vouch(entry), "gita", bytes(16)))
    line = Line(1, "act", person="dewi", session=bytes(16), instance="desk", detail=detail)
    made, whole = body.write(line, bytes(body.LINE_SALT_BYTES))
    tip = Checkpoint.at(log.name, 1, hash_leaf(made))
    return Proof(0, (), sign_checkpoint(tip, SigningKey.generate()).raw(), whole).raw()

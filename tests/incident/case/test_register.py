"""A case that is gone, cut, put back or written anew is named; with a witness, whoever did it."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from chartkeep.errors import LedgerBrokenError, NotAllowedError, UnavailableError
from chartkeep.incident.case.anchoring import anchor
from chartkeep.incident.case.book import Book
from chartkeep.incident.case.case import Case, new_case
from chartkeep.incident.case.events import Note
from chartkeep.incident.case.register import Register
from chartkeep.incident.desk import Desk
from chartkeep.ledger.note import VerifierKey
from chartkeep.witness.client import Witness
from chartkeep.witness.server import make_server
from tests.incident.case.bags import deaf
from tests.incident.case.conftest import clock


@contextmanager
def witnessing(folder: Path, *keys: VerifierKey) -> Iterator[Witness]:
    folder.mkdir(exist_ok=True)
    known = {key.name: [key] for key in keys}
    with make_server(folder, ("127.0.0.1", 0), known, clock) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield Witness(f"http://127.0.0.1:{server.server_port}", server.key, timeout=30)
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def witness(desk: Desk, tmp_path: Path) -> Iterator[Witness]:
    with witnessing(tmp_path / "witness", VerifierKey.parse(desk.file.key)) as found:
        yield found


def rewrite(desk: Desk, case: Case) -> None:
    """Leave the last event out of a case, with the desk's own key."""
    bodies = [body.body for body in case.book.bodies()]
    secret = desk.key_for(f"cases/{case.id}")
    forged = Book.create(case.book.folder, case.book.origin, secret, desk.signing)
    for body in bodies[:-1]:
        forged.append(lambda _, body=body: body)  # type: ignore[misc]


def test_cases_that_only_grew_are_what_they_were(desk: Desk, case: Case, witness: Witness) -> None:
    for turn in range(3):
        case.add(Note(str(turn)))
        assert anchor(desk, witness, clock) == []
    size = Register(desk).book.size
    assert size == 4
    assert anchor(desk, witness, clock) == []
    assert Register(desk).book.size == size
    assert witness.latest(Register(desk).book.origin).checkpoint.size == size


def gone(desk: Desk, case: Case, _: Path) -> None:
    shutil.rmtree(desk.root / "cases" / case.id)


def put_back(desk: Desk, case: Case, copy: Path) -> None:
    shutil.rmtree(case.book.folder)
    shutil.copytree(copy / "cases" / case.id, case.book.folder)


def written_anew(desk: Desk, case: Case, _: Path) -> None:
    rewrite(desk, case)


@pytest.mark.attack
@pytest.mark.parametrize("attack", [gone, put_back, written_anew])
def test_a_case_that_is_not_what_it_was_is_named_and_the_others_are_noted(
    desk: Desk, case: Case, tmp_path: Path, attack: Callable[[Desk, Case, Path], None]
) -> None:
    other = new_case(desk, "another", "dewi", clock)
    shutil.copytree(desk.root, tmp_path / "copy")
    case.add(Note("what the insider did"))
    assert anchor(desk, None, clock) == []
    attack(desk, case, tmp_path / "copy")
    other.add(Note("goes on"))
    (sentence,) = anchor(desk, None, clock)
    assert case.id in sentence
    assert Register(desk).heads()[other.id] == other.book.checkpoint
    assert len(anchor(desk, None, clock)) == 1


@pytest.mark.attack
@pytest.mark.parametrize("part", ["register", "."])
def test_a_desk_put_back_whole_is_noticed_by_the_witness(
    desk: Desk, case: Case, tmp_path: Path, witness: Witness, part: str
) -> None:
    anchor(desk, witness, clock)
    shutil.copytree(desk.root / part, tmp_path / "copy")
    case.add(Note("what the insider did"))
    anchor(desk, witness, clock)
    shutil.rmtree(desk.root / part)
    shutil.copytree(tmp_path / "copy", desk.root / part)
    if part == ".":
        with pytest.raises(LedgerBrokenError, match="the witness saw 2 heads"):
            anchor(desk, witness, clock)
        case = new_case(desk, "to fill the register up", "dewi", clock)
    with pytest.raises(LedgerBrokenError):
        anchor(desk, witness, clock)


@pytest.mark.attack
def test_a_register_that_is_removed_is_missed_by_the_witness(
    desk: Desk, case: Case, witness: Witness
) -> None:
    case.add(Note("x"))
    anchor(desk, witness, clock)
    rewrite(desk, case)
    shutil.rmtree(desk.root / "register")
    with pytest.raises(LedgerBrokenError):
        anchor(desk, witness, clock)


def test_a_witness_that_does_not_know_the_desk_or_does_not_answer_is_said(
    desk: Desk, case: Case, tmp_path: Path
) -> None:
    with (
        witnessing(tmp_path / "w") as stranger,
        pytest.raises(NotAllowedError, match="does not know this ledger"),
    ):
        anchor(desk, stranger, clock)
    with deaf() as url, pytest.raises(UnavailableError, match="does not answer"):
        anchor(desk, Witness(url, VerifierKey.parse(desk.file.key)), clock)
    assert Register(desk).heads()[case.id] == case.book.checkpoint


@pytest.mark.attack
def test_a_case_that_is_gone_is_named_although_the_witness_does_not_know_the_desk(
    desk: Desk, case: Case, tmp_path: Path
) -> None:
    anchor(desk, None, clock)
    gone(desk, case, tmp_path)
    with witnessing(tmp_path / "w") as stranger:
        first, last = anchor(desk, stranger, clock)
    assert case.id in first
    assert last.startswith("the witness: ")

"""Whoever rewrites, removes, exchanges or steals parts of a case is noticed, or has nothing."""

from io import BytesIO
from pathlib import Path

import pytest

from chartkeep.errors import (
    DamagedError,
    LedgerBrokenError,
    NotFoundError,
    SealBrokenError,
    UnavailableError,
)
from chartkeep.incident.case.book import MAGIC, Book
from chartkeep.incident.case.case import Case, new_case, open_case
from chartkeep.incident.case.events import Concern, Concerned, Note
from chartkeep.incident.desk import Desk, write_durably
from chartkeep.ledger.proof import Proof
from chartkeep.sealing.kek import Cost
from tests.incident.case.conftest import Open, clock

NAME = "Tanaka Hanako"
CHART = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"


def _records(book: bytes) -> list[bytes]:
    records, at = [], len(MAGIC)
    while at < len(book):
        end = at + 36 + int.from_bytes(book[at : at + 4], "big")
        records.append(book[at:end])
        at = end
    return records


@pytest.fixture
def written(case: Case) -> Case:
    for number in range(5):
        case.add(Note(f"note {number}"))
    return case


@pytest.mark.attack
@pytest.mark.parametrize("place", range(6))
def test_a_flipped_byte_anywhere_in_a_record_is_noticed(
    written: Case, again: Open, place: int
) -> None:
    path = written.book.folder / "book"
    sound = path.read_bytes()
    start = len(MAGIC) + sum(map(len, _records(sound)[:place]))
    for offset in (0, 3, 4, 35, 36, 44, 60, len(_records(sound)[place]) - 1):
        changed = bytearray(sound)
        changed[start + offset] ^= 1
        path.write_bytes(changed)
        with pytest.raises(DamagedError):
            again()
    path.write_bytes(sound)
    again()


@pytest.mark.attack
def test_a_record_removed_moved_or_written_twice_is_noticed(written: Case, again: Open) -> None:
    path = written.book.folder / "book"
    a, b, c, *rest = _records(path.read_bytes())
    for wrong in ([a, c, *rest], [a, c, b, *rest], [a, b, b, c, *rest], [a, b, c]):
        path.write_bytes(MAGIC + b"".join(wrong))
        with pytest.raises(LedgerBrokenError):
            again()


@pytest.mark.attack
def test_a_past_rewritten_with_the_desks_own_key_contradicts_a_head_kept_elsewhere(
    desk: Desk, written: Case, again: Open
) -> None:
    printed = written.book.checkpoint
    folder = written.book.folder
    true = [body.body for body in written.book.bodies()]
    written.add(Note("later"))
    assert again().book.follows(printed)
    secret = desk.key_for(f"cases/{written.id}")
    forged = Book.create(folder, written.book.origin, secret, desk.signing)
    for body in (*true[:2], true[3], *true[3:]):
        forged.append(lambda number, body=body: body)  # type: ignore[misc]
    assert not Book(folder, forged.origin, secret, desk.signing).follows(printed)


@pytest.mark.attack
def test_an_older_head_hides_no_event(written: Case, again: Open) -> None:
    old = written.book.checkpoint
    written.add(Note("what the insider did"))
    write_durably(written.book.folder / "checkpoint", old)
    assert len(again().events()) == 7
    assert again().add(Note("next")) == 7


@pytest.mark.attack
def test_the_book_of_another_case_is_refused(desk: Desk, written: Case, again: Open) -> None:
    other = new_case(desk, "another", "dewi", clock)
    for name in ("book", "checkpoint"):
        write_durably(written.book.folder / name, (other.book.folder / name).read_bytes())
    with pytest.raises(LedgerBrokenError):
        again()


def test_what_a_crash_left_half_goes_and_nothing_acknowledged_is_lost(
    written: Case, again: Open
) -> None:
    path, head = written.book.folder / "book", written.book.folder / "checkpoint"
    before, old = path.read_bytes(), head.read_bytes()
    written.add(Note("the last"))
    whole = path.read_bytes()
    for cut in range(len(before), len(whole) + 1, 7):
        path.write_bytes(whole[:cut])
        head.write_bytes(old)
        assert len(again().events()) == 6
        assert again().add(Note("after the crash")) == 6
    path.write_bytes(whole)  # whole, but its head was not written yet
    head.write_bytes(old)
    assert again().add(Note("after the crash")) == 7


@pytest.mark.attack
def test_a_record_put_behind_the_head_without_the_key_is_refused(
    written: Case, again: Open
) -> None:
    path = written.book.folder / "book"
    path.write_bytes(path.read_bytes() + _records(path.read_bytes())[-1])
    with pytest.raises(SealBrokenError):
        again()


def test_a_folder_without_its_files_is_said(written: Case, again: Open) -> None:
    (written.book.folder / "checkpoint").unlink()
    with pytest.raises(UnavailableError, match="cannot be read"):
        again()


def test_every_event_is_proved_under_the_signed_head(written: Case) -> None:
    for _ in range(300):  # more than one tile
        written.book.append(lambda number: b"%d" % number)
    for number in (0, 1, 255, 256, 305):
        raw = written.book.proof(number).raw()
        entry = written.book.entries[number]
        assert Proof.parse(raw).verify(entry, written.book.key).checkpoint.size == 306


@pytest.mark.attack
def test_evidence_exchanged_changed_or_gone_is_named(case: Case, again: Open) -> None:
    one, other = case.keep(b"one" * 9_000, "one"), case.keep(b"other" * 9_000, "other")
    evidence = case._evidence
    sealed = evidence.path(one).read_bytes()
    cut = sealed[:-1]
    flipped = bytes([*sealed[:100], sealed[100] ^ 1, *sealed[101:]])
    for wrong in (evidence.path(other).read_bytes(), cut, flipped, sealed + b"x", b"plain", b""):
        evidence.path(one).unlink()
        evidence.path(one).write_bytes(wrong)
        with pytest.raises(SealBrokenError, match=one):
            again().read(one, BytesIO().write)
    evidence.path(one).unlink()
    with pytest.raises(NotFoundError, match="is gone"):
        again().read(one, BytesIO().write)
    again().read(other, BytesIO().write)


def test_evidence_is_written_once(case: Case) -> None:
    path = case._evidence.path(case.keep(b"one", "one"))
    assert path.stat().st_mode & 0o777 == 0o400
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.attack
def test_a_thief_of_the_folder_reads_no_name_and_no_chart(
    desk: Desk, case: Case, tmp_path: Path
) -> None:
    case.add(Concerned(Concern.FILE, "leak.csv", f"{NAME}, chart {CHART}"))
    digest = case.keep(f"{NAME};{CHART}".encode(), NAME, origin=NAME)
    words = [NAME, "Tanaka", "Hanako", CHART, CHART[:8], digest, "leak.csv", case.title, "dewi"]
    files = [path for path in desk.root.rglob("*") if path.is_file()]
    assert len(files) >= 5
    for path in files:
        stolen = path.read_bytes().lower() + path.as_posix().encode()
        for word in words:
            assert word.lower().encode() not in stolen, (path, word)
            assert bytes.fromhex(digest) not in stolen


def test_a_case_opened_with_another_desks_key_is_refused(
    desk: Desk, case: Case, tmp_path: Path, key_file: Path
) -> None:
    other = Desk.found(tmp_path / "other", ("Minato", "ab" * 16), key_file, Cost(1, 8, 1))
    case.book.folder.rename(other.root / "cases" / case.id)
    with pytest.raises(DamagedError):
        open_case(other, case.id, "dewi", clock)

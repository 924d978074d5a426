"""The alarm on the store: what freezes it, how soon, and what never does."""

import os
import shutil
import threading
from collections.abc import Callable, Iterable
from contextlib import closing, suppress
from pathlib import Path

import apsw
import pytest

from chartkeep.errors import BadInputError, UnavailableError
from chartkeep.model import Section
from chartkeep.store.guard.decoys import decoys_of
from chartkeep.store.guard.frozen import read_events, resume
from chartkeep.store.guard.vitals import Room
from chartkeep.store.protocol import Doubt, Found, Read, Status
from chartkeep.store.sqlite import open_snapshot
from chartkeep.store.verify import verify_book
from tests.store.guard.conftest import ENTRIES, KEY, Guarded
from tests.store.house import FACILITY, ident

MOST = 50


def encrypt(path: Path) -> None:
    path.write_bytes(bytes(byte ^ 0x5A for byte in path.read_bytes()))


def rename(path: Path) -> None:
    path.rename(path.with_suffix(".locked"))


def replace(path: Path) -> None:
    other = path.parents[3] / "new"
    other.write_bytes(os.urandom(path.stat().st_size))
    other.replace(path)


def part_of(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\0" * 512)


TOUCHES = (encrypt, rename, replace, part_of, Path.unlink, lambda path: path.chmod(0o777),
           lambda path: (path.parent / "README-TO-DECRYPT").write_text("pay"))  # fmt: skip


@pytest.mark.attack
@pytest.mark.parametrize("touch", TOUCHES, ids=["encrypt", "rename", "replace", "part", "delete",
                                                "chmod", "note"])  # fmt: skip
def test_the_first_blob_that_is_touched_freezes_the_store(
    guarded: Guarded, touch: Callable[[Path], object]
) -> None:
    guarded.until_watched()
    touch(guarded.blobs()[0])
    assert guarded.until_frozen().startswith("blobs/")
    with pytest.raises(UnavailableError, match="frozen and takes nothing in"):
        guarded.deposit()
    assert guarded.heard != []


@pytest.mark.attack
@pytest.mark.parametrize("order", [sorted, lambda found: sorted(found, reverse=True)],
                         ids=["from the first name", "from the last name"])  # fmt: skip
def test_a_walk_through_the_folders_is_noticed_before_fifty_objects(
    guarded: Guarded,
    order: Callable[[Iterable[Path]], list[Path]],
    record_property: Callable[[str, object], None],
) -> None:
    guarded.until_watched()
    done = 0
    for path in order(path for path in guarded.folder.glob("blobs/**/*") if path.is_file()):
        if guarded.store.frozen.why:
            break
        encrypt(path)
        done += 1
    guarded.until_frozen()
    record_property("figure", f"{done} files changed before the store froze")
    assert done < MOST


@pytest.mark.attack
@pytest.mark.parametrize("name", ["archive.db", "worklist.db"])
def test_a_decoy_beside_the_database_freezes(guarded: Guarded, name: str) -> None:
    guarded.until_watched()
    encrypt(guarded.folder / name)
    assert name in guarded.until_frozen()


@pytest.mark.attack
@pytest.mark.parametrize("size", [1, 4_096, 1 << 16])
def test_a_database_written_to_by_somebody_else_freezes_before_the_next_entry(
    guarded: Guarded, size: int
) -> None:
    path = guarded.folder / "store.db"
    with path.open("r+b") as file:
        file.seek(max(path.stat().st_size - size, 0))
        file.write(os.urandom(size))
    with pytest.raises(UnavailableError, match="frozen"):
        guarded.deposit()
    assert guarded.store.frozen.why == "the store's database was written to by somebody else"


@pytest.mark.attack
def test_rows_changed_through_sql_freeze_an_idle_store(guarded: Guarded) -> None:
    with closing(apsw.Connection(str(guarded.folder / "store.db"))) as other:
        other.execute("UPDATE record SET object = zeroblob(length(object)) WHERE id = 7")
    assert "by somebody else" in guarded.until_frozen()


@pytest.mark.attack
@pytest.mark.parametrize("what", ["object", "file"])
def test_what_changed_while_the_store_was_down_is_found_by_the_scrub(
    guarded: Guarded, what: str
) -> None:
    guarded.stop()
    if what == "file":
        part_of(guarded.blobs()[3])
    else:
        with closing(apsw.Connection(str(guarded.folder / "store.db"))) as other:
            other.execute("UPDATE record SET object = zeroblob(length(object)) WHERE id = 9")
    guarded.start()
    assert guarded.until_frozen()


@pytest.mark.attack
def test_somebody_who_says_that_a_chart_does_not_open_makes_the_guard_look(
    guarded: Guarded,
) -> None:
    guarded.ask(Doubt(ident("chart 2")))
    guarded.until(lambda: guarded.store.guard.rounds > 0)
    assert guarded.store.frozen.why == ""
    guarded.stop()
    part_of(next(path for path in guarded.blobs() if path.name == ident("blob 2").hex()))
    guarded.start()
    guarded.ask(Doubt(ident("chart 2")))
    assert "its file was changed" in guarded.until_frozen()


@pytest.mark.attack
@pytest.mark.parametrize("seconds", [-3_600, 61, 10 * 365 * 86_400])
def test_a_clock_that_jumps_freezes(guarded: Guarded, seconds: int) -> None:
    guarded.move(wall=30, steady=30)
    guarded.move(wall=seconds)
    assert "the clock of the store's host jumped" in guarded.until_frozen()


def test_a_full_disk_takes_nothing_in_until_there_is_room(guarded: Guarded) -> None:
    room = Room(99, 10_000, 1, 1)
    guarded.store.guard._vitals._read_room = lambda: room
    guarded.until(lambda: guarded.store.guard.alarms() == ["the store's disk has 1% left"])
    with pytest.raises(UnavailableError, match="disk is full"):
        guarded.deposit()
    room = Room(5_000, 10_000, 1, 1)
    guarded.until(lambda: not guarded.store.guard.alarms())
    guarded.deposit()
    assert guarded.store.frozen.why == ""


def test_a_writer_that_hangs_is_said(guarded: Guarded) -> None:
    hang = threading.Event()
    guarded.store.service._writing._serve = lambda calls: hang.wait(60)  # type: ignore[assignment]
    guarded.until(lambda: not guarded.move(wall=5, steady=5) and guarded.store.guard.alarms())
    assert "the store's writer has not moved for" in guarded.store.guard.alarms()[0]
    assert guarded.heard
    hang.set()


@pytest.mark.attack
def test_frozen_it_gives_what_verifies_and_takes_the_journal(guarded: Guarded) -> None:
    encrypt(guarded.folder / "archive.db")
    guarded.until_frozen()
    guarded.deposit("the facility", Section.JOURNAL)
    found = guarded.ask(Read(ident("chart 1"), [], [], [], False, 0, 100))
    assert isinstance(found, Found)
    assert len(found.entries) == ENTRIES
    health = guarded.ask(Status())
    assert "archive.db" in health.frozen  # type: ignore[attr-defined]


@pytest.mark.attack
def test_a_restart_does_not_thaw_and_a_person_does(guarded: Guarded) -> None:
    path = guarded.folder / "guard.jsonl"
    with pytest.raises(BadInputError, match="not frozen"):
        resume(path, "erik", "nothing to see", guarded.now)
    encrypt(guarded.folder / "archive.db")
    guarded.until_frozen()
    guarded.stop()
    guarded.start()
    with pytest.raises(UnavailableError, match="frozen"):
        guarded.deposit()
    with pytest.raises(BadInputError, match="who resumes"):
        resume(path, " ", "it was me", guarded.now)
    assert next(event.thing for event in resume(path, "erik", "it was me", guarded.now))
    guarded.until(lambda: guarded.store.frozen.why == "")
    guarded.deposit()
    assert read_events(path)[-1].by == "erik"
    guarded.until(lambda: guarded.store.guard.rounds > 0)
    assert guarded.store.frozen.why == ""


@pytest.mark.attack
def test_a_guard_file_that_cannot_be_read_is_a_freeze(guarded: Guarded) -> None:
    path = guarded.folder / "guard.jsonl"
    path.write_bytes(os.urandom(100))
    assert "cannot be read" in guarded.until_frozen()
    assert resume(path, "erik", "replaced", guarded.now)
    guarded.until(lambda: guarded.store.frozen.why == "")


def test_what_is_ordinary_freezes_nothing(guarded: Guarded, tmp_path: Path) -> None:
    guarded.until_watched()
    for number in range(30):
        guarded.deposit(f"chart {number}")
    guarded.fill(first=100)
    for path in guarded.folder.glob("blobs/**/*"):  # a backup
        with suppress(IsADirectoryError):
            path.read_bytes()
    shutil.copytree(guarded.folder, tmp_path / "backup" / "store")
    with closing(open_snapshot(guarded.folder / "store.db")) as other:
        verify_book(other)
    guarded.move(wall=86_400, steady=86_400)
    guarded.stop()
    guarded.start()
    guarded.until_watched()
    guarded.until(lambda: guarded.store.guard.rounds > 0)
    guarded.deposit("after")
    assert guarded.store.frozen.why == ""
    assert guarded.heard == []


def test_a_store_from_before_or_from_the_vault_is_laid_with_decoys(guarded: Guarded) -> None:
    guarded.stop()
    for decoy in decoys_of(FACILITY, KEY):
        (guarded.folder / decoy.path).unlink()
    guarded.start()
    guarded.until(lambda: guarded.store.guard.rounds > 0)
    assert guarded.store.frozen.why == ""
    assert all((guarded.folder / decoy.path).exists() for decoy in decoys_of(FACILITY, KEY))


@pytest.mark.attack
def test_a_decoy_removed_while_the_store_was_down_freezes_it(guarded: Guarded) -> None:
    guarded.stop()
    (guarded.folder / "archive.db").unlink()
    guarded.start()
    assert "archive.db" in guarded.until_frozen()

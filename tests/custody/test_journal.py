"""The journal: what was noted is read back once, by auditors only; a crash loses a second."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chartkeep.custody.house import House
from chartkeep.custody.journal import MOST_WAITING, PATIENCE, Journal
from chartkeep.custody.journal_pages import JournalPages
from chartkeep.custody.note import MOST_NOTES, Note, Noted, read_group
from chartkeep.custody.release import Look
from chartkeep.errors import (
    BadInputError,
    DamagedError,
    FrozenError,
    NotAllowedError,
    NotFoundError,
    UnavailableError,
    UnknownFormatError,
)
from chartkeep.keyholder import actions
from chartkeep.model import Purpose, Section
from tests.house import HouseRun, Meddling

NEVER = 1e9
ROOT = Path(__file__).parents[2]
CHART = b"c" * 16
JOURNAL = frozenset({Section.JOURNAL})


class Tick:
    """The journal's own clock, in seconds."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def note(house: HouseRun, ident: str = "o-1", person: str = "aiko") -> Note:
    now, session = house.now(), b"s" * 16
    return Note(now, session, person, "TREAT", CHART, "read", "Observation", ident, line=7)


def journal_of(house: HouseRun, door: House | None = None, tick: Tick | None = None) -> Journal:
    """A journal that writes only when told to."""
    return Journal(door or house.join("serve"), every=NEVER, tick=tick or Tick())


def pages(house: HouseRun, person: str = "dewi", purpose: Purpose = Purpose.AUDIT) -> JournalPages:
    look = Look(house.login(person), JOURNAL, purpose, "said in a few words")
    return JournalPages(look, house.desk)


def read_all(house: HouseRun) -> list[Noted]:
    return list(pages(house).notes(0, house.now() + 1))


def idents(house: HouseRun) -> list[str]:
    return [noted.note.ident for noted in read_all(house)]


@pytest.fixture
def journal(house: HouseRun) -> Iterator[Journal]:
    made = journal_of(house)
    yield made
    made.close()


def test_what_was_noted_is_read_back_as_it_was(house: HouseRun, journal: Journal) -> None:
    taken = note(house)
    journal.note(taken)
    journal.close()
    (noted,) = read_all(house)
    assert (noted.note, noted.at, noted.instance) == (taken, 0, "serve")
    assert noted.worker == journal._house.worker


def test_it_is_written_within_a_second_without_being_told(house: HouseRun) -> None:
    journal = Journal(house.join("serve"), every=0.01)
    journal.note(note(house))
    while journal._waiting:
        pass
    assert idents(house) == ["o-1"]
    journal.close()


def test_notes_of_a_second_are_one_entry_and_many_are_several(
    house: HouseRun, journal: Journal
) -> None:
    for at in range(MOST_NOTES + 1):
        journal.note(note(house, f"o-{at}"))
    journal.flush()
    found = read_all(house)
    assert [noted.note.ident for noted in found] == [f"o-{at}" for at in range(MOST_NOTES + 1)]
    assert len({noted.entry for noted in found}) == 2


def test_only_the_notes_of_the_window_are_given(house: HouseRun, journal: Journal) -> None:
    for hour in range(5):
        journal.note(note(house, f"o-{hour}"))
        journal.flush()
        house.clock.move(hours=1)
    start = house.now() - 4 * 3_600_000
    dewi = pages(house)
    found = [each.note.ident for each in dewi.notes(start, start + 2 * 3_600_000)]
    assert found == ["o-1", "o-2"]


def test_one_note_is_given_by_its_place(house: HouseRun, journal: Journal) -> None:
    journal.note(note(house, "o-1"))
    journal.note(note(house, "o-2"))
    journal.flush()
    second = read_all(house)[1]
    assert pages(house).note(second.entry, second.at) == second
    with pytest.raises(NotFoundError):
        pages(house).note(second.entry, 2)
    with pytest.raises(NotFoundError):
        pages(house).note(b"n" * 16, 0)


def test_reading_it_is_a_line_of_the_facilitys_chart(house: HouseRun, journal: Journal) -> None:
    journal.note(note(house))
    journal.flush()
    read_all(house)
    line = house.lines()[-1]
    assert (line.verb, line.person, line.chart) == ("release", "dewi", house.engine.chart)
    assert line.sections == 1 << Section.JOURNAL


@pytest.mark.attack
@pytest.mark.parametrize("person", ["aiko", "budi", "carla", "erik"])
def test_nobody_reads_it_but_an_auditor(house: HouseRun, journal: Journal, person: str) -> None:
    journal.note(note(house))
    journal.flush()
    for purpose in (Purpose.AUDIT, Purpose.TREATMENT, Purpose.BREAK_GLASS):
        with pytest.raises(NotAllowedError):
            list(pages(house, person, purpose).notes(0, house.now() + 1))


@pytest.mark.attack
def test_not_even_a_grant_of_two_people_opens_it_to_a_nurse(
    house: HouseRun, journal: Journal
) -> None:
    journal.note(note(house))
    journal.flush()
    desk = house.desk.keyholder
    until = house.now() + 3_600_000
    grant = actions.Grant("aiko", 1, 1 << Section.JOURNAL, until, Purpose.AUDIT)
    proposal = desk.act(house.login("dewi"), grant).proposal
    desk.approve(house.login("gita"), proposal)
    look = Look(house.login("aiko"), JOURNAL, Purpose.AUDIT, grant=proposal)
    with pytest.raises(NotAllowedError):
        list(JournalPages(look, house.desk).notes(0, until))


def test_it_is_read_while_the_site_is_frozen_and_not_from_a_frozen_host(
    house: HouseRun, journal: Journal
) -> None:
    journal.note(note(house))
    journal.flush()
    dewi = pages(house)
    house.desk.keyholder.act(dewi._look.token, actions.Freeze("site", ""))
    assert len(list(dewi.notes(0, house.now() + 1))) == 1
    house.desk.keyholder.act(dewi._look.token, actions.Freeze("instance", "desk"))
    with pytest.raises(FrozenError):
        list(dewi.notes(0, house.now() + 1))


def test_a_killed_worker_loses_what_waited_and_nothing_else(house: HouseRun) -> None:
    killed = journal_of(house)
    killed.note(note(house, "written"))
    killed.flush()
    killed.note(note(house, "of its last second"))  # and here it is killed
    other = journal_of(house)
    other.note(note(house, "of another"))
    other.close()
    assert idents(house) == ["written", "of another"]


Commit = Callable[..., Any]


def unlucky(house: HouseRun, commit: Callable[..., Any]) -> House:
    """A door whose commits go wrong."""
    door = house.join("serve")
    door.store = Meddling(door.store, commit=commit)  # type: ignore[assignment]
    return door


def test_a_lost_answer_makes_no_second_entry(house: HouseRun) -> None:
    lost: list[bool] = []

    def commit(real: Commit, *args: Any) -> Any:
        done = real(*args)
        if not lost:
            lost.append(True)
            raise UnavailableError("the store does not answer")
        return done

    journal = journal_of(house, unlucky(house, commit))
    journal.note(note(house, "o-1"))
    with pytest.raises(UnavailableError):
        journal.flush()
    journal.note(note(house, "o-2"))
    journal.close()
    assert idents(house) == ["o-1", "o-2"]


def test_while_the_store_is_away_nothing_more_is_shown_and_nothing_is_lost(
    house: HouseRun,
) -> None:
    away = [True]

    def commit(real: Commit, *args: Any) -> Any:
        if away:
            raise UnavailableError("the store does not answer")
        return real(*args)

    tick = Tick()
    journal = journal_of(house, unlucky(house, commit), tick)
    journal.note(note(house, "o-1"))
    tick.at = PATIENCE
    journal.note(note(house, "o-2"))
    tick.at = PATIENCE + 1
    with pytest.raises(UnavailableError):
        journal.note(note(house, "not shown"))
    away.clear()
    journal.flush()
    journal.note(note(house, "o-3"))
    journal.close()
    assert idents(house) == ["o-1", "o-2", "o-3"]


def test_what_waits_is_bounded(house: HouseRun, journal: Journal) -> None:
    one = note(house)
    for _ in range(MOST_WAITING):
        journal.note(one)
    with pytest.raises(UnavailableError):
        journal.note(one)


@pytest.mark.attack
@pytest.mark.parametrize("ident", ["\ud800", "x" * 5_000, 7, None])
def test_a_note_that_cannot_be_written_is_refused_and_takes_no_other_with_it(
    house: HouseRun, journal: Journal, ident: Any
) -> None:
    with pytest.raises(BadInputError):
        journal.note(note(house, ident))
    journal.note(note(house))
    journal.flush()
    assert idents(house) == ["o-1"]


def test_after_it_is_closed_nothing_is_noted(house: HouseRun) -> None:
    journal = journal_of(house)
    journal.close()
    with pytest.raises(UnavailableError):
        journal.note(note(house))


@pytest.mark.attack
def test_a_changed_entry_and_a_missing_one_are_named(house: HouseRun, journal: Journal) -> None:
    for ident in ("o-1", "o-2", "o-3", "o-4"):
        journal.note(note(house, ident))
        journal.flush()

    def page(real: Commit, read: Any) -> Any:
        found = real(read)
        kept = found.entries[:1] + found.entries[2:]
        kept[-1] = kept[-1][:-1] + bytes([kept[-1][-1] ^ 1])
        return type(found)(found.wraps, kept, found.more)

    desk = house.join("desk")
    desk.store = Meddling(desk.store, page=page)  # type: ignore[assignment]
    reading = JournalPages(Look(house.login("dewi"), JOURNAL, Purpose.AUDIT), desk)
    idents = [noted.note.ident for noted in reading.notes(0, house.now() + 1)]
    assert idents == ["o-1", "o-3"]
    assert len(reading.damaged) == 2


def test_what_is_no_group_is_an_error() -> None:
    with pytest.raises(UnknownFormatError):
        read_group(b"CKJ2")
    with pytest.raises(DamagedError):
        read_group(b"CKJ1\x91\x01")


WORKER = """
import sys, time
from chartkeep.custody.house import House
from chartkeep.custody.journal import Journal
from chartkeep.custody.note import Note
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.store.client import StoreClient
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.frames import instance_id
from tests import cast

folder, now = sys.argv[1], int(sys.argv[2])
mine = Credentials("serve", cast.key_of("serve"), b"k" * 16)
house = House(
    cast.FACILITY.id, instance_id(mine.key.public),
    KeyholderClient(Client(f"unix:{folder}/keyholder.sock", "keyholder", mine)),
    StoreClient(Client(f"unix:{folder}/store.sock", "store", mine)),
    lambda: now, "serve", mine.worker,
)
journal = Journal(house, every=0.2)
def read(ident):
    journal.note(Note(now, b"s" * 16, "aiko", "TREAT", b"c" * 16, "read", "Observation", ident))
for at in range(100):
    read(f"before-{at}")
journal.flush()
read("in its last moment")
print("noted", flush=True)
time.sleep(60)
"""


@pytest.mark.attack
def test_a_worker_killed_with_sigkill_loses_its_last_moment_only(house: HouseRun) -> None:
    words = [sys.executable, "-c", WORKER, str(house.folder), str(house.now())]
    path = os.pathsep.join(["src", "."])
    with subprocess.Popen(
        words, stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ, "PYTHONPATH": path}
    ) as worker:
        assert worker.stdout is not None
        assert worker.stdout.readline() == "noted\n"
        worker.kill()
    found = idents(house)
    assert found[:100] == [f"before-{at}" for at in range(100)]
    assert found[100:] in ([], ["in its last moment"])

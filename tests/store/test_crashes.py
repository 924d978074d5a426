"""Break the disk at every step; what was acknowledged must be there, whole, and nothing by half."""

from pathlib import Path

import pytest

from chartkeep.errors import DamagedError, UnavailableError, UnknownWriteError
from chartkeep.model import Section
from chartkeep.store.blobs import Blobs
from chartkeep.store.protocol import Commit, Committed, ReplaceWraps, Shred
from chartkeep.store.sqlite import SqliteBook
from chartkeep.store.verify import verify_book
from chartkeep.wire.frames import Failed, Message, Peer
from tests.faults import DEADLY, Fault, Plan, faulty_vfs
from tests.store.house import FACILITY, ORIGIN, Desk, Writer, ident, peer_of

ANNA, BUDI = ident("anna"), ident("budi")


def story() -> list[list[tuple[Message, Peer]]]:
    """Groups of a deposit, a change, a rotation, a shred (with its checkpoint) and one more.

    Budi's laboratory sheet is a blob, whose file is durable before (`Desk.ask_all` files it).
    """
    ward, keeper = Writer(), peer_of("keyholder")
    anna, budi = ward.lease(ANNA), ward.lease(BUDI, Section.RESULTS)
    many = [ward.entry(anna) for _ in range(8)]
    return [
        [
            (Commit(ANNA, [anna.wrap], [ward.entry(anna, "note"), *many], [ident("a")]), ward.peer),
            (
                Commit(
                    BUDI,
                    [budi.wrap],
                    [ward.entry(budi, "lab")],
                    [ident("b")],
                    (ward.blob(budi, ident("sheet")),),
                ),
                ward.peer,
            ),
        ],
        [(Commit(ANNA, [], [ward.entry(anna, "note", version=2)], []), ward.peer)],
        [(ReplaceWraps(ANNA, [ward.rotate(anna)]), keeper)],
        [(Shred(BUDI), keeper)],
        [(Commit(ANNA, [], [ward.entry(anna)], []), ward.peer)],
    ]


def play(folder: Path, groups: list[list[tuple[Message, Peer]]], plan: Plan) -> list[Message]:
    """Run the story on a breaking disk; gives the requests that were acknowledged."""
    done: list[Message] = []
    with faulty_vfs(plan) as vfs:
        try:
            book = SqliteBook(folder / "store.db", FACILITY, ORIGIN, vfs=vfs)
        except (DamagedError, UnavailableError):
            return done
        desk = Desk(book, Blobs(folder / "blobs"))
        for group in groups:
            said = desk.ask_all(*group)
            done += [ask for (ask, _), ok in zip(group, said, strict=True)
                     if isinstance(ok, Committed)]  # fmt: skip
            assert bool(desk.stopped) == any(isinstance(one, Failed) for one in said)
        plan.dead = True  # a power cut, not a clean close, which would checkpoint
        book.close()
    return done


def check(folder: Path, groups: list[list[tuple[Message, Peer]]], done: list[Message]) -> None:
    book = SqliteBook(folder / "store.db", FACILITY, ORIGIN)
    try:
        blobs = Blobs(folder / "blobs")
        blobs.recover(book)
        assert verify_book(book, blobs) == []
        kept = {row.object for row in book.rows(0, 100)}
        for ask in (ask for group in groups for ask, _ in group):
            if isinstance(ask, Commit):
                there = [entry.sealed in kept for entry in ask.entries]
                assert all(there) if ask in done else len(set(there)) == 1
        assert book.shreds() == [BUDI] or not any(isinstance(ask, Shred) for ask in done)
        desk, ward = Desk(book, blobs), Writer()
        desk.put(ward, lease := ward.lease(ident("citra")), ward.entry(lease))
    finally:
        book.close()


def test_the_story_runs_on_a_sound_disk(tmp_path: Path) -> None:
    groups = story()
    done = play(tmp_path, groups, plan := Plan(at=0))
    assert len(done) == sum(map(len, groups))
    assert plan.count > 30
    check(tmp_path, groups, done)


def test_a_failed_commit_stops_the_store_and_says_that_nobody_knows(tmp_path: Path) -> None:
    with faulty_vfs(plan := Plan(at=0)) as vfs:
        book = SqliteBook(tmp_path / "store.db", FACILITY, ORIGIN, vfs=vfs)
        desk, ward = Desk(book, Blobs(tmp_path / "blobs")), Writer()
        lease = ward.lease(ANNA)
        plan.at = plan.count + 2
        for _ in range(2):
            with pytest.raises(UnknownWriteError, match="nobody knows"):
                desk.put(ward, lease, ward.entry(lease))
        assert len(desk.stopped) == 1
        book.close()


@pytest.mark.attack
@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name)
def test_whatever_breaks_nothing_acknowledged_is_lost(tmp_path: Path, fault: Fault) -> None:
    groups = story()
    play(tmp_path, groups, sound := Plan(at=0))
    broken = 0
    for at in range(1, sound.count + 1):
        folder = tmp_path / str(at)
        folder.mkdir()
        done = play(folder, groups, plan := Plan(at, fault))
        broken += bool(plan.what)
        assert fault not in DEADLY or len(done) < sum(map(len, groups))
        check(folder, groups, done)
    assert broken == sound.count

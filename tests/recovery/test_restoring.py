"""A store comes back from a vault whole, or every piece that does not is named."""

from collections.abc import Iterator
from pathlib import Path

import apsw
import pytest

from chartkeep.errors import DamagedError, UnavailableError
from chartkeep.model import Millis, Section
from chartkeep.recovery.archive import Archive, segment_names
from chartkeep.recovery.merging import merge
from chartkeep.recovery.outcome import Outcome
from chartkeep.recovery.restoring import House, StoreRestore
from chartkeep.recovery.segment import Ledger, Segment
from chartkeep.recovery.shelf import FolderShelf
from chartkeep.store.blobs import Blobs
from chartkeep.store.interim import MARK, check_not_restoring
from chartkeep.store.protocol import Commit, Committed, Shred
from chartkeep.store.records import RecordType
from chartkeep.store.server import Identity, Store
from chartkeep.store.sqlite import SqliteBook
from chartkeep.store.verify import verify_book
from tests.recovery.vaults import LOG, STORE_KEY, Direct, VaultRun
from tests.store.house import FACILITY, ORIGIN, Desk, ident, peer_of
from tests.store.test_refilling import dump

HOUSE = House(FACILITY, ORIGIN, LOG)


@pytest.fixture
def run(tmp_path: Path) -> Iterator[VaultRun]:
    """Three pulls: rotations, a shredding, short and long blobs, then nothing of the store left."""
    run = VaultRun(tmp_path)
    pulling = run.pulling()
    for chart in ("anna", "ben", "cho"):
        lease = run.deposit(chart, entries=4, blobs=(b"short" * 99, b"long" * 90_000))
        pulling.pull()
        run.rotate(lease)
        run.deposit(chart, entries=60)
        pulling.pull()
    run.shred("ben")
    run.deposit(FACILITY_CHART, entries=2)
    pulling.pull()
    run.store.close()
    return run


FACILITY_CHART = "the facility's"


def restore(
    run: VaultRun, name: str = "new", first: tuple[str, ...] = (), until: Millis | None = None
) -> tuple[Path, Outcome]:
    folder = run.folder / name
    restoring = StoreRestore(
        FolderShelf(run.folder / "vault"), folder, HOUSE, lambda _: None, until
    )
    restoring.lay()
    restoring.first([ident(chart) for chart in first])
    restoring.rest()
    return folder, restoring.end()


def names_of(run: VaultRun) -> list[str]:
    return [name.text() for name in segment_names(run.place, Ledger.RECORDS)]


def damage(run: VaultRun, name: str, at: int, flip: int = 1) -> None:
    path = run.folder / "vault" / name
    path.chmod(0o600)
    raw = bytearray(path.read_bytes())
    raw[at] ^= flip
    path.write_bytes(raw)


def check(folder: Path) -> list[str]:
    book = SqliteBook(folder / "store.db", FACILITY, ORIGIN)
    try:
        return verify_book(book, Blobs(folder / "blobs"), LOG)
    finally:
        book.close()


def test_all_comes_back_row_by_row_and_file_by_file(run: VaultRun) -> None:
    folder, outcome = restore(run, first=("anna", "ben"))
    assert (outcome.lost, outcome.blobs_lost, outcome.damaged, outcome.beyond) == ([], [], [], [])
    assert dump(folder / "store.db")[:2] == dump(run.folder / "store" / "store.db")[:2]
    assert check(folder) == []
    assert sorted(p.name for p in folder.iterdir()) == ["blobs", "store.db"]


def test_merged_segments_give_the_same(run: VaultRun) -> None:
    names = list(segment_names(run.place, Ledger.RECORDS))
    merged = merge(run.place, names)
    run.place.put(merged.name.text(), merged.merge.parts(), run.now)
    for name in names:
        (run.folder / "vault" / name.text()).unlink()
    folder, outcome = restore(run)
    assert not outcome.lost
    assert check(folder) == []


def test_inpatients_charts_are_there_first_and_the_others_are_awaited(run: VaultRun) -> None:
    restoring = StoreRestore(run.place, run.folder / "new", HOUSE, lambda _: None)
    head = restoring.lay()
    restoring.first([ident("anna")])
    awaits = restoring.awaited()
    assert [awaits(ident(c)) for c in ("anna", "cho", "nobody")] == [False, True, False]
    book = SqliteBook(restoring.interim, FACILITY, ORIGIN)
    assert len(book.wraps(ident("anna"))) == 2
    assert book.shreds() == [ident("ben")]
    assert book.size() == head.size
    book.close()


def test_a_program_that_lived_on_writes_under_its_key_and_the_two_ledgers_join(
    tmp_path: Path,
) -> None:
    """The journal is not among what comes first; the wraps of its keys are."""
    run = VaultRun(tmp_path)
    lease = run.ward.lease(FACILITY, Section.JOURNAL)

    def note(into: Path | None = None) -> None:
        commit = Commit(FACILITY, [lease.wrap], [run.ward.entry(lease)], [])
        if into is None:
            Direct(run.store, run.ward.peer).ask(commit, Committed)
            return
        identity = Identity(FACILITY, ORIGIN, STORE_KEY)
        book = SqliteBook(into, FACILITY, ORIGIN)
        interim = Store(into.parent, identity, clock=lambda: run.now, book=book)
        Direct(interim, run.ward.peer).ask(commit, Committed)
        interim.close()

    note()
    run.pulling().pull()
    peers = (run.folder / "store" / "peers.json").read_bytes()
    run.store.close()
    folder = run.folder / "new"
    folder.mkdir()
    (folder / "peers.json").write_bytes(peers)
    restoring = StoreRestore(run.place, folder, HOUSE, lambda _: None)
    restoring.lay()
    restoring.first([])
    note(restoring.interim)
    restoring.rest()
    assert restoring.end().later == 1
    assert check(folder) == []


def test_until_it_is_whole_no_store_runs_there(run: VaultRun) -> None:
    folder = run.folder / "new"
    restoring = StoreRestore(run.place, folder, HOUSE, lambda _: None)
    restoring.lay()
    with pytest.raises(UnavailableError, match="being restored"):
        check_not_restoring(folder)
    restoring.rest()
    restoring.end()
    check_not_restoring(folder)


@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_killed_anywhere_the_same_calls_go_on(run: VaultRun, steps: int) -> None:
    folder = run.folder / "new"
    killed = StoreRestore(run.place, folder, HOUSE, lambda _: None)
    for step in (killed.lay, lambda: killed.first([ident("anna")]), killed.rest)[:steps]:
        step()
    (folder / "blobs" / "parts").mkdir(exist_ok=True)
    (folder / "blobs" / "parts" / ("0" * 32)).write_bytes(b"half")
    folder, outcome = restore(run, first=("anna",))
    assert not outcome.lost
    assert check(folder) == []


def test_a_view_stands_as_it_did_at_a_time(run: VaultRun) -> None:
    folder, _ = restore(run, until=Millis(run.now - 1))
    base = apsw.Connection(str(folder / "store.db"))
    assert base.execute("SELECT value FROM state WHERE name = 'view'").get == run.now - 1
    assert base.execute("SELECT count(*) FROM record WHERE type = 2 AND replaced IS NULL").get == 0
    base.close()


@pytest.mark.attack
def test_what_was_acknowledged_during_a_restore_that_was_killed_is_kept(run: VaultRun) -> None:
    """Killed with what wards wrote meanwhile; the vault then has some of it, or none."""
    folder = run.folder / "new"
    killed = StoreRestore(run.place, folder, HOUSE, lambda _: None)
    size = killed.lay().size
    killed.first([ident("anna")])
    book = SqliteBook(killed.interim, FACILITY, ORIGIN)
    lease = run.ward.lease(ident("anna"))
    entries = [run.ward.entry(lease, f"late {n}") for n in range(3)]
    desk = Desk(book, Blobs(folder / "blobs"))
    desk.put(run.ward, lease, *entries, labels=(ident("late label"),))
    desk.ask(Shred(ident("anna")), peer_of("keyholder"))
    new = run.ward.lease(ident("nobody before"))
    desk.put(run.ward, new, run.ward.entry(new, "late 9"))
    book.close()
    folder, outcome = restore(run)
    assert outcome.later == 8
    book = SqliteBook(folder / "store.db", FACILITY, ORIGIN)
    assert book.size() == size + 8
    assert [head.version for head in book.heads([ident("late 0"), ident("late 9")])] == [1, 1]
    assert book.charts([ident("late label")]) == [b""], "its chart was shredded afterwards"
    assert book.wraps(ident("anna")) == []
    assert book.tally().charts == 5
    book.close()
    assert check(folder) == []


@pytest.mark.attack
def test_a_flipped_byte_anywhere_loses_at_most_what_it_lies_in_and_names_it(run: VaultRun) -> None:
    name = names_of(run)[1]
    segment = Segment(run.place, next(iter(Archive(run.place, Ledger.RECORDS).segments[1:])).name)
    size = run.place.size(name)
    for at in range(8, size, size // 12):
        damage(run, name, at)
        _, outcome = restore(run, f"new-{at}")
        named = outcome.lost or outcome.head.size < run_size(run) or outcome.damaged
        assert named or is_elsewhere(segment, at)
        damage(run, name, at)


def run_size(run: VaultRun) -> int:
    return Archive(run.place, Ledger.RECORDS).size


def is_elsewhere(segment: Segment, at: int) -> bool:
    """Tell whether a byte is one a restore does not need: of a note, or of a directory."""
    rows = list(segment.directory())
    return at >= rows[-1].offset + rows[-1].length


@pytest.mark.attack
def test_a_missing_segment_is_named_by_its_lines(run: VaultRun) -> None:
    names = list(segment_names(run.place, Ledger.RECORDS))
    (run.folder / "vault" / names[2].text()).unlink()
    _, outcome = restore(run)
    assert outcome.head.size == names[2].first
    assert outcome.beyond == [(each.first, each.end) for each in names[3:]]


@pytest.mark.attack
def test_swapped_blobs_and_missing_ones_are_named(run: VaultRun) -> None:
    one, other, third = run.place.names("blobs/")
    vault = run.folder / "vault"
    for name in (one, other):
        (vault / name).chmod(0o600)
    a, b = (vault / one).read_bytes(), (vault / other).read_bytes()
    (vault / one).write_bytes(b)
    (vault / other).write_bytes(a)
    (vault / third).unlink()
    _, outcome = restore(run)
    assert len(outcome.blobs_lost) == 3
    assert not outcome.lost


@pytest.mark.attack
def test_a_segment_of_another_history_is_passed_over(run: VaultRun) -> None:
    """A vault that lies: lines of its own, with objects that fit them."""
    other = run.folder / "other"
    other.mkdir()
    liar = VaultRun(other)
    liar.deposit("anna", entries=9)
    liar.pulling().pull()
    liar.store.close()
    last = list(segment_names(run.place, Ledger.RECORDS))[-1]
    false = Segment(liar.place, next(iter(segment_names(liar.place, Ledger.RECORDS))))
    (run.folder / "vault" / last.text()).unlink()
    raw = bytearray(liar.place.read(false.name.text()))
    grown = last._replace(end=last.first + false.name.end)
    raw[8:24] = grown.first.to_bytes(8) + grown.end.to_bytes(8)
    (run.folder / "vault" / grown.text()).write_bytes(raw)
    _, outcome = restore(run)
    assert outcome.head.size == last.first
    assert len(outcome.damaged) == 1


@pytest.mark.attack
def test_what_was_shredded_comes_back_without_its_wraps(run: VaultRun) -> None:
    folder, _ = restore(run)
    book = SqliteBook(folder / "store.db", FACILITY, ORIGIN)
    assert book.wraps(ident("ben")) == []
    types = {row.type for row in book.rows(0, 1_000) if row.chart == ident("ben")}
    assert RecordType.SHRED in types
    book.close()


def test_the_mark_is_of_one_ledger(run: VaultRun) -> None:
    folder = run.folder / "new"
    StoreRestore(run.place, folder, HOUSE, lambda _: None).lay()
    (folder / MARK).write_text('{"size": 100000, "root": "AAAA"}')
    with pytest.raises(DamagedError, match="fewer lines"):
        StoreRestore(run.place, folder, HOUSE, lambda _: None).lay()

"""3. The disk breaks at every storage call of store and vault; nothing acknowledged is lost.

A story is drawn from a seed and played as often as it has storage calls, times six: the call fails,
the disk is full, half of it is written, the process is killed before or after it, or killed with
everything that was not synced gone. Then the next start, on a sound disk, must have all that was
acknowledged, nothing by half, and go on.
"""

import gc
import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest

from chartkeep.errors import ChartkeepError, DamagedError, UnavailableError
from chartkeep.inventor.chance import Chance, chance_for
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.proofs import Frontier
from chartkeep.model import Section
from chartkeep.recovery.archive import SHORT_BLOB, Archive, blob_name
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.merging import merge
from chartkeep.recovery.mirrored import MirroredPlace
from chartkeep.recovery.segment import Ledger
from chartkeep.store import witnessing
from chartkeep.store.blobs import Blobs
from chartkeep.store.guard import guard
from chartkeep.store.protocol import BlobChunk, Commit, Committed, OpenBlob, ReplaceWraps, Shred
from chartkeep.store.records import RecordType, blob_parts, line_of
from chartkeep.store.service import StoreService
from chartkeep.store.sqlite import SqliteBook
from chartkeep.store.verify import object_faults, verify_book
from chartkeep.wire.frames import Message, Peer
from tests import memory as in_memory
from tests.broken_os import DeadError, broken_os
from tests.faults import Fault, Plan, faulty_vfs
from tests.recovery.vaults import VaultRun
from tests.store.house import FACILITY, ORIGIN, Ask, Desk, Writer, ident, peer_of

pytestmark = [
    pytest.mark.attack,
    pytest.mark.filterwarnings("ignore::ResourceWarning"),  # who is killed closes no files
]
QUICK_EACH = 97
"""Of the points of the first story, `make attack` takes every so many-th."""
STORE_SEEDS, VAULT_SEEDS = range(1, 23), range(1, 14)
Group = list[tuple[Message, Peer]]


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder in memory, where there is one: the disk that breaks is ours, not the machine's.

    No head is signed meanwhile, which would be a step of another thread.
    """
    monkeypatch.setattr(witnessing, "PAUSE", 3_600)
    monkeypatch.setattr(guard, "BEAT", 3_600)
    with in_memory.folder() as folder:
        yield folder


# The store.


class Sent(NamedTuple):
    """One commit, and the sealed bytes of its blobs by their names."""

    commit: Commit
    blobs: dict[bytes, bytes]


def story(chance: Chance) -> list[Sent | ReplaceWraps | Shred]:
    """Some commits with short blobs and sent ones, a rotation, a shredding, in a drawn order."""
    ward = Writer()
    steps: list[Sent | ReplaceWraps | Shred] = []
    for number in range(chance.randint(2, 4)):
        lease = ward.lease(ident(f"chart {number}"), Section.RESULTS)
        entries = [ward.entry(lease) for _ in range(chance.randint(1, 5))]
        blobs = {os.urandom(16): b"" for _ in range(chance.randint(0, 3))}
        for blob in blobs:
            blobs[blob] = ward.blob(lease, blob, os.urandom(chance.randint(10, 40_000)))
        short = [blob for blob in blobs if chance.random() < 0.5]
        commit = Commit(
            lease.chart, [lease.wrap], entries, [os.urandom(16)],
            tuple(memoryview(blobs[blob]) for blob in short),
            tuple(blob for blob in blobs if blob not in short),
        )  # fmt: skip
        steps.append(Sent(commit, blobs))
        if chance.random() < 0.4:
            steps.append(ReplaceWraps(lease.chart, [ward.rotate(lease)]))
        if chance.random() < 0.3:
            steps.append(Shred(lease.chart))
    return steps


class Serving:
    """The store's live lanes, one after another in this thread."""

    def __init__(self, folder: Path, vfs: str) -> None:
        self.book = SqliteBook(folder / "store.db", FACILITY, ORIGIN, vfs=vfs)
        self.desk = Desk(self.book, Blobs(folder / "blobs"))
        self._service = StoreService.__new__(StoreService)
        self._service._state = SimpleNamespace(  # type: ignore[assignment]
            blobs=self.desk.blobs, alarms=self.desk.alarms
        )
        self._service._filing = SimpleNamespace(put=lambda call: self._service._file([call]))  # type: ignore[assignment]
        self._service._writing = SimpleNamespace(  # type: ignore[assignment]
            put=lambda call: self.desk.sequencer.serve([call])
        )

    def ask(self, request: Message, peer: Peer) -> bool:
        """Say whether it was acknowledged."""
        call = Ask(request, peer)
        if isinstance(request, Commit) and not request.sent:
            self._service._file([call])
        elif isinstance(request, (ReplaceWraps, Shred)):
            self.desk.sequencer.serve([call])
        else:
            self._service._each(self._service._move)([call])
        return isinstance(call.said, Committed)

    def send(self, step: Sent, peer: Peer) -> bool:
        for blob in step.commit.sent:
            self.ask(OpenBlob(step.commit.chart, blob), peer)
            self.ask(BlobChunk(blob, memoryview(step.blobs[blob])), peer)
        return self.ask(step.commit, peer)


def play(folder: Path, steps: list[Sent | ReplaceWraps | Shred], plan: Plan) -> list[int]:
    """Play a story on a disk that breaks; gives which steps were acknowledged."""
    done: list[int] = []
    with faulty_vfs(plan) as vfs, broken_os(plan, folder):
        serving = None
        try:
            serving = Serving(folder, vfs)
            for number, step in enumerate(steps):
                keeper = isinstance(step, (ReplaceWraps, Shred))
                peer = peer_of("keyholder") if keeper else Writer().peer
                if serving.send(step, peer) if isinstance(step, Sent) else serving.ask(step, peer):
                    done.append(number)
        except (DeadError, DamagedError, UnavailableError):
            pass
        plan.dead = True  # a power cut, not a clean close
        if serving is not None:
            serving.book.close()
    return done


def check(folder: Path, steps: list[Sent | ReplaceWraps | Shred], done: list[int]) -> None:
    """Start again on a sound disk."""
    serving = Serving(folder, "")
    book, blobs = serving.book, serving.desk.blobs
    try:
        assert verify_book(book, blobs) == []
        assert os.listdir(folder / "blobs" / "coming") == []  # noqa: PTH208 - names
        kept = {row.object for row in book.rows(0, 1_000)}
        for number, step in enumerate(steps):
            if isinstance(step, Sent):
                there = [new.sealed in kept for new in step.commit.entries]
                there += [_has(book, blobs, step, blob) for blob in step.blobs]
                assert all(there) if number in done else len(set(there)) == 1, number
            elif isinstance(step, Shred) and number in done:
                assert step.chart in book.shreds()
        ward = Writer()
        lease = ward.lease(ident("afterwards"))
        assert serving.ask(Commit(lease.chart, [lease.wrap], [ward.entry(lease)], []), ward.peer)
    finally:
        book.close()


def _has(book: SqliteBook, blobs: Blobs, step: Sent, blob: bytes) -> bool:
    if not book.blob(step.commit.chart, blob):
        return False
    raw = step.blobs[blob]
    return blobs.digest(step.commit.chart, blob) == (len(raw), sha256(raw).digest())


def break_store(memory: Path, seed: int, each: int = 1) -> int:
    """Break one story at each of its calls in every way; gives how many points that were."""
    steps = story(chance_for(seed, "store"))
    sound = Plan(at=0)
    done = play(_fresh(memory), steps, sound)
    assert len(done) >= sum(isinstance(step, Sent) for step in steps)
    points = list(itertools.product(range(1, sound.count + 1), Fault))[seed % each :: each]
    for at, fault in points:
        folder = _fresh(memory)
        done = play(folder, steps, Plan(at, fault))
        check(folder, steps, done)
        shutil.rmtree(folder)
    return len(points)


_numbers = itertools.count()


def _fresh(memory: Path) -> Path:
    folder = memory / str(next(_numbers))
    folder.mkdir()
    return folder


@pytest.fixture(autouse=True)
def _bury() -> Iterator[None]:
    """Collect the files of the killed here, where their warnings are expected."""
    yield
    gc.collect()


def test_wherever_the_stores_disk_breaks_nothing_acknowledged_is_lost(
    memory: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("figure", f"{break_store(memory, 1, QUICK_EACH // 8)} points")


@pytest.mark.full
@pytest.mark.parametrize("seed", STORE_SEEDS)
def test_wherever_the_stores_disk_breaks_in_full(
    memory: Path, record_property: Callable[[str, object], None], seed: int
) -> None:
    record_property("figure", f"{break_store(memory, seed)} points")


# The vault.


class Told:
    """The source's last word to the store: how many lines it may count on."""

    size = 0

    def __call__(self, real: Callable[[int], None], size: int) -> None:
        real(size)
        self.size = size


def pull(run: VaultRun, folder: Path, told: Told, *, merging: bool) -> None:
    """Do what a vault does in a round: pull, say so, merge."""
    run.place = FolderPlace(folder)
    run.pulling(vaulted=told).pull()
    names = [segment.name for segment in run.archive.segments]
    if merging and len(names) > 2:
        whole, bytes_of = merge(run.place, names[:2])
        run.place.put(whole.text(), bytes_of.parts(), run.now)


def whole(run: VaultRun, size: int) -> None:
    """Check that a vault has the ledger up to `size`, each object its line's, nothing by half."""
    archive = Archive(run.place, Ledger.RECORDS)
    assert archive.size >= size
    for name in run.place.names():
        assert sha256(run.place.read(name)).hexdigest() == name[-64:]
    frontier = Frontier()
    lines = list(archive.lines())
    frontier.push_leaves([hash_leaf(line) for _, line in lines])
    kept = {one.at: one for one in archive.objects()}
    for at, one in kept.items():
        assert lines[at] == (one.type, line_of(RecordType(one.type), one.words))
    for row in run.store._book.rows(0, size):  # wraps and labels too: nothing was dropped here
        assert kept[row.at].words == row.words
        if row.type == RecordType.BLOB:
            _, length, digest = blob_parts(row.words)
            there = kept[row.at].beside or run.place.read(blob_name(digest))
            assert (len(there), sha256(there).digest()) == (length, digest)


def break_vault(memory: Path, seed: int, each: int = 1) -> int:
    """Break a vault at each of its calls in every way; gives how many points that were."""
    chance = chance_for(seed, "vault")
    folder = _fresh(memory)
    run = VaultRun(folder)
    before = folder / "before"
    for number in range(3):
        _deposit(run, chance, number)
        run.place = FolderPlace(before)
        run.pulling().pull()
    _deposit(run, chance, 3)
    sound = Plan(at=0)
    size = run.client().status().size
    assert _pull_breaking(run, _copy(before, memory), sound) == size
    points = list(itertools.product(range(1, sound.count + 1), Fault))[seed % each :: each]
    for at, fault in points:
        place = _copy(before, memory)
        told = _pull_breaking(run, place, Plan(at, fault))
        run.place = FolderPlace(place)  # the next start
        whole(run, told)
        again = Told()
        pull(run, place, again, merging=True)
        assert again.size == size
        whole(run, size)
        shutil.rmtree(place)
    run.close()
    shutil.rmtree(folder)
    return len(points)


def _deposit(run: VaultRun, chance: Chance, number: int) -> None:
    sizes = [chance.choice([500, SHORT_BLOB + 1_000]) for _ in range(chance.randint(1, 3))]
    run.deposit(f"chart {number % 2}", entries=chance.randint(1, 4),
                blobs=tuple(os.urandom(size) for size in sizes))  # fmt: skip


def _copy(folder: Path, memory: Path) -> Path:
    return Path(shutil.copytree(folder, memory / str(next(_numbers))))


def _pull_breaking(run: VaultRun, place: Path, plan: Plan) -> int:
    """Pull on a disk that breaks; gives how many lines the store was told are safe."""
    told = Told()
    with broken_os(plan, place), suppress(DeadError, ChartkeepError):
        pull(run, place, told, merging=True)
    return told.size


def test_wherever_the_vaults_disk_breaks_what_it_said_it_has_it_has(
    memory: Path, record_property: Callable[[str, object], None]
) -> None:
    record_property("figure", f"{break_vault(memory, 1, QUICK_EACH // 16)} points")


@pytest.mark.full
@pytest.mark.parametrize("seed", VAULT_SEEDS)
def test_wherever_the_vaults_disk_breaks_in_full(
    memory: Path, record_property: Callable[[str, object], None], seed: int
) -> None:
    record_property("figure", f"{break_vault(memory, seed)} points")


# Flipped bits.


def test_every_flipped_bit_of_a_row_is_noticed(
    memory: Path, record_property: Callable[[str, object], None]
) -> None:
    run = VaultRun(_fresh(memory))
    run.deposit(entries=2, blobs=(b"x",))
    rows = list(run.store._book.rows(0, 10))
    run.close()
    flips = 0
    for row in rows:
        raw = row.object or b""
        for bit in range(8 * len(raw)):
            changed = bytearray(raw)
            changed[bit // 8] ^= 1 << bit % 8
            assert _faults(row._replace(object=bytes(changed))), (row.at, bit)
            flips += 1
    record_property("figure", f"{flips} bits")


def _faults(row: Any) -> bool:
    try:
        return bool(object_faults(row))
    except (ChartkeepError, ValueError, TypeError):
        return True


def test_a_flipped_bit_of_a_copy_is_noticed_and_mended_from_the_other(
    memory: Path, record_property: Callable[[str, object], None]
) -> None:
    run = VaultRun(_fresh(memory))
    run.deposit(entries=3, blobs=(b"short", os.urandom(SHORT_BLOB + 9)))
    run.pulling().pull()
    other = FolderPlace(_copy(run.folder / "vault", memory))
    heard: list[str] = []
    both = MirroredPlace(run.place, other, heard.append)
    chance = chance_for(1, "bits")
    flips = 0
    for name in list(run.place.names()):
        raw = run.place.read(name)
        for _ in range(60):
            bit = chance.randrange(8 * len(raw))
            changed = bytearray(raw)
            changed[bit // 8] ^= 1 << bit % 8
            path = chance.choice([run.place, other]).root / name
            path.chmod(0o600)
            path.write_bytes(changed)
            assert both.mend(name, run.now)
            assert run.place.read(name) == other.read(name) == raw
            flips += 1
    assert len(heard) == flips
    run.close()
    record_property("figure", f"{flips} bits, all mended")

"""A whole store behind its real socket: who may ask what, blobs, and what stops it."""

import json
import threading
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import pytest

from chartkeep.errors import (
    DamagedError,
    NotAllowedError,
    RefusedError,
    UnavailableError,
    UnknownWriteError,
)
from chartkeep.ledger.checkpoint import open_checkpoint
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.ledger.tree import verify_tiles
from chartkeep.sealing.signing import SigningKey
from chartkeep.store import protocol as ask
from chartkeep.store.blobs import Blobs
from chartkeep.store.guard.decoys import decoy_blobs
from chartkeep.store.records import RecordType, line_of
from chartkeep.store.server import Identity, Store
from chartkeep.store.sqlite import open_snapshot
from chartkeep.store.verify import verify_book
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.frames import Done, Message
from chartkeep.wire.server import Listener
from tests.store.house import FACILITY, NOW, ORIGIN, Writer, ident, signing_key

ANNA = ident("anna")
KEY = SigningKey.from_seed(b"k" * 32)
MAY = {
    "ward-3": ["write", "read"],
    "feed": ["write"],
    "keyholder": ["keep"],
    "vault": ["pull", "vault"],
}

T = TypeVar("T", bound=Message)


class Running:
    """A store on a folder, and clients of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        peers = {name: {"key": signing_key(name).public.hex(), "may": may}
                 for name, may in MAY.items()}  # fmt: skip
        (folder / "peers.json").write_text(json.dumps(peers))
        self.now = NOW
        identity = Identity(FACILITY, ORIGIN, KEY)
        self.store = Store(folder, identity, clock=lambda: self.now)
        self.listener = Listener(self.store.service, f"unix:{folder}/store.sock")
        self.listener.start()
        self._clients: dict[str, Client] = {}

    def ask(self, name: str, request: Message, answer: type[T]) -> T:
        if name not in self._clients:
            mine = Credentials(name, signing_key(name), b"w" * 16)
            self._clients[name] = Client(f"unix:{self.folder}/store.sock", "store", mine)
        return self._clients[name].ask(request, answer)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()
        self.listener.stop()
        self.store.close()


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    made = Running(tmp_path)
    yield made
    made.close()


def test_a_deposit_is_read_back_over_the_wire(running: Running, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    entry = ward.entry(lease)
    commit = ask.Commit(ANNA, [lease.wrap], [entry], [ident("a")])
    said = running.ask("ward-3", commit, ask.Committed)
    found = running.ask("ward-3", ask.Read(ANNA, [], [], [], False, 0, 10), ask.Found)
    assert (said.indices, found.entries) == ([1], [entry.sealed])
    assert running.ask("ward-3", ask.Find([ident("a")]), ask.Charts).charts == [ANNA]


def test_where_an_entry_lies_comes_with_its_charts_newest_line(
    running: Running, ward: Writer
) -> None:
    lease = ward.lease(ANNA)
    note, plan = ward.entry(lease, "note"), ward.entry(lease, "plan")
    running.ask("ward-3", ask.Commit(ANNA, [lease.wrap], [note, plan], []), ask.Committed)
    asked = [ident("note"), ident("nobody")]
    found = running.ask("ward-3", ask.Where(asked), ask.Places)
    assert found.heads == running.ask("ward-3", ask.Heads(asked), ask.HeadList).heads
    newest = running.ask("ward-3", ask.Newest(ANNA), ask.Line).index
    assert found.newest == [newest, -1]


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("feed", ask.Read(ANNA, [], [], [], False, 0, 10)),
        ("feed", ask.Where([ident("a")])),
        ("ward-3", ask.Shred(ANNA)),
        ("ward-3", ask.DropLabels(ANNA, [])),
        ("ward-3", ask.ReplaceWraps(ANNA, [])),
        ("ward-3", ask.Records(0, 10)),
        ("vault", ask.Commit(ANNA, [], [], [])),
        ("keyholder", ask.Commit(ANNA, [], [], [])),
    ],
    ids=lambda it: it if isinstance(it, str) else type(it).__name__,
)
def test_each_may_ask_only_what_it_is_registered_for(
    running: Running, name: str, request_: Message
) -> None:
    with pytest.raises(NotAllowedError, match=f"{name} may not"):
        running.ask(name, request_, Done)


def test_a_stranger_is_cut_off_and_rung(running: Running) -> None:
    with pytest.raises(NotAllowedError):
        running.ask("stolen-laptop", ask.Status(), ask.Health)
    alarms = running.ask("ward-3", ask.Status(), ask.Health).alarms
    assert any("stolen-laptop: a proof that does not hold" in text for text in alarms)


def test_peers_are_read_again_when_the_file_changes(running: Running) -> None:
    path = running.folder / "peers.json"
    peers = json.loads(path.read_text())
    peers["ward-3"]["may"] = ["pull"]
    path.write_text(json.dumps(peers))
    with pytest.raises(NotAllowedError):
        running.ask("ward-3", ask.Find([]), ask.Charts)
    path.write_text("{")
    with pytest.raises(DamagedError, match=r"peers\.json cannot be read"):
        running.ask("ward-3", ask.Find([]), ask.Charts)


def test_a_blob_left_by_a_crash_is_swept_at_start(tmp_path: Path) -> None:
    coming = tmp_path / "blobs" / "coming"
    coming.mkdir(parents=True)
    (coming / "00").write_bytes(b"half")
    Running(tmp_path).close()
    assert list(coming.iterdir()) == []


def test_a_verifier_gets_every_record_and_the_tiles_under_a_signed_head(
    running: Running, ward: Writer
) -> None:
    lease = ward.lease(ANNA)
    for wraps in ([lease.wrap], []):
        entries = [ward.entry(lease) for _ in range(200)]
        running.ask("ward-3", ask.Commit(ANNA, wraps, entries, []), ask.Committed)
    note = running.ask("vault", ask.Checkpoint(), ask.Note).note
    signed = open_checkpoint(note.encode(), VerifierKey(ORIGIN, LOG_KEY, KEY.public)).checkpoint

    def read_tile(level: int, index: int, width: int) -> bytes:
        return running.ask("vault", ask.Tile(level, index, width), ask.TileBytes).hashes

    verify_tiles((0, sha256().digest()), (signed.size, signed.root), read_tile)
    pulled = running.ask("vault", ask.Records(0, 500), ask.RecordList)
    lines = [line_of(RecordType(kind), (c or b"") + (o or b"")) for kind, c, o in pulled.records]
    assert (len(lines), pulled.gone) == (signed.size, [])
    assert b"".join(map(hash_leaf, lines[:256])) == read_tile(0, 0, 256)


@pytest.mark.parametrize("request_", [ask.Tile(0, 9, 1), ask.Tile(-1, 0, 256), ask.Tile(1, 0, 0)])
def test_a_tile_that_does_not_exist_is_refused(running: Running, request_: Message) -> None:
    with pytest.raises(RefusedError):
        running.ask("vault", request_, ask.TileBytes)


def test_an_odd_question_does_not_end_the_service(running: Running) -> None:
    for _ in range(3):
        with pytest.raises(RefusedError):
            running.ask("vault", ask.Records(1 << 63, 1), ask.RecordList)
    assert running.ask("vault", ask.Status(), ask.Health).size == 0


@pytest.mark.attack
@pytest.mark.parametrize("victim", ["store.db", "store.db-wal"])
@pytest.mark.parametrize("deed", ["remove", "replace", "cut"])
def test_a_database_taken_away_while_running_stops_the_store(
    running: Running, ward: Writer, victim: str, deed: str
) -> None:
    lease = ward.lease(ANNA)
    commit = ask.Commit(ANNA, [lease.wrap], [ward.entry(lease)], [])
    running.ask("ward-3", commit, ask.Committed)
    path = running.folder / victim
    raw = path.read_bytes()
    if deed == "cut":
        with path.open("r+b") as file:
            file.truncate(len(raw) // 2)
    else:
        path.unlink()
    if deed == "replace":
        path.write_bytes(raw)
    with pytest.raises(UnknownWriteError):
        running.ask("ward-3", ask.Commit(ANNA, [], [ward.entry(lease)], []), ask.Committed)
    assert running.store.stopped.wait(30)


def test_many_writers_at_once_get_each_their_own_line(running: Running) -> None:
    lines: list[int] = []

    def write(number: int) -> None:
        ward = Writer()
        mine = Credentials("ward-3", signing_key("ward-3"), bytes([number]) * 16)
        client = Client(f"unix:{running.folder}/store.sock", "store", mine)
        chart = ident(f"chart {number}")
        lease = ward.lease(chart)
        for turn in range(10):
            wraps = [] if turn else [lease.wrap]
            said = client.ask(ask.Commit(chart, wraps, [ward.entry(lease)], []), ask.Committed)
            lines.extend(said.indices)
        client.close()

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(lines)) == 80
    assert verify_book(running.store._book) == []


def test_a_running_store_is_checked_from_outside_as_it_stood(
    running: Running, ward: Writer
) -> None:
    lease = ward.lease(ANNA)
    running.ask("ward-3", ask.Commit(ANNA, [lease.wrap], [ward.entry(lease)], []), ask.Committed)
    snapshot = open_snapshot(running.folder / "store.db")
    running.ask("ward-3", ask.Commit(ANNA, [], [ward.entry(lease)], []), ask.Committed)
    assert snapshot.size() == 2
    assert (
        verify_book(snapshot, Blobs(running.folder / "blobs"), decoys=decoy_blobs(FACILITY, KEY))
        == []
    )
    snapshot.close()
    with pytest.raises(UnavailableError):
        open_snapshot(running.folder / "nothing.db")

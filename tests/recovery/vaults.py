"""A store and a vault that pulls from it, in one thread: no socket, a clock one sets.

Whatever the store is to lie about is changed by `Meddling` between the two.
"""

import json
import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from chartkeep.ledger.checkpoint import open_checkpoint
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.note import LOG_KEY, WITNESS_KEY, VerifierKey
from chartkeep.ledger.proofs import Frontier
from chartkeep.model import Millis, Section
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault.cover import Cover
from chartkeep.recovery.vault.pulling import Pulling
from chartkeep.recovery.vault.records import RecordsSource
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.client import StoreClient
from chartkeep.store.guard.decoys import decoys_of
from chartkeep.store.protocol import Commit, Committed, ReplaceWraps, Shred
from chartkeep.store.records import RecordType, line_of
from chartkeep.store.server import Identity, Store
from chartkeep.wire.frames import Failed, Message, Peer, to_error
from tests.house import Meddling
from tests.store.house import FACILITY, NOW, ORIGIN, Ask, Lease, Writer, ident, peer_of, signing_key

STORE_KEY = SigningKey.from_seed(b"k" * 32)
LOG = VerifierKey(ORIGIN, LOG_KEY, STORE_KEY.public)
WITNESS = VerifierKey("chartkeep.example/witness", WITNESS_KEY, signing_key("witness").public)
DAY = 86_400_000
LONG = os.urandom(300 << 10)
MAY = {"ward-3": ["write"], "keyholder": ["keep"], "vault": ["pull", "vault"]}


class Waiting(Ask):
    """A call without a wire, whose answer somebody waits for."""

    def __init__(self, request: Message, peer: Peer) -> None:
        super().__init__(request, peer)
        self.done = threading.Event()

    def answer(self, message: Message) -> None:
        super().answer(message)
        self.done.set()


class Direct:
    """What a client needs of the wire, without one."""

    def __init__(self, store: Store, peer: Peer) -> None:
        self._store, self._peer = store, peer

    def ask(self, request: Any, answer: Any) -> Any:
        call = Waiting(request, self._peer)
        self._store.service.take(call)
        assert call.done.wait(30)
        if isinstance(call.said, Failed):
            raise to_error(call.said)
        assert isinstance(call.said, answer)
        return call.said

    def ask_while(self, request: Any, answer: Any, work: Callable[[], Any]) -> Any:
        return self.ask(request, answer), work()

    def close(self) -> None:
        """Nothing is open."""


class VaultRun:
    """A store, a ward that writes, and a vault's place and clock."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = NOW
        self.ward = Writer()
        (folder / "store").mkdir()
        peers = {n: {"key": signing_key(n).public.hex(), "may": may} for n, may in MAY.items()}
        (folder / "store" / "peers.json").write_text(json.dumps(peers))
        self.start_store()
        self.place = FolderPlace(folder / "vault")

    def start_store(self) -> None:
        identity = Identity(FACILITY, ORIGIN, STORE_KEY)
        self.store = Store(self.folder / "store", identity, clock=lambda: self.now)

    def client(self, name: str = "vault") -> StoreClient:
        return StoreClient(Direct(self.store, peer_of(name)))

    def deposit(
        self, chart: str = "anna", *, entries: int = 1, blobs: tuple[bytes, ...] = ()
    ) -> Lease:
        """Commit entries under a fresh key of a chart, with blobs beside them."""
        lease = self.ward.lease(ident(chart), Section.CLINICAL)
        sealed = [self.ward.entry(lease, text=b"{}" * 50) for _ in range(entries)]
        files = [self.ward.blob(lease, os.urandom(16), blob) for blob in blobs]
        commit = Commit(
            lease.chart, [lease.wrap], sealed, [], tuple(memoryview(each) for each in files)
        )
        Direct(self.store, self.ward.peer).ask(commit, Committed)
        return lease

    def blob_files(self) -> list[Path]:
        """List the store's sealed files, those of blobs alone."""
        store = self.folder / "store"
        decoys = {store / decoy.path for decoy in decoys_of(FACILITY, STORE_KEY)}
        return sorted({p for p in (store / "blobs").rglob("*") if p.is_file()} - decoys)

    def blob_file(self, chart: str = "anna") -> Path:
        """Find the one blob of a chart on the store's disk."""
        (path,) = (self.folder / "store" / "blobs").glob(f"??/{ident(chart).hex()}/*")
        return path

    def rotate(self, lease: Lease, generation: int = 2) -> None:
        wrap = self.ward.rotate(lease, generation)
        keyholder = Direct(self.store, peer_of("keyholder"))
        keyholder.ask(ReplaceWraps(lease.chart, [wrap]), Committed)

    def shred(self, chart: str) -> None:
        Direct(self.store, peer_of("keyholder")).ask(Shred(ident(chart)), Committed)

    def pulling(self, without: tuple[int, ...] = (), **lies: Callable[..., Any]) -> Pulling:
        """Begin as a vault does when it starts; `lies` change what the store answers."""
        client: Any = Meddling(self.client(), **lies)
        source = RecordsSource(client, self.place, lambda: Millis(self.now + DAY), lambda: without)
        cover = Cover(self.place, Ledger.RECORDS)
        return Pulling(source, self.place, cover, (LOG, WITNESS), lambda: self.now, DAY)

    @property
    def archive(self) -> Archive:
        return Archive(self.place, Ledger.RECORDS)

    def close(self) -> None:
        self.store.close()


def check_whole(run: VaultRun) -> None:
    """Check that the archive has the store's whole ledger, each object its line's."""
    archive = run.archive
    lines = list(archive.lines())
    frontier = Frontier()
    frontier.push_leaves([hash_leaf(line) for _, line in lines])
    head = open_checkpoint(run.client().checkpoint().note.encode(), LOG).checkpoint
    assert (frontier.size, frontier.root()) == (head.size, head.root)
    for one in archive.objects():
        assert lines[one.at] == (one.type, line_of(RecordType(one.type), one.words))

"""A house in threads: keyholder and store behind their real sockets, on a clock that stands still.

The engine writes, the desk opens; people are those of the cast. Whoever is to be played by a liar
or to break down is wrapped by `Meddling` at the client's side of the wire.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from chartkeep.clinical.incoming import Refusal
from chartkeep.clinical.keywords import Query
from chartkeep.custody.deposit import Receipt, deposit
from chartkeep.custody.house import House
from chartkeep.custody.release import Face, Look, Opened, find_patients, release
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.keyholder import actions
from chartkeep.ledger.body import Whole
from chartkeep.ledger.line import Line
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.model import ChartId, InstanceId, Millis, Purpose, Section
from chartkeep.sealing.lines import open_body
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.client import StoreClient
from chartkeep.store.guard.decoys import decoys_of
from chartkeep.store.server import Identity, Store
from chartkeep.wire.client import Client, Credentials
from chartkeep.wire.frames import instance_id
from chartkeep.wire.server import Listener
from tests import cast, memory
from tests.conftest import KeyholderRun

MAY = {
    "desk": ["read", "audit"],
    "second desk": ["read"],
    "engine": ["write"],
    "serve": ["read", "write", "audit"],
    "packs": ["read", "write"],
    "incident": ["write"],
    "keyholder": ["keep"],
    "verifier": ["pull", "read"],
}
ORIGIN = f"chartkeep.example/{cast.FACILITY.id.hex()}/records"
CARE = frozenset({Section.FACE, Section.CLINICAL, Section.RESULTS})
ALL = frozenset(s for s in Section if s <= Section.RESTRICTED)


class Sent(NamedTuple):
    """What became of one bundle: a receipt a parcel, and what was refused on the way."""

    receipts: list[Receipt]
    refusals: list[Refusal]
    charts: list[ChartId]

    @property
    def new(self) -> int:
        return sum(not taken.before for receipt in self.receipts for taken in receipt.taken)

    @property
    def ids(self) -> list[bytes]:
        return [taken.entry for receipt in self.receipts for taken in receipt.taken]


class HouseRun:
    """A running house; keyholder and store can be stopped and started again."""

    def __init__(self, folder: Path, clock: cast.FakeClock) -> None:
        self.folder = folder
        self.clock = clock
        self.keyholder = KeyholderRun(folder, clock)
        self.identity = Identity(cast.FACILITY.id, ORIGIN, SigningKey.from_seed(b"s" * 32))
        self._clients: list[StoreClient] = []
        (folder / "store").mkdir()
        peers = {
            name: {"key": cast.key_of(name).public.hex(), "may": may} for name, may in MAY.items()
        }
        (folder / "store" / "peers.json").write_text(json.dumps(peers))
        self.start_store()
        self.engine = self.join("engine")
        self.desk = self.join("desk")

    @property
    def releases_key(self) -> VerifierKey:
        return VerifierKey(
            cast.FACILITY.origin, LOG_KEY, self.keyholder.keyholder.ring.signing.public
        )

    def start_store(self) -> None:
        self.store = Store(self.folder / "store", self.identity, clock=self.now)
        self._listener = Listener(self.store.service, f"unix:{self.folder}/store.sock")
        self._listener.start()
        self.keyholder.service.store = self.store_client("keyholder")

    def stop_store(self) -> None:
        self.keyholder.service.store = None
        for client in self._clients:
            client.close()
        self._listener.stop()
        self.store.close()

    def now(self) -> Millis:
        return Millis(self.clock.read().wall)

    def store_client(self, instance: str, worker: bytes = b"w" * 16) -> StoreClient:
        mine = Credentials(instance, cast.key_of(instance), worker)
        client = StoreClient(Client(f"unix:{self.folder}/store.sock", "store", mine))
        self._clients.append(client)
        return client

    def join(self, instance: str, worker: bytes = b"") -> House:
        """Join as one worker: a process of its own, which has no keys yet."""
        worker = worker or os.urandom(16)
        return House(
            cast.FACILITY.id,
            InstanceId(instance_id(cast.key_of(instance).public)),
            self.keyholder.client(instance, worker),
            self.store_client(instance),
            self.now,
            instance,
            worker,
        )

    def close(self) -> None:
        self.stop_store()
        self.keyholder.stop()

    def send(
        self,
        *entries: object,
        house: House | None = None,
        source: str = "feed",
        kind: str = "transaction",
    ) -> Sent:
        """Deposit a bundle of these entries, the facility's first; raises what deposit raises."""
        raw = orjson.dumps({"resourceType": "Bundle", "type": kind, "entry": entries})
        return self.send_raw(raw, house or self.engine, source)

    def send_raw(self, raw: bytes, house: House, source: str = "feed") -> Sent:
        parsed = parse_bundle(raw, "a.json")
        routed = route(parsed, source, house)
        receipts = [deposit(parcel, house) for parcel in routed.parcels]
        charts = [parcel.chart for parcel in routed.parcels]
        return Sent(receipts, [*parsed.refusals, *routed.refusals], charts)

    def admit(self, chart: bytes, ward: str = "3W", bed: str = "1") -> None:
        self.engine.keyholder.act(b"", actions.Place(chart, ward, bed))

    def login(self, person: str, instance: str = "desk") -> bytes:
        return self.keyholder.login(person, instance)

    def open(
        self,
        token: bytes,
        chart: bytes,
        sections: frozenset[Section] = CARE,
        *,
        house: House | None = None,
        history: bool = False,
        purpose: Purpose = Purpose.TREATMENT,
    ) -> Opened:
        look = Look(token, sections, purpose, "said in a few words")
        return release(ChartId(chart), look, house or self.desk, history=history)

    def search(self, token: bytes, house: House | None = None, **query: str) -> list[Face]:
        look = Look(token, frozenset({Section.FACE}), Purpose.TREATMENT)
        return find_patients(Query(**query), look, house or self.desk)

    def blob_files(self) -> list[Path]:
        """List the store's sealed files, those of blobs alone."""
        store = self.folder / "store"
        decoys = {store / one.path for one in decoys_of(cast.FACILITY.id, self.identity.key)}
        found = {path for path in (store / "blobs").glob("**/*") if path.is_file()}
        return sorted(found - decoys)

    def verbs(self) -> list[str]:
        """The verbs of all lines so far, oldest first."""
        return [line.verb for line in self.lines()]

    def lines(self) -> list[Line]:
        holder = self.keyholder.keyholder
        reader = self.keyholder.book.reader()
        try:
            rows = reader.rows("SELECT idx, body FROM line ORDER BY idx")
        finally:
            reader.close()
        return [
            Whole.parse(open_body(holder.ring.lines.bundle(index // 256), index, body)).line
            for index, body in rows
        ]


class Meddling:
    """A keeper's client some of whose answers are changed, or whose calls fail."""

    def __init__(self, client: Any, **changes: Callable[..., Any]) -> None:
        self._client = client
        self._changes = changes

    def __getattr__(self, verb: str) -> Any:
        real = getattr(self._client, verb)
        change = self._changes.get(verb)
        return real if change is None else lambda *a, **k: change(real, *a, **k)


@pytest.fixture
def house(clock: cast.FakeClock) -> Iterator[HouseRun]:
    """A house in a folder in memory, where there is one: no test here breaks a disk."""
    with memory.folder() as folder:
        running = HouseRun(folder, clock)
        yield running
        running.close()

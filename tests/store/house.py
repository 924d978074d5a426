"""A small house around a store: a clock one sets, writers with keys, charts to write into."""

import os
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from io import BytesIO

from chartkeep.errors import ChartkeepError
from chartkeep.model import ChartId, EntryId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.sealing.blob import BlobHeader, seal_blob
from chartkeep.sealing.entry import EntryHeader, seal_entry
from chartkeep.sealing.keys import ChartKey, SectionKey
from chartkeep.sealing.signing import SigningKey
from chartkeep.sealing.wrap import WrapHeader, rewrap_section_key, wrap_section_key
from chartkeep.store.alarms import Alarms
from chartkeep.store.blobs import Blobs
from chartkeep.store.book import Book
from chartkeep.store.protocol import Commit, Committed, NewEntry
from chartkeep.store.sequencer import Sequencer
from chartkeep.wire.calls import Call
from chartkeep.wire.frames import Failed, Message, Peer, instance_id, to_error

FACILITY = FacilityId(b"F" * 16)
ORIGIN = "hospital.example/records"
NOW = Millis(1_700_000_000_000)
HOUR = 3_600_000


def ident(name: str) -> bytes:
    return sha256(name.encode()).digest()[:16]


@cache
def signing_key(name: str) -> SigningKey:
    return SigningKey.from_seed(sha256(name.encode()).digest())


def peer_of(name: str) -> Peer:
    return Peer(name, instance_id(signing_key(name).public), b"w" * 16, 1000)


@dataclass
class Lease:
    """A section key handed to one writer for one chart, with its wrap."""

    chart: ChartId
    section: Section
    writer: InstanceId
    key: SectionKey
    wrap: bytes


@dataclass
class Writer:
    """An instance that may write; `lease` asks an imaginary keyholder."""

    name: str = "ward-3"
    now: Millis = NOW
    chart_keys: dict[bytes, ChartKey] = field(default_factory=dict)

    @property
    def peer(self) -> Peer:
        return peer_of(self.name)

    def chart_key(self, chart: bytes) -> ChartKey:
        secret = sha256(b"chart key" + chart).digest()
        return self.chart_keys.setdefault(chart, ChartKey(ChartId(chart), 1, secret))

    def lease(self, chart: bytes, section: Section = Section.CLINICAL) -> Lease:
        key = SectionKey(KeyId(os.urandom(16)), os.urandom(32))
        chart_key = self.chart_key(chart)
        head = WrapHeader(
            FACILITY, ChartId(chart), 1, section, key.key_id, self.peer.id, Millis(self.now + HOUR)
        )
        wrap = wrap_section_key(head, key, chart_key)
        return Lease(ChartId(chart), section, self.peer.id, key, wrap)

    def rotate(self, lease: Lease, generation: int = 2) -> bytes:
        old = self.chart_key(lease.chart)
        return rewrap_section_key(
            lease.wrap, old, ChartKey(lease.chart, generation, os.urandom(32))
        )

    def entry(
        self,
        lease: Lease,
        name: str = "",
        text: bytes = b"{}",
        *,
        version: int = 1,
        kind: str = "Observation",
        **other: object,
    ) -> NewEntry:
        fields = {
            "facility": FACILITY,
            "chart": lease.chart,
            "section": lease.section,
            "key_id": lease.key.key_id,
            "entry_id": EntryId(ident(name) if name else os.urandom(16)),
            "version": version,
            "time": self.now,
            "writer": lease.writer,
            "kind": kind,
            **other,
        }
        sealed = seal_entry(EntryHeader(**fields), text, lease.key)  # type: ignore[arg-type]
        return NewEntry(sealed, sha256(text).digest()[:16])

    def blob(self, lease: Lease, blob: bytes, content: bytes = b"x-ray", **other: object) -> bytes:
        """Seal a blob; `other` are fields of its header that are not the true ones."""
        fields = {
            "facility": FACILITY,
            "chart": lease.chart,
            "section": lease.section,
            "key_id": lease.key.key_id,
            "blob_id": EntryId(blob),
            "time": self.now,
            "writer": lease.writer,
            **other,
        }
        sealed = BytesIO()
        seal_blob(BytesIO(content), sealed.write, lease.key, BlobHeader(**fields))  # type: ignore[arg-type]
        return sealed.getvalue()


class Ask(Call):
    """A call without a wire; `said` is the answer."""

    def __init__(self, request: Message, peer: Peer) -> None:
        self.request = request
        self.peer = peer
        self.finding = None
        self.said: Message | None = None

    def answer(self, message: Message) -> None:
        assert self.said is None
        self.said = message


class Desk:
    """A sequencer with a clock one sets; `ask` serves one call, `ask_all` a group."""

    def __init__(self, book: Book, blobs: Blobs) -> None:
        self.now = NOW
        self.stopped: list[ChartkeepError] = []
        self.alarms = Alarms()
        self.book, self.blobs = book, blobs
        blobs.recover(book)
        self.sequencer = Sequencer(
            book, blobs, clock=lambda: self.now, alarms=self.alarms, stop=self.stopped.append
        )

    def ask_all(self, *asked: tuple[Message, Peer]) -> list[Message]:
        calls = [Ask(request, peer) for request, peer in asked]
        for call in calls:
            if isinstance(call.request, Commit) and call.request.blobs:
                call.finding = [self.blobs.put(sealed) for sealed in call.request.blobs]
        self.sequencer.serve(list(calls))
        assert all(call.said is not None for call in calls)
        return [call.said for call in calls if call.said is not None]

    def ask(self, request: Message, peer: Peer) -> Committed:
        (said,) = self.ask_all((request, peer))
        if isinstance(said, Failed):
            raise to_error(said)
        assert isinstance(said, Committed)
        return said

    def put(
        self, writer: Writer, lease: Lease, *entries: NewEntry, labels: tuple[bytes, ...] = ()
    ) -> Committed:
        """Commit entries with their wrap."""
        request = Commit(lease.chart, [lease.wrap], list(entries), list(labels))
        return self.ask(request, writer.peer)

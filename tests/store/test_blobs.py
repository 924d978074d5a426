"""Blobs at the store: durable with their entry or not there at all, and only in their own chart."""

import os
import queue
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from chartkeep.errors import (
    BadInputError,
    ConflictError,
    FalseWriterError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from chartkeep.model import ChartId, Millis, Section
from chartkeep.sealing.blob import open_blob
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.blobs import MAX_CHUNK, MAX_COMING, MAX_EACH, Blobs
from chartkeep.store.book import Book
from chartkeep.store.guard.decoys import decoy_blobs, decoys_of
from chartkeep.store.memory import MemoryBook
from chartkeep.store.protocol import (
    BlobBytes,
    BlobChunk,
    Commit,
    Committed,
    DropBlob,
    NewEntry,
    OpenBlob,
    ReadBlobs,
)
from chartkeep.store.server import Identity, Store
from chartkeep.store.verify import verify_book
from chartkeep.wire.frames import Failed, Message, Peer, to_error
from tests.store.house import FACILITY, NOW, ORIGIN, Ask, Lease, Writer, ident, signing_key

ANNA, BUDI = ident("anna"), ident("budi")
CONTENT = b"x-ray" * 20_000
KEY = SigningKey.from_seed(b"s" * 32)


class Heard(Ask):
    """A call whose answer is waited for."""

    def __init__(self, request: Message, peer: Peer) -> None:
        super().__init__(request, peer)
        self.heard: queue.SimpleQueue[Message] = queue.SimpleQueue()

    def answer(self, message: Any) -> None:
        self.heard.put(message)


class Served:
    """A store with all its lanes, without a wire."""

    def __init__(self, folder: Path, book: Book) -> None:
        self.folder = folder
        peers = '{"ward-3": {"key": "%s", "may": ["read", "write"]}}'
        (folder / "peers.json").write_text(peers % signing_key("ward-3").public.hex())
        identity = Identity(FACILITY, ORIGIN, KEY)
        self.store = Store(folder, identity, clock=lambda: NOW, book=book)
        self.ward = Writer("ward-3")

    def ask(self, request: Message, worker: bytes = b"w" * 16) -> Message:
        call = Heard(request, self.ward.peer._replace(worker=worker))
        self.store.service.take(call)
        said = call.heard.get(timeout=30)
        if isinstance(said, Failed):
            raise to_error(said)
        return said

    def lease(self, chart: bytes = ANNA) -> Lease:
        return self.ward.lease(ChartId(chart), Section.IMAGING)

    def send(self, sealed: bytes, blob: bytes, chart: bytes = ANNA) -> bytes:
        self.ask(OpenBlob(chart, blob))
        for at in range(0, len(sealed), 30_000):
            self.ask(BlobChunk(blob, sealed[at : at + 30_000]))
        return blob

    def keep(self, lease: Lease, blob: bytes, content: bytes = CONTENT) -> bytes:
        """Commit an entry with a blob; gives the blob as it was sealed."""
        sealed = self.ward.blob(lease, blob, content)
        self.ask(commit(lease, self.ward.entry(lease), blobs=(sealed,)))
        return sealed

    def read(self, *ranges: tuple[bytes, int, int], chart: bytes = ANNA) -> list[bytes]:
        said = self.ask(ReadBlobs(chart, list(ranges)))
        assert isinstance(said, BlobBytes)
        return said.parts

    def files(self) -> list[str]:
        decoys = {decoy.path for decoy in decoys_of(FACILITY, KEY)}
        found = (path for path in self.folder.glob("blobs/**/*") if path.is_file())
        names = sorted(str(path.relative_to(self.folder)) for path in found)
        return [name.removeprefix("blobs/") for name in names if name not in decoys]

    def check(self) -> list[str]:
        decoys = decoy_blobs(FACILITY, KEY)
        return verify_book(self.store._book.reader(), self.store.blobs, decoys=decoys)


def commit(
    lease: Lease,
    *entries: NewEntry,
    blobs: tuple[bytes, ...] = (),
    sent: tuple[bytes, ...] = (),
) -> Commit:
    return Commit(lease.chart, [lease.wrap], list(entries), [], blobs, sent)


@pytest.fixture
def served(book: Book, tmp_path: Path) -> Iterator[Served]:
    made = Served(tmp_path, book)
    yield made
    made.store.close()


@pytest.mark.parametrize("way", ["beside its entry", "piece by piece"])
def test_a_blob_comes_back_whole_and_in_ranges(served: Served, way: str) -> None:
    lease, blob = served.lease(), ident("blob")
    sealed = served.ward.blob(lease, blob, CONTENT)
    entry = served.ward.entry(lease)
    if way == "beside its entry":
        said = served.ask(commit(lease, entry, blobs=(sealed,)))
    else:
        said = served.ask(commit(lease, entry, sent=(served.send(sealed, blob),)))
    assert said == Committed([2], 3)
    whole, part, none = served.read((blob, 0, 1 << 20), (blob, 100, 50), (ident("no"), 0, 9))
    opened: list[bytes] = []
    open_blob(BytesIO(whole), opened.append, lease.key)
    assert (b"".join(opened), part, none) == (CONTENT, sealed[100:150], b"")
    assert served.files() == [f"{ANNA.hex()[:2]}/{ANNA.hex()}/{blob.hex()}"]
    assert served.check() == []


def test_a_commit_sent_again_after_a_lost_answer_is_taken_once(served: Served) -> None:
    lease, blob = served.lease(), ident("blob")
    request = commit(lease, served.ward.entry(lease), blobs=(served.ward.blob(lease, blob),))
    first = served.ask(request)
    assert served.ask(request) == first
    assert len(served.files()) == 1
    assert served.check() == []


def test_blobs_of_several_entries_come_in_one_commit(served: Served) -> None:
    lease, names = served.lease(), [ident(f"blob {n}") for n in range(20)]
    entries = [served.ward.entry(lease) for _ in names]
    blobs = tuple(served.ward.blob(lease, name, name * 50) for name in names)
    served.ask(commit(lease, *entries, blobs=blobs))
    assert served.read(*((name, 0, 9_999) for name in names)) == list(blobs)
    assert served.check() == []


@pytest.mark.attack
def test_a_refused_blob_leaves_nothing(served: Served) -> None:
    lease, other = served.lease(), served.lease(BUDI)
    entry = served.ward.entry(lease)
    mine, of_budi = served.ward.blob(lease, ident("mine")), served.ward.blob(other, ident("his"))
    served.send(mine, ident("mine"))
    tries: list[tuple[Commit, type[Exception]]] = [
        (commit(lease, entry, blobs=(of_budi,)), RefusedError),
        (commit(lease, entry, blobs=(mine[:90],)), Exception),
        (commit(lease, entry, sent=(ident("nobody"),)), NotFoundError),
        (commit(lease, entry, blobs=(of_budi,), sent=(ident("mine"),)), RefusedError),
    ]
    for request, error in tries:
        with pytest.raises(error):
            served.ask(request)
    assert served.files() == []
    assert served.store._book.size() == 0


@pytest.mark.attack
def test_a_blob_of_another_chart_is_refused(served: Served) -> None:
    anna, budi = served.lease(), served.lease(BUDI)
    his = served.ward.blob(budi, ident("his"))
    served.ask(commit(budi, served.ward.entry(budi), blobs=(his,)))
    with pytest.raises(RefusedError, match="belongs to another chart"):
        served.ask(commit(anna, served.ward.entry(anna), blobs=(his,)))
    served.send(his, ident("his"), BUDI)
    with pytest.raises(RefusedError, match="header of another"):
        served.ask(commit(anna, served.ward.entry(anna), sent=(ident("his"),)))
    assert served.read((ident("his"), 0, 99), chart=ANNA) == [b""]
    assert served.read((ident("his"), 0, 9_999), chart=BUDI) == [his]


@pytest.mark.attack
def test_a_blob_without_an_entry_under_its_key_is_refused(served: Served) -> None:
    lease, other = served.lease(), served.lease()
    sealed = served.ward.blob(other, ident("blob"))
    request = Commit(ANNA, [lease.wrap, other.wrap], [served.ward.entry(lease)], [], (sealed,))
    with pytest.raises(RefusedError, match="without an entry under its key"):
        served.ask(request)


@pytest.mark.attack
def test_a_writer_writes_over_no_blob_and_for_nobody_else(served: Served) -> None:
    lease = served.lease()
    kept = served.keep(lease, ident("blob"))
    other = served.ward.blob(lease, ident("blob"), b"something else")
    with pytest.raises(ConflictError, match="something else already"):
        served.ask(commit(lease, served.ward.entry(lease), blobs=(other,)))
    lied = served.ward.blob(lease, ident("lie"), writer=ident("ward-5"))
    with pytest.raises(FalseWriterError):
        served.ask(commit(lease, served.ward.entry(lease), blobs=(lied,)))
    assert served.read((ident("blob"), 0, 1 << 20)) == [kept]
    assert served.check() == []


def test_a_blob_is_sent_by_one_worker_and_dropped_by_it_alone(served: Served) -> None:
    blob = ident("blob")
    served.ask(OpenBlob(ANNA, blob))
    with pytest.raises(ConflictError, match="being sent already"):
        served.ask(OpenBlob(ANNA, blob))
    for request in (BlobChunk(blob, b"x"), DropBlob(blob)):
        with pytest.raises(NotFoundError, match="no such blob"):
            served.ask(request, worker=b"v" * 16)
    with pytest.raises(BadInputError, match="8 MiB"):
        served.ask(BlobChunk(blob, bytes(MAX_CHUNK + 1)))
    served.ask(DropBlob(blob))
    assert served.files() == []


def test_a_worker_keeps_what_it_sends_while_it_has_a_connection(served: Served) -> None:
    service, peer = served.store.service, served.ward.peer
    service.greet(peer)
    service.greet(peer)
    served.ask(OpenBlob(ANNA, ident("blob")))
    service.part(peer)
    served.ask(BlobChunk(ident("blob"), b"x"))
    service.part(peer)
    with pytest.raises(NotFoundError):
        served.ask(BlobChunk(ident("blob"), b"x"))
    assert served.files() == []


@pytest.mark.attack
def test_no_instance_keeps_the_others_out_with_blobs_it_does_not_end(served: Served) -> None:
    blobs = served.store.blobs
    for n in range(MAX_EACH):
        blobs.begin((b"stolen", os.urandom(16)), ANNA, ident(f"blob {n}"))
    with pytest.raises(UnavailableError, match="too many"):
        blobs.begin((b"stolen", b"w"), ANNA, ident("one more"))
    served.ask(OpenBlob(ANNA, ident("mine")))
    for n in range(MAX_COMING - MAX_EACH - 1):
        blobs.begin((b"another", b"w"), ANNA, ident(f"another {n}"))
    with pytest.raises(UnavailableError, match="too many"):
        blobs.begin((b"a third", b"w"), ANNA, ident("a third"))


@pytest.mark.attack
@pytest.mark.parametrize(
    "ranges",
    [
        [(ident("blob"), -1, 5)],
        [(ident("blob"), 0, -5)],
        [(ident("blob"), 0, 33 << 20)],
        [(ident("blob"), 0, 20 << 20)] * 2,
        [(ident("blob"), 0, 1)] * 10_001,
    ],
)
def test_an_impossible_range_is_refused(
    served: Served, ranges: list[tuple[bytes, int, int]]
) -> None:
    with pytest.raises(BadInputError):
        served.read(*ranges)


@pytest.mark.attack
def test_a_blob_that_is_changed_gone_or_nobodys_is_named(served: Served) -> None:
    lease = served.lease()
    for name in ("changed", "gone"):
        served.keep(lease, ident(name))
    folder = served.folder / "blobs" / ANNA.hex()[:2] / ANNA.hex()
    raw = bytearray((folder / ident("changed").hex()).read_bytes())
    raw[500] ^= 1
    (folder / ident("changed").hex()).write_bytes(raw)
    (folder / ident("gone").hex()).unlink()
    (folder / ident("left").hex()).write_bytes(b"?")
    found = "\n".join(served.check())
    assert "its file was changed" in found
    assert f"the file of blob {_text('gone')} is missing" in found
    assert f"blob {_text('left')}: a file without a line" in found
    assert served.read((ident("gone"), 0, 9)) == [b""]


def test_a_file_of_a_line_later_than_the_books_is_nothing_wrong(served: Served) -> None:
    served.keep(served.lease(), ident("blob"))
    before = MemoryBook(FACILITY, ORIGIN)
    blobs = served.store.blobs
    placed = blobs.placed(ANNA, ident("blob"))
    decoys = decoy_blobs(FACILITY, KEY)
    assert verify_book(before, blobs, taken=placed, decoys=decoys) == []
    (found,) = verify_book(before, blobs, taken=Millis(placed + 1), decoys=decoys)
    assert "without a line" in found


def _text(name: str) -> str:
    raw = ident(name).hex()
    return "-".join((raw[:8], raw[8:12], raw[12:16], raw[16:20], raw[20:]))


def test_a_file_that_cannot_get_its_place_is_read_and_placed_at_the_next_start(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "no space")

    with monkeypatch.context() as patch:
        patch.setattr("os.rename", broken)
        kept = served.keep(served.lease(), ident("blob"))
    assert served.files() == [f"coming/{ident('blob').hex()}"]
    assert served.read((ident("blob"), 0, 1 << 20)) == [kept]
    assert any("stays in coming" in text for text in served.store.alarms.sentences())
    served.store.blobs.recover(served.store._book)
    assert served.files() == [f"{ANNA.hex()[:2]}/{ANNA.hex()}/{ident('blob').hex()}"]
    assert served.read((ident("blob"), 0, 1 << 20)) == [kept]
    assert served.check() == []


@pytest.mark.attack
@pytest.mark.parametrize("call", ["write", "fsync", "open"])
@pytest.mark.parametrize("way", ["beside", "sent"])
def test_a_blob_that_is_not_durable_is_not_kept(
    served: Served, call: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    lease, blob = served.lease(), ident("blob")
    sealed = served.ward.blob(lease, blob)
    entry = served.ward.entry(lease)

    def broken(*_: object, **__: object) -> None:
        raise OSError(28, "no space")

    def act() -> None:
        if way == "beside":
            served.ask(commit(lease, entry, blobs=(sealed,)))
        else:
            served.ask(commit(lease, entry, sent=(served.send(sealed, blob),)))

    with monkeypatch.context() as patch:
        where = "pathlib.Path.open" if (call, way) == ("open", "sent") else f"os.{call}"
        patch.setattr(where, broken)
        with pytest.raises(UnavailableError, match="cannot be written"):
            act()
    assert served.files() == []
    assert served.store._book.size() == 0
    act()
    assert served.check() == []


def test_what_a_crash_left_is_swept_or_placed_as_the_ledger_says(tmp_path: Path) -> None:
    book = MemoryBook(FACILITY, ORIGIN)
    served = Served(tmp_path, book)
    lease = served.lease()
    for name in ("kept", "lost"):
        served.keep(lease, ident(name))
    served.store.close()
    coming = tmp_path / "blobs" / "coming"
    place = tmp_path / "blobs" / ANNA.hex()[:2] / ANNA.hex()
    (place / ident("lost").hex()).rename(coming / ident("lost").hex())
    for name in (ident("never promised").hex(), "no name at all"):
        (coming / name).write_bytes(b"half")
    Blobs(tmp_path / "blobs").recover(book)
    assert os.listdir(coming) == []  # noqa: PTH208 - names
    assert verify_book(book, Blobs(tmp_path / "blobs"), decoys=decoy_blobs(FACILITY, KEY)) == []

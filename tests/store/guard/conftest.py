import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chartkeep.model import Millis, Section
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.guard import guard
from chartkeep.store.guard.decoys import decoys_of
from chartkeep.store.guard.vitals import Reading
from chartkeep.store.guard.watching import Kind
from chartkeep.store.protocol import Commit
from chartkeep.store.server import Identity, Store
from chartkeep.wire.frames import Failed, Message, to_error
from tests.store.house import FACILITY, NOW, ORIGIN, Writer, ident, signing_key
from tests.store.test_blobs import Heard

KEY = SigningKey.from_seed(b"s" * 32)
CHARTS = 6
ENTRIES = 40


class Guarded:
    """A store with some charts and blobs in it, whose guard runs; its clocks are set by hand."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        peers = {"ward-3": {"key": signing_key("ward-3").public.hex(), "may": ["read", "write"]}}
        (folder / "peers.json").write_text(json.dumps(peers))
        self.now = NOW
        self.clocks = Reading(NOW, 0)
        self.heard: list[str] = []
        self.ward = Writer("ward-3")
        self.start()

    def start(self) -> None:
        identity = Identity(FACILITY, ORIGIN, KEY)
        self.store = Store(
            self.folder, identity, clock=lambda: self.now, clocks=lambda: self.clocks,
            hook=self.heard.append,
        )  # fmt: skip

    def stop(self) -> None:
        self.store.close()

    def ask(self, request: Message) -> Message:
        call = Heard(request, self.ward.peer)
        self.store.service.take(call)
        said = call.heard.get(timeout=30)
        if isinstance(said, Failed):
            raise to_error(said)
        return said

    def deposit(self, chart: str = "anna", section: Section = Section.CLINICAL) -> Message:
        lease = self.ward.lease(ident(chart), section)
        return self.ask(Commit(lease.chart, [lease.wrap], [self.ward.entry(lease)], []))

    def fill(self, first: int = 0) -> None:
        for number in range(first, first + CHARTS):
            lease = self.ward.lease(ident(f"chart {number}"), Section.IMAGING)
            blob = self.ward.blob(lease, ident(f"blob {number}"), b"x-ray" * 5_000)
            entries = [self.ward.entry(lease) for _ in range(ENTRIES)]
            self.ask(Commit(lease.chart, [lease.wrap], entries, [], (blob,)))

    def blobs(self) -> list[Path]:
        decoys = {self.folder / decoy.path for decoy in decoys_of(FACILITY, KEY)}
        return sorted(set(self.folder.glob("blobs/??/*/*")) - decoys)

    def move(self, *, wall: float = 0, steady: float = 0) -> None:
        self.now = self.ward.now = Millis(self.now + int(wall * 1000))
        self.clocks = Reading(self.now, self.clocks.steady + int(steady * 1000))

    def until_watched(self) -> None:
        """Wait until every folder is watched."""
        folders = len({path.parent for path in self.folder.glob("blobs/??/*/*")})
        watching = self.store.guard._watching
        assert watching is not None
        self.until(lambda: [k for k, _ in watching._on.values()].count(Kind.CHART) >= folders)

    def until_frozen(self) -> str:
        self.until(lambda: self.store.frozen.why != "")
        return self.store.frozen.why

    def until(self, holds: Callable[[], object]) -> None:
        end = time.monotonic() + 60
        while not holds():
            assert time.monotonic() < end, "this never came"
            time.sleep(0.02)


@pytest.fixture
def guarded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Guarded]:
    """A store whose guard looks ten times as often."""
    monkeypatch.setattr(guard, "BEAT", 0.1)
    folder = tmp_path / "store"
    folder.mkdir()
    made = Guarded(folder)
    made.fill()
    yield made
    made.stop()

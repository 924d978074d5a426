"""A house with a watched folder, and a patient in it."""

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson
import pytest

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.blobs import read_blob
from chartkeep.custody.clearing import Waiting, inbox_look, list_inbox
from chartkeep.intake.folders.saying import read_pattern
from chartkeep.intake.folders.taking import Doors, Dropped, Feed, FolderTaker, Outcome, State
from chartkeep.intake.folders.watching import Watched, Watcher
from chartkeep.model import ChartId, Section
from tests.house import ALL, HouseRun, house
from tests.records import put

__all__ = ["house"]

MRN = "http://minato.example/mrn"
ISSUERS = Issuers({"MINATO": MRN, "1.2.392.1": MRN})
PATTERN = r"^(?P<number>\d+)(_(?P<name>[A-Za-z_]+)_(?P<birth>\d{8}))?[ ._-]"


class Drop(NamedTuple):
    """A folder, its watcher, and what other doors were handed."""

    house: HouseRun
    path: Path
    chart: ChartId
    taker: FolderTaker
    watched: Watched
    handed: list[bytes]
    told: list[str]

    def put(self, name: str, raw: bytes) -> Path:
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(raw)
        return path

    def watcher(self) -> Watcher:
        return Watcher(self.watched, self.taker, self.told.append)

    def take(self) -> Counter[State]:
        """Look twice, as a watcher does, whose clock runs."""
        watcher = self.watcher()
        watcher.look(0)
        return watcher.look(100)

    def left(self) -> list[str]:
        return sorted(str(p.relative_to(self.path)) for p in self.path.rglob("*") if not p.is_dir())

    def why(self) -> str:
        return "".join(p.read_text() for p in sorted((self.path / "refused").glob("*.why")))

    def read(self, kind: str) -> list[dict[str, Any]]:
        self.house.admit(self.chart)
        opened = self.house.open(self.house.login("aiko"), self.chart, ALL - {Section.IDENTITY})
        return [orjson.loads(e.raw) for e in opened.entries if e.header.kind == kind]

    def content(self) -> list[bytes]:
        """Open the chart and give the bytes of its documents."""
        self.house.admit(self.chart)
        opened = self.house.open(self.house.login("aiko"), self.chart, ALL - {Section.IDENTITY})
        binaries = [entry for entry in opened.entries if entry.header.kind == "Binary"]
        return [read_blob(opened, entry, self.house.desk) for entry in binaries]

    def inbox(self) -> list[Waiting]:
        return list_inbox(inbox_look(self.house.login("hiro")), self.house.desk)


@pytest.fixture
def drop(house: HouseRun, tmp_path: Path) -> Drop:
    name = [{"family": "Sato", "given": ["Aiko"]}]
    identifier = [{"system": MRN, "value": "4711"}]
    sent = house.send(put("Patient", "a", identifier=identifier, name=name, birthDate="1971-01-23"))
    path = tmp_path / "drop"
    path.mkdir()
    handed: list[bytes] = []

    def images(files: Iterable[Dropped], feed: Feed) -> Iterable[Outcome]:
        for file in files:
            with file.open() as reader:
                handed.append(reader.read())
            yield Outcome(State.TAKEN)

    def bundle(raw: bytes, feed: Feed) -> Outcome:
        handed.append(raw)
        return Outcome(State.TAKEN)

    feed = Feed("scans", MRN, ZoneInfo("Asia/Tokyo"), ISSUERS)
    watched = Watched(path, feed, read_pattern(PATTERN))
    taker = FolderTaker(house.engine, Doors(images, bundle))
    return Drop(house, path, sent.charts[0], taker, watched, handed, [])


def age(path: Path, seconds: int) -> None:
    os.utime(path, (1_000_000 - seconds, 1_000_000 - seconds), follow_symlinks=False)

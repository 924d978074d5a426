"""Whatever breaks under a folder of segments, nothing acknowledged is lost and nothing is half.

A life is a run of puts, lengthenings and expiries, drawn from a seed; the n-th thing the disk does
in it breaks in one of six ways. CHARTKEEP_POINTS=20000 tries more of them than `make test` does.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import count, islice
from pathlib import Path

import pytest

from chartkeep.errors import UnavailableError
from chartkeep.model import Millis
from chartkeep.recovery.folder import FolderPlace
from tests import memory
from tests.faults import DEADLY, Fault
from tests.recovery.disk import Disk
from tests.recovery.place_contract import DAY, NOW

POINTS = int(os.environ.get("CHARTKEEP_POINTS", "360"))
ACTS = 8
PART = 4096


@dataclass
class Life:
    """What a vault was told of its folder, and what it may find there besides."""

    seed: int
    kept: dict[str, tuple[bytes, Millis]] = field(default_factory=dict)
    going: set[str] = field(default_factory=set)

    def draw(self, act: int, what: str, below: int) -> int:
        drawn = sha256(f"{self.seed} {act} {what}".encode()).digest()
        return int.from_bytes(drawn[:4]) % below

    def data(self, which: int) -> bytes:
        piece = sha256(f"{self.seed} {which}".encode()).digest()
        return piece * self.draw(which, "size", 3 * PART // 32)

    def act(self, place: FolderPlace, number: int) -> None:
        """Do an act of this life; what it acknowledges is remembered."""
        data = self.data(self.draw(number, "which", 4))
        digest = sha256(data).hexdigest()
        name = f"blobs/{digest[:1]}/{digest}"
        until = Millis(NOW + DAY * self.draw(number, "days", 5))
        self.going.add(name)
        match self.draw(number, "act", 5):
            case 0 if name in self.kept:
                place.extend(name, until)
                self.kept[name] = data, max(until, self.kept[name][1])
            case 1 if name in self.kept:
                place.expire(name, self.kept[name][1])
                del self.kept[name]
            case _:
                parts = [data[at : at + PART] for at in range(0, len(data), PART)]
                place.put(name, parts, until)
                before = self.kept.get(name, (data, until))[1]
                self.kept[name] = data, max(until, before)
        self.going.discard(name)

    def check(self, place: FolderPlace) -> None:
        there = list(place.names())
        assert set(self.kept) - self.going <= set(there) <= set(self.kept) | self.going
        for name in there:
            data = place.read(name)
            assert sha256(data).hexdigest() == name.rpartition("/")[2]
        for name in set(there) - self.going:
            assert (place.read(name), place.until(name)) == self.kept[name]


def live(root: Path, disk: Disk, seed: int) -> None:
    """Live a life on a disk; die when it does, start again, and go on where it broke."""
    life = Life(seed)
    place = FolderPlace(root)
    for number in range(ACTS):
        try:
            with disk.breaking():
                life.act(place, number)
        except UnavailableError:
            assert disk.what
            if disk.fault in DEADLY:
                place, disk = FolderPlace(root), Disk(root)
            life.check(place)
            life.act(place, number)
    life.check(FolderPlace(root))


def steps_of(folder: Path, seed: int) -> int:
    disk = Disk(folder)
    live(folder, disk, seed)
    return disk.count


def points(folder: Path) -> Iterator[tuple[int, int]]:
    """Give (seed, step) of one life after another, without end."""
    for seed in count():
        root = folder / f"whole-{seed}"
        for at in range(1, steps_of(root, seed) + 1):
            yield seed, at


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder in memory where there is one: what a sync makes durable is `Disk`'s to say."""
    with memory.folder() as made:
        yield made


def break_at(folder: Path, fault: Fault, most: int) -> set[str]:
    """Live that many lives, each broken at another point; gives what the disk was doing."""
    broken = set()
    for seed, at in islice(points(folder), most):
        root = folder / f"{seed}-{at}"
        disk = Disk(root, at, fault)
        live(root, disk, seed)
        broken.add(disk.what)
        shutil.rmtree(root)
    return broken


@pytest.mark.attack
@pytest.mark.parametrize("fault", Fault)
def test_whatever_breaks_no_segment_is_lost_or_half(folder: Path, fault: Fault) -> None:
    broken = break_at(folder, fault, POINTS // len(Fault))
    assert broken >= {"write", "fsync", "link", "mkdir", "unlink", "utime"}


def test_a_folder_whose_names_are_not_synced_is_caught(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chartkeep.recovery.folder.sync_folder", lambda _: None)
    with pytest.raises(AssertionError):
        break_at(folder, Fault.LOSE, POINTS)

"""Every storage call of a vault, failing in every way: nothing kept is lost, nothing is half.

Seeded: which file a torn write stops in, and where, follows from the step. `make attack-full` may
raise `SEEDS`.
"""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum
from functools import partial
from hashlib import sha256
from typing import Any

import pytest

from chartkeep.errors import ChartkeepError
from chartkeep.inventor.chance import chance_for
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault.cover import sound_cover
from chartkeep.recovery.vault.tidying import Retention, Tidying
from tests.recovery.place_contract import NOW
from tests.recovery.vaults import LONG, VaultRun, check_whole

SEEDS = int(os.environ.get("CHARTKEEP_VAULT_SEEDS", "1"))
CALLS = ("open", "write", "fsync", "link", "utime", "fchmod", "unlink", "mkdir")


class Fault(Enum):
    EIO = "the disk fails once"
    FULL = "the disk is full from here on"
    KILL = "killed before it is done"
    DONE = "killed when it is done, before anybody hears of it"
    TORN = "half of a write, then killed"


class Killed(BaseException):
    """The process is dead: nothing of it goes on."""


class Disk:
    """Counts the storage calls of this thread, and breaks one of them."""

    def __init__(self, at: int, fault: Fault, seed: int) -> None:
        self.at, self.fault = at, fault
        self.count = 0
        self.dead = False
        self.chance = chance_for(seed, "torn", at, fault.name)

    def call(self, name: str, real: Callable[..., Any], *asked: Any, **more: Any) -> Any:
        if threading.current_thread() is not threading.main_thread():  # the store's disk is well
            return real(*asked, **more)
        if self.dead:
            raise Killed
        self.count += 1
        if self.count == self.at or (self.fault is Fault.FULL and 0 < self.at < self.count):
            return self._break(name, real, *asked, **more)
        return real(*asked, **more)

    def _break(self, name: str, real: Callable[..., Any], *asked: Any, **more: Any) -> Any:
        match self.fault:
            case Fault.EIO:
                raise OSError(errno.EIO, "failed")
            case Fault.FULL:
                if name == "write":
                    raise OSError(errno.ENOSPC, "full")
                return real(*asked, **more)
            case Fault.DONE:
                real(*asked, **more)
            case Fault.TORN if name == "write":
                file, data = asked
                real(file, data[: self.chance.randrange(len(data) + 1)])
            case _:
                pass
        self.dead = True
        raise Killed


@contextmanager
def broken(disk: Disk) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in CALLS:
            patch.setattr(os, name, partial(disk.call, name, getattr(os, name)))
        yield


def attempt(run: VaultRun, disk: Disk) -> None:
    """Pull and merge on a disk that breaks."""
    try:
        with broken(disk):
            run.place = FolderPlace(run.place.root)
            run.pulling().pull()
            tidy(run)
    except (Killed, ChartkeepError):
        pass


def tidy(run: VaultRun) -> None:
    cover = sound_cover(run.place, Ledger.RECORDS, print)
    Tidying(run.place, [cover], Retention(), print).merge(NOW)


def check(run: VaultRun) -> None:
    """Check that nothing is half there, and that the next start has everything."""
    run.place = FolderPlace(run.place.root)
    for name in run.place.names():
        assert sha256(run.place.read(name)).hexdigest() == name[-64:]
    assert run.pulling().pull() == run.store.service._state.sequencer.head.size
    tidy(run)
    check_whole(run)


@pytest.mark.attack
@pytest.mark.parametrize("seed", range(SEEDS))
@pytest.mark.parametrize("fault", Fault, ids=lambda fault: fault.name.lower())
def test_whatever_breaks_nothing_kept_is_lost_and_nothing_is_half(
    run: VaultRun, fault: Fault, seed: int
) -> None:
    chance = chance_for(seed, "ward", fault.name)
    for _ in range(chance.randrange(16)):
        run.deposit(f"chart {chance.randrange(4)}")
        run.pulling().pull()
    at, points = 0, 0
    while True:
        at += 1
        long = os.urandom(len(LONG)) if chance.random() < 0.3 else b"short"
        run.deposit(f"chart {chance.randrange(4)}", entries=chance.randrange(1, 5), blobs=(long,))
        disk = Disk(at, fault, seed)
        attempt(run, disk)
        check(run)
        if disk.count < at:  # the round was over before anything broke
            break
        points += 1
    assert points > 8

"""The end of a restore on a disk that breaks: what the interim store acknowledged is never lost."""

import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest

from chartkeep.errors import ChartkeepError
from chartkeep.recovery.restoring import House, StoreRestore
from chartkeep.store import interim
from chartkeep.store.blobs import Blobs
from chartkeep.store.interim import MARK
from chartkeep.store.sqlite import SqliteBook
from chartkeep.store.verify import verify_book
from tests.broken_os import DeadError, broken_os
from tests.faults import DEADLY, Fault, Plan, faulty_vfs
from tests.recovery.vaults import LOG, VaultRun
from tests.store.house import FACILITY, ORIGIN, Desk, ident

HOUSE = House(FACILITY, ORIGIN, LOG)
LATE = [ident(f"late {number}") for number in range(40)]


class Ending:
    """A restore just before its end, with what wards wrote while it ran; ended again and again."""

    def __init__(self, run: VaultRun) -> None:
        run.deposit("anna", entries=4)
        run.pulling().pull()
        run.store.close()
        self._place, self.folder = run.place, run.folder / "new"
        self._restore = self._begin()
        book = SqliteBook(self._restore.interim, FACILITY, ORIGIN)
        lease = run.ward.lease(ident("anna"))
        late = [run.ward.entry(lease, f"late {number}", b"{}" * 500) for number in range(40)]
        Desk(book, Blobs(self.folder / "blobs")).put(run.ward, lease, *late)
        book.close()
        self._restore.rest()
        self._kept = run.folder / "kept"
        shutil.copytree(self.folder, self._kept)

    def _begin(self) -> StoreRestore:
        made = StoreRestore(self._place, self.folder, HOUSE, lambda _: None)
        made.lay()
        made.first([ident("anna")])
        return made

    def end(self, plan: Plan) -> bool:
        """End it on a breaking disk; tells whether it was said to have ended."""
        shutil.rmtree(self.folder)
        shutil.copytree(self._kept, self.folder)
        with pytest.MonkeyPatch.context() as patch, faulty_vfs(plan) as vfs:
            patch.setattr(interim, "SqliteBook", partial(SqliteBook, vfs=vfs))
            with suppress(ChartkeepError, OSError, DeadError), broken_os(plan, self.folder):
                self._restore.end()
                return True
        return False

    def check(self) -> None:
        """Go on as the same command does, where the folder says so, and look for what was kept."""
        if (self.folder / MARK).exists():
            again = self._begin()
            again.rest()
            assert again.end().later == len(LATE) + 1
        book = SqliteBook(self.folder / "store.db", FACILITY, ORIGIN)
        try:
            assert all(head.version for head in book.heads(LATE))
            assert verify_book(book, Blobs(self.folder / "blobs"), LOG) == []
        finally:
            book.close()


@pytest.fixture
def ending(quick: Path) -> Ending:
    return Ending(VaultRun(quick))


def test_it_ends_on_a_sound_disk(ending: Ending) -> None:
    assert ending.end(plan := Plan(at=0))
    assert plan.count > 10
    assert not (ending.folder / MARK).exists()
    ending.check()


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name)
def test_whatever_breaks_at_the_end_nothing_acknowledged_meanwhile_is_lost(
    ending: Ending, fault: Fault
) -> None:
    ending.end(sound := Plan(at=0))
    for at in range(1, sound.count + 1):
        ended = ending.end(plan := Plan(at, fault))
        assert plan.what, "the disk broke"
        assert not ended or fault not in DEADLY or not (ending.folder / MARK).exists()
        ending.check()

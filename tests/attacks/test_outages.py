"""7. The ledger is taken away while the keyholder runs; the witness hangs."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from chartkeep.custody.release import release
from chartkeep.errors import UnavailableError
from chartkeep.model import ChartId
from chartkeep.wiring.home import Home
from tests.attacks.house import (
    Founded,
    look,
    small_hospital,
    started,
    until,
    until_witnessed,
    write_bundles,
)

pytestmark = pytest.mark.attack


def admitted(founded: Founded, folder: Path, patients: int) -> list[ChartId]:
    charts = founded.load(write_bundles(folder / "given", small_hospital(patients)))
    founded.admit(charts)
    return charts


def remove(database: Path) -> None:
    database.unlink()


def truncate(database: Path) -> None:
    os.truncate(database, 4_096)


def truncate_log(database: Path) -> None:
    os.truncate(database.with_name(database.name + "-wal"), 0)


def replace(database: Path) -> None:
    """The same bytes under another inode, as a restore over a running keyholder would do."""
    copy = database.with_name("copy")
    copy.write_bytes(database.read_bytes())
    copy.rename(database)


def database_of(home: Home) -> Path:
    return home.root / "keyholder" / "keyholder.db"


@pytest.mark.parametrize("spoil", [remove, truncate, truncate_log, replace])
def test_when_the_ledger_is_taken_away_releases_stop(
    founded: Founded, folder: Path, spoil: Callable[[Path], None]
) -> None:
    with started(founded.home) as run:
        (chart,) = admitted(founded, folder, 1)
        desk = founded.join("desk")
        nurse = look(founded.login(desk, "aiko"))
        assert release(chart, nurse, desk).entries
        spoil(database_of(founded.home))
        for _ in range(2):
            with pytest.raises(UnavailableError):
                release(chart, nurse, desk)
        run.children["keyholder"].wait(30)


def test_a_witness_that_hangs_holds_up_no_release_and_the_status_says_so(
    founded: Founded, folder: Path, record_property: Callable[[str, object], None]
) -> None:
    with started(founded.home) as run:
        charts = admitted(founded, folder, 3)
        desk = founded.join("desk")
        nurse = look(founded.login(desk, "aiko"))
        until_witnessed(desk)
        run.children["witness"].send_signal(signal.SIGSTOP)
        opened = [release(chart, nurse, desk) for chart in charts * 5]
        health = desk.keyholder.status()
        behind = health.lines - health.witnessed
        run.children["witness"].send_signal(signal.SIGCONT)
        until(lambda: desk.keyholder.status().witnessed >= health.lines)
    record_property("figure", f"{len(opened)} releases meanwhile, status: {behind} lines unseen")
    assert all(one.entries for one in opened)
    assert behind >= len(opened)


def test_a_witness_that_is_gone_holds_up_no_deposit(founded: Founded, folder: Path) -> None:
    with started(founded.home) as run:
        run.stop("witness", kill=True)
        charts = admitted(founded, folder, 3)
        desk = founded.join("desk")
        opened = release(charts[0], look(founded.login(desk, "aiko")), desk)
        health = desk.store.status()
    assert opened.entries
    assert health.witnessed < health.size

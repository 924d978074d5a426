"""7. The ledger is taken away while the keyholder runs; the witness hangs."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from chartkeep.custody.house import House
from chartkeep.custody.release import Look, release
from chartkeep.errors import UnavailableError
from chartkeep.model import ChartId
from chartkeep.wiring.home import Home
from chartkeep.wiring.launch import Running
from tests.attacks.house import (
    Founded,
    found,
    look,
    small_hospital,
    start,
    started,
    until,
    until_witnessed,
    write_bundles,
)

pytestmark = pytest.mark.attack


def admitted(founded: Founded, folder: Path, patients: int, after: int = 0) -> list[ChartId]:
    """Bring new patients; `after`: so many of this hospital's are there already."""
    bundles = write_bundles(folder / "given", small_hospital(after + patients))
    charts = founded.load(bundles[after:])
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


class Ward(NamedTuple):
    """A house that runs, with three inpatients and a nurse at her desk."""

    run: Running
    founded: Founded
    charts: list[ChartId]
    desk: House
    nurse: Look


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ward]:
    folder = tmp_path_factory.mktemp("a")
    founded = found(folder)
    with started(founded.home) as run:
        charts = admitted(founded, folder, 3)
        desk = founded.join("desk")
        yield Ward(run, founded, charts, desk, look(founded.login(desk, "aiko")))
    founded.close()


def test_a_witness_that_hangs_holds_up_no_release_and_the_status_says_so(
    ward: Ward, record_property: Callable[[str, object], None]
) -> None:
    desk, witness = ward.desk, ward.run.children["witness"]
    until_witnessed(desk)
    witness.send_signal(signal.SIGSTOP)
    opened = [release(chart, ward.nurse, desk) for chart in ward.charts * 5]
    health = desk.keyholder.status()
    behind = health.lines - health.witnessed
    witness.send_signal(signal.SIGCONT)
    until(lambda: desk.keyholder.status().witnessed >= health.lines)
    record_property("figure", f"{len(opened)} releases meanwhile, status: {behind} lines unseen")
    assert all(one.entries for one in opened)
    assert behind >= len(opened)


def test_a_witness_that_is_gone_holds_up_no_deposit(ward: Ward, folder: Path) -> None:
    ward.run.stop("witness", kill=True)
    (chart,) = admitted(ward.founded, folder, 1, len(ward.charts))
    opened = release(chart, ward.nurse, ward.desk)
    health = ward.desk.store.status()
    start(ward.run, "witness")
    assert opened.entries
    assert health.witnessed < health.size

"""A sweep from the command line: what is found, shown, and written into a case."""

from pathlib import Path

import pytest

from chartkeep.fingerprint.keys import FingerprintKey
from chartkeep.incident.desk import Desk
from chartkeep.incident.trace.at_desk import index_place
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.keeping import keep
from tests.cli.conftest import Command
from tests.cli.incident.test_case import begun, made
from tests.cli.test_errors import is_told
from tests.incident.sweep.test_sweeping import table
from tests.incident.trace import people

__all__ = ["begun", "made"]


@pytest.fixture
def share(made: Path, tmp_path: Path) -> Path:
    place = index_place(Desk.open(made))
    builder = Builder(FingerprintKey(place.secret))
    for number in range(30):
        reading = people.reading_of(people.patient(number))
        builder.add(people.chart_of(number), [(people.ADMITTED, reading)])
    keep(builder.finish(), *place)
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "list.csv").write_bytes(table(*range(20)))
    (tmp_path / "share" / "menu.txt").write_text("rice and fish")
    return tmp_path / "share"


def test_a_sweep_shows_its_files_and_gives_each_an_owner(
    chartkeep: Command, begun: str, share: Path
) -> None:
    said = chartkeep("incident", "sweep", share)
    assert said.code == 0, said
    assert "1 of 2 files hold 20 patients" in said.out
    assert "list.csv" in "".join(said.out.split())
    assert "2 files read, 0 unchanged" in said.out
    shown = chartkeep("incident", "show").out.replace("\n", "")
    assert "list.csv" not in shown
    name = shown.partition("sweep: file ")[2].split()[0]
    assert f"{name} holds 20 patients" in shown
    assert chartkeep("incident", "swept", name).out.strip() == f"{share}/list.csv"
    assert is_told(chartkeep("incident", "swept", "0000"), 2, "no sweep found a file")
    (share / "list.csv").unlink()
    assert "0 files read, 1 unchanged" in chartkeep("incident", "sweep", share).out
    assert "done by" in chartkeep("incident", "show").out


@pytest.mark.attack
def test_a_share_that_is_not_mounted_ends_no_task(
    chartkeep: Command, begun: str, share: Path
) -> None:
    assert chartkeep("incident", "sweep", share).code == 0
    share.rename(share.parent / "elsewhere")
    share.mkdir()
    assert chartkeep("incident", "sweep", share).code == 0
    assert "done by" not in chartkeep("incident", "show").out


@pytest.mark.attack
def test_a_file_whose_name_is_hostile_is_shown_and_in_the_case(
    chartkeep: Command, begun: str, share: Path
) -> None:
    (share / "[").mkdir()
    (share / "list.csv").rename(share / "[" / "x]\x1b[2Jlist.csv")
    said = chartkeep("incident", "sweep", share)
    assert said.code == 0, said
    assert "\x1b" not in said.out + chartkeep("incident", "show").out
    assert "holds 20 patients" in chartkeep("incident", "show").out.replace("\n", "")


def test_a_desk_without_an_index_says_so(chartkeep: Command, made: Path, tmp_path: Path) -> None:
    assert is_told(chartkeep("incident", "sweep", tmp_path), 4, "there is no trace index")
    assert is_told(chartkeep("incident", "sweep", tmp_path / "no"), 2, "there is no")

"""A sweep from the command line: what is found, shown, and written into a case."""

from pathlib import Path

import pytest

from tests.cli.conftest import Command, Founded
from tests.cli.incident.opening import asking, begun, granted, keep_index, officers, sessions
from tests.cli.test_errors import is_told
from tests.incident.sweep.test_sweeping import table
from tests.incident.trace import people

__all__ = ["asking", "begun", "granted", "officers", "sessions"]


@pytest.fixture
def share(asking: Command, open_house: Founded, granted: bytes, tmp_path: Path) -> Path:
    who = ((people.chart_of(each), people.reading_of(people.patient(each))) for each in range(30))
    keep_index(tmp_path / "desk", open_house, granted, who)
    (tmp_path / "share").mkdir()
    (tmp_path / "share" / "list.csv").write_bytes(table(*range(20)))
    (tmp_path / "share" / "menu.txt").write_text("rice and fish")
    return tmp_path / "share"


def test_a_sweep_shows_its_files_and_gives_each_an_owner(
    asking: Command, begun: str, share: Path
) -> None:
    said = asking("incident", "sweep", share)
    assert said.code == 0, said
    assert "20 patients in 1 of 2 files" in said.out
    assert "list.csv" in "".join(said.out.split())
    assert "2 files read, 0 unchanged" in said.out
    shown = asking("incident", "show", "--all").out.replace("\n", "")
    assert "list.csv" not in shown
    name = shown.partition("sweep: file ")[2].split()[0]
    assert "and 1 task of sweeps: show --all" in asking("incident", "show").out
    assert f"{name} holds 20 patients" in shown
    assert asking("incident", "swept", name).out.strip() == f"{share}/list.csv"
    assert is_told(asking("incident", "swept", "0000"), 2, "no sweep found a file")
    (share / "list.csv").unlink()
    assert "0 files read, 1 unchanged" in asking("incident", "sweep", share).out
    assert "done by" in asking("incident", "show", "--all").out


@pytest.mark.attack
def test_a_share_that_is_not_mounted_ends_no_task(asking: Command, begun: str, share: Path) -> None:
    assert asking("incident", "sweep", share, "--readers", 1).code == 0
    share.rename(share.parent / "elsewhere")
    share.mkdir()
    assert asking("incident", "sweep", share, "--readers", 1).code == 0
    assert "done by" not in asking("incident", "show", "--all").out


@pytest.mark.attack
def test_a_file_whose_name_is_hostile_is_shown_and_in_the_case(
    asking: Command, begun: str, share: Path
) -> None:
    (share / "[").mkdir()
    (share / "list.csv").rename(share / "[" / "x]\x1b[2Jlist.csv")
    said = asking("incident", "sweep", share, "--readers", 1)
    assert said.code == 0, said
    assert "\x1b" not in said.out + asking("incident", "show", "--all").out
    assert "holds 20 patients" in asking("incident", "show", "--all").out.replace("\n", "")


def test_a_desk_without_an_index_says_so(asking: Command, granted: bytes, tmp_path: Path) -> None:
    assert is_told(asking("incident", "sweep", tmp_path), 4, "there is no trace index")
    assert is_told(asking("incident", "sweep", tmp_path / "no"), 2, "there is no")

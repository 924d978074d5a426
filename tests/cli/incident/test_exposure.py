"""Whose data, from the command line: any mix, kept in a case, and its versions held together."""

import csv
from pathlib import Path

import orjson
import pytest

from chartkeep.sealing.kek import Cost
from chartkeep.wiring import desk as making
from chartkeep.wiring.home import Home
from tests.cli.conftest import Command, Founded, log_in
from tests.cli.test_errors import is_told
from tests.records import lab, organization, patient

VERIFY = Path(__file__).parents[3] / "verify" / "verify.py"
LONG_AGO = ("--since", "2020-01-01")


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the officer's session is kept: she logs in once."""
    return tmp_path_factory.mktemp("sessions")


@pytest.fixture
def asking(
    chartkeep: Command,
    open_house: Founded,
    tmp_path: Path,
    sessions: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    """A privacy officer at the desk of a house with one patient."""
    root = open_house.home.root
    monkeypatch.setenv("CHARTKEEP_HOME", str(root))
    making.make_desk(tmp_path / "desk", Home(root), tmp_path / "stick" / "desk.key", Cost(1, 8, 1))
    monkeypatch.setenv("CHARTKEEP_DESK", str(tmp_path / "desk"))
    entries = [organization(), patient("p"), lab("a")]
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    (tmp_path / "bundles").mkdir()
    (tmp_path / "bundles" / "p.json").write_bytes(orjson.dumps(bundle))
    assert chartkeep("load", tmp_path / "bundles", "--processes", 1).code == 0
    monkeypatch.setenv("CHARTKEEP_SESSION", str(sessions / "dewi.json"))
    if not (sessions / "dewi.json").exists():
        assert log_in(chartkeep, open_house, "dewi").code == 0
    return chartkeep


def test_any_mix_is_answered_kept_in_a_case_and_compared(asking: Command, tmp_path: Path) -> None:
    case = asking("incident", "new", "a disk is gone").out.split()[0]
    mix = ("incident", "exposure", *LONG_AGO, "--case", case)
    first = asking(*mix, "--person", "aiko", "--key-kept", "a token")
    assert first.code == 0, first
    assert "exactly 0 charts exposed" in first.out
    (tmp_path / "taken.txt").write_text("D:\\copy\\store.db\nmeeting.xlsx\n")
    second = asking(*mix, "--person", "aiko", "--files", tmp_path / "taken.txt")
    assert second.code == 0, second
    assert "at least 1 chart exposed" in second.out
    assert "unknown: meeting.xlsx: it is no file of this house's: sweep it" in second.out
    assert "cannot be proved: 1 chart," in second.out
    assert f"kept as version 2 in case {case}" in second.out
    moved = asking("incident", "difference", "--case", case, 1, 2)
    assert moved.code == 0, moved
    assert "1 chart more, 0 no longer" in moved.out
    assert "new hole: meeting.xlsx" in moved.out


def test_who_has_the_keyholder_is_never_told_to_have_nothing(
    asking: Command, tmp_path: Path
) -> None:
    table = tmp_path / "charts.csv"
    said = asking(
        "incident", "exposure", *LONG_AGO, "--store", "--key-kept", "a token", "--out", table
    )
    rows = list(csv.DictReader(table.read_text().splitlines()))
    assert len(rows) == 2, "the patient, and the house's own chart"
    assert {row["sealed in a file"]: row["kinds"] for row in rows} == {
        "ordinary": "Organization",
        "face identity results fingerprints": "Observation Patient face",
    }
    assert {row["suspects"] for row in rows} == {"store"}
    assert "exactly 1 chart exposed" in said.out, said
    assert "unreadable: 1 chart," in said.out
    assert "some duties fall away for what is unreadable, by: " in said.out
    said = asking(
        "incident", "exposure", *LONG_AGO, "--store", "--keyholder", "--key-kept", "a token"
    )
    assert "at least 1 chart exposed" in said.out, said
    assert "unreadable:" not in said.out
    assert "by no law is it treated as unreadable" in said.out
    chart = next(row["chart"] for row in rows if "face" in row["sealed in a file"])
    said = asking("incident", "exposure", *LONG_AGO, "--chart-key", chart)
    assert "seal_key to nobody through loader: face identity results" in said.out, said


def test_an_instance_is_proved_to_a_stranger(asking: Command, tmp_path: Path) -> None:
    said = asking(
        "incident", "exposure", *LONG_AGO, "--instance", "loader", "--proofs", tmp_path / "proofs"
    )
    assert said.code == 0, said
    assert "written through" in said.out
    assert (tmp_path / "proofs" / "00-instance.list").stat().st_size
    assert "verify.py exposure" in said.out


def test_a_name_no_line_has_is_not_passed_over(asking: Command) -> None:
    said = asking("incident", "exposure", *LONG_AGO, "--person", "dewie", "--instance", "loader")
    assert "no line ever names person dewie: is it written rightly?" in said.out
    assert "names instance loader" not in said.out


def test_the_case_the_shell_names_is_written_into(
    asking: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = asking("incident", "new", "a disk is gone").out.split()[0]
    monkeypatch.setenv("CHARTKEEP_CASE", case)
    for version in (1, 2):
        said = asking("incident", "exposure", *LONG_AGO, "--instance", "loader")
        assert f"kept as version {version} in case {case}" in said.out
    assert "0 charts more, 0 no longer" in asking("incident", "difference", 1, 2).out


def test_what_cannot_be_asked_is_told(asking: Command) -> None:
    assert is_told(asking("incident", "exposure", *LONG_AGO), 2, "name whom or what")
    mix = ("incident", "exposure", *LONG_AGO)
    assert is_told(asking(*mix, "--session", "xyz"), 2, "not a session")
    assert is_told(asking(*mix, "--session", "12"), 2, "not a session: 12")
    assert is_told(asking(*mix, "--person", "dewi", "--case", "2026"), 2, "there is no case 2026")
    assert is_told(asking(*mix, "--pack", "xyz"), 2, "not a pack: xyz")
    assert is_told(asking(*mix, "--until", "2019-01-01", "--person", "aiko"), 2, "ends before")

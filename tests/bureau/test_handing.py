"""A case handed out over HTTP: a bag a stranger can check, its STIX; to a named reader alone."""

import json
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest

from chartkeep.bureau import handing
from chartkeep.incident.desk import Desk
from tests.bureau.test_door import Door, case, desk, enter, officer
from tests.house import HouseRun, house
from tests.incident.case.bags import check

__all__ = ["case", "desk", "enter", "house", "officer"]
TO = {"to": "the police", "why": "a warrant"}


@pytest.fixture
def told(officer: Door, case: str) -> str:
    """Begin a case with a log, a post that names somebody, and a note."""
    officer.ask("POST", f"{case}/evidence", b"time;address", what="the VPN log", names="nobody")
    officer.ask("POST", f"{case}/evidence", b"Tanaka", what="a post")
    note = {"kind": "note", "text": "Tanaka called"}
    officer.ask("POST", f"{case}/events", {"what": note})
    return case


def test_a_bag_is_the_command_lines_and_a_stranger_checks_it(
    officer: Door, told: str, desk: Desk, house: HouseRun, tmp_path: Path
) -> None:
    got = officer.ask("GET", f"{told}/bag", without="3", **TO)
    assert got.status == 200
    with zipfile.ZipFile(BytesIO(got.raw)) as packed:
        packed.extractall(tmp_path / "got")
    bag = tmp_path / "got" / told.rpartition("/")[2]
    check(bag, desk.file.key, house=house.releases_key.text())
    names = [path.name for path in bag.rglob("*")]
    assert "000003.json" not in names
    assert "stix.json" in names
    events = officer.ask("GET", f"{told}/events").said["events"]
    assert "handed to the police: a bag" in events[-1]["line"]


@pytest.mark.attack
def test_a_stolen_session_carries_off_no_patient_and_the_case_says_who_took_what(
    officer: Door, told: str, enter: Callable[[str], Door]
) -> None:
    got = officer.ask("GET", f"{told}/bag", without="3", **TO)
    with zipfile.ZipFile(BytesIO(got.raw)) as packed:
        assert not any(b"Tanaka" in packed.read(name) for name in packed.namelist())
    stix = officer.ask("GET", f"{told}/stix", **TO)
    assert json.loads(stix.raw)["type"] == "bundle"
    assert b"Tanaka" not in stix.raw
    events = officer.ask("GET", f"{told}/events").said["events"]
    assert "handed to the police: its STIX 2.1" in events[-1]["line"]
    for path in ("bag", "stix"):
        assert enter("aiko").ask("GET", f"{told}/{path}", **TO).status == 403
        assert officer.ask("GET", f"{told}/{path}", to="me").status == 400


@pytest.mark.attack
def test_a_bag_larger_than_the_desks_memory_is_none(
    officer: Door, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = len(officer.ask("GET", f"{told}/events").said["events"])
    monkeypatch.setattr(handing, "MOST", 5)
    assert officer.ask("GET", f"{told}/bag", **TO).status == 422
    monkeypatch.setattr(handing, "MOST_EVENTS", 1)
    assert officer.ask("GET", f"{told}/bag", **TO).status == 422
    for wrong in ("x", "1,", "9" * 10, "-1"):
        assert officer.ask("GET", f"{told}/bag", without=wrong, **TO).status in {400, 422}
    assert len(officer.ask("GET", f"{told}/events").said["events"]) == size

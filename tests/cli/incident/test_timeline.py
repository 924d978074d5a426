"""How it happened, from the command line: logs in, a proposal, a signed export, a tip-off."""

import json
import os
from pathlib import Path

import pytest

from chartkeep.inventor.intrusions import stage
from chartkeep.inventor.intrusions.logbook import BEGAN, DAY, DAYS
from tests.cli.conftest import Command, Founded
from tests.cli.incident.test_case import begun, made
from tests.cli.test_errors import is_told
from tests.incident.timeline.staging import FACTS

__all__ = ["begun", "made"]
WINDOW = ("--since", "2026-11-01T00:00Z", "--until", "2026-11-20T00:00Z")


@pytest.fixture
def logs(tmp_path: Path) -> list[object]:
    """Logs of a mail's intrusion, and what is what, as options."""
    staged = stage("mail", 1)
    words: list[object] = ["--zone", "Asia/Tokyo", "--facts", "facts.json"]
    for name, raw in staged.files.items():
        path = tmp_path / name
        path.write_bytes(raw)
        os.utime(path, (0, (BEGAN + DAYS * DAY) / 1000))
        words += ["--log", name]
    known = {name: sorted(getattr(FACTS, name)) for name in ("gateways", "applications")}
    (tmp_path / "facts.json").write_text(json.dumps(known | {"same": FACTS.same}))
    return words


def test_a_timeline_proposes_the_door_and_a_stranger_checks_its_export(
    chartkeep: Command, begun: str, logs: list[object], tmp_path: Path
) -> None:
    said = chartkeep("incident", "timeline", *WINDOW, *logs, "--out", "out")

    assert said.code == 0, said
    assert "door: a mail or a document" in said.out
    assert "winword.exe started powershell.exe" in said.out
    assert "clock not measured" in said.out
    assert "python verify/verify_timeline.py" in said.out
    about = json.loads((tmp_path / "out" / "about.json").read_text())
    assert {each["name"] for each in about["sources"]} >= {"vpn", "edr", "windows", "reports"}
    shown = chartkeep("incident", "show").out
    assert "cause found: door: a mail or a document" in shown


def test_a_tip_off_is_in_the_case_with_what_came_along_and_in_the_timeline(
    chartkeep: Command, begun: str, logs: list[object], tmp_path: Path
) -> None:
    (tmp_path / "post.png").write_bytes(b"not a picture")

    said = chartkeep(
        "incident", "report-in", "police", "charts lie in a shared folder", "--from", "police",
        "--when", "2026-11-18T03:00Z", "--file", "post.png", "--about", "address 45.1.2.3",
        "--aware",
    )  # fmt: skip

    assert said.code == 0, said
    assert len(said.out.splitlines()) == 3
    assert "police of police, 2026-11-18 03:00:00Z" in said.out
    assert "concerned: address 45.1.2.3: by report 2" in said.out
    told = chartkeep("incident", "timeline", *WINDOW, *logs)
    assert "it was reported: police: charts lie in a shared folder" in told.out


def test_a_wrong_word_is_a_refusal_with_a_hint(
    chartkeep: Command, begun: str, logs: list[object], tmp_path: Path
) -> None:
    (tmp_path / "picture").write_bytes(bytes(5_000))
    line = ("timeline", *WINDOW)
    wrong = [
        ((*line, "--log", "vpn=vpn.log", "--log", "vpn=proxy.json"), "name each source once"),
        ((*line, "--log", "picture"), "no text"),
        ((*line, "--log", "house=vpn.log"), "source of our own"),
        ((*line, "--log", "vpn.log", "--zone", "Mars"), "no such zone"),
        ((*line, "--log", "vpn.log", "--dates", "ymd"), "no such order"),
        ((*line, "--log", "vpn.log", "--ahead", "vpn=soon"), "not a clock"),
        ((*line, "--log", "vpn.log", "--ahead", "fw=1"), "no log is called fw"),
        ((*line, "--log", "vpn.log", "--facts", "vpn.log"), "vpn.log: "),
        (("report-in", "police", "x", "--about", "weather fine"), "not a thing a case is about"),
    ]
    said = [(words, chartkeep("incident", *words), text) for words, text in wrong]

    assert [each for each in said if not is_told(each[1], 2, each[2])] == []


def test_an_export_without_a_desk_to_sign_it_is_refused(
    chartkeep: Command, logs: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CHARTKEEP_DESK", raising=False)
    monkeypatch.delenv("CHARTKEEP_CASE", raising=False)
    said = chartkeep("incident", "timeline", *WINDOW, *logs, "--out", "out")

    assert is_told(said, 2, "signed by a desk")


def test_the_houses_own_lines_are_for_who_is_logged_in_and_audits(
    chartkeep: Command, begun: str, closed: Founded, logs: list[object]
) -> None:
    said = chartkeep("incident", "timeline", *WINDOW, *logs, "--home", closed.home.root)

    assert is_told(said, 2, "nobody is logged in")


@pytest.mark.attack
def test_a_log_nobody_can_read_is_no_sign_of_innocence(chartkeep: Command, tmp_path: Path) -> None:
    (tmp_path / "vpn.log").write_text("nothing of it is a line\n" * 20)
    (tmp_path / "facts.json").write_text("{}")
    said = chartkeep(
        "incident", "timeline", *WINDOW, "--zone", "UTC", "--facts", "facts.json",
        "--log", "vpn=vpn.log",
    )  # fmt: skip
    assert "no foreign act was found" not in said.out
    assert "unknown" in said.out
    assert "the log vpn" in "".join(f"{line} " for line in said.out.splitlines())

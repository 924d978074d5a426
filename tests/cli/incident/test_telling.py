"""Drafts, letters and calls from the command line: a desk beside a house in threads."""

import re
from pathlib import Path

import numpy as np
import pytest
import typer
from pypdf import PdfReader

from chartkeep.cli.incident import call, letters
from chartkeep.cli.sessions import Kept, keep_session
from chartkeep.incident.case import events
from chartkeep.incident.case.case import open_case
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.notify.register import open_register
from chartkeep.keyholder.roles import mask
from chartkeep.model import Section
from tests.cli.conftest import Command
from tests.cli.test_errors import is_told
from tests.incident.notify.conftest import NOTICE, Office, house, office, spoken

__all__ = ["house", "office"]


@pytest.fixture
def at_work(
    office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chartkeep: Command
) -> Office:
    """Carla is logged in; the desk's folder, its case and the notice are said by the shell."""
    monkeypatch.setenv("CHARTKEEP_DESK", str(office.desk.root))
    monkeypatch.setenv("CHARTKEEP_CASE", office.case.id)
    monkeypatch.setenv("CHARTKEEP_HOME", str(tmp_path))
    (tmp_path / "notice.toml").write_bytes(NOTICE)
    token = office.house.login("carla")
    keep_session(Kept("carla", "desk", "", token.hex(), 0))
    for module in (letters, call):
        monkeypatch.setattr(module, "Home", lambda root: root)
        monkeypatch.setattr(module, "join", lambda home, instance: office.house.desk)
    return office


def estimate(office: Office, sealed: int = 0) -> None:
    """Write an estimate of all charts into the case, and `sealed` as sealed bytes alone."""
    charts = list(office.charts.values())
    count = len(charts)
    bits = np.full(count, mask(Section.RESULTS), "<u4")
    shut = np.arange(count) < sealed
    masks = {way: np.zeros(count, "<u4") for way in How}
    masks[How.RELEASED], masks[How.SEALED] = bits * ~shut, bits * shut
    times, zeros = np.full(count, office.house.now(), "<i8"), np.zeros(count, "<u8")
    found = Estimate(
        (), (), b"f" * 16, 0, 0, 0, np.frombuffer(b"".join(charts), "<u8").reshape(-1, 2), masks,
        times, times, zeros, zeros.astype("<u4"), [""],
    )  # fmt: skip
    case = open_case(office.desk, office.case.id, "dewi", office.house.now)
    digest = case.keep(found.raw(), "the estimate's list")
    group = events.Group(count, digest)
    case.add(events.Estimate(1, "exposure", group, query="again"), evidence=[digest])


def make(chartkeep: Command, office: Office, *more: object) -> str:
    grant = office.grant().hex()
    said = chartkeep(
        "incident", "letters", "make", "--notice", "notice.toml", "--grant", grant, *more
    )
    assert said.code == 0, said
    return said.out


def test_letters_are_made_printed_posted_and_come_back(
    chartkeep: Command, at_work: Office, tmp_path: Path
) -> None:
    at_work.admit("hana", "田中", "花子")
    at_work.admit("ann", "Miller", "Ann", address=[])
    at_work.admit("kept", "Abe", "Kei")
    estimate(at_work, sealed=1)
    out = make(chartkeep, at_work)
    assert "1 made: print it" in out
    assert "1 no address: find an address, or call them" in out
    assert "as sealed bytes alone 1 chart left: no letter" in out
    assert "nobody answers for the text in fr" in out
    assert "everybody has a letter" in make(chartkeep, at_work)
    words = ("incident", "letters", "print", 1, "--to", tmp_path / "out", "--whom", "the printer")
    said = chartkeep(*words)
    assert "delete it when it is printed" in said.out, said
    [pdf] = (tmp_path / "out").glob("*.pdf")
    assert pdf.stat().st_mode & 0o77 == 0
    text = "".join(page.extract_text() for page in PdfReader(pdf).pages)
    [code] = re.findall(r"番号 ([0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}) +1", text)
    assert chartkeep(*words).code != 0  # nothing is written over
    assert chartkeep("incident", "letters", "move", "posted", "--batch", 1).code == 0
    said = chartkeep("incident", "letters", "move", "came back", code.lower(), "--why", "moved")
    assert "came back: 1 letter" in said.out, said
    assert chartkeep("incident", "letters", "show", "--state", "came back").out.strip() == code
    assert "find a new address" in chartkeep("incident", "letters", "show").out
    assert "2 no address" in make(chartkeep, at_work, "--again")
    at_work.admit("new", "Abe", "Jun")
    estimate(at_work)
    assert "no letter yet: 2 people" in chartkeep("incident", "letters", "show").out
    handed = at_work.case.standing(events.Handed)
    assert {(each.what, each.whom) for _, each in handed} == {("letters, batch 1", "the printer")}


def test_what_cannot_be_is_said(chartkeep: Command, at_work: Office, tmp_path: Path) -> None:
    base = ("incident", "letters")
    grant = at_work.grant().hex()
    words = (*base, "make", "--notice", "notice.toml", "--grant")
    assert is_told(chartkeep(*words, grant), 2, "no estimate")
    at_work.admit("hana", "田中", "花子")
    estimate(at_work)
    assert is_told(chartkeep(*words, "00" * 16), 2, "no such grant")
    assert is_told(chartkeep(*words, "zz"), 2, "not a grant")
    (tmp_path / "agreed").write_text("nobody\n")
    assert is_told(chartkeep(*words, grant, "--agreed", "agreed"), 2, "line 1 names no chart")
    assert is_told(chartkeep(*base, "print", 7, "--to", "out", "--whom", "x"), 2, "no batch 7")
    assert is_told(chartkeep(*base, "move", "lost", "x"), 2, "no such state")
    assert is_told(chartkeep(*base, "move", "printed", "x"), 2, "by hand")
    assert is_told(chartkeep(*base, "move", "posted"), 2, "no letter is named")
    assert is_told(chartkeep(*base, "move", "posted", "ABC"), 2, "12 letters and digits")


def test_a_call_is_answered_only_to_who_is_the_person(
    chartkeep: Command, at_work: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_work.admit("ann", "Miller", "Ann", communication=[spoken("en")])
    assert is_told(chartkeep("incident", "call"), 2, "no letters were made")
    estimate(at_work)
    make(chartkeep, at_work)
    register = open_register(at_work.desk, at_work.case.id, "carla", at_work.house.now)
    [code] = register.rows
    answers = iter([
        "Ann Smith", code, "1956-08-03", "", "",
        "Ann Miller", code, "1956-08-03", "", "",
        "",
    ])  # fmt: skip
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: next(answers))
    said = chartkeep("incident", "call")
    assert said.code == 0, said
    wrong, _, right = said.out.partition("confirmed; tell them, in en:")
    assert "not confirmed: tell them nothing" in wrong
    assert "laboratory" not in wrong
    assert "- laboratory results, measurements, reports" in right
    assert "(their letter: made)" in right


def test_drafts_are_written_sent_and_their_duty_is_met(
    chartkeep: Command, at_work: Office, tmp_path: Path
) -> None:
    assert is_told(chartkeep("incident", "drafts"), 2, "became aware")
    at_work.case.add(events.Aware("the police", at_work.house.now()))
    said = chartkeep("incident", "drafts", "--in", "JP", "--out", tmp_path / "drafts")
    assert said.code == 0, said
    assert "jp-appi preliminary" in said.out
    assert " 23:59 JST" in said.out
    assert "most often unknown:" in said.out
    text = (tmp_path / "drafts" / "jp-appi-preliminary-1.txt").read_text()
    assert "UNKNOWN, under investigation" in text
    said = chartkeep("incident", "sent", "jp-appi preliminary", "--to", "PPC, Tokyo")
    assert "jp-appi preliminary: version 1 went to PPC, Tokyo" in said.out, said
    [(_, clock)] = at_work.case.standing(events.Clock)
    assert (clock.duty, clock.whom) == ("jp-appi preliminary", "PPC, Tokyo")
    assert clock.due is not None
    assert clock.met is not None
    assert clock.met < clock.due
    assert "too late" not in said.out
    assert is_told(chartkeep("incident", "sent", "jp-appi preliminary", "--to", "x"), 2, "no draft")
    persons = ("incident", "sent", "jp-appi persons", "--to", "2 persons")
    assert "letters went to 2 persons" in chartkeep(*persons).out
    shown = chartkeep("incident", "duties", "--in", "JP").out
    assert re.search("jp-appi preliminary +met ", shown)
    assert re.search("jp-appi persons +met ", shown)
    assert re.search("jp-appi final +open: ", shown)
    assert is_told(chartkeep("incident", "sent", "jp-appi nobody", "--to", "x"), 2, "no draft")
    assert is_told(chartkeep("incident", "drafts", "--in", "XX"), 2, "no law")
    assert is_told(chartkeep("incident", "drafts", "--zone", "Tokyo"), 2, "no such zone: Tokyo")

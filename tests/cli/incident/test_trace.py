"""A posted file from the command line: whose it is, as of when, and into a case."""

import csv
from pathlib import Path

import pytest

from chartkeep.errors import SealBrokenError
from chartkeep.incident.case.case import open_case
from chartkeep.incident.desk import Desk
from chartkeep.incident.estimate.joining import of_post
from chartkeep.incident.estimate.keeping import keep_estimate
from chartkeep.incident.notify.affected import Sure, joined
from chartkeep.incident.notify.estimated import concerned
from chartkeep.incident.trace import keeping
from chartkeep.keyholder.roles import mask
from chartkeep.model import Section
from chartkeep.sealing.keyed import derive
from chartkeep.wiring.running import now
from tests.cli.conftest import Command, Founded
from tests.cli.incident.opening import asking, begun, granted, keep_index, officers, sessions
from tests.cli.test_errors import is_told
from tests.incident.trace.people import chart_of, patient, reading_of, told

__all__ = ["asking", "begun", "granted", "officers", "sessions"]


@pytest.fixture
def made(asking: Command, tmp_path: Path) -> Path:
    return tmp_path / "desk"


@pytest.fixture
def posted(made: Path, open_house: Founded, granted: bytes, tmp_path: Path) -> Path:
    """A desk with an index of 80 patients, and a file with 60 of them."""
    people = ((chart_of(number), reading_of(patient(number))) for number in range(80))
    keep_index(made, open_house, granted, people)
    path = tmp_path / "sample.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(told(patient(number)) for number in range(60))
    return path


def test_a_posted_file_is_told_in_words_and_written_into_the_case(
    asking: Command, begun: str, made: Path, posted: Path
) -> None:
    said = asking("incident", "trace", posted, "--posted", "2024-01-06T00:00Z", "--no-door")
    assert said.code == 0, said
    assert "our record: 60 patients for certain" in said.out
    assert "copied between 2023-11-14" in said.out
    assert "through which door: the house's ledger was not asked" in said.out
    shown = asking("incident", "show").out
    assert "trace found: our record" in shown
    assert "estimate 1 by trace of what was posted: certain 60" in shown
    assert not any(each in shown for each in (patient(1).phone, str(posted), posted.name))
    case = open_case(Desk.open(made), begun, "test", now)
    concern = concerned(case)
    assert {each.chart for each in concern.affected} == {chart_of(n) for n in range(60)}
    assert {each.sure for each in concern.affected} == {Sure.CERTAIN}
    assert {Section.FACE, Section.IDENTITY} <= set(concern.affected[0].named())
    posted.write_text("menu,price\nrice,3\n")
    assert "not ours: 0 patients" in asking("incident", "trace", posted, "--no-door").out
    assert "certain 0" not in asking("incident", "show").out


def test_letters_go_to_those_a_trace_found_and_those_an_exposure_did(
    asking: Command, begun: str, posted: Path, made: Path
) -> None:
    case = open_case(Desk.open(made), begun, "dewi", now)
    opened = [chart_of(number) for number in range(50, 70)]
    window = 1_700_000_000_000, 1_700_000_100_000
    exposed = of_post(opened, mask(Section.CLINICAL), window, b"f" * 16, window[1])
    keep_estimate(exposed, case, "again")
    assert (
        asking("incident", "trace", posted, "--posted", "2024-01-06T00:00Z", "--no-door").code == 0
    )
    found = joined(concerned(open_case(Desk.open(made), begun, "dewi", now)).affected)
    assert set(found) == {chart_of(number) for number in range(70)}
    assert {each.sure for chart, each in found.items() if chart not in opened} == {Sure.CERTAIN}
    both = found[chart_of(55)]
    assert {Section.IDENTITY, Section.CLINICAL} <= set(both.named())
    assert both.sure is Sure.CERTAIN


def test_without_an_index_it_says_how_to_make_one(
    asking: Command, granted: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a,b\n")
    said = asking("incident", "trace", tmp_path / "a.csv")
    assert is_told(said, 4, "no trace index")
    assert is_told(asking("incident", "trace", tmp_path / "none"), 2, "there is no")
    late = asking("incident", "trace", tmp_path / "a.csv", "--posted", "2100-01-01")
    assert is_told(late, 2, "later than now")


def test_the_ledger_is_asked_for_the_door(asking: Command, posted: Path) -> None:
    said = asking("incident", "trace", posted)
    assert said.code == 0, said
    assert "our record" in said.out
    assert "through which door: unknown" in said.out


def test_the_index_is_made_under_a_grant(asking: Command) -> None:
    refused = asking("incident", "index", "--grant", "00" * 16)
    assert is_told(refused, 2, "no such grant holds now")


def test_another_half_of_its_key_takes_two_people(asking: Command) -> None:
    said = asking("incident", "rekey")
    assert said.code == 0, said
    assert "this takes a second person" in said.out


@pytest.mark.attack
def test_folder_and_key_file_of_a_desk_open_no_index(
    asking: Command, posted: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk.open(made)
    (folder,) = (made / "index").iterdir()
    for secret in (
        desk.key_for("index"),
        derive(desk.key_for("index") + bytes(32), b"trace index"),
    ):
        with pytest.raises(SealBrokenError):
            keeping.load(folder, secret)
    for grant in ("", "00" * 16):
        monkeypatch.setenv("CHARTKEEP_GRANT", grant)
        said = asking("incident", "trace", posted, "--no-door")
        assert is_told(said, 2, "grant")
        assert "--section safe" in said.err

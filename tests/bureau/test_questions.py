"""What is asked in jobs: traces, timelines, exposures, sweeps; of evidence, or of files here."""

import subprocess
import sys
from pathlib import Path

import pytest

from chartkeep.incident.timeline.export import ABOUT, EVENTS, NOTE
from chartkeep.incident.trace import keeping
from chartkeep.incident.trace.at_desk import Warrant, open_place
from chartkeep.incident.trace.building import Builder
from chartkeep.inventor.intrusions import stage
from chartkeep.inventor.intrusions.logbook import BEGAN, DAY, DAYS
from tests.bureau.office import Office, begin, case, office, officer
from tests.bureau.test_door import Door, desk
from tests.custody.test_safe import fill_safe, granted
from tests.house import HouseRun, house
from tests.incident.timeline.staging import FACTS
from tests.incident.trace.people import ADMITTED, chart_of, patient, reading_of, told

__all__ = ["case", "desk", "house", "office", "officer"]
POSTED = ADMITTED + 86_400_000


@pytest.fixture
def grant(house: HouseRun) -> str:
    """What opens the index to dewi."""
    return granted(house, "dewi").hex()


@pytest.fixture
def sample(office: Office, grant: str) -> bytes:
    """Rows of forty people, whom the desk's index knows."""
    house = office.house
    fill_safe(house)
    warrant = Warrant(house.login("dewi"), bytes.fromhex(grant), house.desk)
    place = open_place(office.desk, warrant)
    builder = Builder(place.key)
    for number in range(50):
        builder.add(chart_of(number), [(ADMITTED, reading_of(patient(number)))])
    keeping.keep(builder.finish(), place.folder, place.secret)
    return "".join(";".join(told(patient(number))) + "\n" for number in range(40)).encode()


def test_what_was_uploaded_is_traced_in_memory(
    office: Office, officer: Door, case: str, sample: bytes, grant: str
) -> None:
    digest = officer.ask("POST", f"{case}/evidence", sample, what="a post").said["sha256"]
    done = office.ended(
        begin(
            officer, case, {"ask": "trace", "grant": grant, "evidence": [digest], "posted": POSTED}
        ),
        officer,
    )
    assert done["stage"] == "done", done
    assert done["words"][0] == "our record: 40 patients for certain"
    assert done["words"][1] == "1 of 1 table about patients of ours"
    assert not any("forged" in words for words in done["words"]), "an upload has no time of its own"
    events = officer.ask("GET", f"{case}/events").said["events"]
    assert [events[at]["what"]["kind"] for at in done["events"]] == ["finding", "estimate"]
    assert not (office.desk.root / "matched").exists() or not list(
        (office.desk.root / "matched").iterdir()
    )
    none = {"ask": "trace", "grant": grant, "evidence": ["ab" * 32]}
    failed = office.ended(begin(officer, case, none), officer)
    assert (failed["stage"], failed["error"]) == ("failed", "no such evidence is kept in this case")


@pytest.mark.attack
def test_a_question_reads_no_file_of_the_host_but_where_it_may(
    office: Office, officer: Door, case: str, sample: bytes, grant: str, tmp_path: Path
) -> None:
    shares = tmp_path / "shares"
    shares.mkdir()
    (shares / "a.csv").write_bytes(sample)
    (shares / "link").symlink_to(tmp_path)
    (shares / "loop").symlink_to(shares / "loop")
    elsewhere = [
        "/etc/passwd", "/etc/none", "a.csv", "", "/", "\0", str(tmp_path), f"{shares}/none",
        f"{shares}/../desk/desk.json", f"{shares}/link/desk/desk.json", f"{shares}-other",
        "/proc/self/environ", str(office.desk.root), f"{shares}/{'a' * 5_000}", f"{shares}/loop",
    ]  # fmt: skip
    answers = [
        officer.ask("POST", f"{case}/jobs", {"ask": "trace", "grant": grant, "paths": [path]})
        for path in elsewhere
    ]
    assert {each.status for each in answers} == {400}
    assert len({each.raw for each in answers}) == 1
    asked = {"ask": "trace", "grant": grant, "paths": [f"{shares}/a.csv"], "posted": POSTED}
    assert office.ended(begin(officer, case, asked), officer)["stage"] == "done"
    failed = begin(officer, case, asked | {"grant": ""})
    assert office.ended(failed, officer)["stage"] == "failed"
    (shares / "a.csv").unlink()
    (shares / "a.csv").symlink_to(office.desk.root / "desk.json")  # before it goes on
    assert officer.ask("POST", f"{failed}/resume").status == 400


def test_uploaded_logs_become_a_timeline_whose_signed_export_goes_out(
    office: Office, officer: Door, case: str, tmp_path: Path
) -> None:
    staged = stage("mail", 1)
    logs = []
    for name, raw in staged.files.items():
        kept = officer.ask("POST", f"{case}/evidence", raw, what=name, names="nobody").said
        logs.append({"name": name.partition(".")[0], "evidence": kept["sha256"]})
    known = {name: sorted(getattr(FACTS, name)) for name in ("gateways", "applications")}
    asked = {
        "ask": "timeline", "since": BEGAN, "until": BEGAN + DAYS * DAY, "logs": logs,
        "zone": "Asia/Tokyo", "facts": known | {"same": FACTS.same}, "house": True,
    }  # fmt: skip
    done = office.ended(begin(officer, case, asked), officer)
    assert done["stage"] == "done", done
    assert "door: a mail or a document" in done["words"]
    (number,) = done["events"]
    found = officer.ask("GET", f"{case}/events").said["events"][number]
    for name, digest in zip((EVENTS, ABOUT, NOTE), found["evidence"], strict=True):
        got = officer.ask("GET", f"{case}/evidence/{digest}", to="an expert", why="asked")
        (tmp_path / name).write_bytes(got.raw)
    verify = Path(__file__).parents[2] / "verify" / "verify_timeline.py"
    command = [sys.executable, verify, tmp_path, "--key", office.desk.file.key]
    subprocess.run(command, check=True, capture_output=True)


def test_an_exposure_is_the_estimates_next_version_and_held_against_the_last(
    office: Office, officer: Door, case: str
) -> None:
    mix = {"ask": "exposure", "since": 1, "suspects": [{"kind": "person", "name": "dewi"}]}
    first = office.ended(begin(officer, case, mix), officer)
    assert first["stage"] == "done", first
    assert any(words.startswith("exactly 0 charts exposed") for words in first["words"])
    assert first["words"][-1] == "kept as version 1"
    taken = officer.ask("POST", f"{case}/evidence", b"D:\\meeting.xlsx\n", what="files").said
    mix |= {"evidence": [taken["sha256"]]}
    second = office.ended(begin(officer, case, mix), officer)
    assert "unknown: D:\\meeting.xlsx: it is no file of this house's: sweep it" in second["words"]
    (number,) = second["events"]
    written = officer.ask("GET", f"{case}/events").said["events"][number]
    assert (written["what"]["kind"], written["what"]["version"]) == ("estimate", 2)
    asked = {"ask": "difference", "old": 1, "new": 2}
    held = office.ended(begin(officer, case, asked), officer)
    assert any(words.startswith("new hole: D:") for words in held["words"])
    wrong = mix | {"suspects": [{"kind": "grant", "name": "secret"}]}
    failed = office.ended(begin(officer, case, wrong), officer)
    assert (failed["stage"], failed["hint"]) == ("failed", "copy it as it was printed")


def test_a_share_is_swept_and_each_file_a_task_that_names_no_path(
    office: Office, officer: Door, case: str, sample: bytes, grant: str, tmp_path: Path
) -> None:
    shares = tmp_path / "shares"
    shares.mkdir()
    (shares / "Tanaka.csv").write_bytes(sample)
    asked = {"ask": "sweep", "grant": grant, "paths": [str(shares)], "pictures": False}
    done = office.ended(begin(officer, case, asked), officer)
    assert done["stage"] == "done", done
    assert done["words"][0] == "1 file read, 0 unchanged"
    assert "40 patients in 1 of 1 file (" in done["words"][1]
    events = officer.ask("GET", f"{case}/events").said["events"]
    assert {events[at]["what"]["kind"] for at in done["events"]} == {"finding", "task"}
    assert b"Tanaka" not in officer.ask("GET", f"{case}/events").raw
    again = office.ended(begin(officer, case, asked), officer)
    assert again["words"][0] == "0 files read, 1 unchanged"


@pytest.mark.attack
def test_without_a_grant_of_two_people_no_question_opens_the_index(
    office: Office, officer: Door, case: str, sample: bytes, grant: str, tmp_path: Path
) -> None:
    (tmp_path / "shares").mkdir()
    paths = [str(tmp_path / "shares")]
    for asked in ({"ask": "trace", "paths": paths}, {"ask": "sweep", "paths": paths}):
        for given in ({}, {"grant": "00" * 16}):
            failed = office.ended(begin(officer, case, asked | given), officer)
            assert failed["stage"] == "failed", failed
            assert "words" not in failed
        assert officer.ask("POST", f"{case}/jobs", asked | {"grant": "../x"}).status == 400
    narrow = office.ended(begin(officer, case, {"ask": "index", "grant": grant}), officer)
    assert narrow["error"] == "the grant does not carry fingerprints"

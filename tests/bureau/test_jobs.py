"""Jobs over HTTP: begun, watched, stopped, resumed; for whoever audits, and of this desk alone."""

import asyncio
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import httpx
import pytest

from chartkeep.bureau.asked import Asked
from chartkeep.bureau.asking import Asking
from chartkeep.bureau.dispatch import Dispatch
from chartkeep.incident.desk import Desk
from chartkeep.incident.jobs.drafts import Drafts
from chartkeep.incident.jobs.keeping import UNDER_WAY, Kept, Stage
from chartkeep.incident.jobs.question import Site
from chartkeep.incident.jobs.running import MOST_WAITING, Jobs
from chartkeep.incident.timeline.export import ABOUT, EVENTS, NOTE
from chartkeep.incident.trace import keeping
from chartkeep.incident.trace.at_desk import Warrant, begin_index, open_place
from chartkeep.incident.trace.building import Builder
from chartkeep.inventor.intrusions import stage
from chartkeep.inventor.intrusions.logbook import BEGAN, DAY, DAYS
from chartkeep.model import Millis
from chartkeep.sealing.kek import Cost
from chartkeep.web.caller import write_token
from chartkeep.wiring.bureau import bureau
from tests.bureau.test_door import Door, desk
from tests.custody.test_safe import granted
from tests.house import HouseRun, house
from tests.incident.timeline.staging import FACTS
from tests.incident.trace.people import ADMITTED, chart_of, patient, reading_of, told

__all__ = ["desk", "house"]
DRAFTS = {"ask": "drafts", "jurisdictions": ["JP"]}
PATIENCE = 30.0
POSTED = ADMITTED + 86_400_000


class Office:
    """A desk's door with its jobs, and a clock a job can be held at."""

    def __init__(self, house: HouseRun, desk: Desk, folder: Path) -> None:
        self.house, self.desk = house, desk
        self.gate = Event()
        self.gate.set()
        self.site = Site(house.join("desk"), house.releases_key, {})
        self.jobs = Jobs(desk, self.clock, self.site)
        asking = Asking(self.jobs, self.site, (folder,))
        self.dispatch = Dispatch(desk, self.site.house, self.clock, asking)

    def clock(self) -> Millis:
        if current_thread().name.startswith("jobs"):
            assert self.gate.wait(PATIENCE)
        return self.house.now()

    def enter(self, person: str) -> Door:
        return Door(self.dispatch, self.house.login(person) if person else b"")

    def ended(self, path: str, door: Door) -> Any:
        """Wait until a job has ended."""
        _, case, _, job = path.strip("/").split("/")
        seen = self.jobs.look(case, job)
        while seen.stage in UNDER_WAY:
            seen = self.jobs.wait(seen, PATIENCE)
        return door.ask("GET", path).said


@pytest.fixture
def office(house: HouseRun, desk: Desk, tmp_path: Path) -> Iterator[Office]:
    made = Office(house, desk, tmp_path / "shares")
    yield made
    made.gate.set()
    made.jobs.close()


@pytest.fixture
def officer(office: Office) -> Door:
    return office.enter("dewi")


@pytest.fixture
def case(officer: Door) -> str:
    found = officer.ask("POST", "/cases", {"title": "The export of May", "where": ["JP"]}).said
    aware = {"kind": "aware", "whom": "the police", "when": 1_700_000_000_000}
    path = f"/cases/{found['id']}"
    officer.ask("POST", f"{path}/events", {"what": aware})
    return path


def begin(door: Door, case: str, question: Any) -> str:
    got = door.ask("POST", f"{case}/jobs", question)
    assert got.status == 201, got
    return f"{case}/jobs/{got.said['id']}"


def test_a_question_is_begun_and_its_answer_kept_in_the_case(
    office: Office, officer: Door, case: str
) -> None:
    job = begin(officer, case, DRAFTS)
    done = office.ended(job, officer)
    assert (done["stage"], done["by"], done["question"]["ask"]) == ("done", "dewi", "drafts")
    assert any(words.startswith("press, version 1") for words in done["words"])
    events = officer.ask("GET", f"{case}/events").said["events"]
    assert {events[number]["what"]["kind"] for number in done["events"]} == {"draft"}
    assert [each["id"] for each in officer.ask("GET", f"{case}/jobs").said["jobs"]] == [done["id"]]
    again = officer.ask("POST", f"{job}/resume")
    assert (again.status, again.said["error"]) == (422, "this job is done")


def test_what_waits_is_stopped_and_goes_on_with_another_session(
    office: Office, officer: Door, case: str
) -> None:
    office.gate.clear()
    first = begin(officer, case, DRAFTS)
    second = begin(officer, case, DRAFTS)
    assert officer.ask("POST", f"{second}/stop").status == 202
    office.gate.set()
    assert office.ended(first, officer)["stage"] == "done"
    stopped = office.ended(second, officer)
    assert (stopped["stage"], stopped["error"]) == ("stopped", "it was stopped")
    other = office.enter("gita")
    assert other.ask("POST", f"{second}/resume").said["by"] == "gita"
    assert office.ended(second, officer)["stage"] == "done"


def test_what_a_killed_process_leaves_is_told_as_stopped_and_goes_on(
    office: Office, officer: Door, case: str
) -> None:
    office.gate.clear()
    job = begin(officer, case, DRAFTS)
    other = Jobs(office.desk, office.clock, office.site)  # as the next process sees the folder
    found = other.look(case.rpartition("/")[2], job.rpartition("/")[2])
    assert (found.stage, found.hint) == (Stage.STOPPED, "let it go on: it does not begin anew")
    office.gate.set()
    office.ended(job, officer)
    other.close()


def test_who_watches_hears_each_change_to_the_end(office: Office, officer: Door, case: str) -> None:
    office.gate.clear()
    job = begin(officer, case, DRAFTS)
    parts = tuple(job.strip("/").split("/"))
    asked = Asked("GET", (*parts, "progress"), {}, officer.headers)
    lines = office.dispatch.answer(asked).stream
    assert lines is not None
    assert json.loads(next(lines))["stage"] in {"waiting", "running"}
    office.gate.set()
    assert [json.loads(line) for line in lines][-1]["stage"] == "done"


def test_it_is_served_piece_by_piece(
    house: HouseRun, desk: Desk, capsys: pytest.CaptureFixture[str]
) -> None:
    site = Site(house.join("desk"), house.releases_key, {})
    app = bureau(desk, site, house.now)
    headers = {"authorization": f"Bearer {write_token(house.login('dewi'))}"}

    async def ask() -> list[str]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            case = (await client.post("/cases", json={"title": "x"}, headers=headers)).json()["id"]
            path = f"/cases/{case}/jobs"
            begun = (await client.post(path, json=DRAFTS, headers=headers)).json()["id"]
            got = await client.get(f"{path}/{begun}/progress", headers=headers)
            return got.text.splitlines()

    assert json.loads(asyncio.run(ask())[-1])["error"] == (
        "the case does not say who became aware when"
    )
    assert "GET /cases/…/jobs/…/progress 200" in capsys.readouterr().err


@pytest.mark.attack
def test_nobody_without_business_begins_sees_or_stops_a_job(
    office: Office, officer: Door, case: str
) -> None:
    job = begin(officer, case, DRAFTS)
    office.ended(job, officer)
    for person, status in (("", 401), ("aiko", 403), ("carla", 403)):
        visitor = office.enter(person)
        asked = [("GET", job), ("GET", f"{job}/progress"), ("GET", f"{case}/jobs/{'0' * 16}")]
        asked += [("POST", f"{case}/jobs"), ("POST", f"{job}/stop"), ("POST", f"{job}/resume")]
        answers = [visitor.ask(method, path, DRAFTS) for method, path in asked]
        assert {each.status for each in answers} == {status}
        assert len({each.raw for each in answers}) == 1


@pytest.mark.attack
def test_a_job_of_another_case_or_desk_is_not_there(
    office: Office, officer: Door, case: str, tmp_path: Path
) -> None:
    job = begin(officer, case, DRAFTS)
    office.ended(job, officer)
    ident = job.rpartition("/")[2]
    other = officer.ask("POST", "/cases", {"title": "another"}).said["id"]
    for name in (ident, f"../{case.rpartition('/')[2]}/{ident}", "..", "%2e%2e", "x" * 16):
        for verb in ("", "/progress", "/stop", "/resume"):
            asked = Asked("GET" if verb in {"", "/progress"} else "POST",
                          ("cases", other, "jobs", name, *verb.strip("/").split()), {},
                          officer.headers)  # fmt: skip
            assert office.dispatch.answer(asked).status == 404
    key_file = tmp_path / "another.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of another facility")
    theirs = Desk.found(tmp_path / "theirs", ("Okayama", "cd" * 16), key_file, Cost(1, 8, 1))
    kept = Kept(theirs)
    kept.new(other, Drafts(), "mallory", Millis(1))
    shutil.copytree(theirs.root / "jobs", office.desk.root / "jobs", dirs_exist_ok=True)
    (listed,) = officer.ask("GET", f"/cases/{other}/jobs").said["jobs"]
    assert "it is not of here" in listed["damaged"]
    assert officer.ask("POST", f"/cases/{other}/jobs/{listed['id']}/resume").status == 500


@pytest.mark.attack
def test_a_leavers_job_ends_and_who_watches_with_that_session_hears_no_more(
    office: Office, case: str, house: HouseRun
) -> None:
    token = house.login("gita")
    leaver = Door(office.dispatch, token)
    office.gate.clear()
    first, second = begin(leaver, case, DRAFTS), begin(leaver, case, DRAFTS)
    parts = tuple(second.strip("/").split("/"))
    lines = office.dispatch.answer(Asked("GET", (*parts, "progress"), {}, leaver.headers)).stream
    assert lines is not None
    assert next(lines)
    office.site.house.keyholder.logout(token)
    house.clock.move(seconds=2)
    assert list(lines) == []
    office.gate.set()
    officer = office.enter("dewi")
    office.ended(first, officer)
    assert office.ended(second, officer)["stage"] == "stopped"


@pytest.mark.attack
def test_no_folder_of_a_job_tells_a_thief_what_was_asked(
    office: Office, officer: Door, case: str
) -> None:
    office.ended(begin(officer, case, DRAFTS), officer)
    lying = [path.read_bytes() for path in (office.desk.root / "jobs").rglob("*") if path.is_file()]
    assert lying
    assert not any(word in raw for raw in lying for word in (b"dewi", b"drafts", b"press"))


@pytest.mark.attack
def test_questions_that_are_none_and_too_many_of_them_are_refused(
    office: Office, officer: Door, case: str
) -> None:
    wrong = [b"", b"[]", b'{"ask":"secret"}', b'{"ask":"drafts","more":1}', b"[" * 100_000,
             b'{"ask":"drafts","zone":"' + b"x" * (1 << 20) + b'"}']  # fmt: skip
    for body in wrong:
        got = officer.ask("POST", f"{case}/jobs", body)
        assert got.status == 400
        assert b"secret" not in got.raw
    office.gate.clear()
    for _ in range(MOST_WAITING):
        begin(officer, case, DRAFTS)
    assert officer.ask("POST", f"{case}/jobs", DRAFTS).status == 422


@pytest.fixture
def grant(house: HouseRun) -> str:
    """What opens the index to dewi."""
    return granted(house, "dewi").hex()


@pytest.fixture
def sample(office: Office, grant: str) -> bytes:
    """Rows of forty people, whom the desk's index knows."""
    house = office.house
    begin_index(house.join("incident"))
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
    assert done["words"][1].startswith(f"evidence {digest[:12]}: ")
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
    assert done["words"][0] == "1 files read, 0 unchanged"
    assert "1 of 1 files hold 40 patients" in done["words"][1]
    events = officer.ask("GET", f"{case}/events").said["events"]
    assert {events[at]["what"]["kind"] for at in done["events"]} == {"kept", "finding", "task"}
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
    assert narrow["error"] == "the grant does not carry identities"

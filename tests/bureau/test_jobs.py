"""Jobs over HTTP: begun, watched, stopped, resumed; for whoever audits, and of this desk alone."""

import asyncio
import json
import shutil
from pathlib import Path

import httpx
import pytest

from chartkeep.bureau.asked import Asked
from chartkeep.incident.desk import Desk
from chartkeep.incident.jobs.drafts import Drafts
from chartkeep.incident.jobs.keeping import Kept, Stage
from chartkeep.incident.jobs.question import Site
from chartkeep.incident.jobs.running import MOST_WAITING, Jobs
from chartkeep.model import Millis
from chartkeep.sealing.kek import Cost
from chartkeep.web.caller import write_token
from chartkeep.wiring.bureau import bureau
from tests.bureau.office import Office, begin, case, office, officer
from tests.bureau.test_door import Door, desk
from tests.house import HouseRun, house

__all__ = ["case", "desk", "house", "office", "officer"]
DRAFTS = {"ask": "drafts", "jurisdictions": ["JP"]}


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


def test_a_draft_that_went_out_ends_its_clock(office: Office, officer: Door, case: str) -> None:
    office.ended(begin(officer, case, DRAFTS), officer)
    sent, path = {"duty": "jp-appi preliminary", "to": "PPC, Tokyo"}, f"{case}/sent"
    for wrong in ({}, sent | {"to": " "}, sent | {"when": -1}, sent | {"text": "x"}):
        assert officer.ask("POST", path, wrong).status == 400, wrong
    got = officer.ask("POST", path, sent | {"when": 1_700_000_000_001})
    assert (got.status, got.said["sent"], got.said["late"]) == (201, "version 1", False)
    assert officer.ask("POST", path, sent).status == 404
    letters = officer.ask("POST", path, sent | {"duty": "jp-appi persons"}).said
    assert (letters["sent"], letters["due"]) == ("letters", None)
    duties = officer.ask("GET", f"{case}/duties").said["duties"]
    stands = {each["duty"]: each["stands"] for each in duties}
    assert (stands["jp-appi preliminary"], stands["jp-appi persons"]) == ("met", "met")
    assert office.enter("aiko").ask("POST", path, sent).status == 403


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
    assert found.stage is Stage.STOPPED
    assert found.hint == "resume it"
    office.gate.set()
    office.ended(job, officer)
    other.close()


def test_killed_between_the_case_and_its_end_a_job_writes_its_answer_once(
    office: Office, officer: Door, case: str
) -> None:
    office.gate.clear()
    job = begin(officer, case, DRAFTS)
    _, ident, _, name = job.strip("/").split("/")
    path = office.desk.root / "jobs" / ident / name
    running = path.read_bytes()
    office.gate.set()
    done = office.ended(job, officer)
    assert len(done["events"]) > 1
    size = len(officer.ask("GET", f"{case}/events").said["events"])
    path.write_bytes(running)  # all that a kill before the job's last write leaves
    assert officer.ask("GET", job).said["stage"] == "stopped"
    assert officer.ask("POST", f"{job}/resume").status == 202
    again = office.ended(job, officer)
    assert (again["stage"], again["events"]) == ("done", done["events"])
    assert len(again["words"]) == len(done["events"])
    assert len(officer.ask("GET", f"{case}/events").said["events"]) == size


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

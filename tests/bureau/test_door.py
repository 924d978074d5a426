"""The desk's door: cases as JSON for whoever audits, and nothing for anybody else."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from chartkeep.bureau.asked import Asked
from chartkeep.bureau.asking import Asking
from chartkeep.bureau.dispatch import Dispatch
from chartkeep.custody import lines
from chartkeep.incident.desk import Desk
from chartkeep.incident.jobs.question import Site
from chartkeep.incident.jobs.running import Jobs
from chartkeep.sealing.kek import Cost
from chartkeep.web.caller import write_token
from chartkeep.wiring.bureau import bureau
from tests import cast
from tests.house import HouseRun, house

__all__ = ["house"]


class Got(NamedTuple):
    status: int
    raw: bytes

    @property
    def said(self) -> Any:
        return json.loads(self.raw)


class Door:
    """Somebody with a session, at the door."""

    def __init__(self, dispatch: Dispatch, token: bytes) -> None:
        self.dispatch = dispatch
        self.headers = {"authorization": f"Bearer {write_token(token)}"} if token else {}

    def ask(self, method: str, path: str, body: Any = b"", **query: str) -> Got:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        parts = tuple(part for part in path.split("/") if part)
        answer = self.dispatch.answer(Asked(method, parts, query, self.headers, raw))
        return Got(answer.status, answer.body)


@pytest.fixture
def desk(tmp_path: Path, house: HouseRun) -> Desk:
    key_file = tmp_path / "desk.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    named, log = ("Minato", "ab" * 16), house.releases_key.text()
    return Desk.found(tmp_path / "desk", named, key_file, Cost(1, 8, 1), log)


@pytest.fixture
def enter(house: HouseRun, desk: Desk) -> Callable[[str], Door]:
    site = Site(house.join("desk"), house.releases_key, {})
    jobs = Jobs(desk, house.now, site)
    dispatch = Dispatch(desk, site.house, house.now, Asking(jobs, site, ()))
    return lambda person: Door(dispatch, house.login(person) if person else b"")


@pytest.fixture
def officer(enter: Callable[[str], Door]) -> Door:
    return enter("dewi")


@pytest.fixture
def case(officer: Door) -> str:
    for wrong in ({"title": " ", "where": ["JP"]}, {"title": "May", "where": ["Japan"]}):
        assert officer.ask("POST", "/cases", wrong).status == 400
    got = officer.ask("POST", "/cases", {"title": "The export of May", "where": ["JP"]})
    assert got.status == 201
    return f"/cases/{got.said['id']}"


def test_what_is_written_is_there_in_the_name_of_the_session(officer: Door, case: str) -> None:
    aware = {"kind": "aware", "whom": "the police", "when": 1}
    assert officer.ask("POST", f"{case}/events", {"what": aware}).said == {"number": 1}
    note = {"what": {"kind": "note", "text": "one"}}
    officer.ask("POST", f"{case}/events", note)
    assert officer.ask("POST", f"{case}/events", note | {"supersedes": 2}).said == {"number": 3}
    got = officer.ask("GET", f"{case}/events", **{"from": "1"}).said
    assert [each["number"] for each in got["events"]] == [1, 2, 3]
    assert got["events"][0]["what"]["whom"] == "the police"
    assert got["superseded"] == [2]
    assert {each["by"] for each in got["events"]} == {"dewi"}
    (listed,) = officer.ask("GET", "/cases").said["cases"]
    assert (listed["title"], listed["events"]) == ("The export of May", 4)


def test_who_logs_in_here_has_a_token(
    house: HouseRun, officer: Door, enter: Callable[[str], Door]
) -> None:
    stranger, body = enter(""), {"person": "gita", "password": cast.PASSWORD, "code": "000000"}
    assert stranger.ask("POST", "/login", body).status == 401
    right = body | {"code": house.clock.code("gita")}
    token = stranger.ask("POST", "/login", right).said["token"]
    stranger.headers["authorization"] = f"Bearer {token}"
    assert stranger.ask("GET", "/cases").status == 200


def test_evidence_goes_in_and_comes_out_to_a_named_person(officer: Door, case: str) -> None:
    kept = officer.ask("POST", f"{case}/evidence", b"a log", what="the VPN log", names="nobody")
    digest = kept.said["sha256"]
    assert officer.ask("GET", f"{case}/evidence/{digest}").status == 400
    got = officer.ask("GET", f"{case}/evidence/{digest}", to="a judge", why="asked")
    assert (got.status, got.raw) == (200, b"a log")
    last = officer.ask("GET", f"{case}/events").said["events"][-1]
    assert "handed to a judge: a copy: asked" in last["line"]
    assert last["evidence"] == [digest]


@pytest.mark.attack
def test_a_stolen_session_carries_off_nothing_that_may_name_patients(
    officer: Door, case: str
) -> None:
    digest = officer.ask("POST", f"{case}/evidence", b"Tanaka", what="letters").said["sha256"]
    officer.ask("POST", f"{case}/evidence", b"Tanaka", what="a log", names="nobody")
    got = officer.ask("GET", f"{case}/evidence/{digest}", to="me", why="so")
    assert (got.status, b"Tanaka" in got.raw) == (403, False)


@pytest.mark.attack
def test_nobody_else_learns_even_whether_there_is_a_case(
    enter: Callable[[str], Door], case: str
) -> None:
    there, none = f"{case}/events", "/cases/20200101-000000/events"
    for person, status in (("", 401), ("aiko", 403), ("carla", 403)):
        visitor = enter(person)
        answers = [visitor.ask("GET", path) for path in (there, none, "/cases", "/nothing")]
        answers += [visitor.ask("POST", there, {"what": {"kind": "note", "text": "x"}})]
        assert {each.status for each in answers} == {status}
        assert len({each.raw for each in answers}) == 1


@pytest.mark.attack
def test_a_session_that_ended_reads_nothing_within_a_second(
    enter: Callable[[str], Door], house: HouseRun, officer: Door, case: str
) -> None:
    token = house.login("gita")
    door = Door(officer.dispatch, token)
    assert door.ask("GET", "/cases").status == 200
    house.join("desk").keyholder.logout(token)
    house.clock.move(seconds=2)
    assert door.ask("GET", "/cases").status == 401


NO_EVENTS = [
    b"", b"[]", b"{", b'{"what":{"kind":"kept","sha256":"x","sha512":"x","size":1,"what":"x"}}',
    b'{"what":{"kind":"handed","what":"x","whom":"x","why":"x"}}',
    b'{"what":{"kind":"opened","title":"x"}}', b'{"what":{"kind":"note","text":7}}',
    b'{"what":{"kind":"note","text":"secret","other":1}}', b'{"what":null}',
    b'{"what":{"kind":"secret"}}', b"[" * 100_000,
    b'{"what":{"kind":"note","text":"x"},"evidence":["../../desk.json"]}',
    b'{"what":{"kind":"note","text":"x"},"supersedes":-1}',
    b'{"what":{"kind":"finding","part":"letters","says":"call 0900-thief"}}',
    b'{"what":{"kind":"estimate","version":999,"method":"exposure"}}',
    b'{"what":{"kind":"aware","whom":"x","when":100000000000000000}}',
    b'{"what":{"kind":"window","since":-1,"until":null}}',
    b'{"what":{"kind":"clock","duty":"x","whom":"x","due":null,"met":100000000000000000}}',
    b'{"what":{"kind":"draft","whom":"press","version":99,"text":"x"}}',
]  # fmt: skip


@pytest.mark.attack
def test_what_is_no_event_is_refused_and_nothing_is_written(officer: Door, case: str) -> None:
    for body in NO_EVENTS:
        got = officer.ask("POST", f"{case}/events", body)
        assert got.status == 400, body
        assert b"secret" not in got.raw
    assert len(officer.ask("GET", f"{case}/events").said["events"]) == 1


def test_wrong_questions_are_told_so(officer: Door, case: str) -> None:
    wrong = [
        ("GET", "/cases/20200101-000000/events", {}, 404),
        ("GET", "/cases/../events", {}, 404),
        ("GET", "/other", {}, 404),
        ("DELETE", case, {}, 404),
        ("GET", f"{case}/events", {"from": "x"}, 400),
        ("POST", f"{case}/evidence", {"what": "nothing"}, 400),
        ("GET", f"{case}/evidence/{'ab' * 32}", {"to": "x", "why": "x"}, 404),
        ("GET", f"{case}/evidence/xyz", {"to": "x", "why": "x"}, 404),
    ]  # fmt: skip
    for method, path, query, status in wrong:
        got = officer.ask(method, path, **query)
        assert got.status == status, (method, path)
        assert got.said["error"]


def test_a_damaged_case_is_named_and_the_others_are_listed(
    officer: Door, case: str, desk: Desk
) -> None:
    officer.ask("POST", "/cases", {"title": "another"})
    book = desk.root / case.lstrip("/") / "book"
    book.write_bytes(book.read_bytes()[:-1])
    listed = officer.ask("GET", "/cases").said["cases"]
    assert sorted("damaged" in each for each in listed) == [False, True]
    assert officer.ask("GET", f"{case}/events").status == 500


def test_it_is_served_inside_the_bounds_and_the_log_names_no_case(
    house: HouseRun, desk: Desk, officer: Door, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    app = bureau(desk, Site(house.join("desk"), house.releases_key, {}), house.now)

    async def ask() -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://desk") as client:
            found = [await client.get(f"{case}/events", headers=officer.headers)]
            return [*found, await client.get(f"{case}/events"), await client.get("/a" * 5_000)]

    whole, refused, long = asyncio.run(ask())
    assert (whole.status_code, refused.status_code, long.status_code) == (200, 401, 414)
    assert whole.headers["cache-control"] == "no-store"
    assert long.json()["error"]
    log = capsys.readouterr().err
    assert "GET /cases/…/events 200" in log
    assert case.rpartition("/")[2] not in log


@pytest.mark.attack
def test_one_stolen_session_agrees_to_nothing_alone(
    enter: Callable[[str], Door], officer: Door, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    known = {"kind": "known", "fact": "risk to persons", "holds": False}
    forged = {"kind": "agreed", "to": 1, "people": ["dewi", "gita"]}
    assert officer.ask("POST", f"{case}/events", {"what": known}).status == 201
    assert officer.ask("POST", f"{case}/events", {"what": forged}).status == 400
    path = f"{case}/events/1/agreement"
    assert officer.ask("POST", path).status == 202
    assert officer.ask("POST", path).status == 403
    assert enter("carla").ask("POST", path).status == 403
    assert officer.ask("GET", f"{case}/events").said["waits"] == [1]
    got = enter("gita").ask("POST", path)
    assert (got.status, got.said) == (201, {"agreed": ["dewi", "gita"]})
    assert officer.ask("GET", f"{case}/events").said["waits"] == []


@pytest.mark.attack
def test_one_stolen_session_closes_no_case(
    enter: Callable[[str], Door], officer: Door, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    closed = {"what": {"kind": "closed", "why": "over", "open": []}}
    assert officer.ask("POST", f"{case}/events", closed).status == 400
    got = officer.ask("POST", f"{case}/closing", {"why": "over"})
    assert (got.status, got.said["error"]) == (
        422, "open still: nobody is said to have become aware"
    )  # fmt: skip
    assert officer.ask("POST", f"{case}/closing", {"why": "over", "despite": True}).status == 201
    path = f"{case}/events/1/agreement"
    assert officer.ask("POST", path).status == 202
    assert officer.ask("POST", path).status == 403
    assert "not agreed" in officer.ask("GET", f"{case}/events").said["closed"]
    assert enter("gita").ask("POST", path).status == 201
    (listed,) = officer.ask("GET", "/cases").said["cases"]
    assert listed["closed"].startswith("closed by dewi and gita")
    note = {"what": {"kind": "note", "text": "a newspaper called"}}
    assert officer.ask("POST", f"{case}/events", note).status == 201
    assert officer.ask("GET", f"{case}/events").said["closed"] == ""

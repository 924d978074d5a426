"""The desk's door: how far letters are, and calls, for a clerk and a confirmed caller alone."""

from collections.abc import Callable

import pytest

from chartkeep.bureau.asking import Asking
from chartkeep.bureau.dispatch import Dispatch
from chartkeep.incident.case import events
from chartkeep.incident.jobs.question import Site
from chartkeep.incident.jobs.running import Jobs
from chartkeep.incident.notify.answering import write_made
from tests.bureau.test_door import Door
from tests.incident.notify.conftest import NOTICE, Office, house, office, spoken

__all__ = ["house", "office"]


@pytest.fixture
def enter(office: Office) -> Callable[[str], Door]:
    office.admit("ann", "Miller", "Ann", communication=[spoken("en")])
    office.make()
    write_made(office.case, "1 made", office.register().head, NOTICE)
    site = Site(office.house.desk, office.house.releases_key, {})
    jobs = Jobs(office.desk, office.house.now, site)
    dispatch = Dispatch(office.desk, site.house, office.house.now, Asking(jobs, site, ()))
    return lambda person: Door(dispatch, office.house.login(person))


def test_a_clerk_answers_a_call_and_sees_nothing_else(
    office: Office, enter: Callable[[str], Door]
) -> None:
    clerk, path = enter("carla"), f"/cases/{office.case.id}"
    [code] = office.register().rows
    said = {"code": code, "name": "Ann Miller", "birth_date": "1956-08-03"}
    got = clerk.ask("POST", f"{path}/calls", said)
    assert got.status == 200
    assert "laboratory results, measurements, reports" in [one["text"] for one in got.said["say"]]
    assert (got.said["language"], got.said["letter"]) == ("en", "made")
    again = clerk.ask("POST", f"{path}/calls", said | {"language": "ja", "code": "", "phone": "1"})
    assert again.status == 403
    for method, where in (("GET", "/cases"), ("GET", f"{path}/letters"), ("GET", f"{path}/events")):
        assert clerk.ask(method, where).status == 403
    counted = enter("dewi").ask("GET", f"{path}/letters").said
    assert counted["states"] == [{"state": "received", "letters": 1, "next": ""}]
    assert (counted["batches"], counted["calls"]) == (1, 2)


def test_whoever_audits_sees_the_clocks_and_a_clerk_does_not(
    office: Office, enter: Callable[[str], Door]
) -> None:
    path = f"/cases/{office.case.id}/duties"
    assert enter("dewi").ask("GET", path).status == 422
    office.case.add(events.Aware("the police", office.house.now()))
    [korea] = {one["law"] for one in enter("dewi").ask("GET", path, **{"in": "KR"}).said["duties"]}
    assert korea.startswith("Personal Information Protection Act")
    found = enter("dewi").ask("GET", path).said["duties"]
    assert {one["met"] for one in found} == {None}
    assert enter("dewi").ask("GET", path, **{"in": "XX"}).status == 400
    assert enter("carla").ask("GET", path).status == 403


@pytest.mark.attack
def test_whoever_is_not_confirmed_and_whoever_asks_hear_nothing(
    office: Office, enter: Callable[[str], Door]
) -> None:
    clerk, path = enter("carla"), f"/cases/{office.case.id}/calls"
    [code] = office.register().rows
    said = {"code": code, "name": "Ann Smith", "birth_date": "1956-08-03"}
    wrong = clerk.ask("POST", path, said)
    unknown = clerk.ask("POST", path, said | {"code": "0000-0000-0000"})
    assert (wrong.status, wrong.raw) == (unknown.status, unknown.raw)
    assert b"Miller" not in wrong.raw
    for body in (b"", b"{}", b"[1]", said | {"more": 1}, said | {"name": "x" * 201}):
        got = clerk.ask("POST", path, body)
        assert got.status == 400
        assert b"Smith" not in got.raw
    assert clerk.ask("POST", "/cases/20260101-aaaaaa/calls", said).status == 404
    for person in ("dewi", "aiko"):
        got = enter(person).ask("POST", path, said)
        assert got.said["error"] == "your role does not work at the incident desk"

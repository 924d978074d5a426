"""The desk's door with its jobs, as tests ask it."""

from collections.abc import Iterator
from pathlib import Path
from threading import Event, current_thread
from typing import Any

import pytest

from chartkeep.bureau.asking import Asking
from chartkeep.bureau.dispatch import Dispatch
from chartkeep.incident.desk import Desk
from chartkeep.incident.jobs.keeping import UNDER_WAY
from chartkeep.incident.jobs.question import Site
from chartkeep.incident.jobs.running import Jobs
from chartkeep.model import Millis
from tests.bureau.test_door import Door, desk
from tests.house import HouseRun, house

__all__ = ["desk", "house"]
PATIENCE = 30.0


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

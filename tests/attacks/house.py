"""A house of three real processes, with first people whose codes the tests can read."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pyotp

from chartkeep.custody.house import House
from chartkeep.custody.release import Look
from chartkeep.errors import UnavailableError
from chartkeep.inventor.hospital import Hospital, invent_hospital
from chartkeep.keyholder import actions
from chartkeep.model import ChartId, Purpose, Section
from chartkeep.sealing.kek import Cost
from chartkeep.wiring.founding import Newcomer, init, newcomer
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.launch import PARTS, Running
from chartkeep.wiring.loading import load, load_file
from chartkeep.wiring.running import read_clock

TODAY = date(2026, 3, 2)
CHEAP = Cost(1, 8_192, 1)
SOURCE = "load"
CARE = frozenset({Section.FACE, Section.CLINICAL, Section.RESULTS})
STEP = 30


def small_hospital(patients: int, depth: float = 0.02) -> Hospital:
    return invent_hospital(7, patients, TODAY, depth)


def write_bundles(folder: Path, hospital: Hospital, markers: list[str] | None = None) -> list[Path]:
    """One file a patient, the marker of each planted in it."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for index in range(hospital.patients):
        path = folder / f"patient-{index:04}.json"
        path.write_bytes(hospital.bundle(index, markers[index] if markers else ""))
        paths.append(path)
    return paths


@dataclass
class Founded:
    """A founded house, not yet running; the key file lies on a stick beside it."""

    home: Home
    key_file: Path
    people: dict[str, Newcomer]
    _used: dict[str, int] = field(default_factory=dict)
    _joined: list[House] = field(default_factory=list)

    def join(self, instance: str) -> House:
        """Join the house as one worker; its connections end with the test."""
        house = join(self.home, instance)
        self._joined.append(house)
        return house

    def close(self) -> None:
        for house in self._joined:
            house.keyholder.close()
            house.store.close()

    def login(self, house: House, person: str) -> bytes:
        """Log in; a second log-in of a person takes the next code a minute's slack allows."""
        mine = self.people[person]
        now = int(read_clock().wall / 1000) // STEP
        step = max(self._used.get(person, 0) + 1, now - 1)
        self._used[person] = step
        code = str(pyotp.TOTP(mine.totp).at(step * STEP))
        return house.keyholder.login(person, mine.password, code).token

    def load(self, paths: list[Path], processes: int = 1) -> list[ChartId]:
        """Load bundles; gives the charts of their patients."""
        if processes > 1:
            done = list(load(self.home, paths, SOURCE, processes))
        else:
            loader = self.join("loader")
            done = [load_file(path, SOURCE, loader) for path in paths]
        assert not [refusal for one in done for refusal in one.refusals]
        return [chart for one in done for chart in one.charts]

    def admit(self, charts: list[ChartId], ward: str = "3W") -> None:
        """Place patients in beds, as the interface engine hears it."""
        engine = self.join("loader")
        for number, chart in enumerate(charts):
            engine.keyholder.act(b"", actions.Place(chart, ward, f"bed-{number}"))


def look(token: bytes, sections: frozenset[Section] = CARE, **other: str) -> Look:
    return Look(token, sections, Purpose(other.pop("purpose", "TREAT")), **other)


def found(folder: Path) -> Founded:
    people = [
        newcomer("aiko", "nurse", ["3W"]),
        newcomer("budi", "nurse", ["5E"]),
        newcomer("carla", "clerk"),
        newcomer("dewi", "privacy officer"),
        newcomer("erik", "administrator"),
        newcomer("fumi", "administrator"),
    ]
    key_file = folder / "stick" / "minato.key"
    home = init(
        folder / "house", "Minato Hospital", key_file, people, read_clock, cost=CHEAP, cheap=True
    )
    return Founded(home, key_file, {one.name: one for one in people})


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; two minutes are longer than anything here takes."""
    end = time.monotonic() + 120
    while not holds():
        assert time.monotonic() < end, "this never came"
        time.sleep(0.02)


def until_witnessed(house: House) -> None:
    """Wait until the witness has seen both ledgers as they are now."""
    lines, size = house.keyholder.status().lines, house.store.status().size
    until(lambda: house.keyholder.status().witnessed >= lines)
    until(lambda: house.store.status().witnessed >= size)


def start(run: Running, part: str) -> None:
    """Start a part that must start; if it does not, its last words are the failure's."""
    try:
        run.start(part)
    except UnavailableError as error:
        words = (run.home.root / "run" / f"{part}.log").read_text()[-500:]
        raise AssertionError(f"the {part} did not start: {words}") from error


@contextmanager
def started(home: Home, *parts: str) -> Iterator[Running]:
    """Run parts of a house, all when none is named; whatever the test left running ends."""
    run = Running(home)
    try:
        for part in parts or PARTS:
            start(run, part)
        yield run
    finally:
        for part in list(run.children):
            run.stop(part, kill=True)

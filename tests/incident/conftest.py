"""A ward to ask about: patients in bed, and a record of what was really opened and written."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chartkeep.custody import lines
from chartkeep.custody.house import House
from chartkeep.incident.estimate.asking import ask
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.estimate import Estimate
from chartkeep.incident.estimate.filling import fill
from chartkeep.incident.estimate.proving import prove
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.model import Millis, Section
from tests.house import HouseRun, house
from tests.records import lab, patient

__all__ = ["house"]


@dataclass
class Scene:
    """A house where every opening is noted apart from the ledger, to be compared with it."""

    house: HouseRun
    folder: Path
    proof: Path = Path()
    charts: list[bytes] = field(default_factory=list)
    opened: dict[bytes, int] = field(default_factory=dict)

    def open(
        self,
        token: bytes,
        chart: bytes,
        sections: frozenset[Section] = frozenset({Section.RESULTS}),
        house: House | None = None,
    ) -> None:
        for entry in self.house.open(token, chart, sections, house=house).entries:
            mask = self.opened.get(chart, 0) | 1 << entry.header.section
            self.opened[chart] = mask
        self.house.clock.move(seconds=1)

    def ask(self, kind: Kind, value: bytes, since: int = 0) -> Estimate:
        """Ask the officer's columns whom one was exposed to until now, and prove it to a file."""
        since, until = since or self.house.now(), self.house.now() + 1
        self.house.clock.move(seconds=1)
        officer = self.house.join("second desk")
        token, log = self.house.login("dewi", "second desk"), self.house.releases_key
        columns = Columns(self.folder / "columns", bytes(32), log.name)
        fill(columns, officer, log, token, until)
        found = ask(columns, (Suspect(kind, value, since, until),), officer.facility, Millis(until))
        (self.proof,) = prove(found, officer, log, token, self.folder / "proofs")
        return found


@pytest.fixture
def scene(house: HouseRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    made = Scene(house, tmp_path)
    for name in ("p", "q", "r"):
        chart = house.send(patient(name), lab(f"o-{name}", f"Patient/{name}")).charts[0]
        house.admit(chart, bed=name)
        made.charts.append(chart)
    return made

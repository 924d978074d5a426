"""A ward to ask about: patients in bed, and a record of what was really opened and written."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chartkeep.custody import lines
from chartkeep.custody.house import House
from chartkeep.custody.lines import Window
from chartkeep.incident.exposure import Exposure
from chartkeep.incident.listing import list_exposure
from chartkeep.ledger.exposure_list import Asked, Question
from chartkeep.model import Section
from tests.house import HouseRun, house
from tests.records import lab, patient

__all__ = ["house"]


@dataclass
class Scene:
    """A house where every opening is noted apart from the ledger, to be compared with it."""

    house: HouseRun
    out: Path
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

    def question(self, field: Asked, value: bytes, since: int = 0) -> Question:
        return Question(field, value, since or self.house.now(), self.house.now() + 1)

    def expose(self, question: Question) -> Exposure:
        self.house.clock.move(seconds=1)
        keyholder = self.house.join("second desk").keyholder
        token = self.house.login("dewi", "second desk")
        log = self.house.releases_key
        window = Window(keyholder, log, token, question.since, question.until)
        return list_exposure(window, question, log, self.out)


@pytest.fixture
def scene(house: HouseRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    monkeypatch.setattr(lines, "WITNESS_TRIES", 1)  # this house has none to wait for
    monkeypatch.setattr(lines, "WITNESS_PAUSE", 0)
    made = Scene(house, tmp_path / "exposure.list")
    for name in ("p", "q", "r"):
        chart = house.send(patient(name), lab(f"o-{name}", f"Patient/{name}")).charts[0]
        house.admit(chart, bed=name)
        made.charts.append(chart)
    return made

"""A ward after six hours of paper, whose forms are keyed back in."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from chartkeep.continuity.downtimes import declare
from chartkeep.continuity.forms import FormKind, FormNumber
from chartkeep.continuity.numbers import Hold
from chartkeep.continuity.paper.keying import (
    Desk,
    KeyedLine,
    Policy,
    key_line,
)
from chartkeep.continuity.paper.opening import open_desk
from chartkeep.continuity.paper.sheets import begin, find_sheet
from chartkeep.continuity.registry import issue_forms
from chartkeep.custody.charts import Charts
from chartkeep.custody.release import Look
from chartkeep.model import ChartId, Millis, Purpose, Section
from tests.house import ALL, HouseRun
from tests.records import Json, lab, patient, put

HOUR = 3_600_000
POLICY = Policy(UTC)
ABOUT = {"reference": "Patient/p"}
VITALS = {"pulse": "72", "temperature": "37,50", "systolic": "120", "diastolic": "80"}
GIVEN = {"medicine": "Metformin 500 mg", "dose": "500 mg", "done": "given"}


class Ward:
    """A ward after six hours of paper: a pack was made before, and a chart is there."""

    def __init__(self, house: HouseRun) -> None:
        self.house = house
        self.serve = house.join("serve")
        self.charts = Charts(self.serve)
        self.chart = self.bring("p", "Tanaka")
        counts = dict.fromkeys(FormKind, 3)
        ranges = issue_forms("a pack", "3W", counts, Millis(house.now() + 24 * HOUR), self.serve)
        self.numbers = {each.kind: next(each.numbers()) for each in ranges}
        house.clock.move(hours=1)
        self.begins = house.now()
        house.clock.move(hours=6)
        self.tokens = {name: house.login(name, "serve") for name in ("aiko", "budi")}
        self.downtime = declare(
            ["3W"], self.begins, house.now(), "ransomware", "hiro", self.hold("aiko")
        )

    def hold(self, person: str) -> Hold:
        return Hold(self.tokens[person], self.serve, self.serve)

    def bring(self, ident: str, family: str, *more: Json) -> ChartId:
        chart = self.house.send(
            patient(ident, family, gender="female", birthDate="1956-08-03"),
            lab(f"o-{ident}", f"Patient/{ident}"), *more,
        ).charts[0]  # fmt: skip
        self.house.admit(chart, bed=ident)
        return chart

    def know(self, kind: str, ident: str, **body: Any) -> None:
        self.house.send(put(kind, ident, **body))

    def at(self, hours: float) -> Json:
        """Say so many hours into the downtime, as it is typed."""
        moment = datetime.fromtimestamp((self.begins + hours * HOUR) / 1000, UTC)
        return {"date": moment.date().isoformat(), "time": f"{moment:%H:%M}", "author": "n. budi"}

    def begin(self, kind: FormKind, chart: ChartId | None = None, sex: str = "") -> FormNumber:
        number = self.numbers[kind]
        sheet = find_sheet(number, self.hold("aiko"))
        begin(sheet, chart or self.chart, self.downtime.ident, sex, "aiko", self.serve)
        return number

    def desk(self, number: FormNumber, person: str = "aiko", policy: Policy = POLICY) -> Desk:
        token = self.tokens[person]
        look = Look(token, frozenset(), Purpose.TREATMENT)
        return open_desk(
            find_sheet(number, self.hold(person)), look, person, self.charts, policy
        ).desk

    def key(
        self, number: FormNumber, kind: str, at: int = 1, hours: float = 2,
        person: str = "aiko", policy: Policy = POLICY, **fields: str,
    ) -> KeyedLine:  # fmt: skip
        desk = self.desk(number, person, policy)
        return key_line(desk, at, kind, {**self.at(hours), **fields}, self.serve)

    def twice(self, number: FormNumber, kind: str, at: int = 1, **fields: str) -> KeyedLine:
        self.key(number, kind, at, **fields)
        return self.key(number, kind, at, **fields)

    def filed(self, kind: str) -> list[Json]:
        return [orjson.loads(raw) for raw in self.raw(kind)]

    def raw(self, kind: str) -> list[bytes]:
        token = self.house.login("aiko", "serve")
        opened = self.house.open(token, self.chart, ALL - {Section.IDENTITY}, house=self.serve)
        mine = (each for each in opened.entries if each.envelope.source == "paper")
        return [entry.raw for entry in mine if entry.header.kind == kind]


@pytest.fixture
def ward(house: HouseRun) -> Iterator[Ward]:
    return Ward(house)

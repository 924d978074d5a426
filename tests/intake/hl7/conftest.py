"""A house with the interface engine's road for messages, and charts read back."""

from typing import Any, NamedTuple

import orjson
import pytest

from chartkeep.intake.hl7.answering import Door
from chartkeep.intake.hl7.case import Sender
from chartkeep.intake.hl7.taking import Taker
from chartkeep.model import ChartId, Section
from tests.house import ALL, HouseRun, house
from tests.intake.hl7.messages import HIS, LAB

__all__ = ["house"]


class Feed(NamedTuple):
    """A running house and the doors of two feeds."""

    house: HouseRun
    taker: Taker
    his: Door
    lab: Door

    def send(self, raw: bytes, door: Door | None = None) -> str:
        """Send a message; gives the code and reason of the answer."""
        outcome = (door or self.his).answer(raw).outcome
        return f"{outcome.ack} {outcome.reason}".strip()

    def chart(self, number: str = "4711") -> ChartId:
        """Find a chart by number, as a nurse would."""
        token = self.house.login("aiko")
        (face,) = self.house.search(token, identifier=number)
        return face.chart

    def read(self, kind: str, number: str = "4711") -> list[dict[str, Any]]:
        """Open a chart and give its resources of a kind."""
        chart = self.chart(number)
        self.house.admit(chart)
        token = self.house.login("aiko")
        sections = ALL - {Section.IDENTITY}
        if kind in {"Patient", "Coverage"}:
            token, sections = self.house.login("carla"), frozenset({Section.IDENTITY})
        opened = self.house.open(token, chart, sections)
        return [orjson.loads(e.raw) for e in opened.entries if e.header.kind == kind]


@pytest.fixture
def feed(house: HouseRun) -> Feed:
    """A house, and a taker of messages as the engine."""
    taker = Taker(house.engine)

    def door(sender: Sender) -> Door:
        return Door(taker, sender, house.now)

    return Feed(house, taker, door(HIS), door(LAB))

"""An office that writes letters: a house with patients, a desk with a case, a clerk."""

from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from chartkeep.custody.release import Look
from chartkeep.incident.case.case import Case, new_case
from chartkeep.incident.desk import Desk
from chartkeep.incident.notify import making
from chartkeep.incident.notify.affected import Affected, Sure
from chartkeep.incident.notify.batch import Batch, read_batch
from chartkeep.incident.notify.fonts import Fonts
from chartkeep.incident.notify.letter import Occasion
from chartkeep.incident.notify.making import Asked, Report, make_letters
from chartkeep.incident.notify.notice import read_notice
from chartkeep.incident.notify.register import Register, open_register
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Purpose, Section
from chartkeep.sealing.kek import Cost
from tests.house import HouseRun, house
from tests.records import patient

__all__ = ["house"]

DAY = 86_400_000
NOTICE = Path(__file__).with_name("notice.toml").read_bytes()
OCCASION = Occasion(read_notice(NOTICE), date(2027, 1, 15))
HOME = {"use": "home", "line": ["1-2-3"], "city": "港区", "state": "東京都",
        "postalCode": "108-0001", "country": "JP"}  # fmt: skip


def spoken(language: str) -> dict[str, Any]:
    coding = {"system": "urn:ietf:bcp:47", "code": language}
    return {"language": {"coding": [coding]}, "preferred": True}


@dataclass
class Office:
    """Where letters are made, by carla, under a grant of dewi and gita."""

    house: HouseRun
    desk: Desk
    case: Case
    charts: dict[str, ChartId] = field(default_factory=dict)

    def admit(self, ident: str, family: str, given: str, **body: Any) -> ChartId:
        body = {"birthDate": "1956-08-03", "address": [HOME]} | body
        [chart] = self.house.send(patient(ident, family, given, **body)).charts
        self.charts[ident] = chart
        return chart

    def register(self) -> Register:
        return open_register(self.desk, self.case.id, "carla", self.house.now)

    def grant(self, charts: int = 100, person: str = "carla") -> bytes:
        wanted = actions.Grant(
            person, charts, mask(Section.IDENTITY), self.house.now() + DAY, Purpose.OPERATIONS
        )
        keyholder = self.house.desk.keyholder
        proposal = keyholder.act(self.house.login("dewi"), wanted).proposal
        keyholder.approve(self.house.login("gita"), proposal)
        return proposal

    def look(self, grant: bytes) -> Look:
        token = self.house.login("carla")
        return Look(token, frozenset({Section.IDENTITY}), Purpose.OPERATIONS, "letters", grant)

    def affected(self, *names: str, sections: int = 0) -> list[Affected]:
        now = self.house.now()
        bits = sections or mask(Section.FACE, Section.RESULTS)
        chosen = names or tuple(self.charts)
        return [Affected(self.charts[n], bits, now, now, Sure.CERTAIN) for n in chosen]

    def make(self, *names: str, grant: bytes | None = None, **asked: Any) -> Report:
        sections = asked.pop("sections", 0)
        look = self.look(self.grant() if grant is None else grant)
        at = making.Desk(self.case, self.register(), look, self.house.desk, Fonts())
        return make_letters(Asked(self.affected(*names, sections=sections), **asked), OCCASION, at)

    def batch(self, number: int = 1) -> Batch:
        into = BytesIO()
        self.case.read(self.register().batches[number].file, into.write)
        return read_batch(into.getvalue())

    def pages(self, number: int = 1) -> list[str]:
        reader = PdfReader(BytesIO(self.batch(number).pdf))
        return [page.extract_text() for page in reader.pages]


@pytest.fixture
def office(house: HouseRun, tmp_path: Path) -> Office:
    key_file = tmp_path / "stick.key"
    key_file.touch(mode=0o600)
    key_file.write_text("a passphrase of the desk")
    desk = Desk.found(tmp_path / "office", ("Minato", "ab" * 16), key_file, Cost(1, 8, 1))
    return Office(house, desk, new_case(desk, "The theft", "dewi", house.now))

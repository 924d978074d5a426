"""A page that asks a real desk of a real house: only the wire between them is a call."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from chartkeep.bureau.asked import Answer, Asked
from chartkeep.bureau.asking import Asking
from chartkeep.bureau.dispatch import Dispatch
from chartkeep.bureau.page.asking import Desk, Program
from chartkeep.bureau.page.front import Front
from chartkeep.errors import UnavailableError
from chartkeep.incident.jobs.question import Site
from chartkeep.incident.jobs.running import Jobs
from chartkeep.incident.notify.answering import write_made
from chartkeep.keyholder.actions import AddProgram
from chartkeep.model import to_text
from tests import cast
from tests.continuity.ward_house import two
from tests.house import HouseRun, house
from tests.incident.notify.conftest import NOTICE, Office, office, spoken
from tests.sealing.assertions import pem, private

__all__ = ["house", "office"]

PHONE = [{"system": "phone", "value": "+81 90-1234-5678"}]
HANA = {"name": "田中 花子", "birth_date": "1956-08-03"}
ANN = {"name": "Ann Miller", "birth_date": "1970-01-01"}


@dataclass
class Page:
    """The page, and the office whose letters it is for."""

    office: Office
    dispatch: Dispatch
    front: Front
    away: bool = False

    @property
    def house(self) -> HouseRun:
        return self.office.house

    def code(self, name: str) -> str:
        return self.office.register().by_chart[self.office.charts[name]]

    def post(self, path: str, token: str, what: Any) -> tuple[int, bytes]:
        if self.away:
            raise UnavailableError("the desk does not answer")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        parts = tuple(part for part in path.split("/") if part)
        answer = self.dispatch.answer(Asked("POST", parts, {}, headers, json.dumps(what).encode()))
        return answer.status, answer.body

    def look(self, language: str = "en", **typed: str) -> Answer:
        body = urlencode(typed).encode()
        return self.front.answer(Asked("POST", (), {"language": language}, {}, body))


def desk_of(page: Page, key: str = "EdDSA") -> Desk:
    """What the page asks through, signed with a key."""
    secret = private(key).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    program = Program("letters", secret, to_text(cast.FACILITY.id))
    return Desk(page.post, program, page.office.case.id, page.house.now)


@pytest.fixture
def page(office: Office) -> Page:
    """Hana and Ann have letters."""
    office.admit("hana", "田中", "花子", telecom=PHONE)
    office.admit(
        "ann", "Miller", "Ann", birthDate="1970-01-01", communication=[spoken("en")],
        identifier=[{"system": "urn:mrn", "value": "A-1234"}],
    )  # fmt: skip
    office.make()
    write_made(office.case, "two letters", office.register().head, NOTICE)
    two(office.house, "erik", "fumi", AddProgram("letters", "letter page", pem("EdDSA"), ""))
    site = Site(office.house.join("desk"), office.house.releases_key, {})
    asking = Asking(Jobs(office.desk, office.house.now, site), site, ())
    dispatch = Dispatch(office.desk, site.house, office.house.now, asking)
    made = Page(office, dispatch, Front(None))  # type: ignore[arg-type]  # below
    made.front = Front(desk_of(made))
    return made

"""The pages over a house in threads: a browser without a screen, and a ward to look at."""

import re
from collections.abc import Iterator
from html import unescape
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chartkeep.console.asked import Answer, Asked
from chartkeep.console.desk import Desk
from chartkeep.console.dispatch import Dispatch
from chartkeep.custody.charts import Charts
from chartkeep.custody.journal import Journal
from chartkeep.custody.sessions import Sessions
from chartkeep.model import to_text
from tests import cast
from tests.house import HouseRun, house
from tests.records import Json, lab, patient, put

__all__ = ["house"]
HOST = "minato.example"
RESTRICTED = {
    "security": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    ]
}


class Got(NamedTuple):
    """An answer, read."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def words(self) -> str:
        """What a reader sees: no tags, spaces as one."""
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", self.text)).split())

    @property
    def form(self) -> str:
        found = re.search(r'name="form" value="([0-9a-f]+)"', self.text)
        return found.group(1) if found else ""


class Web:
    """Somebody's browser: it keeps cookies and says where its requests come from."""

    def __init__(self, dispatch: Dispatch, language: str = "en") -> None:
        self.dispatch = dispatch
        self.cookies: dict[str, str] = {}
        self.language = language
        self.form = ""

    def asked(self, method: str, url: str, form: Json | None = None, **headers: str) -> Asked:
        """Make a request as this browser sends it."""
        parts = urlsplit(url)
        sent = {
            "host": HOST, "accept-language": self.language, "sec-fetch-site": "same-origin",
            "cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        } | {name.replace("_", "-"): value for name, value in headers.items()}  # fmt: skip
        return Asked(
            method, tuple(p for p in parts.path.split("/") if p), parse_qs(parts.query),
            sent, urlencode(form or {}, doseq=True).encode(),
        )  # fmt: skip

    def ask(self, method: str, url: str, form: Json | None = None, **headers: str) -> Got:
        got = read(self.dispatch.answer(self.asked(method, url, form, **headers)))
        if cookie := got.headers.get("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
        self.form = got.form or self.form
        return got

    def get(self, url: str, **headers: str) -> Got:
        return self.ask("GET", url, **headers)

    def post(self, url: str, form: Json | None = None, **headers: str) -> Got:
        """Send a form as a page of ours has it."""
        return self.ask("POST", url, {"form": self.form, **(form or {})}, **headers)


def read(answer: Answer) -> Got:
    headers = {name.lower(): value for name, value in answer.headers}
    return Got(answer.status, answer.body.decode(), headers)


class Clinic:
    """A house with pages, and two patients: one in a bed on aiko's ward, one she knows not."""

    def __init__(self, house: HouseRun) -> None:
        self.house = house
        self.journals: list[Journal] = []
        self.desk = self.join("serve")
        self.dispatch = Dispatch(self.desk)
        self.mine = self.bring("p", "Tanaka")
        self.other = self.bring("q", "Suzuki")
        house.admit(self.mine, bed="2")

    def join(self, instance: str) -> Desk:
        joined = self.house.join(instance)
        journal = Journal(joined)
        self.journals.append(journal)
        key = self.house.releases_key
        return Desk(joined, Charts(joined), Sessions(joined), journal, key)

    def bring(self, ident: str, family: str, *more: Json) -> bytes:
        """Bring a patient with an allergy, a problem, two results and a restricted note."""
        about = {"reference": f"Patient/{ident}"}
        sent = self.house.send(
            patient(
                ident, family, gender="female", birthDate="1956-08-03",
                identifier=[{"system": "urn:mrn", "value": f"mrn-7{ident}"}],
            ),
            lab(f"o1-{ident}", f"Patient/{ident}", 5.5, effectiveDateTime="2026-01-02T08:30:00Z"),
            lab(f"o2-{ident}", f"Patient/{ident}", 6.25, effectiveDateTime="2026-01-03T08:30:00Z"),
            put("AllergyIntolerance", f"a-{ident}", patient=about, code={"text": "latex"}),
            put("Condition", f"c-{ident}", subject=about, code={"text": "asthma"}),
            put("Condition", f"r-{ident}", subject=about, code={"text": "secret"}, meta=RESTRICTED),
            *more,
        )  # fmt: skip
        return sent.charts[0]

    def web(self, person: str = "", language: str = "en", desk: Desk | None = None) -> Web:
        """Give somebody a browser, logged in when named."""
        web = Web(self.dispatch if desk is None else Dispatch(desk), language)
        if person:
            self.house.clock.move(seconds=30)
            answer = web.ask("POST", "/login", self.proof(person))
            assert answer.status == 303
        return web

    def proof(self, person: str) -> Json:
        code = self.house.clock.code(person)
        return {"name": person, "password": cast.PASSWORD, "code": code, "where": "/"}

    def chart(self, ident: bytes) -> str:
        return f"/chart/{to_text(ident)}"


@pytest.fixture
def clinic(house: HouseRun) -> Iterator[Clinic]:
    made = Clinic(house)
    yield made
    for journal in made.journals:
        journal.close()

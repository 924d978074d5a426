"""The door over a house in threads: requests as values, answers as parsed JSON."""

from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from chartkeep.custody.journal import Journal
from chartkeep.fhir.http.asked import JSON, NDJSON, Answer, Asked
from chartkeep.fhir.http.dispatch import Dispatch
from chartkeep.fhir.http.door import Door
from chartkeep.web.caller import write_token
from tests.house import HouseRun, house
from tests.records import lab, patient, put

BASE = "http://minato.example/fhir"
__all__ = ["house"]


class Got(NamedTuple):
    """An answer, read."""

    status: int
    body: Any
    headers: dict[str, str]
    raw: bytes

    @property
    def ids(self) -> list[str]:
        return [f"{e['resource']['resourceType']}/{e['resource']['id']}" for e in self.entries]

    @property
    def entries(self) -> list[Any]:
        return [e for e in self.body.get("entry", []) if "resource" in e]

    @property
    def issue(self) -> Any:
        return self.body["issue"][0]


class Web:
    """Somebody with a session, and the door."""

    def __init__(self, dispatch: Dispatch, token: bytes) -> None:
        self._dispatch = dispatch
        self.token = token

    def ask(self, method: str, url: str, body: Any = None, **headers: str) -> Got:
        return read(self.answer(method, url, body, **headers))

    def stream(self, url: str) -> Iterator[bytes]:
        """Give an answer piece by piece, as it is made."""
        answer = self.answer("GET", url)
        assert answer.status == 200, answer.body
        return chain([answer.body], answer.stream or ())

    def answer(self, method: str, url: str, body: Any = None, **headers: str) -> Answer:
        parts = urlsplit(url.removeprefix(BASE))
        raw = body if isinstance(body, bytes) else b"" if body is None else orjson.dumps(body)
        sent = {"authorization": f"Bearer {write_token(self.token)}", "content-type": JSON}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        asked = Asked(
            method, tuple(p for p in parts.path.split("/") if p),
            parse_qsl(parts.query, keep_blank_values=True), sent, raw, BASE,
        )  # fmt: skip
        return self._dispatch.answer(asked)

    def get(self, url: str, **headers: str) -> Got:
        return self.ask("GET", url, **headers)

    def post(self, url: str, body: Any, **headers: str) -> Got:
        return self.ask("POST", url, body, **headers)

    def put(self, url: str, body: Any, **headers: str) -> Got:
        return self.ask("PUT", url, body, **headers)


def read(answer: Answer) -> Got:
    raw = answer.body + b"".join(answer.stream or ())
    body = orjson.loads(raw) if raw and answer.kind != NDJSON else None
    return Got(answer.status, body, {k.lower(): v for k, v in answer.headers}, raw)


class Clinic:
    """A house with a door, and two patients: one on aiko's ward, one on nobody's she knows."""

    def __init__(self, house: HouseRun) -> None:
        self.house = house
        joined = house.join("serve")
        self.door = Door(joined, Journal(joined))
        self.dispatch = Dispatch(self.door)
        self.mine = self.bring("p", "Tanaka")
        self.other = self.bring("q", "Suzuki")
        house.admit(self.mine[1])

    def bring(self, ident: str, family: str) -> tuple[str, bytes]:
        """Bring a patient with an allergy and two results; gives the id as text and as bytes."""
        about = f"Patient/{ident}"
        allergy = put(
            "AllergyIntolerance", f"a-{ident}", patient={"reference": about},
            code={"text": "latex"},
        )  # fmt: skip
        sent = self.house.send(
            patient(ident, family, identifier=[{"system": "urn:mrn", "value": f"mrn-{ident}"}]),
            lab(f"o1-{ident}", about, 1), lab(f"o2-{ident}", about, 2), allergy, source="fhir",
        )  # fmt: skip
        return ident, sent.charts[0]

    def web(self, person: str) -> Web:
        return Web(self.dispatch, self.house.login(person, "serve"))


@pytest.fixture
def clinic(house: HouseRun) -> Iterator[Clinic]:
    made = Clinic(house)
    yield made
    made.door.journal.close()

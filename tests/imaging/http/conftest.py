"""The door over a house in threads, two patients it knows, and people who ask."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit

import orjson
import pytest

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.charts import Charts
from chartkeep.custody.journal import Journal
from chartkeep.custody.sessions import Sessions
from chartkeep.imaging.arriving import File
from chartkeep.imaging.http.asked import Answer, Asked
from chartkeep.imaging.http.dispatch import Dispatch
from chartkeep.imaging.http.door import Door
from chartkeep.imaging.http.multipart import read_parts, related
from chartkeep.imaging.pixels.pool import Pixels
from chartkeep.imaging.taking import Fate, Sender
from chartkeep.inventor.dicom import Where, Whose, invent_uid, xray
from chartkeep.web.caller import write_token
from tests.house import HouseRun, house
from tests.records import put

BASE = "http://minato.example/dicom-web"
VIEWER = "http://viewer.minato.example"
MRN = "http://minato.example/mrn"
LINDA = Whose("4711", "MINATO", "Sato^Linda=佐藤^リンダ", "19500102", "F")
OTTO = Whose("4712", "MINATO", "Mensah^Otto", "19610203", "M")
__all__ = ["house"]


class Got(NamedTuple):
    """An answer, read."""

    status: int
    raw: bytes
    headers: dict[str, str]
    kind: str

    @property
    def body(self) -> Any:
        return orjson.loads(self.raw) if self.raw else None

    @property
    def parts(self) -> list[tuple[dict[str, str], bytes]]:
        boundary = self.kind.partition("boundary=")[2]
        return [(dict(p.headers), p.read()) for p in read_parts([self.raw], boundary)]

    def values(self, tag: str) -> list[Any]:
        return [row.get(tag, {}).get("Value", [None])[0] for row in self.body]


class Web:
    """Somebody with a session, and the door."""

    def __init__(self, dispatch: Dispatch, token: bytes) -> None:
        self._dispatch = dispatch
        self.token = token

    def get(self, url: str, accept: str = "*/*", **headers: str) -> Got:
        return self.ask("GET", url, (), accept=accept, **headers)

    def store(self, *files: bytes, study: str = "", **headers: str) -> Got:
        made = related("application/dicom")
        body = b"".join(made.head("application/dicom") + file for file in files) + made.tail
        url = f"/studies/{study}" if study else "/studies"
        return self.ask("POST", url, [body], **{"content-type": made.media, **headers})

    def ask(self, method: str, url: str, pieces: Iterable[bytes] = (), **headers: str) -> Got:
        parts = urlsplit(url.removeprefix(BASE))
        sent = {"authorization": f"Bearer {write_token(self.token)}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        asked = Asked(
            method, tuple(p for p in parts.path.split("/") if p),
            parse_qsl(parts.query, keep_blank_values=True), sent, pieces, BASE,
        )  # fmt: skip
        return read(self._dispatch.answer(asked))


def read(answer: Answer) -> Got:
    raw = answer.body + b"".join(answer.stream or ())
    return Got(answer.status, raw, {k.lower(): v for k, v in answer.headers}, answer.kind)


def where(study: str = "a", series: int = 1, number: int = 1, day: str = "20261122") -> Where:
    return Where(
        invent_uid(study), invent_uid(study, series), invent_uid(study, series, number),
        day, "081500", f"A-{study}", number,
    )  # fmt: skip


def path(at: Where) -> str:
    return f"/studies/{at.study}/series/{at.series}/instances/{at.instance}"


class Clinic:
    """A house with a door, and two patients: one on aiko's ward, one on nobody's she knows."""

    def __init__(self, house: HouseRun) -> None:
        self.house = house
        joined = house.join("serve")
        self.pixels = Pixels(1)
        self.door = Door(
            Charts(joined), Sessions(joined), Journal(joined), self.pixels,
            issuers=Issuers({"MINATO": MRN}), issuer=MRN, origins=frozenset({VIEWER}),
        )  # fmt: skip
        self.dispatch = Dispatch(self.door)
        self.mine = self.bring("p", LINDA)
        self.other = self.bring("q", OTTO)
        house.admit(self.mine)

    def bring(self, ident: str, whose: Whose) -> bytes:
        """Bring a patient; gives their chart."""
        family, _, given = whose.name.partition("=")[0].partition("^")
        birth = f"{whose.birth[:4]}-{whose.birth[4:6]}-{whose.birth[6:]}"
        sent = self.house.send(
            put(
                "Patient", ident, identifier=[{"system": MRN, "value": whose.number}],
                name=[{"family": family, "given": [given]}], birthDate=birth,
                gender={"F": "female", "M": "male"}[whose.sex],
            ),
            source="fhir",
        )  # fmt: skip
        return sent.charts[0]

    def web(self, person: str) -> Web:
        return Web(self.dispatch, self.house.login(person, "serve"))

    def keep(self, *files: bytes) -> None:
        """Have files in charts, from a modality."""
        sent = [File(BytesIO(file)) for file in files]
        fates = [each.fate for each in self.door.taker.take(sent, Sender("CT3", MRN))]
        assert fates == [Fate.STORED] * len(files)

    def verbs(self) -> list[str]:
        return self.house.verbs()


@pytest.fixture
def clinic(house: HouseRun) -> Iterator[Clinic]:
    made = Clinic(house)
    yield made
    made.door.journal.close()
    made.pixels.close()


@pytest.fixture
def aiko(clinic: Clinic) -> Web:
    return clinic.web("aiko")


@pytest.fixture
def xray_of_linda(clinic: Clinic) -> bytes:
    """One X-ray, kept."""
    file = xray(LINDA, where(), 32)
    clinic.keep(file)
    return file

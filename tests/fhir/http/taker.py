"""Somebody who exports under a grant of theirs, and reads what came."""

from typing import Any, NamedTuple

import orjson

from chartkeep.fhir.http.asked import NDJSON
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import Purpose, Section, to_text
from tests.fhir.http.conftest import Clinic, Got, Web

HOUR = 3_600_000
CARE = mask(Section.IDENTITY, Section.CLINICAL, Section.RESULTS)
ASYNC = {"prefer": "respond-async", "chartkeep_purpose": "HRESCH"}
Rows = dict[str, list[str]]


class Taker(NamedTuple):
    """Somebody who exports under a grant of theirs."""

    web: Web
    grant: bytes

    def start(self, url: str = "/Patient/$export", body: Any = None, **headers: str) -> Got:
        asked = ASYNC | {"chartkeep_grant": to_text(self.grant)} | headers
        return self.web.ask("POST" if body else "GET", url, body, **asked)

    def manifest(self, url: str = "/Patient/$export", body: Any = None, **headers: str) -> Any:
        begun = self.start(url, body, **headers)
        assert begun.status == 202, begun.body
        return poll(self.web, begun.headers["content-location"]).body

    def export(self, url: str = "/Patient/$export", body: Any = None, **headers: str) -> Rows:
        return fetch(self.web, self.manifest(url, body, **headers))


def poll(web: Web, where: str) -> Got:
    for _ in range(1_000):
        got = web.get(where)
        if got.status != 202:
            return got
        assert got.headers["x-progress"]
    raise AssertionError("it is never ready")


def rows(web: Web, url: str) -> list[Any]:
    got = web.get(url, accept=NDJSON)
    assert got.status == 200, got.raw
    return [orjson.loads(line) for line in got.raw.splitlines()]


def fetch(web: Web, manifest: Any) -> Rows:
    return {
        file["type"]: [row["id"] for row in rows(web, file["url"])] for file in manifest["output"]
    }


def told(web: Web, manifest: Any) -> list[str]:
    return [
        row["issue"][0]["details"]["text"]
        for file in manifest["error"]
        for row in rows(web, file["url"])
    ]


def granted(clinic: Clinic, person: str = "carla", charts: int = 10, sections: int = CARE) -> bytes:
    """Two privacy officers let somebody open charts."""
    keyholder, login = clinic.house.desk.keyholder, clinic.house.login
    until = clinic.house.clock.at + HOUR
    wanted = actions.Grant(person, charts, sections, until, Purpose.RESEARCH)
    proposal = keyholder.act(login("dewi"), wanted).proposal
    keyholder.approve(login("gita"), proposal)
    return proposal


def taker(clinic: Clinic, person: str = "carla", **grant: int) -> Taker:
    ident = granted(clinic, person, **grant)
    return Taker(clinic.web(person), ident)


def released(clinic: Clinic, grant: bytes) -> set[bytes]:
    lines = [line for line in clinic.house.lines() if line.verb == "release"]
    return {line.chart for line in lines if grant in line.detail}

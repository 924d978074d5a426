"""A registry fetches many charts, as a bulk data client does: begin, poll, read files, be done."""

import json
import time
from typing import Any

import httpx
import pyotp

from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import Section, to_text
from chartkeep.wiring.running import read_clock
from tests.journeys.service import PATIENCE, Service, born, glucose

HOUR = 3_600_000


def rows(web: httpx.Client, url: str) -> list[Any]:
    with web.stream("GET", url, headers={"Accept": "application/fhir+ndjson"}) as got:
        assert got.status_code == 200
        return [json.loads(line) for line in got.iter_lines()]


def test_a_clerk_takes_away_what_two_officers_let(service: Service) -> None:
    with service.client() as doctor:
        ident = doctor.post("/Patient", json=born("Export")).json()["id"]
        assert doctor.post("/Observation", json=glucose(ident, 7)).status_code == 201
    clerk = service.someone("clerk")
    sections = mask(Section.IDENTITY, Section.RESULTS)
    until = read_clock().wall + HOUR
    grant = service.let(actions.Grant(clerk.name, 10_000, sections, until, "HRESCH"))
    form = {
        "grant_type": "password", "username": clerk.name, "password": clerk.password,
        "code": pyotp.TOTP(clerk.totp).now(),
    }  # fmt: skip
    token = httpx.post(f"{service.url}/auth/token", data=form).json()["access_token"]
    bearer = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=service.base, headers=bearer, timeout=PATIENCE) as web:
        asked = {
            "Prefer": "respond-async", "Chartkeep-Purpose": "HRESCH",
            "Chartkeep-Grant": to_text(grant),
        }  # fmt: skip
        begun = web.get("/Patient/$export", headers=asked)
        assert begun.status_code == 202, begun.text
        where = begun.headers["content-location"]
        while (got := web.get(where)).status_code == 202:
            time.sleep(0.1)
        manifest = got.json()
        found = {file["type"]: rows(web, file["url"]) for file in manifest["output"]}
        assert ident in {row["id"] for row in found["Patient"]}
        about = {row["subject"]["reference"] for row in found["Observation"]}
        assert f"Patient/{ident}" in about
        assert set(found) == {"Patient", "Observation"} | (found.keys() & {"DiagnosticReport"})
        (errors,) = manifest["error"]
        assert rows(web, errors["url"])[0]["issue"][0]["severity"] == "information"
        assert web.delete(where).status_code == 202
        assert web.get(where).status_code == 404

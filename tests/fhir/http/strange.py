"""A door strangers knock at, whole as the server hands requests over, and what answers promise.

Every word a patient could own is planted in its charts.
"""

import asyncio
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from chartkeep.custody.journal import Journal
from chartkeep.fhir.http.door import Door
from chartkeep.web.caller import write_token
from chartkeep.wiring.serving import doors
from tests import cast
from tests.fhir.http.grammar import GOOD, WORD, Request
from tests.house import HouseRun
from tests.records import lab, patient, put

WORKER_EVERY = 20


class Answered(NamedTuple):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes


class Knocking:
    """A house with its doors, and a stranger who has aiko's session."""

    def __init__(self, house: HouseRun) -> None:
        self._house = house
        self._count = 0
        self.log = io.StringIO()
        self._doors: list[Door] = []
        for ident in ("p", "q"):
            about = f"Patient/{ident}"
            allergy = put(
                "AllergyIntolerance", f"a-{ident}", patient={"reference": about},
                code={"text": WORD},
            )  # fmt: skip
            number = [{"system": "urn:mrn", "value": f"{WORD}-{ident}"}]
            sent = house.send(
                patient(ident, WORD, identifier=number), lab(f"o-{ident}", about, 1), allergy,
                source="fhir",
            )  # fmt: skip
        house.admit(house.send(patient("p", WORD), source="fhir").charts[0])
        assert sent.new

    def close(self) -> None:
        for door in self._doors:
            door.journal.close()
        self._doors.clear()

    def ask(self, request: Request) -> Answered:
        """Knock once; worker and session are renewed before they grow too old."""
        if self._count % WORKER_EVERY == 0:
            self._renew()
        self._count += 1
        self._house.clock.move(minutes=20)
        return asyncio.run(self._ask(request))

    def _renew(self) -> None:
        self.close()
        joined = self._house.join("serve")
        self._doors.append(Door(joined, Journal(joined)))
        stderr, sys.stderr = sys.stderr, self.log  # where the access log goes
        try:
            self._app = doors(self._doors[0])
        finally:
            sys.stderr = stderr
        self._token = write_token(self._house.login("aiko", "serve"))

    async def _ask(self, request: Request) -> Answered:
        headers = [
            (name.encode(), value.replace(GOOD, f"Bearer {self._token}").encode("latin-1"))
            for name, value in request.headers
        ]
        if request.body:
            headers.append((b"content-length", str(len(request.body)).encode()))
        scope: dict[str, Any] = {
            "type": "http", "method": request.method, "path": request.path, "scheme": "http",
            "query_string": request.query.encode("latin-1"), "headers": headers,
            "root_path": "", "http_version": "1.1",
        }  # fmt: skip
        parts: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: Any) -> None:
            parts.append(message)

        await self._app(scope, receive, send)
        said = {k.decode().lower(): v.decode("latin-1") for k, v in parts[0]["headers"]}
        return Answered(parts[0]["status"], said, b"".join(p.get("body", b"") for p in parts[1:]))


@contextmanager
def knocking(folder: Path) -> Iterator[Knocking]:
    house = HouseRun(folder, cast.FakeClock())
    made = Knocking(house)
    yield made
    made.close()
    house.close()


def check(request: Request, answered: Answered) -> None:
    """Hold an answer against what every answer promises."""
    assert answered.status in range(200, 500) or answered.status == 503, request
    assert b"Traceback" not in answered.body
    if answered.status < 400:
        return
    if request.method != "HEAD" and request.path.startswith(("/fhir/", "/auth/")):
        body = orjson.loads(answered.body)
        named = body.get("resourceType") == "OperationOutcome" or "error" in body
        assert named, (request, answered)
    everything = answered.body.decode().lower() + str(answered.headers).lower()
    assert WORD.lower() not in everything, (request, answered)

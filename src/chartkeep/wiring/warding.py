"""A ward at work through the FHIR door: values written at the bedside, and every receipt kept.

What a receipt names was acknowledged; after the worst day each of them is read again.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from msgspec import json

from chartkeep.errors import RefusedError, UnavailableError
from chartkeep.model import ChartId, Millis, to_text
from chartkeep.wiring.running import now

PATIENCE = 30
PAUSE = 0.05
"""Seconds between two values of the round: about as many as a busy ward writes in an hour."""
_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_VITALS = (("8867-4", "Heart rate", "/min", 72.0), ("8310-5", "Body temperature", "Cel", 36.6),
           ("59408-5", "Oxygen saturation", "%", 97.0))  # fmt: skip


class Acknowledged(NamedTuple):
    """A value the door said it keeps: its name there, the value, when the answer came."""

    ident: str
    chart: ChartId
    value: float
    at: Millis


class FhirClient:
    """A client of the FHIR door, as `bearer` was let in."""

    def __init__(self, address: str, bearer: str) -> None:
        self._base = f"{address}/fhir"
        self._bearer = bearer

    def read(self, path: str) -> dict[str, Any]:
        """Read a resource or a search. Raises RefusedError, UnavailableError."""
        return self._ask(Request(f"{self._base}/{path}"))  # noqa: S310 - ours

    def create(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Create a resource; gives it as it was kept."""
        url = f"{self._base}/{resource['resourceType']}"
        headers = {"Content-Type": "application/fhir+json", "Prefer": "return=representation"}
        return self._ask(Request(url, json.encode(resource), headers))  # noqa: S310 - ours

    def update(self, resource: dict[str, Any]) -> dict[str, Any]:
        """Put a next version of a resource; gives it as it was kept."""
        url = f"{self._base}/{resource['resourceType']}/{resource['id']}"
        headers = {"Content-Type": "application/fhir+json", "Prefer": "return=representation"}
        request = Request(url, json.encode(resource), headers, method="PUT")  # noqa: S310 - ours
        return self._ask(request)

    def _ask(self, request: Request) -> dict[str, Any]:
        request.add_header("Authorization", f"Bearer {self._bearer}")
        try:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - ours
                found: dict[str, Any] = json.decode(answer.read())
                return found
        except HTTPError as error:
            raise RefusedError(f"the FHIR door answered {error.code}") from error
        except (URLError, OSError) as error:
            raise UnavailableError("the FHIR door does not answer") from error


def vital(chart: ChartId, at: int) -> dict[str, Any]:
    """Make the at-th value of a patient, as a monitor or a nurse writes it."""
    code, name, unit, base = _VITALS[at % len(_VITALS)]
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "vital-signs"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": code, "display": name}]},
        "subject": {"reference": f"Patient/{to_text(chart)}"},
        "effectiveDateTime": _iso(now()),
        "valueQuantity": {"value": round(base + at % 7 / 10, 1), "unit": unit},
    }


class Round(threading.Thread):
    """A nurse who goes from bed to bed and writes, until the system is gone or she is told."""

    def __init__(self, client: FhirClient, charts: Sequence[ChartId]) -> None:
        super().__init__(daemon=True)
        self._client = client
        self._charts = charts
        self._ending = threading.Event()
        self.acknowledged: list[Acknowledged] = []

    def run(self) -> None:
        """Write until nobody answers."""
        at = 0
        with suppress(UnavailableError, RefusedError):
            while not self._ending.wait(PAUSE):
                chart = self._charts[at % len(self._charts)]
                kept = self._client.create(vital(chart, at))
                value = kept["valueQuantity"]["value"]
                self.acknowledged.append(Acknowledged(kept["id"], chart, value, now()))
                at += 1

    def end(self) -> list[Acknowledged]:
        """End the round; gives what was acknowledged."""
        self._ending.set()
        self.join(PATIENCE)
        return self.acknowledged


def missing(client: FhirClient, acknowledged: Sequence[Acknowledged]) -> list[Acknowledged]:
    """Read every acknowledged value again; gives those that are not there as they were."""

    def is_there(one: Acknowledged) -> bool:
        try:
            found = client.read(f"Observation/{one.ident}")
        except RefusedError:
            return False
        return bool(found["valueQuantity"]["value"] == one.value)

    return [one for one in acknowledged if not is_there(one)]


def _iso(at: Millis) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")

"""A hospital as a browser sees it: invented people, whole charts, the product's own server."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from chartkeep.custody.journal import Journal
from chartkeep.fhir.http.door import Door
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.keyholder import actions
from chartkeep.model import ChartId
from chartkeep.wiring.serving import doors
from tests import cast
from tests.house import HouseRun
from tests.records import Json, lab, patient, put
from tests.web.served import free_port, serving_at

PATIENTS, BEDS = 12, 8
EVIL = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
LONG = "Wolfeschlegelsteinhausenbergerdorffwelchevoralternwarengewissenhaft" * 2
RESTRICTED = {
    "security": [
        {"system": "http://terminology.hl7.org/CodeSystem/v3-Confidentiality", "code": "R"}
    ]
}


class Hospital(NamedTuple):
    """A running hospital: its address, and its charts, those in aiko's beds first."""

    house: HouseRun
    address: str
    charts: list[ChartId]


@contextmanager
def open_hospital(
    folder: Path, clock: cast.FakeClock, patients: int = PATIENTS
) -> Iterator[Hospital]:
    """Invent a hospital, fill its house, and open its doors."""
    house = HouseRun(folder, clock)
    try:
        charts = _fill(house, patients)
        joined = house.join("serve")
        door = Door(joined, Journal(joined), "Minato", log=house.releases_key)
        with serving_at(doors(door), free_port()) as address:
            yield Hospital(house, address, charts)
        door.journal.close()
    finally:
        house.close()


def _fill(house: HouseRun, patients: int) -> list[ChartId]:
    today = datetime.fromtimestamp(house.clock.wall(), UTC).date()
    hospital = invent_hospital(7, patients, today)
    house.send_raw(hospital.organization_bundle(), house.engine)
    charts = [house.send_raw(hospital.bundle(n), house.engine).charts[-1] for n in range(patients)]
    for at, chart in enumerate(charts[:BEDS]):
        house.engine.keyholder.act(b"", actions.Place(chart, "3W", f"3W-{at + 1}"))
    charts.append(_trouble(house))
    return charts


def _trouble(house: HouseRun) -> ChartId:
    """Bring somebody with a very long name, whose records are full of markup; in the last bed."""
    about: Json = {"reference": "Patient/evil"}
    note = base64.b64encode(f"{EVIL}\n{LONG}".encode()).decode()
    file = {"attachment": {"contentType": "text/plain", "data": note, "title": EVIL}}
    sent = house.send(
        patient("evil", LONG, EVIL, gender="other", birthDate="2026-12-31"),
        put("Condition", "c", subject=about, code={"text": EVIL}),
        put("Condition", "r", subject=about, code={"text": "kept back"}, meta=RESTRICTED),
        put(
            "AllergyIntolerance", "a", patient=about, code={"text": EVIL}, criticality="high",
            reaction=[{"manifestation": [{"text": LONG}]}],
        ),
        put(
            "DocumentReference", "d", subject=about, status="current", type={"text": EVIL},
            content=[file], date="2027-01-02T10:00:00Z",
        ),
        lab("o1", "Patient/evil", 1.5, effectiveDateTime="2027-01-02T10:00:00Z"),
        put(
            "Observation", "o2", status="final", code={"text": EVIL}, subject=about,
            valueString=EVIL, effectiveDateTime="2027-01-03",
        ),
    )  # fmt: skip
    house.engine.keyholder.act(b"", actions.Place(sent.charts[0], "3W", "3W-99"))
    return sent.charts[0]

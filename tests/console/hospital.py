"""A hospital as a browser sees it: invented people, whole charts, the product's own server."""

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
from tests.fhir.http.served import free_port, serving_at
from tests.house import HouseRun

PATIENTS, BEDS = 12, 8


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
        door = Door(joined, Journal(joined))
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
    return charts

"""Decoys: invented patients among the real ones, whose opening freezes whoever opens it.

A program on the keyholder's host deposits them through the road in, as an ordinary writer, a few
a day; each run also gives an earlier one another visit. Only the keyholder knows which they are.
"""

from datetime import date

from chartkeep.custody.deposit import deposit
from chartkeep.custody.house import House
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.inventor.decoy import decoy_patient, invent_decoy, invent_visit
from chartkeep.inventor.site import Site, invent_site
from chartkeep.keyholder import actions
from chartkeep.model import ChartId, to_text
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

WRITER, SOURCE = "loader", "load"


def hide_decoys(home: Home, count: int, today: date, ward: str = "") -> list[ChartId]:
    """Make decoys and tell the keyholder alone; those that were there live on by one visit."""
    writer, host = join(home, WRITER), join(home, "host")
    known = host.keyholder.decoys()
    seed, site = int.from_bytes(known.seed[:8]), invent_site(int.from_bytes(known.seed[8:10]), 60)
    _visit(writer, seed, site, known.count, today)
    charts = []
    for index in range(known.count, known.count + count):
        chart = _take_in(writer, invent_decoy(seed, index, site, today))
        host.keyholder.act(b"", actions.MarkDecoy(chart))
        if ward:
            writer.keyholder.act(b"", actions.Place(chart, ward, ""))
        charts.append(chart)
    return charts


def _visit(writer: House, seed: int, site: Site, count: int, today: date) -> None:
    """Give one decoy, another each day, a visit."""
    if count:
        patient = decoy_patient(seed, today.toordinal() % count, site, today)
        subject = f"Patient/{to_text(writer.entry_id(SOURCE, patient.full_url))}"
        _take_in(writer, invent_visit(seed, patient, subject, site, today))


def _take_in(writer: House, bundle: bytes) -> ChartId:
    """Deposit a bundle; gives the chart it went to."""
    routed = route(parse_bundle(bundle, "feed"), SOURCE, writer)
    for parcel in routed.parcels:
        deposit(parcel, writer)
    return routed.parcels[-1].chart

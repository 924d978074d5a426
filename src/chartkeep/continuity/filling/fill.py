"""Fill a patient's sheet from one opened chart: every part, in the order it is read."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from chartkeep.clinical import ips_sections as ips
from chartkeep.clinical.face import Person
from chartkeep.continuity.filling import first, orders, person, results
from chartkeep.continuity.filling.chart import Chart, Given
from chartkeep.continuity.filling.summary import Summary
from chartkeep.continuity.filling.words import moment
from chartkeep.continuity.sheet import PatientSheet
from chartkeep.model import Millis


class Bedside(NamedTuple):
    """Who lies where, and what of the chart did not open.

    `chart` a UUID, `patient` as `Patient/id`, `since` ISO 8601, `newest` when the last entry came.
    """

    chart: str
    patient: str
    person: Person
    bed: str
    since: str
    newest: Millis
    damaged: int
    merged: int


def fill_sheet(bedside: Bedside, given: Iterable[Given], now: Millis) -> PatientSheet:
    """Fill the sheet of one patient as of `now`, from resources checked when they came in."""
    at = datetime.fromtimestamp(now / 1000, UTC)
    chart = Chart(given, at, moment(bedside.since))
    summary, spoken = Summary(chart), first.Spoken(chart)
    return PatientSheet(
        chart=bedside.chart,
        patient=bedside.patient,
        who=person.who(bedside.person),
        bed=bedside.bed,
        since=bedside.since,
        time=bedside.newest,
        damaged=bedside.damaged + chart.unreadable,
        merged=bedside.merged,
        code_status=spoken.code_status(),
        isolation=spoken.isolation(),
        alerts=spoken.alerts(),
        weight=first.weight(chart),
        blood_group=first.blood_group(chart),
        diet=spoken.diet(),
        legal=spoken.legal(),
        restraint=spoken.restraint(),
        medications=summary.medications(),
        allergies=summary.allergies(),
        problems=summary.items(ips.PROBLEMS),
        immunizations=summary.items(ips.IMMUNIZATIONS),
        procedures=summary.items(ips.PROCEDURES),
        devices=summary.items(ips.DEVICES),
        past_problems=summary.items(ips.PAST_PROBLEMS),
        pregnancy=summary.items(ips.PREGNANCY),
        social=summary.items(ips.SOCIAL),
        directives=summary.items(ips.DIRECTIVES),
        plan=summary.items(ips.PLAN),
        orders=orders.orders(chart),
        infusions=orders.infusions(chart),
        pending=orders.pending(chart),
        results=results.series(chart),
        reports=results.reports(chart),
        appointments=orders.appointments(chart),
        contacts=person.contacts(chart),
    )

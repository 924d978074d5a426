"""A whole chart: a person, and what years of visits and stays left behind.

`depth` 0 writes the person and one visit (about 5 resources), 1 about 150 to 300, 2 twice that.
"""

from datetime import date, datetime, time, timedelta

from chartkeep.inventor.bedside import post_bedside
from chartkeep.inventor.bundle import Bundle
from chartkeep.inventor.chance import Chance
from chartkeep.inventor.clinic import (
    post_allergy,
    post_immunization,
    post_prescription,
    post_problem,
    post_procedure,
)
from chartkeep.inventor.identity import post_identity
from chartkeep.inventor.notes import post_note
from chartkeep.inventor.people import Patient
from chartkeep.inventor.results import (
    post_comment,
    post_ecg,
    post_laboratory,
    post_vital_signs,
)
from chartkeep.inventor.site import HOSPITAL_TIME, Site
from chartkeep.inventor.studies import post_study
from chartkeep.inventor.visit import Stay, Visit, post_admission, post_outpatient

_VISITS = 8
_LOOK_BACK_DAYS = 3650
_STAY_DAYS = 4


def write_chart(
    chance: Chance, patient: Patient, site: Site, today: date, *, depth: float, stay: Stay | None
) -> Bundle:
    """Write a chart up to today; `stay` is where the patient lies now, if in the hospital."""
    bundle = Bundle(chance)
    post_identity(bundle, patient, site)
    troubled = chance.random() < 0.08
    for day in _visit_days(chance, patient, today, depth):
        restricted = troubled and chance.random() < 0.4
        at = _during(chance, day)
        visit = post_outpatient(bundle, patient, site, at, restricted=restricted)
        write_visit(visit, depth)
    if chance.random() < 0.3:
        post_allergy(bundle, patient, patient.birth + timedelta(days=30))
    if depth and chance.random() < 0.7:
        past = _past_stays(chance, patient, site, today)
        _write_stay(post_admission(bundle, patient, site, past), _STAY_DAYS, depth)
    if stay:
        days = (today - stay.since.date()).days
        visit = post_admission(bundle, patient, site, [stay])
        _write_stay(visit, min(days, _STAY_DAYS), depth)
        if depth:
            post_bedside(visit, datetime.combine(today, time(), HOSPITAL_TIME))
    return bundle


def write_visit(visit: Visit, depth: float) -> None:
    """Write what one outpatient visit leaves behind; at depth 0 only the problem."""
    post_problem(visit)
    if not depth:
        return
    later = visit.at + timedelta(minutes=20)
    post_vital_signs(visit, visit.at)
    for likely, post in (
        (0.7, post_laboratory),
        (0.5, post_note),
        (0.2, post_ecg),
        (0.1, post_study),
    ):
        if visit.chance.random() < likely:
            post(visit, later)
    for likely, order in ((0.6, post_prescription), (0.2, post_immunization)):
        if visit.chance.random() < likely:
            order(visit)


def _write_stay(visit: Visit, days: int, depth: float) -> None:
    post_problem(visit)
    post_prescription(visit)
    if not depth:
        return
    post_comment(visit, visit.at)
    post_ecg(visit, visit.at)
    post_procedure(visit)
    post_study(visit, visit.at)
    for hours in range(0, days * 24, 12):
        at = visit.at + timedelta(hours=hours)
        post_vital_signs(visit, at)
        if hours % 24 == 0:
            post_laboratory(visit, at)
            post_note(visit, at)


def _visit_days(chance: Chance, patient: Patient, today: date, depth: float) -> list[date]:
    count = max(1, round(chance.uniform(0.7, 1.3) * _VISITS * depth))
    span = min((today - patient.birth).days, _LOOK_BACK_DAYS)
    return sorted(today - timedelta(days=chance.randint(31, span)) for _ in range(count))


def _past_stays(chance: Chance, patient: Patient, site: Site, today: date) -> list[Stay]:
    """Two beds in a row; the second ends at the latest yesterday."""
    span = min((today - patient.birth).days, _LOOK_BACK_DAYS)
    came = _during(chance, today - timedelta(days=chance.randint(31, span)))
    moved, went = came + timedelta(days=1), came + timedelta(days=_STAY_DAYS)
    first, second = chance.choice(site.wards), chance.choice(site.wards)
    return [
        Stay(first, chance.choice(first.beds), came, moved),
        Stay(second, chance.choice(second.beds), moved, went),
    ]


def _during(chance: Chance, day: date) -> datetime:
    opening = datetime.combine(day, time(8, 30), HOSPITAL_TIME)
    return opening + timedelta(minutes=chance.randint(0, 480))

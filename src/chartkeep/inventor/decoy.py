"""Decoys: invented patients with the shape of every other patient of the site.

Nothing in the bytes tells a decoy from a patient of `Hospital`: the same writers make both.
Keeping the list secret, and depositing them like others, is not done here. Beside patients
who were *not* invented a decoy is only as good as the inventor.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

from chartkeep.inventor.bundle import Bundle
from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.chart import write_chart, write_visit
from chartkeep.inventor.people import Patient, invent_patient
from chartkeep.inventor.site import HOSPITAL_TIME, Site
from chartkeep.inventor.visit import post_outpatient


def decoy_patient(seed: int, index: int, site: Site, today: date) -> Patient:
    """Return who decoy `index` is; `today` is the day it was invented.

    The hospital numbers are the site's, counted down where its patients
    are counted up, so that the two meet only when a kind of number is used up.
    """
    return invent_patient(site.seed, f"{seed}/decoy", -1 - index, today)


def invent_decoy(seed: int, index: int, site: Site, today: date, depth: float = 1.0) -> bytes:
    """Return a decoy's chart as a FHIR R4 transaction; seed is the secret, not the site's."""
    chance = chance_for(seed, "decoy chart", index)
    patient = decoy_patient(seed, index, site, today)
    return write_chart(chance, patient, site, today, depth=depth, stay=None).to_json()


def invent_visit(seed: int, patient: Patient, subject: str, site: Site, day: date) -> bytes:
    """Return one more visit of a chart that exists, `subject` being `Patient/<id>`.

    So that decoys go on receiving entries like others.
    """
    chance = chance_for(seed, "visit", patient.full_url, day.isoformat())
    bundle = Bundle(chance)
    known = replace(patient, full_url=subject)
    at = datetime.combine(day, time(9), HOSPITAL_TIME) + timedelta(minutes=chance.randint(0, 420))
    write_visit(post_outpatient(bundle, known, site, at, restricted=False), 1.0)
    return bundle.to_json()

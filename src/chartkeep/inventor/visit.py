"""A visit: the encounter, and the pen with which everything found during it is written.

Every resource written through a Visit names its patient and its encounter, and carries the
restricted label when the visit does.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from chartkeep.inventor.bundle import Bundle, instant
from chartkeep.inventor.chance import Chance
from chartkeep.inventor.codes import HL7, RESTRICTED_LABEL
from chartkeep.inventor.people import Patient
from chartkeep.inventor.site import (
    Person,
    Resource,
    Site,
    Ward,
    person_reference,
    place_reference,
    site_reference,
)


@dataclass(frozen=True, slots=True)
class Stay:
    """Time spent in one bed; `until` is None while the patient lies there."""

    ward: Ward
    bed: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Visit:
    """One encounter in a bundle, and what is needed to write under it."""

    bundle: Bundle
    patient: Patient
    doctor: Person
    encounter: str
    at: datetime
    restricted: bool

    @property
    def chance(self) -> Chance:
        """The bundle's own draws."""
        return self.bundle.chance

    def post(self, kind: str, content: Resource, *, subject: str = "subject") -> str:
        """Write a resource about the visit's patient; return its fullUrl.

        `subject` is the element's name in this type: `subject` or `patient`.
        """
        encounter = {"encounter": {"reference": self.encounter}}
        return self.bundle.post(
            {
                "resourceType": kind,
                **({"meta": RESTRICTED_LABEL} if self.restricted else {}),
                subject: {"reference": self.patient.full_url},
                **({} if kind == "DocumentReference" else encounter),
                **content,
            }
        )


def post_outpatient(
    bundle: Bundle, patient: Patient, site: Site, at: datetime, *, restricted: bool
) -> Visit:
    """Write an outpatient encounter of half an hour; return the visit to write under."""
    doctor = bundle.chance.choice(site.outpatient_clinicians)
    resource = _encounter(patient, site, doctor, _period(at, at + timedelta(minutes=30)))
    return Visit(bundle, patient, doctor, bundle.post(resource), at, restricted)


def post_admission(bundle: Bundle, patient: Patient, site: Site, stays: list[Stay]) -> Visit:
    """Write an inpatient encounter with its moves from bed to bed, the last perhaps open."""
    first, last = stays[0], stays[-1]
    doctor = bundle.chance.choice(site.ward_clinicians[last.ward.name])
    resource = _encounter(patient, site, doctor, _period(first.since, last.until))
    resource["class"] = {"system": HL7 + "v3-ActCode", "code": "IMP"}
    resource["location"] = [place for stay in stays for place in _places(stay)]
    restricted = any(stay.ward.is_psychiatric for stay in stays)
    return Visit(bundle, patient, doctor, bundle.post(resource), first.since, restricted)


def _encounter(patient: Patient, site: Site, doctor: Person, period: Resource) -> Resource:
    return {
        "resourceType": "Encounter",
        "status": "finished" if "end" in period else "in-progress",
        "class": {"system": HL7 + "v3-ActCode", "code": "AMB"},
        "subject": {"reference": patient.full_url},
        "participant": [{"individual": person_reference(doctor)}],
        "period": period,
        "serviceProvider": site_reference(site),
    }


def _period(start: datetime, end: datetime | None) -> Resource:
    period = {"start": instant(start)}
    return {**period, "end": instant(end)} if end else period


def _places(stay: Stay) -> list[Resource]:
    period = _period(stay.since, stay.until)
    status = "completed" if stay.until else "active"
    levels = (("wa", stay.ward.code, stay.ward.name), ("bd", stay.bed, stay.bed))
    return [
        {
            "location": place_reference(code, display),
            "status": status,
            "physicalType": {"coding": [{"system": HL7 + "location-physical-type", "code": level}]},
            "period": period,
        }
        for level, code, display in levels
    ]

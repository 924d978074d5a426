"""The invented hospital itself: its wards, its beds, the people who work there.

No patients here: a site is all a chart needs to know about where it was written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta, timezone
from enum import StrEnum
from functools import cached_property
from typing import Any

from chartkeep.inventor.chance import Chance, chance_for
from chartkeep.inventor.names import Origin, Sex, draw_names

Resource = dict[str, Any]
"""One FHIR resource, ready to be written as JSON."""

HOSPITAL_TIME = timezone(timedelta(hours=9))
ORGANIZATION_SYSTEM = "https://hospital.example/id/organization"
STAFF_SYSTEM = "https://hospital.example/id/staff"
PLACE_SYSTEM = "https://hospital.example/id/place"

_SPECIALTIES = ("Internal Medicine", "Surgery", "Psychiatry", "Paediatrics", "Orthopaedics",
    "Cardiology", "Neurology", "Obstetrics", "Oncology", "Pulmonology")  # fmt: skip
_BEDS_PER_WARD = 30
_MOST_BEDS = 900


class Role(StrEnum):
    """What a person does, in the keyholder's words; decides what their day looks like."""

    NURSE = "nurse"
    CLINICIAN = "clinician"
    CLERK = "clerk"
    RADIOLOGIST = "radiologist"
    PRIVACY_OFFICER = "privacy officer"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class Ward:
    """A ward; its beds are named as ADT messages and Encounters name them."""

    name: str
    code: str
    beds: tuple[str, ...]

    @property
    def is_psychiatric(self) -> bool:
        """Whether what is written here carries a restricted label."""
        return "Psychiatry" in self.name


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff; `handle` is unique in the site, `wards` are names of Ward."""

    handle: str
    name: str
    role: Role
    wards: tuple[str, ...]


@dataclass(frozen=True)
class Site:
    """A hospital without its patients."""

    seed: int
    name: str
    wards: tuple[Ward, ...]
    staff: tuple[Person, ...]

    @cached_property
    def ward_clinicians(self) -> dict[str, list[Person]]:
        """The clinicians who cover each ward, by the ward's name."""
        doctors = [p for p in self.staff if p.role is Role.CLINICIAN]
        return {w.name: [p for p in doctors if w.name in p.wards] for w in self.wards}

    @cached_property
    def outpatient_clinicians(self) -> list[Person]:
        """The clinicians who belong to no ward."""
        return [p for p in self.staff if p.role is Role.CLINICIAN and not p.wards]


def invent_site(seed: int, patients: int) -> Site:
    """Invent a hospital fit for so many patients: a bed for every fourth, 10 to 900."""
    chance = chance_for(seed, "site")
    beds = min(max(patients // 4, 10), _MOST_BEDS)
    count = -(-beds // _BEDS_PER_WARD)
    wards = tuple(_ward(number, -(-beds // count)) for number in range(count))
    family = draw_names(chance, Origin.JAPAN, Sex.MALE).latin.family
    return Site(seed, f"{family} Invented Hospital", wards, tuple(_staff(chance, wards)))


def _ward(number: int, beds: int) -> Ward:
    code = f"{number // 4 + 2}{'NESW'[number % 4]}"
    specialty = _SPECIALTIES[number % len(_SPECIALTIES)]
    return Ward(f"{code} {specialty}", code, tuple(f"{code}-{bed + 1:02}" for bed in range(beds)))


def _staff(chance: Chance, wards: tuple[Ward, ...]) -> Iterator[Person]:
    names = [ward.name for ward in wards]
    for number, ward in enumerate(wards):
        nearby = tuple(dict.fromkeys(names[(number + step) % len(names)] for step in range(3)))
        nurses = 4 + 2 * len(ward.beds) // 3
        yield from _people(chance, Role.NURSE, ward.code, nurses, (ward.name,))
        yield from _people(chance, Role.CLINICIAN, ward.code, 4, nearby)
        yield from _people(chance, Role.CLERK, ward.code, 1, (ward.name,))
    fourths = -(-len(wards) // 4)
    for role, place, count in (
        (Role.CLINICIAN, "out", 3 * len(wards)),
        (Role.CLERK, "desk", 2 * fourths),
        (Role.RADIOLOGIST, "xr", fourths),
        (Role.PRIVACY_OFFICER, "site", 2),
        (Role.ADMINISTRATOR, "site", 3),
    ):
        yield from _people(chance, role, place, count, ())


def _people(
    chance: Chance, role: Role, place: str, count: int, wards: tuple[str, ...]
) -> Iterator[Person]:
    for number in range(count):
        name = draw_names(chance, chance.choice(list(Origin)), chance.choice(list(Sex)))
        handle = f"{role.value}-{place}-{number + 1}".replace(" ", "-").lower()
        yield Person(handle, name.latin.text, role, wards)


def person_reference(person: Person) -> Resource:
    """Point at a member of staff by identifier: resolvable in any installation, loaded or not."""
    return {
        "type": "Practitioner",
        "identifier": {"system": STAFF_SYSTEM, "value": person.handle},
        "display": person.name,
    }


def place_reference(code: str, display: str) -> Resource:
    """Point at a ward or a bed by identifier."""
    return {
        "type": "Location",
        "identifier": {"system": PLACE_SYSTEM, "value": code},
        "display": display,
    }


def site_reference(site: Site) -> Resource:
    """Point at the hospital by identifier."""
    return {
        "type": "Organization",
        "identifier": {"system": ORGANIZATION_SYSTEM, "value": f"site-{site.seed}"},
        "display": site.name,
    }

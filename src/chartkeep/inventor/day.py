"""An ordinary day: who legitimately opens which chart when, for replaying against budgets.

Nurses work in three shifts on their own ward, clinicians round and are called to other wards,
outpatients come by appointment, clerks see faces and identity, radiologists images. Nobody
here is curious and nothing goes wrong. The census is the hospital's, the same on every day.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import NamedTuple

from chartkeep.inventor.chance import Chance, chance_for, some
from chartkeep.inventor.hospital import Hospital
from chartkeep.inventor.site import HOSPITAL_TIME, Person, Role, Ward
from chartkeep.model import Millis, Purpose, Section

_HOUR = 3_600_000
_FACE = (Section.FACE,)
_CARE = (Section.FACE, Section.CLINICAL, Section.RESULTS)
_WHOLE = (*_CARE, Section.IMAGING, Section.DOCUMENTS)
_IMAGES = (Section.FACE, Section.IMAGING)
_DESK = (Section.FACE, Section.IDENTITY)


class Relation(StrEnum):
    """Why this person may open this chart; the replayer registers the first three."""

    WARD = "ward"
    APPOINTMENT = "appointment"
    CONSULT = "consult"
    NONE = "none"


class Open(NamedTuple):
    """One opening of one chart: patient is the hospital's index, at is absolute time in UTC."""

    at: Millis
    person: Person
    patient: int
    sections: tuple[Section, ...]
    purpose: Purpose
    relation: Relation


class _Shift(NamedTuple):
    start: float
    end: float
    beds_per_nurse: int


_SHIFTS = (_Shift(0, 8, 10), _Shift(8, 16, 6), _Shift(16, 24, 8))


class _Busy(NamedTuple):
    hours: tuple[float, float]
    sections: tuple[Section, ...]
    relation: Relation
    most: int


_BUSY = {
    Role.CLINICIAN: _Busy((8.5, 16), _WHOLE, Relation.APPOINTMENT, 30),
    Role.CLERK: _Busy((8, 17), _DESK, Relation.NONE, 120),
    Role.RADIOLOGIST: _Busy((8, 20), _IMAGES, Relation.NONE, 60),
}


@dataclass(frozen=True)
class _Day:
    chance: Chance
    midnight: int
    census: dict[str, list[int]]
    inpatients: list[int]
    patients: int

    def opens(
        self,
        person: Person,
        patients: Iterable[int],
        hours: tuple[float, float],
        sections: tuple[Section, ...],
        relation: Relation,
    ) -> Iterator[Open]:
        """Open each of these once, at any time between two hours of the day."""
        desk = sections is _DESK
        purpose = Purpose.PAYMENT if desk else Purpose.TREATMENT
        for patient in patients:
            at = Millis(self.midnight + int(self.chance.uniform(*hours) * _HOUR))
            yield Open(at, person, patient, sections, purpose, relation)


def ordinary_day(hospital: Hospital, day: date, seed: int) -> list[Open]:
    """List a day's openings in the order they happen; repeats of a chart are meant.

    A nurse opens 20 to 60 charts a shift besides the ward's faces, a clinician up to 80. On
    Saturdays and Sundays there are no appointments.
    """
    census: dict[str, list[int]] = {ward.name: [] for ward in hospital.wards}
    for patient, stay in hospital.census.items():
        census[stay.ward.name].append(patient)
    midnight = datetime.combine(day, time(), HOSPITAL_TIME)
    today = _Day(
        chance_for(seed, "day", day.isoformat()),
        int(midnight.timestamp()) * 1000,
        census,
        list(hospital.census),
        hospital.patients,
    )
    found = [
        open_
        for ward in hospital.wards
        if census[ward.name]
        for open_ in _ward_day(today, hospital, ward)
    ]
    found += _site_day(today, hospital.staff, weekend=day.weekday() >= 5)
    return sorted(found, key=lambda open_: open_.at)


def _ward_day(today: _Day, hospital: Hospital, ward: Ward) -> Iterator[Open]:
    own = [p for p in hospital.staff if ward.name in p.wards[:1]]
    lying = today.census[ward.name]
    nurses = [p for p in own if p.role is Role.NURSE]
    today.chance.shuffle(nurses)
    for shift in _SHIFTS:
        count = -(-len(ward.beds) // shift.beds_per_nurse)
        on_duty, nurses = nurses[:count], nurses[count:]
        for place, nurse in enumerate(on_duty):
            yield from _nurse_shift(today, nurse, lying, lying[place :: len(on_duty)], shift)
    for person in own:
        if person.role is Role.CLINICIAN:
            yield from _rounds(today, person, lying)
        elif person.role is Role.CLERK:
            yield from today.opens(person, lying, (8, 16), _DESK, Relation.NONE)


def _nurse_shift(
    today: _Day, nurse: Person, ward: list[int], own: Sequence[int], shift: _Shift
) -> Iterator[Open]:
    """Read the ward's list, then the own patients again and again, sometimes a neighbour."""
    chance = today.chance
    hours = (shift.start, shift.end)
    yield from today.opens(nurse, ward, (shift.start, shift.start + 0.2), _FACE, Relation.WARD)
    for _ in range(chance.randint(20, 60)):
        patient = chance.choice(own if own and chance.random() < 0.85 else ward)
        sections = _WHOLE if chance.random() < 0.15 else _CARE
        yield from today.opens(nurse, [patient], hours, sections, Relation.WARD)


def _rounds(today: _Day, doctor: Person, ward: list[int]) -> Iterator[Open]:
    """See the ward, look some up again, write notes, and be asked for advice elsewhere."""
    chance = today.chance
    first = some(chance, ward, 10, 30)
    yield from today.opens(doctor, first, (8.5, 11), _CARE, Relation.WARD)
    yield from today.opens(doctor, chance.choices(ward, k=30), (11, 18), _WHOLE, Relation.WARD)
    elsewhere = sorted(set(today.inpatients) - set(ward))
    asked = some(chance, elsewhere, 0, 5)
    yield from today.opens(doctor, asked, (11, 17), _WHOLE, Relation.CONSULT)


def _site_day(today: _Day, staff: Iterable[Person], *, weekend: bool) -> Iterator[Open]:
    """Appointments, billing, reading images: the people without a ward."""
    for person in staff:
        if person.wards or (weekend and person.role is not Role.RADIOLOGIST):
            continue
        if busy := _BUSY.get(person.role):
            seen = some(today.chance, range(today.patients), busy.most // 2, busy.most)
            yield from today.opens(person, seen, busy.hours, busy.sections, busy.relation)

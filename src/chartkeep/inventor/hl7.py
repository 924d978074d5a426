"""What an invented hospital's systems send in a day: HL7 v2.5 messages in the order they happen.

Admissions, transfers and discharges that fill and empty real beds, orders, results, documents; the
same seed gives the same bytes. Endless, so that a test takes as many as it wants: about 400 a bed
in a day is what a busy hospital sends. Written here by itself, not by what reads messages.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from chartkeep.inventor.chance import Chance, chance_for, some
from chartkeep.inventor.codes import PANELS, VITAL_SIGNS, Measure
from chartkeep.inventor.hospital import Hospital
from chartkeep.inventor.names import Name, Sex
from chartkeep.inventor.people import Patient
from chartkeep.inventor.site import HOSPITAL_TIME, Person, Role, Ward

AUTHORITY = "INVENTED"
"""The assigning authority of the hospital's own numbers, as PID-3 names it."""
_NATIONAL = {"JP": "JPN", "ID": "IDN", "US": "USA"}
_ESCAPES = str.maketrans(
    {mark: f"\\{code}\\" for mark, code in zip("|^&~\\", "FSTRE", strict=True)}
)
_SENDERS = {"ADT": "HIS", "ORM": "HIS", "MDM": "HIS", "ORU": "LIS"}
_KINDS = (("vitals", 440), ("laboratory", 240), ("order", 120), ("update", 140), ("note", 40),
    ("outpatient", 12), ("move", 5), ("turnover", 3))  # fmt: skip
"""What happens next, and how often in a thousand; a turnover is a discharge and an admission."""


class Sent(NamedTuple):
    """One message: when it is sent, by which system, and which patient it is about."""

    at: datetime
    sender: str
    patient: int
    raw: bytes


class _Visit(NamedTuple):
    patient: int
    number: str
    ward: Ward
    bed: str
    since: datetime
    doctor: Person


def hospital_messages(hospital: Hospital, begin: datetime, seed: int) -> Iterator[Sent]:
    """Give messages without end, a day of them in about a day: first who lies there already."""
    day = _Day(hospital, begin, chance_for(seed, "messages", begin.isoformat()))
    yield from day.census()
    while True:
        yield from day.next()


class _Day:
    """The hospital as its messages have left it."""

    def __init__(self, hospital: Hospital, begin: datetime, chance: Chance) -> None:
        self._hospital = hospital
        self._chance = chance
        self._at = begin
        self._number = 0
        self._prefix = begin.strftime("%y%m%d")
        self._doctors = [p for p in hospital.staff if p.role is Role.CLINICIAN]
        self._beds = [(ward, bed) for ward in hospital.wards for bed in ward.beds]
        self._lying: list[_Visit] = []
        self._step = timedelta(seconds=86_400 / (400 * len(self._beds)))

    def census(self) -> Iterator[Sent]:
        """Admit everybody who lies there when the day begins."""
        for patient, stay in self._hospital.census.items():
            visit = self._visit(patient, stay.ward, stay.bed, stay.since)
            self._lying.append(visit)
            yield self._adt("A01", visit)

    def next(self) -> Iterator[Sent]:
        """Let one thing happen."""
        self._at += self._step
        kinds, weights = zip(*_KINDS, strict=True)
        (kind,) = self._chance.choices(kinds, weights)
        if kind == "outpatient" or not self._lying:
            yield from self._outpatient()
            return
        place = self._chance.randrange(len(self._lying))
        visit = self._lying[place]
        match kind:
            case "vitals":
                measures = tuple(some(self._chance, VITAL_SIGNS, 1, len(VITAL_SIGNS)))
                yield self._results(visit, "85353-1", "Vital signs", measures, "VS")
            case "laboratory":
                code, display, measures = self._chance.choice(PANELS)
                yield self._results(visit, code, display, measures, "LAB")
            case "order":
                yield self._order(visit)
            case "note":
                yield self._note(visit)
            case "move":
                yield self._move(place)
            case "turnover":
                yield from self._turnover(place)
            case _:
                yield self._adt("A08", visit)

    def _visit(self, patient: int, ward: Ward, bed: str, since: datetime) -> _Visit:
        self._number += 1
        number = f"V{self._prefix}{self._number:06}"
        return _Visit(patient, number, ward, bed, since, self._chance.choice(self._doctors))

    def _free_bed(self) -> tuple[Ward, str] | None:
        taken = {visit.bed for visit in self._lying}
        free = [each for each in self._beds if each[1] not in taken]
        return self._chance.choice(free) if free else None

    def _move(self, place: int) -> Sent:
        found = self._free_bed()
        if found is None:
            return self._adt("A08", self._lying[place])
        ward, bed = found
        self._lying[place] = self._lying[place]._replace(ward=ward, bed=bed)
        return self._adt("A02", self._lying[place])

    def _turnover(self, place: int) -> Iterator[Sent]:
        """Discharge somebody, and admit somebody else into a free bed."""
        gone = self._lying.pop(place)
        yield self._adt("A03", gone, end=self._at)
        lying = {visit.patient for visit in self._lying}
        coming = self._chance.randrange(self._hospital.patients)
        found = self._free_bed()
        if coming not in lying and found is not None:
            visit = self._visit(coming, *found, self._at)
            self._lying.append(visit)
            yield self._adt("A01", visit)

    def _outpatient(self) -> Iterator[Sent]:
        patient = self._chance.randrange(self._hospital.patients)
        if any(visit.patient == patient for visit in self._lying):
            return
        ward = self._chance.choice(self._hospital.wards)
        visit = self._visit(patient, ward, "", self._at)
        yield self._adt("A04", visit)
        yield self._order(visit)
        yield self._adt("A03", visit, end=self._at + timedelta(hours=1))

    def _adt(self, event: str, visit: _Visit, end: datetime | None = None) -> Sent:
        return self._send(f"ADT^{event}", visit, f"EVN|{event}|{_time(self._at)}", end=end)

    def _order(self, visit: _Visit) -> Sent:
        number = self._order_number()
        doctor = _person(visit.doctor)
        orc = f"ORC|NW|{number}^HIS|||||||{_time(self._at)}|||{doctor}"
        if self._chance.random() < 0.4:
            due = _time(self._at + timedelta(hours=self._chance.randint(1, 30)))
            obr = f"OBR|1|{number}^HIS||36643-5^Chest X-ray^LN" + "|" * 14 + f"A{number}"
            return self._send("ORM^O01", visit, orc, f"{obr}{'|' * 6}CR{'|' * 12}{due}", pv1=True)
        code, display, _ = self._chance.choice(PANELS)
        obr = f"OBR|1|{number}^HIS||{code}^{display}^LN{'|' * 20}LAB"
        return self._send("ORM^O01", visit, orc, obr, pv1=True)

    def _results(
        self, visit: _Visit, code: str, display: str, measures: tuple[Measure, ...], service: str
    ) -> Sent:
        number, at = self._order_number(), _time(self._at)
        obr = f"OBR|1||{number}^LIS|{code}^{display}^LN|||{at}{'|' * 15}{at}||{service}|F"
        lines = [self._line(place, each, at) for place, each in enumerate(measures, 1)]
        return self._send("ORU^R01", visit, obr, *lines, pv1=True)

    def _line(self, place: int, measure: Measure, at: str) -> str:
        slack = (measure.high - measure.low) / 3
        value = self._chance.uniform(max(measure.low - slack, 0), measure.high + slack)
        shown = f"{min(value, 100.0) if measure.unit == '%' else value:.{measure.places}f}"
        flag = "L" if value < measure.low else "H" if value > measure.high else "N"
        return (
            f"OBX|{place}|NM|{measure.loinc}^{measure.display}^LN||{shown}|{measure.unit}^^UCUM"
            f"|{measure.low:g}-{measure.high:g}|{flag}|||F|||{at}"
        )

    def _note(self, visit: _Visit) -> Sent:
        number, at = self._order_number(), _time(self._at)
        txa = f"TXA|1|PN^Progress note|TX|{at}||{at}|||{_person(visit.doctor)}|||D{number}^HIS"
        text = self._chance.choice(
            ("General condition stable.", "経過良好。", "Keadaan umum baik.")
        )
        return self._send("MDM^T02", visit, f"{txa}{'|' * 5}AU||AV", f"OBX|1|TX|||{text}", pv1=True)

    def _order_number(self) -> str:
        self._number += 1
        return f"{self._prefix}{self._number:07}"

    def _send(
        self, kind: str, visit: _Visit, *segments: str, end: datetime | None = None,
        pv1: bool = False,
    ) -> Sent:  # fmt: skip
        """Write a message; ADT has its visit after the patient, others before what they tell."""
        self._number += 1
        sender = _SENDERS[kind[:3]]
        msh = (
            f"MSH|^~\\&|{sender}|{AUTHORITY}|CHARTKEEP|{AUTHORITY}|{_time(self._at)}||{kind}"
            f"|{self._prefix}{self._number:08}|P|2.5||||||UNICODE UTF-8"
        )
        pid = _pid(self._hospital.patient(visit.patient))
        there = _pv1(visit, end)
        body = [pid, there, *segments] if pv1 else [*segments, pid, there]
        raw = "".join(f"{each}\r" for each in (msh, *body)).encode()
        return Sent(self._at, sender, visit.patient, raw)


def _pid(patient: Patient) -> str:
    number, national = (value for _, value in patient.identifiers)
    spellings = (
        (patient.names.official, "I"),
        (patient.names.kana, "P"),
        (patient.names.romaji, "A"),
    )
    names = [_xpn(name, code) for name, code in spellings if name is not None]
    if patient.names.kana is None:
        names = [_xpn(patient.names.official, "A")]
    place = patient.address
    country = _NATIONAL[place.country]
    where = [place.line, "", place.city, place.state, place.postcode, country, "H"]
    sex = "F" if patient.sex is Sex.FEMALE else "M"
    return (
        f"PID|1||{number}^^^{AUTHORITY}^MR~{national}^^^{patient.origin}-NATIONAL^NI||{'~'.join(names)}"
        f"||{patient.birth:%Y%m%d}|{sex}|||{'^'.join(map(_plain, where))}||{_plain(patient.phone)}"
    )


def _pv1(visit: _Visit, end: datetime | None) -> str:
    kind = "I" if visit.bed else "O"
    place = f"{_plain(visit.ward.name)}^^{visit.bed}" if visit.bed else _plain(visit.ward.name)
    ended = f"|{_time(end)}" if end else ""
    return (
        f"PV1|1|{kind}|{place}||||{_person(visit.doctor)}{'|' * 12}{visit.number}^^^{AUTHORITY}"
        f"{'|' * 25}{_time(visit.since)}{ended}"
    )


def _xpn(name: Name, code: str) -> str:
    return f"{_plain(name.family)}^{_plain(name.given)}^^^^^L^{code}"


def _person(person: Person) -> str:
    return f"{person.handle}^{_plain(person.name)}"


def _time(at: datetime) -> str:
    return at.astimezone(HOSPITAL_TIME).strftime("%Y%m%d%H%M%S%z")


def _plain(text: str) -> str:
    """Escape what HL7 uses as marks."""
    return text.translate(_ESCAPES)

"""PV1 and PV2: the Encounter, and where the patient lies."""

from typing import NamedTuple

from chartkeep.intake.hl7.case import Built, Case, Json, without_empty
from chartkeep.intake.hl7.codes import ATTENDANTS, CLASSES, HL7, HL7_V3
from chartkeep.intake.hl7.reading import Segment, Value
from chartkeep.intake.hl7.values import concept, identifier, practitioner

STATUSES = {
    "A01": "in-progress", "A02": "in-progress", "A03": "finished", "A04": "in-progress",
    "A05": "planned", "A06": "in-progress", "A07": "in-progress", "A10": "arrived",
    "A11": "cancelled", "A12": "in-progress", "A13": "in-progress", "A14": "planned",
    "A21": "onleave", "A22": "in-progress", "A23": "entered-in-error", "A27": "cancelled",
    "A38": "cancelled", "A52": "in-progress", "A53": "onleave",
}  # fmt: skip
"""Trigger event -> Encounter.status; after any other it is what the times in PV1 say."""
_TREATING = (7, 9, 17)
MOST_PEOPLE = 8
_SHAPES = ((1, "wa"), (2, "ro"), (3, "bd"))
_PHYSICAL = "http://terminology.hl7.org/CodeSystem/location-physical-type"
_ENDED = frozenset({"finished", "cancelled", "entered-in-error"})


class Bed(NamedTuple):
    """Where a patient lies; a ward without a bed is where somebody is seen."""

    ward: str
    bed: str


def bed_of(value: Value) -> Bed:
    """Read a place (PL): point of care, and room and bed as one name."""
    return Bed(value.text(1), "-".join(filter(None, (value.text(2), value.text(3)))))


def attendants(pv1: Segment) -> list[str]:
    """Name who treats the patient by their numbers: who attends, consults and admitted."""
    people = [value.text(1) for field in _TREATING for value in pv1.values(field)[:MOST_PEOPLE]]
    return list(dict.fromkeys(filter(None, people)))


def visit_key(case: Case) -> str:
    """Name the visit a message is of, by its number; empty when it has none."""
    pv1, pid = case.message.first("PV1"), case.message.first("PID")
    number = _number(case, pv1, pid)
    if number is None:
        return ""
    system, value, code = number
    return case.key("Encounter", code, system, value)


def visit(case: Case, *, known_only: bool = False) -> list[Built]:
    """Make the Encounter of PV1 and PV2, or nothing for a visit that has no number.

    `known_only`: this message tells of something else, and the visit it names need only be there:
    one that nobody has told of yet is kept as far as it is known here.
    """
    pv1, key = case.message.first("PV1"), visit_key(case)
    if pv1 is None or not key:
        return []
    event = case.message.header.event.partition("^")[2]
    status = "unknown" if known_only else STATUSES.get(event) or _status(pv1)
    number = _number(case, pv1, case.message.first("PID"))
    assert number is not None
    body = {
        "resourceType": "Encounter",
        "identifier": [identifier(*number)],
        "status": status,
        "class": _class(pv1),
        "subject": case.subject,
    }
    if not known_only:
        body |= _told(case, pv1, status)
    return [Built(key, without_empty(body), if_absent=known_only)]


def _told(case: Case, pv1: Segment, status: str) -> Json:
    start, end = case.time(pv1, 44), case.time(pv1, 45)
    if status not in _ENDED:
        end = ""
    elif status == "finished" and not end and (evn := case.message.first("EVN")):
        end = case.time(evn, 6) or case.time(evn, 2)
    pv2 = case.message.first("PV2")
    return {
        "type": [kind for kind in (concept(case, pv1.value(4), "0007"),) if kind],
        "serviceType": concept(case, pv1.value(10), "0069"),
        "participant": _participants(case, pv1),
        "period": without_empty({"start": start, "end": end}),
        "reasonCode": [reason for reason in (_reason(case, pv2),) if reason],
        "hospitalization": without_empty(
            {
                "admitSource": concept(case, pv1.value(14), "0023"),
                "dischargeDisposition": concept(case, pv1.value(36), "0112"),
            }
        ),
        "location": _places(pv1, status, end),
    }


def _number(case: Case, pv1: Segment | None, pid: Segment | None) -> tuple[str, str, str] | None:
    """Find the visit's number, else the account's: system, value and type."""
    for segment, field, code in ((pv1, 19, "VN"), (pid, 18, "AN")):
        value = segment.value(field) if segment is not None else None
        if value is not None and (number := value.text(1)):
            return case.system(value, 4, "/visit" if code == "VN" else "/account"), number, code
    return None


def _class(pv1: Segment) -> Json:
    told = pv1.text(2).upper()
    if code := CLASSES.get(told):
        return {"system": f"{HL7_V3}ActCode", "code": code}
    return {"system": f"{HL7}0004", "code": told or "U"}


def _status(pv1: Segment) -> str:
    if pv1.text(45):
        return "finished"
    if pv1.text(44):
        return "in-progress"
    return "planned" if pv1.text(2) == "P" else "unknown"


def _participants(case: Case, pv1: Segment) -> list[Json]:
    found = []
    for field, code in ATTENDANTS.items():
        for value in pv1.values(field):
            if person := practitioner(case, value):
                kind = {"coding": [{"system": f"{HL7_V3}ParticipationType", "code": code}]}
                found.append({"type": [kind], "individual": person})
    return found


def _reason(case: Case, pv2: Segment | None) -> Json:
    return {} if pv2 is None else concept(case, pv2.value(3))


def _places(pv1: Segment, status: str, end: str) -> list[Json]:
    """Write ward, room and bed, each a place of its own; it is the bed's name in `bed_of`, too."""
    value = pv1.value(3)
    there, bed = "completed" if status in _ENDED else "active", bed_of(value)
    found = []
    for component, shape in _SHAPES:
        name = bed.bed if shape == "bd" else value.text(component)
        if not value.text(component) or not name:
            continue
        found.append(
            without_empty(
                {
                    "location": {"display": name},
                    "status": there,
                    "physicalType": {"coding": [{"system": _PHYSICAL, "code": shape}]},
                    "period": without_empty({"end": end}),
                }
            )
        )
    return found

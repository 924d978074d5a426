"""What each message is for: the table of types and trigger events this house reads.

HL7 v2.9 chapters 3 (ADT), 4 (orders), 7 (results), 9 (documents). A message that is not in it is
rejected by name: its sender knows then that nobody has it.
"""

from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

from chartkeep.intake.hl7.allergies import allergies
from chartkeep.intake.hl7.case import Built, Case
from chartkeep.intake.hl7.documents import documents
from chartkeep.intake.hl7.insurance import coverages
from chartkeep.intake.hl7.orders import orders
from chartkeep.intake.hl7.results import results
from chartkeep.intake.hl7.visits import visit

Family = Callable[[Case], list[Built]]


class Person(Enum):
    """What an event says about the Patient."""

    NOTHING = "the patient must be there"
    NEW = "a patient nobody knows is made, one that is known stays"
    TOLD = "the patient is made, or becomes what PID says"


class Stay(Enum):
    """What an event says about where the patient lies now."""

    SAME = "nothing"
    IN = "where PV1-3 says, as an inpatient or in the emergency department"
    OUT = "nowhere"


class Joining(Enum):
    """What an event says about two charts."""

    NONE = "nothing"
    MERGE = "MRG-1 is PID-3's patient"
    PART = "it is not"


class Event(NamedTuple):
    """What to make of a message."""

    families: tuple[Family, ...]
    person: Person = Person.NOTHING
    stay: Stay = Stay.SAME
    joining: Joining = Joining.NONE


_CARE: tuple[Family, ...] = (visit, allergies, coverages)
_FILE: tuple[Family, ...] = (allergies, coverages)
_ADT = {
    "A01": Event(_CARE, Person.TOLD, Stay.IN),
    "A02": Event((visit,), Person.NEW, Stay.IN),
    "A03": Event((visit,), Person.NEW, Stay.OUT),
    "A04": Event(_CARE, Person.TOLD, Stay.IN),
    "A05": Event(_CARE, Person.TOLD),
    "A06": Event(_CARE, Person.TOLD, Stay.IN),
    "A07": Event(_CARE, Person.TOLD, Stay.OUT),
    "A08": Event(_CARE, Person.TOLD),
    "A10": Event((visit,), Person.NEW),
    "A11": Event((visit,), Person.NEW, Stay.OUT),
    "A12": Event((visit,), Person.NEW, Stay.IN),
    "A13": Event((visit,), Person.NEW, Stay.IN),
    "A14": Event(_CARE, Person.TOLD),
    "A21": Event((visit,), Person.NEW),
    "A22": Event((visit,), Person.NEW, Stay.IN),
    "A23": Event((visit,), Person.NEW, Stay.OUT),
    "A27": Event((visit,), Person.NEW),
    "A28": Event(_FILE, Person.TOLD),
    "A31": Event(_FILE, Person.TOLD),
    "A38": Event((visit,), Person.NEW),
    "A52": Event((visit,), Person.NEW),
    "A53": Event((visit,), Person.NEW),
    "A60": Event((allergies,)),
    "A18": Event((), joining=Joining.MERGE),
    "A34": Event((), joining=Joining.MERGE),
    "A39": Event((), joining=Joining.MERGE),
    "A40": Event((), joining=Joining.MERGE),
    "A37": Event((), joining=Joining.PART),
}
_TYPES = {
    "ORU": Event((results,)),
    "OUL": Event((results,)),
    "ORM": Event((orders,)),
    "OML": Event((orders,)),
    "OMG": Event((orders,)),
    "OMI": Event((orders,)),
    "MDM": Event((documents,)),
}


def event_of(name: str) -> Event | None:
    """Give what a message (`ADT^A01`) is for, or None for one nobody reads here."""
    kind, _, event = name.partition("^")
    return _ADT.get(event) if kind == "ADT" else _TYPES.get(kind)

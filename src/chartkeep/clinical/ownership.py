"""Whose chart an entry belongs to: one patient's, or the facility's (DESIGN 7).

Promises: one answer for each resource, from its one deciding element; other patients in it are
links that open nothing; nothing that names a patient reaches the facility's ordinary section.
Does not ask whether the patient exists.

The deciding element may name something that is no patient. Then, in this order:
a bundle-mate of a patient's chart takes the entry with it (Provenance of an Observation, the
Specimen's photograph); a bundle-mate of the facility's ordinary section leaves it there; a type of
`_THINGS` means the ordinary section; all else (Group, Practitioner, something known only by id)
is about people and means the facility's restricted section.
"""

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from chartkeep.clinical.deciding import DECIDING, FACILITY, REFUSED, Absent, Deciding
from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.references import kind_in, outer_name, patient_place

_THINGS = frozenset(
    ["HealthcareService", "Location", "Medication", "Organization", "PlanDefinition", "Substance"]
)


class Owner(msgspec.Struct, frozen=True):
    """A patient, named by a reference or a key; or, when that is empty, the facility."""

    patient: str = ""
    restricted: bool = False


ORDINARY = Owner()
RESTRICTED = Owner(restricted=True)


class Mates(Protocol):
    """What the resources around one know of a reference it makes."""

    def kind(self, reference: str) -> str:
        """Give the type behind a reference, or "" when nobody knows."""

    def key(self, reference: str) -> str:
        """Give the key of the mate a reference names, or "" when it names none of them."""

    def owner(self, reference: str) -> Owner | None:
        """Give the owner of the mate a reference names, or None when nobody knows.

        Raises BadElementError when that mate was refused.
        """


class Strangers:
    """The mates of a resource that came alone: only what a reference spells out."""

    def kind(self, reference: str) -> str:
        """Read the type out of the reference."""
        return kind_in(reference)

    def key(self, reference: str) -> str:  # noqa: ARG002 - a stranger has no mates
        """Know nobody."""
        return ""

    def owner(self, reference: str) -> Owner | None:  # noqa: ARG002 - a stranger knows no owner
        """Know nothing."""
        return None


def owner(key: str, resource: dict[str, Any], mates: Mates) -> Owner:
    """Say whose a checked resource is; `key` is the name it goes by, and a Patient's own owner.

    Raises BadElementError when the type is never kept, when nobody decides and somebody must,
    or when a facility resource names a patient.
    """
    kind = resource["resourceType"]
    if reason := REFUSED.get(kind):
        raise BadElementError(kind, reason)
    if kind == "Patient":
        return Owner(key)
    decided = ORDINARY if kind in FACILITY else _decide(kind, DECIDING[kind], resource, mates)
    if decided == ORDINARY and (place := patient_place(kind, resource, mates.kind)):
        raise BadElementError(
            place, "names a patient, in a resource that belongs to no chart", hint=_where(kind)
        )
    return decided


def _where(kind: str) -> str:
    if kind in FACILITY:
        return f"{kind} concerns no patient; say it in a resource that does"
    return f"put the patient into {kind}.{DECIDING[kind].element}, which decides whose chart it is"


def _decide(kind: str, rule: Deciding, resource: dict[str, Any], mates: Mates) -> Owner:
    element = f"{kind}.{rule.element}"
    owners = [_follow(element, named, mates) for named in _named_by(resource, rule.steps)]
    found = {each for each in owners if each is not None}
    patients = {each for each in found if each.patient}
    if not found:
        return _nobody(element, rule)
    if len(patients) == 1 and not rule.shared:
        return patients.pop()
    if patients or RESTRICTED in found:
        return RESTRICTED
    return ORDINARY


def _nobody(element: str, rule: Deciding) -> Owner:
    match rule.absent:
        case Absent.REFUSED:
            raise BadElementError(element, "is missing, and it decides whose chart this is")
        case Absent.ORDINARY:
            return ORDINARY
        case Absent.RESTRICTED:
            return RESTRICTED


def _named_by(node: Any, steps: list[str]) -> Iterator[dict[str, Any]]:
    """Give the Reference objects at a path, through lists."""
    if isinstance(node, list):
        for part in node:
            yield from _named_by(part, steps)
    elif not steps:
        yield node
    elif steps[0] in node:
        yield from _named_by(node[steps[0]], steps[1:])


def _follow(element: str, named: dict[str, Any], mates: Mates) -> Owner | None:
    """Say who owns what a deciding reference names; None when it names nobody at all."""
    text = named.get("reference", "")
    if not text:
        if named.get("type") == "Patient":
            raise BadElementError(element, "names its patient without a reference")
        return None
    if text.startswith("#"):
        raise BadElementError(
            element, "names a contained resource", hint="send the patient as an entry of its own"
        )
    kind = mates.kind(text) or named.get("type", "Patient")
    if kind == "Patient":
        return Owner(mates.key(text) or outer_name(text) or text)
    known = mates.owner(text)
    if known is not None:
        return known
    return ORDINARY if kind in _THINGS else RESTRICTED

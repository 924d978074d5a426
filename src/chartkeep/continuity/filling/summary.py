"""The parts of an International Patient Summary, as `clinical.ips_sections` chooses them.

"None" is said only where somebody recorded it: a code that says so, in IPS's own system or SNOMED.
"""

from collections.abc import Callable
from typing import TypeVar

from chartkeep.clinical import ips_sections as ips
from chartkeep.clinical.ips_sections import Chosen, choose
from chartkeep.continuity.filling import dosing
from chartkeep.continuity.filling.chart import Chart, Json
from chartkeep.continuity.filling.words import (
    basics,
    codes,
    concept,
    is_measured,
)
from chartkeep.continuity.sheet import Allergy, Item, Medication, Part, Says

MOST = 40
_NONE = frozenset(
    ["716186003", "160245001", "no-known-allergies", "no-known-medications", "no-known-problems",
     "no-known-immunizations", "no-known-procedures", "no-known-devices"]
)  # fmt: skip
"""SNOMED CT: no known allergy; no current problems. IPS CodeSystem absent-unknown."""
_UNKNOWN = frozenset(
    ["no-allergy-info", "no-medication-info", "no-problem-info", "no-immunization-info",
     "no-procedure-info", "no-device-info"]
)  # fmt: skip
_NAMES = ("code", "medicationCodeableConcept", "vaccineCode", "type")

T = TypeVar("T", bound=Item)


class Summary:
    """One chart's resources, sorted into the sections of a summary."""

    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._found = choose([body for body in chart.all() if not is_measured(body)])

    def items(self, part: ips.Part) -> Part[Item]:
        """Give a section whose entries need no more than words."""
        return _part(self._found[part], self._item)

    def medications(self) -> Part[Medication]:
        """Give what the patient takes, with dose and times in words."""
        return _part(self._found[ips.MEDICATIONS], lambda body: medication(body, self._chart))

    def allergies(self) -> Part[Allergy]:
        """Give allergies and intolerances; where somebody recorded that there are none, that."""
        return _part(self._found[ips.ALLERGIES], self._allergy)

    def _item(self, body: Json) -> Item:
        return Item(**basics(body, self._chart))

    def _allergy(self, body: Json) -> Allergy:
        reactions = (
            ", ".join(filter(None, (concept(each.get("manifestation")), each.get("severity", ""))))
            for each in body.get("reaction", ())
        )
        return Allergy(
            **basics(body, self._chart),
            criticality=body.get("criticality", ""),
            reactions="; ".join(filter(None, reactions)),
        )


def medication(body: Json, chart: Chart) -> Medication:
    """Write a MedicationRequest or MedicationStatement with its dose and times in words."""
    dosages = [*body.get("dosageInstruction", ()), *body.get("dosage", ())]
    return Medication(
        **basics(body, chart),
        dose=joined(dosages, dosing.dose),
        route=joined(dosages, lambda each: concept(each.get("route"))),
        timing=joined(dosages, dosing.timing_words),
        as_needed=any(map(dosing.as_needed, dosages)),
    )


def joined(dosages: list[Json], words: Callable[[Json], str]) -> str:
    """Say something of each Dosage, once each."""
    return "; ".join(dict.fromkeys(filter(None, map(words, dosages))))


def _part(chosen: Chosen, write: Callable[[Json], T]) -> Part[T]:
    told = [body for body in chosen.bodies if not _codes(body) & _UNKNOWN]
    if not told:
        return Part()
    items = [write(body) for body in told[:MOST]]
    only_none = all(_codes(body) & _NONE for body in told)
    beyond = chosen.older + len(told) - len(items)
    return Part(says=Says.NONE if only_none else Says.DATA, items=items, older=beyond)


def _codes(body: Json) -> set[str]:
    return {code for name in _NAMES for code in codes(body.get(name))}

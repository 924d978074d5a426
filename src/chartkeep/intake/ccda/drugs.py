"""Medicines and vaccinations of a C-CDA as FHIR resources."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from chartkeep.intake.ccda.tree import TYPE, attribute, every, one, words
from chartkeep.intake.ccda.values import (
    Json,
    Setting,
    concept,
    kept,
    period,
    quantity,
    text_of,
    when,
)

_TAKEN = {
    "active": "active", "completed": "completed", "aborted": "stopped", "suspended": "on-hold",
}  # fmt: skip
_MATERIAL = "consumable/manufacturedProduct/manufacturedMaterial"
_UNITS = frozenset({"s", "min", "h", "d", "wk", "mo", "a"})


def medicines(entry: Element, setting: Setting) -> Iterator[tuple[Element, Json]]:
    """Give what somebody takes."""
    for given in every(entry, "substanceAdministration"):
        times = list(every(given, "effectiveTime"))
        whole = next((t for t in times if _type(t) == "IVL_TS"), times[0] if times else None)
        status = _TAKEN.get(attribute(given, "statusCode", "code"), "unknown")
        yield given, kept({
            "resourceType": "MedicationStatement",
            "status": "not-taken" if given.get("negationInd") == "true" else status,
            "medicationCodeableConcept": _product(given, setting),
            "effectivePeriod": period(whole, setting),
            "dosage": [dose] if (dose := _dose(given, times, setting)) else [],
        })  # fmt: skip


def vaccinations(entry: Element, setting: Setting) -> Iterator[tuple[Element, Json]]:
    """Give what somebody was vaccinated with, or was not."""
    for given in every(entry, "substanceAdministration"):
        start, _ = when(one(given, "effectiveTime"), setting)
        no = given.get("negationInd") == "true"
        yield given, kept({
            "resourceType": "Immunization",
            "status": "not-done" if no else "completed",
            "vaccineCode": _product(given, setting),
            "occurrenceDateTime": start,
            "occurrenceString": "" if start else "unknown",
            "lotNumber": words(one(given, f"{_MATERIAL}/lotNumberText"))[:200],
            "doseQuantity": quantity(one(given, "doseQuantity")),
            "route": concept(one(given, "routeCode"), setting),
        })  # fmt: skip


def _product(given: Element, setting: Setting) -> Json:
    named = concept(one(given, f"{_MATERIAL}/code"), setting)
    return named or kept({"text": words(one(given, f"{_MATERIAL}/name"))[:400]})


def _dose(given: Element, times: list[Element], setting: Setting) -> Json:
    amount = quantity(one(given, "doseQuantity"))
    return kept({
        "text": text_of(one(given, "text"), setting),
        "timing": next((made for each in times if (made := _timing(each))), {}),
        "route": concept(one(given, "routeCode"), setting),
        "doseAndRate": [{"doseQuantity": amount}] if amount else [],
    })  # fmt: skip


def _timing(node: Element) -> Json:
    """Write a PIVL_TS: every so often."""
    every_so = quantity(one(node, "period")) if _type(node) == "PIVL_TS" else {}
    if every_so.get("unit") not in _UNITS:
        return {}
    return {"repeat": {"frequency": 1, "period": every_so["value"], "periodUnit": every_so["unit"]}}


def _type(node: Element) -> str:
    return node.get(TYPE, "").rpartition(":")[2]

"""Laboratory results and vital signs of a C-CDA as FHIR resources."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from chartkeep.intake.ccda.tree import attribute, every, one, words
from chartkeep.intake.ccda.values import (
    Json,
    Setting,
    coded,
    concept,
    kept,
    observed,
    quantity,
    when,
)

_STATUS = {"completed": "final", "active": "preliminary", "aborted": "cancelled"}


def results(entry: Element, setting: Setting) -> Iterator[tuple[Element, Json]]:
    """Give the lines of a panel of the laboratory."""
    return _lines(entry, "laboratory", setting)


def vital_signs(entry: Element, setting: Setting) -> Iterator[tuple[Element, Json]]:
    """Give the lines of one round of vital signs."""
    return _lines(entry, "vital-signs", setting)


def _lines(entry: Element, category: str, setting: Setting) -> Iterator[tuple[Element, Json]]:
    panel = one(entry, "organizer")
    taken, _ = when(one(panel, "effectiveTime"), setting)
    for line in (*every(panel, "component/observation"), *every(entry, "observation")):
        start, _ = when(one(line, "effectiveTime"), setting)
        signs = [concept(each, setting) for each in every(line, "interpretationCode")]
        ranges = [_range(each) for each in every(line, "referenceRange/observationRange")]
        value = observed(one(line, "value"), setting)
        yield line, kept({
            "resourceType": "Observation",
            "status": _STATUS.get(attribute(line, "statusCode", "code"), "unknown"),
            "category": [coded("observation-category", category)],
            "code": concept(one(line, "code"), setting),
            "effectiveDateTime": start or taken,
            "interpretation": [sign for sign in signs if sign],
            "referenceRange": [each for each in ranges if each],
            **value,
            "dataAbsentReason": {} if value else coded("data-absent-reason", "unknown"),
        })  # fmt: skip


def _range(node: Element) -> Json:
    value = one(node, "value")
    low, high = quantity(one(value, "low")), quantity(one(value, "high"))
    text = "" if low or high else words(one(node, "text"))[:400] or words(value)[:400]
    return kept({"low": low, "high": high, "text": text})

"""One line about a resource, for people: when, and what in its own words.

Takes the first text the standard's common elements offer; interprets nothing, converts no unit.
"""

from typing import Any

Json = dict[str, Any]

_WHEN = (
    "effectiveDateTime", "onsetDateTime", "performedDateTime", "occurrenceDateTime", "authoredOn",
    "started", "recordedDate", "issued", "date", "created",
)  # fmt: skip
_WHAT = ("code", "medicationCodeableConcept", "vaccineCode", "type", "class", "category")


def when(resource: Json) -> str:
    """Give the day a resource is about, as far as it says one."""
    for name in _WHEN:
        if isinstance(resource.get(name), str):
            return str(resource[name])[:10]
    for name in ("period", "effectivePeriod", "performedPeriod", "billablePeriod"):
        if start := resource.get(name, {}).get("start"):
            return str(start)[:10]
    return ""


def what(resource: Json) -> str:
    """Give what a resource is about in its own words, with its value if it has one."""
    value = _value(resource)
    text = next((found for name in _WHAT if (found := _concept(resource.get(name)))), "")
    parts = [
        f"{_concept(part.get('code'))} {_value(part)}" for part in resource.get("component", [])
    ]
    return " ".join(filter(None, (text, value, ", ".join(parts))))


def _concept(node: Any) -> str:
    if isinstance(node, list):
        return _concept(node[0]) if node else ""
    if not isinstance(node, dict):
        return ""
    codings: list[Json] = node.get("coding", [node])
    coded = next((c for c in codings if c.get("display") or c.get("code")), {})
    return str(node.get("text") or coded.get("display") or coded.get("code") or "")


def _value(node: Json) -> str:
    if quantity := node.get("valueQuantity"):
        return f"{quantity.get('value', '')} {quantity.get('unit', '')}".strip()
    if "valueCodeableConcept" in node:
        return _concept(node["valueCodeableConcept"])
    return str(node.get("valueString", ""))

"""OBX-5: what was observed, by the type OBX-2 names, as value[x]."""

from chartkeep.intake.hl7.case import Case, Json, without_empty
from chartkeep.intake.hl7.reading import Segment
from chartkeep.intake.hl7.times import fhir_clock
from chartkeep.intake.hl7.values import concept, quantity, structured_numeric

_ABSENT = "http://terminology.hl7.org/CodeSystem/data-absent-reason"


def observed(case: Case, obx: Segment, text: str = "") -> Json:
    """Give value[x], or why there is none. What is not of its type is kept as text.

    `text`: the whole text where it came in several segments.
    """
    if text:
        return {"valueString": text}
    if not obx.values(5):
        reason = "unknown" if obx.text(11) not in {"X", "I", "O", "N"} else "not-performed"
        return {"dataAbsentReason": {"coding": [{"system": _ABSENT, "code": reason}]}}
    return _typed(case, obx) or _as_text(obx)


def _typed(case: Case, obx: Segment) -> Json:
    if len(obx.values(5)) > 1:
        return {}
    value, unit = obx.value(5), obx.value(6)
    found: Json = {}
    match obx.text(2):
        case "NM":
            found = {"valueQuantity": quantity(case, value.text(), unit)}
        case "SN":
            found = dict([structured_numeric(case, value, unit)])
        case "CE" | "CWE" | "CNE" | "CF" | "IS" | "ID":
            found = {"valueCodeableConcept": concept(case, value)}
        case "DT" | "TS" | "DTM":
            found = {"valueDateTime": case.time(obx, 5)}
        case "TM":
            found = {"valueTime": fhir_clock(value.text())}
        case _:
            pass
    return without_empty(found)


def _as_text(obx: Segment) -> Json:
    """Keep a value nobody can read by type as it was written, its marks taken out."""
    lines = []
    for value in obx.values(5):
        parts = [value.text(number) for number in range(1, 1 + value.count)]
        lines.append(" ".join(part for part in parts if part))
    text = "\n".join(lines).strip()
    unit = obx.text(6, 2) or obx.text(6)
    if not text:
        return {"dataAbsentReason": {"coding": [{"system": _ABSENT, "code": "unknown"}]}}
    counted = obx.text(2) in {"NM", "SN"} and any(map(str.isdigit, text))
    return {"valueString": f"{text} {unit}".strip() if counted else text}

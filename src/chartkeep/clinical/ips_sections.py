"""Which section of an International Patient Summary a resource belongs to, if any.

Source: IPS 2.0.0 (hl7.fhir.uv.ips), Composition-uv-ips; states that say "no longer" or "by
mistake" are left out. Promises: one section at most for each resource; the same chart gives the
same choice. Does not judge what is clinically relevant: labels, codes and dates alone decide.
"""

from datetime import UTC, datetime
from typing import Any

import msgspec

Json = dict[str, Any]

MOST = 100
"""Entries of one section; the latest ones."""


class Part(msgspec.Struct, frozen=True):
    """One section: LOINC code, its display there, title, and whether IPS requires it.

    `latest`: of several with the same code only the latest is shown.
    """

    code: str
    display: str
    title: str
    required: bool = False
    latest: bool = False


class Chosen(msgspec.Struct, frozen=True):
    """What a section shows, and how many older ones it does not."""

    bodies: list[Json]
    older: int


MEDICATIONS = Part("10160-0", "History of Medication use Narrative", "Medications", required=True)
ALLERGIES = Part(
    "48765-2",
    "Allergies and adverse reactions Document",
    "Allergies and Intolerances",
    required=True,
)
PROBLEMS = Part("11450-4", "Problem list - Reported", "Problems", required=True)
IMMUNIZATIONS = Part("11369-6", "History of Immunization note", "Immunizations")
PROCEDURES = Part("47519-4", "History of Procedures Document", "Procedures")
DEVICES = Part("46264-8", "History of medical device use", "Medical Devices")
RESULTS = Part("30954-2", "Relevant diagnostic tests/laboratory data note", "Results", latest=True)
VITAL_SIGNS = Part("8716-3", "Vital signs note", "Vital Signs", latest=True)
PAST_PROBLEMS = Part("11348-0", "History of Past illness note", "Past Problems")
PLAN = Part("18776-5", "Plan of care note", "Plan of Care")
PREGNANCY = Part("10162-6", "History of pregnancies Narrative", "Pregnancy", latest=True)
SOCIAL = Part("29762-2", "Social history note", "Social History", latest=True)
DIRECTIVES = Part("42348-3", "Advance healthcare directives", "Advance Directives")
ALERTS = Part("104605-1", "Alert", "Alerts")

PARTS = (
    PROBLEMS, ALLERGIES, MEDICATIONS, IMMUNIZATIONS, PROCEDURES, DEVICES, RESULTS, VITAL_SIGNS,
    PAST_PROBLEMS, PREGNANCY, SOCIAL, DIRECTIVES, ALERTS, PLAN,
)  # fmt: skip
"""All sections, in the order of the document."""

_OF_TYPE = {
    "AllergyIntolerance": ALLERGIES,
    "CarePlan": PLAN,
    "Consent": DIRECTIVES,
    "Device": DEVICES,
    "DeviceUseStatement": DEVICES,
    "DiagnosticReport": RESULTS,
    "Flag": ALERTS,
    "Immunization": IMMUNIZATIONS,
    "ImmunizationRecommendation": PLAN,
    "MedicationRequest": MEDICATIONS,
    "MedicationStatement": MEDICATIONS,
    "Procedure": PROCEDURES,
}
_OF_CATEGORY = {
    "vital-signs": VITAL_SIGNS,
    "laboratory": RESULTS,
    "imaging": RESULTS,
    "social-history": SOCIAL,
}
_PREGNANCY_CODES = frozenset(
    ["82810-3", "11778-8", "11779-6", "11780-4", "11636-8", "11637-6", "11638-4", "11639-2",
     "11640-0", "11612-9", "11613-7", "33065-4"]
)  # fmt: skip
"""LOINC: pregnancy status, expected date of delivery (three methods), outcomes."""

_RESULT_STATES = frozenset({"final", "amended", "corrected", "appended", "preliminary", "partial"})
_STATES = {
    "CarePlan": frozenset({"active", "on-hold"}),
    "Consent": frozenset({"active"}),
    "Device": frozenset({"active", ""}),
    "DeviceUseStatement": frozenset({"active", "completed", "on-hold"}),
    "DiagnosticReport": _RESULT_STATES,
    "Flag": frozenset({"active"}),
    "Immunization": frozenset({"completed"}),
    "MedicationRequest": frozenset({"active", "on-hold", "unknown"}),
    "MedicationStatement": frozenset({"active", "intended", "on-hold", "unknown"}),
    "Observation": _RESULT_STATES,
    "Procedure": frozenset({"completed", "in-progress", "on-hold", "stopped", "unknown"}),
}
_OVER = frozenset({"inactive", "remission", "resolved"})
_UNTRUE = frozenset({"entered-in-error", "refuted"})
_WISHES = frozenset({"proposal", "option"})
_DATES = (
    "effectiveDateTime", "effectiveInstant", "occurrenceDateTime", "performedDateTime",
    "authoredOn", "onsetDateTime", "recordedDate", "recordedOn", "dateAsserted", "issued",
    "date", "dateTime", "created",
)  # fmt: skip
_PERIODS = ("effectivePeriod", "performedPeriod", "onsetPeriod", "period", "timingPeriod")


def part_of(body: Json) -> Part | None:
    """Say which section a resource belongs to; None for none."""
    if _is_left_out(body):
        return None
    match body["resourceType"]:
        case "Condition":
            return PAST_PROBLEMS if _codes(body, "clinicalStatus") & _OVER else PROBLEMS
        case "Observation":
            return _of_observation(body)
        case kind:
            return _OF_TYPE.get(kind)


def _is_left_out(body: Json) -> bool:
    """Say whether it is over, a mistake, a mere wish, or no advance directive."""
    kind = body["resourceType"]
    return bool(
        (kind in _STATES and body.get("status", "") not in _STATES[kind])
        or _codes(body, "verificationStatus") & _UNTRUE
        or body.get("intent") in _WISHES
        or (kind == "AllergyIntolerance" and _codes(body, "clinicalStatus") & _OVER)
        or (kind == "Consent" and "adr" not in _codes(body, "scope"))
    )


def _of_observation(body: Json) -> Part | None:
    if _codes(body, "code") & _PREGNANCY_CODES:
        return PREGNANCY
    named = _codes(body, "category")
    return next((part for label, part in _OF_CATEGORY.items() if label in named), None)


def _codes(body: Json, name: str) -> set[str]:
    value = body.get(name, [])
    concepts = value if isinstance(value, list) else [value]
    return {coding.get("code", "") for each in concepts for coding in each.get("coding", ())}


def choose(bodies: list[Json]) -> dict[Part, Chosen]:
    """Sort resources into sections, the latest first."""
    found: dict[Part, list[Json]] = {part: [] for part in PARTS}
    for body in sorted(bodies, key=_age, reverse=True):
        if part := part_of(body):
            found[part].append(body)
    return {part: _cut(_latest(each) if part.latest else each) for part, each in found.items()}


def _cut(found: list[Json]) -> Chosen:
    return Chosen(found[:MOST], len(found) - len(found[:MOST]))


def _latest(found: list[Json]) -> list[Json]:
    """Keep the first of each code."""
    kept: dict[object, Json] = {}
    for body in found:
        code = body.get("code", {})
        coding = (code.get("coding") or [{}])[0]
        name = (coding.get("system"), coding.get("code") or code.get("text"))
        kept.setdefault((body["resourceType"], *name), body)
    return list(kept.values())


def _age(body: Json) -> tuple[str, str, str]:
    return _moment(body), body["resourceType"], body.get("id", "")


def _moment(body: Json) -> str:
    """Give when it was, in UTC, so that texts compare; empty when it does not say."""
    periods = (body.get(name, {}).get("start") for name in _PERIODS)
    dates = (body.get(name) for name in _DATES)
    text = next((str(each) for each in (*dates, *periods) if each), "")
    try:
        return datetime.fromisoformat(text).astimezone(UTC).isoformat() if "T" in text else text
    except (ValueError, OverflowError):
        return text

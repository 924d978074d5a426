"""Problems, allergies, procedures and encounters of a C-CDA as FHIR resources."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from chartkeep.intake.ccda.tree import attribute, every, one
from chartkeep.intake.ccda.values import (
    Json,
    Setting,
    coded,
    concept,
    kept,
    observed,
    period,
    text_of,
    when,
)

_STATUS = {"55561003": "active", "73425007": "inactive", "413322009": "resolved"}
_DONE = {
    "completed": "completed", "active": "in-progress", "aborted": "stopped",
    "cancelled": "not-done",
}  # fmt: skip
_SEVERITY = {"255604002": "mild", "6736007": "moderate", "24484000": "severe"}
_CRITICALITY = {"CRITH": "high", "CRITL": "low", "CRITU": "unable-to-assess"}
_CLASSES = {"IMP", "AMB", "EMER", "ACUTE", "OBSENC", "SS", "VR", "HH", "NONAC", "PRENC", "FLD"}
_CLASS = "http://terminology.hl7.org/CodeSystem/v3-ActCode"


def conditions(entry: Element, setting: Setting) -> Iterator[tuple[Element, Json]]:
    """Give the problems of a concern act, or one that stands alone."""
    for seen in _inside(entry):
        start, end = when(one(seen, "effectiveTime"), setting)
        code = concept(one(seen, "value"), setting) or concept(one(seen, "code"), setting)
        no = seen.get("negationInd") == "true"
        yield seen, kept({
            "resourceType": "Condition",
            "clinicalStatus": {} if no else coded("condition-clinical", _status(seen, end)),
            "verificationStatus": coded("condition-ver-status", "refuted" if no else "confirmed"),
            "category": [coded("condition-category", "problem-list-item")],
            "code": code,
            "onsetDateTime": start,
            "abatementDateTime": end,
        })  # fmt: skip


def allergies(entry: Element, setting: Setting) -> Iterator[tuple[Element, Json]]:
    """Give the allergies of a concern act; a denied one is refuted."""
    for seen in _inside(entry):
        start, end = when(one(seen, "effectiveTime"), setting)
        substance = one(seen, "participant/participantRole/playingEntity/code")
        code = concept(substance, setting) or concept(one(seen, "value"), setting)
        no = seen.get("negationInd") == "true"
        status = "active" if not end else "resolved"
        yield seen, kept({
            "resourceType": "AllergyIntolerance",
            "clinicalStatus": {} if no else coded("allergyintolerance-clinical", status),
            "verificationStatus": coded(
                "allergyintolerance-verification", "refuted" if no else "confirmed"
            ),
            "criticality": _CRITICALITY.get(_nested(seen, "82606-5"), ""),
            "code": code,
            "onsetDateTime": start,
            "reaction": [made for each in _reactions(seen) if (made := _reaction(each, setting))],
        })  # fmt: skip


def procedures(entry: Element, setting: Setting) -> Iterator[tuple[Element, Json]]:
    """Give what was done: a procedure, an act or an observation."""
    for done in (*every(entry, "procedure"), *every(entry, "act"), *every(entry, "observation")):
        start, end = when(one(done, "effectiveTime"), setting)
        status = _DONE.get(attribute(done, "statusCode", "code"), "unknown")
        sites = [concept(each, setting) for each in every(done, "targetSiteCode")]
        yield done, kept({
            "resourceType": "Procedure",
            "status": "not-done" if done.get("negationInd") == "true" else status,
            "code": concept(one(done, "code"), setting),
            "performedPeriod": {"start": start, "end": end} if start and end else {},
            "performedDateTime": "" if end else start,
            "bodySite": [site for site in sites if site],
        })  # fmt: skip


def encounters(entry: Element, setting: Setting) -> Iterator[tuple[Element, Json]]:
    """Give visits elsewhere: they are over, so that they say nothing of where somebody lies."""
    for visit in every(entry, "encounter"):
        code = one(visit, "code")
        named = [attribute(each, "", "code") for each in (code, *every(code, "translation"))]
        kind = next((each for each in named if each in _CLASSES), "AMB")
        reasons = [reason for reason in _diagnoses(visit, setting) if reason]
        yield visit, kept({
            "resourceType": "Encounter",
            "status": "finished",
            "class": {"system": _CLASS, "code": kind},
            "type": [made] if (made := concept(code, setting)) else [],
            "period": period(one(visit, "effectiveTime"), setting),
            "reasonCode": reasons,
        })  # fmt: skip


def _inside(entry: Element) -> list[Element]:
    """Give the observations of an act of concern, or the one that has none around it."""
    return [*every(entry, "act/entryRelationship/observation"), *every(entry, "observation")]


def _status(seen: Element, end: str) -> str:
    told = _STATUS.get(_nested(seen, "33999-4"), "")
    return told or ("resolved" if end else "active")


def _nested(seen: Element, code: str) -> str:
    """Give the code an observation inside says, by what it observes."""
    for inner in every(seen, "entryRelationship/observation"):
        if attribute(inner, "code", "code") == code:
            return attribute(inner, "value", "code")
    return ""


def _reactions(seen: Element) -> list[Element]:
    related = every(seen, "entryRelationship")
    return [
        inner
        for each in related
        if each.get("typeCode") == "MFST" and (inner := one(each, "observation")) is not None
    ]


def _reaction(seen: Element, setting: Setting) -> Json:
    shown = concept(one(seen, "value"), setting)
    severity = _SEVERITY.get(_nested(seen, "SEV"), "")
    return kept({"manifestation": [shown], "severity": severity}) if shown else {}


def _diagnoses(visit: Element, setting: Setting) -> Iterator[Json]:
    for seen in every(visit, "entryRelationship/act/entryRelationship/observation"):
        yield concept(one(seen, "value"), setting)
    for seen in every(visit, "entryRelationship/observation"):
        yield concept(one(seen, "value"), setting)


def social(entry: Element, setting: Setting) -> Iterator[tuple[Element, Json]]:
    """Give observations of social history, such as smoking."""
    for seen in every(entry, "observation"):
        start, _ = when(one(seen, "effectiveTime"), setting)
        yield seen, kept({
            "resourceType": "Observation",
            "status": "final",
            "category": [coded("observation-category", "social-history")],
            "code": concept(one(seen, "code"), setting),
            "effectiveDateTime": start,
            **observed(one(seen, "value"), setting),
            "note": [{"text": text}] if (text := text_of(one(seen, "text"), setting)) else [],
        })  # fmt: skip

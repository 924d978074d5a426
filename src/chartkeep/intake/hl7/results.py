"""ORU and OUL: results as Observations under a DiagnosticReport, with specimens.

A result is named by its order's filler number, its code and sub-id, so that a correction is the
next version of what it corrects. Text that comes line by line in segments of one code is one text.
What a department of images says in words is the report's own text, its impression the conclusion.
"""

from collections import Counter
from itertools import groupby

from chartkeep.intake.hl7.attachments import attached_document, is_attached, text_attachment
from chartkeep.intake.hl7.case import Built, Case, Json, without_empty
from chartkeep.intake.hl7.codes import (
    HL7,
    HL7_V3,
    IMAGING_SERVICES,
    INTERPRETATIONS,
    LABORATORIES,
    REPORT_STATUSES,
    RESULT_STATUSES,
)
from chartkeep.intake.hl7.ecgs import ecg_result
from chartkeep.intake.hl7.order_groups import Order, orders_of, result_name
from chartkeep.intake.hl7.reading import Segment
from chartkeep.intake.hl7.restricting import restricted
from chartkeep.intake.hl7.result_values import observed
from chartkeep.intake.hl7.values import concept, entity, identifier, notes, practitioner
from chartkeep.intake.hl7.visits import visit

_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
_TEXTS = frozenset({"TX", "FT"})
_IMPRESSIONS = frozenset({"IMP", "19005-8", "GDT-IMPRESSION", "IMPRESSION"})


def results(case: Case) -> list[Built]:
    """Make everything a result message tells of."""
    found = visit(case, known_only=True)
    about: Json = {"subject": case.subject}
    if found:
        about["encounter"] = {"reference": found[0].key}
    for order in orders_of(case.message.segments):
        found += _report(case, order, about)
    return found


def _report(case: Case, order: Order, about: Json) -> list[Built]:
    name = (*result_name(case, order), order.obr.text(4) or order.obr.text(4, 2))
    key = case.key("DiagnosticReport", *name)
    worded, others = _part_words(order)
    observations = _observations(case, order, name, others, about)
    documents = [
        attached_document(case, group[0], (*name, str(at)), related=key)
        for at, group in enumerate(order.results)
        if is_attached(group[0])
    ]
    observations += [each for document in documents for each in ecg_result(case, document, about)]
    specimens = [_specimen(case, each, name) for each in order.specimens]
    body = (
        about
        | _report_body(case, order)
        | {
            "specimen": [{"reference": each.key} for each in specimens],
            "result": [{"reference": each.key} for each in observations],
            "presentedForm": [text_attachment(_joined(worded))] if worded else [],
            "conclusion": _joined([each for each in worded if each[0].text(3) in _IMPRESSIONS]),
        }
    )
    return [*specimens, *observations, Built(key, without_empty(body)), *documents]


def _report_body(case: Case, order: Order) -> Json:
    obr = order.obr
    code = concept(case, obr.value(4)) or {"text": "report"}
    start, end = case.time(obr, 7), case.time(obr, 8)
    body: Json = {
        "resourceType": "DiagnosticReport",
        "meta": restricted(order.orc),
        "identifier": entity(case, obr.value(3), "/filler", "FILL")
        + entity(case, obr.value(2), "/placer", "PLAC")
        + _accession(case, obr),
        "status": REPORT_STATUSES.get(obr.text(25), "unknown"),
        "category": [
            {"coding": [{"system": f"{HL7}0074", "code": service}]}
            for service in [obr.text(24)]
            if service
        ],
        "code": code,
        "issued": _instant(case, obr),
        "resultsInterpreter": [
            person for each in obr.values(32) if (person := practitioner(case, each))
        ],
    }
    if end and end != start and start:
        return body | {"effectivePeriod": {"start": start, "end": end}}
    return body | {"effectiveDateTime": start}


def _accession(case: Case, obr: Segment) -> list[Json]:
    number = obr.text(18)
    return [identifier(f"{case.sender.issuer}/accession", number, "ACSN")] if number else []


def _instant(case: Case, obr: Segment) -> str:
    found = case.time(obr, 22)
    return found if "T" in found else ""


def _part_words(order: Order) -> tuple[list[list[Segment]], list[list[Segment]]]:
    """Part the words of a report in words from all that is observed one by one."""
    groups = [each for each in order.results if not is_attached(each[0])]
    if order.obr.text(24).upper() not in IMAGING_SERVICES:
        return [], groups
    worded = [each for each in groups if each[0].text(2) in _TEXTS]
    return worded, [each for each in groups if each[0].text(2) not in _TEXTS]


def _joined(groups: list[list[Segment]]) -> str:
    return "\n".join("\n".join(v.text() for v in each[0].values(5)) for each in groups).strip()


def _observations(
    case: Case, order: Order, name: tuple[str, ...], groups: list[list[Segment]], about: Json
) -> list[Built]:
    """Make an Observation of each result; lines of one text are one."""
    found: list[Built] = []
    seen: Counter[tuple[str, ...]] = Counter()
    for (kind, *called), grouped in groupby(groups, _line_of):
        lines = list(grouped)
        for part in [lines] if kind in _TEXTS else [[each] for each in lines]:
            place = (*called, str(seen[tuple(called)]))
            seen[tuple(called)] += 1
            key = case.key("Observation", *name, *place)
            found.append(Built(key, about | _observation(case, order, part)))
    return found


def _line_of(group: list[Segment]) -> tuple[str, ...]:
    obx = group[0]
    return obx.text(2), obx.text(3) or obx.text(3, 2), obx.text(3, 3), obx.raw(4)


def _observation(case: Case, order: Order, lines: list[list[Segment]]) -> Json:
    obx = lines[0][0]
    service = order.obr.text(24).upper()
    body: Json = {
        "resourceType": "Observation",
        "meta": restricted(order.orc),
        "status": RESULT_STATUSES.get(obx.text(11), "unknown"),
        "category": [{"coding": [{"system": _CATEGORY, "code": "laboratory"}]}]
        if service in LABORATORIES
        else [],
        "code": concept(case, obx.value(3)) or {"text": "result"},
        "effectiveDateTime": case.time(obx, 14) or case.time(order.obr, 7),
        "performer": [person for each in obx.values(16) if (person := practitioner(case, each))],
        "interpretation": [
            said for each in obx.values(8) if (said := _interpretation(each.text()))
        ],
        "note": notes([segment for line in lines for segment in line[1:]]),
        "method": concept(case, obx.value(17)),
        "referenceRange": _reference_range(obx),
        **observed(case, obx, _joined(lines) if len(lines) > 1 else ""),
    }
    return without_empty(body)


def _interpretation(code: str) -> Json:
    if not code:
        return {}
    if code in INTERPRETATIONS:
        return {"coding": [{"system": f"{HL7_V3}ObservationInterpretation", "code": code}]}
    return {"coding": [{"system": f"{HL7}0078", "code": code}]}


def _reference_range(obx: Segment) -> list[Json]:
    return [{"text": text}] if (text := obx.whole(7)) else []


def _specimen(case: Case, spm: Segment, name: tuple[str, ...]) -> Built:
    number = spm.text(2, 2) or spm.text(2)
    system = f"{case.sender.issuer}/specimen"
    start = case.time(spm, 17)
    body = {
        "resourceType": "Specimen",
        "identifier": [identifier(system, number)] if number else [],
        "type": concept(case, spm.value(4), "0487"),
        "subject": case.subject,
        "collection": without_empty(
            {
                "collectedDateTime": start,
                "bodySite": concept(case, spm.value(8)),
                "method": concept(case, spm.value(7), "0488"),
            }
        ),
        "receivedTime": case.time(spm, 18),
    }
    key = case.key("Specimen", *name, number or spm.text(1))
    return Built(key, without_empty(body))

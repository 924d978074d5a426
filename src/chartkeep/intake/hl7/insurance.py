"""IN1: who pays."""

from chartkeep.intake.hl7.case import Built, Case, without_empty
from chartkeep.intake.hl7.reading import Segment
from chartkeep.intake.hl7.times import fhir_date
from chartkeep.intake.hl7.values import concept, identifier

_RELATIONSHIPS = {"SEL": "self", "SPO": "spouse", "CHD": "child", "PAR": "parent", "OTH": "other"}
_RELATIONSHIP = "http://terminology.hl7.org/CodeSystem/subscriber-relationship"


def coverages(case: Case) -> list[Built]:
    """Make a Coverage of each IN1 that names an insurer."""
    return [built for each in case.message.all("IN1") if (built := _coverage(case, each))]


def _coverage(case: Case, in1: Segment) -> Built | None:
    insurer, number = in1.text(4) or in1.text(3), in1.text(36) or in1.text(49)
    if not insurer:
        return None
    relation = _RELATIONSHIPS.get(in1.text(17), "")
    body = without_empty(
        {
            "resourceType": "Coverage",
            "identifier": [identifier(f"{case.sender.issuer}/policy", number)] if number else [],
            "status": "active",
            "type": concept(case, in1.value(15), "0086"),
            "subscriberId": number,
            "beneficiary": case.subject,
            "relationship": {"coding": [{"system": _RELATIONSHIP, "code": relation}]}
            if relation
            else {},
            "period": without_empty(
                {
                    "start": fhir_date(in1.text(12), "IN1-12"),
                    "end": fhir_date(in1.text(13), "IN1-13"),
                }
            ),
            "payor": [{"display": insurer}],
            "class": _group(in1),
        }
    )
    return Built(case.key("Coverage", in1.text(3) or insurer, in1.text(2)), body)


def _group(in1: Segment) -> list[dict[str, object]]:
    system = "http://terminology.hl7.org/CodeSystem/coverage-class"
    group = in1.text(8)
    if not group:
        return []
    return [{"type": {"coding": [{"system": system, "code": "group"}]}, "value": group}]

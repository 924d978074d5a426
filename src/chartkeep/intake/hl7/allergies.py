"""AL1 and IAM: allergies and intolerances."""

from chartkeep.intake.hl7.case import Built, Case, Json, without_empty
from chartkeep.intake.hl7.codes import ALLERGY_CATEGORIES, CRITICALITIES
from chartkeep.intake.hl7.reading import Segment
from chartkeep.intake.hl7.values import concept, identifier

_CLINICAL = "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"
_VERIFICATION = "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
_INTOLERANCES = frozenset({"IN"})


def allergies(case: Case) -> list[Built]:
    """Make an AllergyIntolerance of each AL1 and IAM that names something."""
    found = [_allergy(case, each) for name in ("AL1", "IAM") for each in case.message.all(name)]
    return [each for each in found if each is not None]


def _allergy(case: Case, segment: Segment) -> Built | None:
    code = concept(case, segment.value(3))
    if not code:
        return None
    detailed = segment.name == "IAM"
    gone = detailed and segment.text(6) == "D"
    kind = segment.text(2)
    body: Json = {
        "resourceType": "AllergyIntolerance",
        "identifier": _identifier(case, segment) if detailed else [],
        "verificationStatus": _coded(_VERIFICATION, "entered-in-error" if gone else "confirmed"),
        "type": "intolerance" if detailed and segment.text(9) in _INTOLERANCES else "allergy",
        "category": [ALLERGY_CATEGORIES[kind]] if kind in ALLERGY_CATEGORIES else [],
        "criticality": CRITICALITIES.get(segment.text(4), ""),
        "code": code,
        "patient": case.subject,
        "onsetDateTime": case.time(segment, 11 if detailed else 6),
        "reaction": _reactions(case, segment),
    }
    if not gone:
        body["clinicalStatus"] = _coded(_CLINICAL, "active")
    return Built(_key(case, segment), without_empty(body))


def _key(case: Case, segment: Segment) -> str:
    """Name it by its own number, else by what it is against: it is one, however often it comes."""
    if segment.name == "IAM" and (number := segment.text(7)):
        system = case.entity_system(segment.value(7), "/allergy")
        return case.key("AllergyIntolerance", system, number)
    against = segment.text(3) or segment.text(3, 2)
    return case.key("AllergyIntolerance", segment.text(3, 3), against)


def _identifier(case: Case, segment: Segment) -> list[Json]:
    number = segment.text(7)
    system = case.entity_system(segment.value(7), "/allergy")
    return [identifier(system, number)] if number else []


def _reactions(case: Case, segment: Segment) -> list[Json]:
    said = [concept(case, each) for each in segment.values(5)]
    texts = [without_empty({"text": _text(each)}) for each in said if each]
    return [{"manifestation": texts}] if any(texts) else []


def _text(said: Json) -> str:
    coding = said.get("coding", [{}])[0]
    return str(said.get("text") or coding.get("display") or coding.get("code", ""))


def _coded(system: str, code: str) -> Json:
    return {"coding": [{"system": system, "code": code}]}

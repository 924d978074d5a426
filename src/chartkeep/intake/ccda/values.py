"""HL7 v3 data types as FHIR's: CD, TS, IVL, PQ, II, and text behind a reference."""

import hashlib
import re
from datetime import datetime, timedelta, timezone, tzinfo
from decimal import Decimal, DecimalException
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element

from chartkeep.clinical.spelling import Spelled
from chartkeep.intake.ccda.tree import TYPE, attribute, every, one, words

Json = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
LONGEST_TEXT = 4_000
SYSTEMS = {
    "2.16.840.1.113883.6.96": "http://snomed.info/sct",
    "2.16.840.1.113883.6.1": "http://loinc.org",
    "2.16.840.1.113883.6.88": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "2.16.840.1.113883.6.90": "http://hl7.org/fhir/sid/icd-10-cm",
    "2.16.840.1.113883.6.3": "http://hl7.org/fhir/sid/icd-10",
    "2.16.840.1.113883.6.103": "http://hl7.org/fhir/sid/icd-9-cm",
    "2.16.840.1.113883.6.12": "http://www.ama-assn.org/go/cpt",
    "2.16.840.1.113883.6.69": "http://hl7.org/fhir/sid/ndc",
    "2.16.840.1.113883.12.292": "http://hl7.org/fhir/sid/cvx",
    "2.16.840.1.113883.4.9": "http://fdasis.nlm.nih.gov",
    "2.16.840.1.113883.3.26.1.1": "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
    "2.16.840.1.113883.5.4": "http://terminology.hl7.org/CodeSystem/v3-ActCode",
    "2.16.840.1.113883.5.83": "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
}
_TIME = re.compile(
    r"(\d{4})(?:(\d\d)(?:(\d\d)(?:(\d\d)(\d\d)(?:(\d\d)(?:\.\d+)?)?)?)?)?([+-]\d{4})?\Z"
)
_OID = re.compile(r"[0-2](\.\d+)+\Z")
_NUMBER = re.compile(r"-?(0|[1-9]\d{0,17})(\.\d{1,17})?\Z")


class Setting(NamedTuple):
    """Where a value stands: the feed's zone, and the narrative's texts by their ID."""

    zone: tzinfo
    texts: dict[str, str]


def concept(node: Element | None, setting: Setting) -> Json:
    """Write a CD or CE as a CodeableConcept; empty when it says nothing."""
    if node is None:
        return {}
    codings = [made for each in (node, *every(node, "translation")) if (made := _coding(each))]
    text = text_of(one(node, "originalText"), setting)
    if not text and not codings:
        text = node.get("displayName", "")
    return kept({"coding": codings, "text": text})


def text_of(node: Element | None, setting: Setting) -> str:
    """Give a text, or the narrative it refers to."""
    target = attribute(node, "reference", "value").removeprefix("#")
    return (words(node) or setting.texts.get(target, ""))[:LONGEST_TEXT]


def moment(text: str, setting: Setting) -> str:
    """Write a TS as a dateTime, no more precise than it is; empty when it is none."""
    found = _TIME.match(text.strip())
    if found is None:
        return ""
    year, month, day, hour, minute, second, ahead = found.groups()
    try:
        at = datetime(
            int(year), int(month or 1), int(day or 1), int(hour or 0), int(minute or 0),
            min(int(second or 0), 59), tzinfo=_zone(ahead) or setting.zone,
        )  # fmt: skip
        return at.isoformat() if hour else "-".join(filter(None, (year, month, day)))
    except (ValueError, OverflowError):
        return ""


def when(node: Element | None, setting: Setting) -> tuple[str, str]:
    """Give begin and end of an effectiveTime; a moment alone is its begin."""
    start = attribute(node, "low", "value") or attribute(node, "", "value")
    start = start or attribute(node, "center", "value")
    return moment(start, setting), moment(attribute(node, "high", "value"), setting)


def period(node: Element | None, setting: Setting) -> Json:
    """Write an IVL_TS as a Period."""
    start, end = when(node, setting)
    return kept({"start": start, "end": end})


def quantity(node: Element | None) -> Json:
    """Write a PQ as a Quantity; empty when it has no number."""
    value = _number(attribute(node, "", "value"))
    unit = attribute(node, "", "unit")
    coded = {"unit": unit, "system": UCUM, "code": unit} if unit and unit != "1" else {}
    return {"value": value, **coded} if value is not None else {}


def observed(node: Element | None, setting: Setting) -> Json:
    """Write the value of an observation as FHIR's value[x]; empty when it says nothing."""
    if node is None:
        return {}
    match node.get(TYPE, "").rpartition(":")[2]:
        case "PQ" | "INT" | "REAL" | "MO":
            return kept({"valueQuantity": quantity(node)})
        case "IVL_PQ":
            return _range(node)
        case "CD" | "CE" | "CO" | "CV":
            return kept({"valueCodeableConcept": concept(node, setting)})
        case "TS":
            return kept({"valueDateTime": moment(node.get("value", ""), setting)})
        case _:
            return kept({"valueString": text_of(node, setting)})


def name_of(kind: str, node: Element, patient: str, spare: str) -> str:
    """Name a resource by its entry's first id: a later document changes it; else by `spare`."""
    root, extension = attribute(node, "id", "root"), attribute(node, "id", "extension")
    told = "\x00".join((patient, root, extension) if root else (patient, "", spare))
    return f"{kind}/{hashlib.sha256(told.encode()).hexdigest()[:40]}"


def kept(body: Json) -> Json:
    """Leave out what says nothing: FHIR has no empty element."""
    return {name: value for name, value in body.items() if value not in ("", [], {}, None)}


def coded(system: str, code: str) -> Json:
    """Write a code of FHIR's own."""
    return {"coding": [{"system": f"http://terminology.hl7.org/CodeSystem/{system}", "code": code}]}


def _coding(node: Element) -> Json:
    code, system = node.get("code", "").strip(), node.get("codeSystem", "").strip()
    if not code or node.get("nullFlavor"):
        return {}
    named = SYSTEMS.get(system) or (f"urn:oid:{system}" if _OID.match(system) else "")
    return kept({"system": named, "code": code, "display": node.get("displayName", "").strip()})


def _range(node: Element) -> Json:
    low, high = quantity(one(node, "low")), quantity(one(node, "high"))
    if low and high:
        return {"valueRange": {"low": low, "high": high}}
    if low:
        comparator = ">" if attribute(node, "low", "inclusive") == "false" else ">="
        return {"valueQuantity": {**low, "comparator": comparator}}
    comparator = "<" if attribute(node, "high", "inclusive") == "false" else "<="
    return {"valueQuantity": {**high, "comparator": comparator}} if high else {}


def _number(text: str) -> Decimal | None:
    """Read a number that keeps its spelling: 1.00 stays 1.00."""
    text = text.removeprefix("+")
    text = f"0{text}" if text.startswith(".") else text
    try:
        return Spelled(text) if _NUMBER.match(text) else None
    except DecimalException:
        return None


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(-ahead if text[0] == "-" else ahead)

"""What a line becomes in the chart: FHIR resources, and a Provenance that says it was paper. Pure.

Vital signs become Observations (blood pressure one panel), medication given a
MedicationAdministration, orders a MedicationRequest or ServiceRequest, notes a DocumentReference,
allergies an AllergyIntolerance nobody has confirmed. Each carries the form's number and the line as
identifier, and is named by them: keyed again it is the same, and taken once. The same line, people
and times give the same bytes.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, NamedTuple
from uuid import UUID

from chartkeep.clinical.spelling import Spelled
from chartkeep.continuity.paper.lines import FIELDS, Line, LineKind
from chartkeep.model import Millis

Json = dict[str, Any]

FORM_SYSTEM = "https://chartkeep.example/fhir/sid/form-line"
"""The system of identifiers `number/line`."""
NOT_LEGIBLE = "not legible"
_LOINC, _UCUM = "http://loinc.org", "http://unitsofmeasure.org"
_HL7 = "http://terminology.hl7.org/CodeSystem/"
_PRESSURE = ("systolic", "diastolic")
CODES = {
    "temperature": ("8310-5", "Body temperature"),
    "pulse": ("8867-4", "Heart rate"),
    "respiration": ("9279-1", "Respiratory rate"),
    "systolic": ("8480-6", "Systolic blood pressure"),
    "diastolic": ("8462-4", "Diastolic blood pressure"),
    "saturation": ("2708-6", "Oxygen saturation in Arterial blood"),
    "weight": ("29463-7", "Body weight"),
    "pain": ("72514-3", "Pain severity - 0-10 verbal numeric rating [Score] - Reported"),
}
"""LOINC, as the FHIR R4 vital signs profiles have them, where there is one."""
_CONSCIOUSNESS = ("80288-4", "Level of consciousness")


class Source(NamedTuple):
    """Where a line stands, when the ward was without the system, and who keyed it when.

    `ends` is 0 while it still is.
    """

    number: str
    line: int
    begins: Millis
    ends: Millis
    keyed_by: tuple[str, ...]
    recorded: Millis

    @property
    def name(self) -> str:
        """Name the line: what makes it the same however often it is keyed."""
        return f"{self.number}/{self.line}"

    @property
    def words(self) -> str:
        """Say how it came into the chart."""
        until = f"to {instant(self.ends)}" if self.ends else "that is not over"
        return f"written on paper during downtime from {instant(self.begins)} {until}"


class Made(NamedTuple):
    """A resource and the name others call it by."""

    key: str
    body: Json


def build(line: Line, patient: str, source: Source) -> list[Made]:
    """Make a line's resources, their Provenance last. `patient` is the reference to whose it is."""
    about = {"reference": patient}
    bodies = _bodies(line, about)
    made = [
        Made(_key(source, part), {**body, "identifier": [_identifier(source)]})
        for part, body in enumerate(bodies)
    ]
    return [*made, Made(_key(source, len(made)), _provenance(line, made, source))]


def instant(at: Millis) -> str:
    """Write a moment as FHIR does."""
    return datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="seconds")


def _bodies(line: Line, about: Json) -> list[Json]:
    match line.kind:
        case LineKind.VITALS:
            return _vitals(line, about)
        case LineKind.GIVEN:
            return [_given(line, about)]
        case LineKind.ORDER:
            return [_order(line, about)]
        case LineKind.NOTE:
            return [_note(line, about)]
        case LineKind.ALLERGY:
            return [_allergy(line, about)]


def _vitals(line: Line, about: Json) -> list[Json]:
    values = {
        field.name: _quantity(line.fields[field.name], field.unit)
        for field in FIELDS[line.kind]
        if field.number and field.name in line.fields
    }
    base: Json = {
        "resourceType": "Observation",
        "status": "final",
        "category": [
            {"coding": [{"system": f"{_HL7}observation-category", "code": "vital-signs"}]}
        ],
        "subject": about,
        "effectiveDateTime": instant(line.when),
        "performer": [_who(line.author)],
    }
    parts = [
        {"code": _code(name), "valueQuantity": values.pop(name)}
        for name in _PRESSURE
        if name in values
    ]
    panel = {"code": _concept("85354-9", "Blood pressure panel"), "component": parts}
    single = [base | {"code": _code(n), "valueQuantity": value} for n, value in values.items()]
    if "consciousness" in line.fields:
        seen = {"code": _concept(*_CONSCIOUSNESS), "valueString": line.fields["consciousness"]}
        single.append(base | seen)
    return [base | panel, *single] if parts else single


def _given(line: Line, about: Json) -> Json:
    said = line.fields
    given = said["done"] == "given"
    body: Json = {
        "resourceType": "MedicationAdministration",
        "status": "completed" if given else "not-done",
        "medicationCodeableConcept": {"text": said["medicine"]},
        "subject": about,
        "effectiveDateTime": instant(line.when),
        "performer": _performers(line),
        "dosage": _dosage(line),
    }
    if "remark" in said:
        body["note"] = [{"text": said["remark"]}]
    return body


def _order(line: Line, about: Json) -> Json:
    said = line.fields
    base: Json = {
        "status": "active", "intent": "order", "subject": about, "authoredOn": instant(line.when),
        "requester": _who(line.author),
    }  # fmt: skip
    if "remark" in said:
        base["note"] = [{"text": said["remark"]}]
    if said["what"] == "medicine":
        parts = (said.get(name, "") for name in ("dose", "route", "timing"))
        text = ", ".join(filter(None, parts))
        base |= {"dosageInstruction": [{"text": text}]} if text else {}
        return {
            "resourceType": "MedicationRequest", **base,
            "medicationCodeableConcept": {"text": said["order"]},
        }  # fmt: skip
    if "timing" in said:
        base["occurrenceTiming"] = {"code": {"text": said["timing"]}}
    words = (said.get(name, "") for name in ("order", "dose", "route"))
    return {
        "resourceType": "ServiceRequest", **base,
        "code": {"text": ", ".join(filter(None, words))},
    }  # fmt: skip


def _note(line: Line, about: Json) -> Json:
    data = base64.b64encode(line.fields["text"].encode()).decode()
    return {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": _LOINC, "code": "34109-9", "display": "Note"}]},
        "subject": about,
        "date": instant(line.when),
        "author": [_who(line.author)],
        "content": [{"attachment": {"contentType": "text/plain; charset=utf-8", "data": data}}],
    }


def _allergy(line: Line, about: Json) -> Json:
    said = line.fields
    body: Json = {
        "resourceType": "AllergyIntolerance",
        "clinicalStatus": _status("allergyintolerance-clinical", "active"),
        "verificationStatus": _status("allergyintolerance-verification", "unconfirmed"),
        "code": {"text": said["substance"]},
        "patient": about,
        "recordedDate": instant(line.when),
        "recorder": _who(line.author),
    }
    if said.get("criticality"):
        body["criticality"] = said["criticality"]
    if "reaction" in said:
        body["reaction"] = [{"manifestation": [{"text": said["reaction"]}]}]
    return body


def _provenance(line: Line, made: Sequence[Made], source: Source) -> Json:
    agents = [("author", line.author), *(("enterer", name) for name in source.keyed_by)]
    form = {"identifier": _identifier(source), "display": f"paper form {source.number}"}
    return {
        "resourceType": "Provenance",
        "target": [{"reference": each.key} for each in made],
        "occurredDateTime": instant(line.when),
        "recorded": instant(source.recorded),
        "activity": {"text": source.words},
        "agent": [
            {
                "type": {
                    "coding": [{"system": f"{_HL7}provenance-participant-type", "code": code}]
                },
                "who": _who(name),
            }
            for code, name in agents
        ],
        "entity": [{"role": "source", "what": form}],
    }


def _performers(line: Line) -> list[Json]:
    """Name who gave it, and who checked it where the form says."""
    given: list[Json] = [{"actor": _who(line.author)}]
    if "checked" in line.fields:
        given.append({"function": {"text": "checked"}, "actor": _who(line.fields["checked"])})
    return given


def _dosage(line: Line) -> Json:
    said = line.fields
    dosage: Json = {"text": said["dose"]}
    return dosage | {"route": {"text": said["route"]}} if "route" in said else dosage


def _quantity(text: str, unit: str) -> Json:
    value = Spelled(text) if "." in text else int(text)
    return {"value": value, "unit": unit, "system": _UCUM, "code": unit}


def _code(name: str) -> Json:
    return _concept(*CODES[name])


def _concept(code: str, display: str) -> Json:
    return {"coding": [{"system": _LOINC, "code": code, "display": display}]}


def _status(system: str, code: str) -> Json:
    return {"coding": [{"system": f"{_HL7}{system}", "code": code}]}


def _who(name: str) -> Json:
    return {"display": name or NOT_LEGIBLE}


def _identifier(source: Source) -> Json:
    return {"system": FORM_SYSTEM, "value": source.name}


def _key(source: Source, part: int) -> str:
    digest = sha256(f"{source.name}/{part}".encode()).digest()
    return f"urn:uuid:{UUID(bytes=digest[:16], version=5)}"

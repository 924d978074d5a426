"""Faces as FHIR: a Patient with only what a list shows, marked as cut down."""

from typing import Any

from chartkeep.clinical.face import Identifier, Name, Person

SUBSETTED = {
    "system": "http://terminology.hl7.org/CodeSystem/v3-ObservationValue", "code": "SUBSETTED",
}  # fmt: skip

Json = dict[str, Any]


def face_resource(ident: str, person: Person) -> Json:
    """Write a face as a Patient; what a face does not hold is absent, not empty."""
    body: Json = {"resourceType": "Patient", "id": ident, "meta": {"tag": [SUBSETTED]}}
    if person.identifiers:
        body["identifier"] = [_identifier(each) for each in person.identifiers]
    if person.names:
        body["name"] = [_name(each) for each in person.names]
    if person.gender:
        body["gender"] = person.gender
    if person.birth_date:
        body["birthDate"] = person.birth_date
    if person.deceased:
        body["deceasedBoolean"] = True
    return body


def _name(name: Name) -> Json:
    parts = {"use": name.use, "text": name.text, "family": name.family, "given": list(name.given)}
    return {key: value for key, value in parts.items() if value}


def _identifier(identifier: Identifier) -> Json:
    parts: Json = {"system": identifier.system, "value": identifier.value}
    if identifier.type:
        parts["type"] = {"coding": [{"code": identifier.type}]}
    return {key: value for key, value in parts.items() if value}

"""The Patient resource and the coverage: who the patient is and who pays."""

from chartkeep.inventor.bundle import Bundle
from chartkeep.inventor.chance import Chance
from chartkeep.inventor.codes import HL7, hl7_concept
from chartkeep.inventor.names import Name, Names, Origin, Sex, draw_names
from chartkeep.inventor.numbers import NATIONAL_SYSTEMS, NATIONAL_TYPES
from chartkeep.inventor.people import Patient
from chartkeep.inventor.places import Address, draw_phone
from chartkeep.inventor.site import Resource, Site, site_reference

_REPRESENTATION = "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation"
_LANGUAGES = {Origin.JAPAN: "ja", Origin.INDONESIA: "id", Origin.WEST: "en-US"}
_INSURERS = {
    Origin.JAPAN: ("https://hospital.example/id/japan-insured", "協会けんぽ(架空)"),
    Origin.INDONESIA: ("https://hospital.example/id/indonesia-jkn", "JKN (rekaan)"),
    Origin.WEST: ("https://hospital.example/id/insurance-member", "Invented Mutual"),
}


def post_identity(bundle: Bundle, patient: Patient, site: Site) -> None:
    """Write the Patient under its own fullUrl, and one Coverage."""
    bundle.post(_patient(bundle.chance, patient, site), patient.full_url)
    bundle.post(_coverage(bundle.chance, patient))


def _patient(chance: Chance, patient: Patient, site: Site) -> Resource:
    language = {"coding": [{"system": "urn:ietf:bcp:47", "code": _LANGUAGES[patient.origin]}]}
    return {
        "resourceType": "Patient",
        "text": {
            "status": "generated",
            "div": '<div xmlns="http://www.w3.org/1999/xhtml">'
            f"{patient.names.official.text}, {patient.birth}</div>",
        },
        "identifier": [
            _identifier(patient, system, value) for system, value in patient.identifiers
        ],
        "active": True,
        "name": _human_names(patient.names),
        "telecom": [{"system": "phone", "value": patient.phone, "use": "mobile"}],
        "gender": patient.sex,
        "birthDate": patient.birth.isoformat(),
        "address": [_postal(patient.address)],
        "maritalStatus": hl7_concept("v3-MaritalStatus", chance.choice("MSWD")),
        "contact": [_contact(chance, patient)],
        "communication": [{"language": language, "preferred": True}],
        "managingOrganization": site_reference(site),
    }


def _identifier(patient: Patient, system: str, value: str) -> Resource:
    national = system == NATIONAL_SYSTEMS[patient.origin]
    code = NATIONAL_TYPES[patient.origin] if national else "MR"
    return {
        "use": "official" if national else "usual",
        "type": hl7_concept("v2-0203", code),
        "system": system,
        "value": value,
    }


def _human_names(names: Names) -> list[Resource]:
    if names.kana is None or names.romaji is None:
        return [{"use": "official", **_human_name(names.official)}]
    spellings = (("IDE", names.official), ("SYL", names.kana), ("ABC", names.romaji))
    return [
        {
            "extension": [{"url": _REPRESENTATION, "valueCode": code}],
            "use": "official",
            **_human_name(name),
        }
        for code, name in spellings
    ]


def _human_name(name: Name) -> Resource:
    parts: Resource = {"text": name.text, "given": name.given.split()}
    return {**parts, "family": name.family} if name.family else parts


def _postal(address: Address) -> Resource:
    return {
        "use": "home",
        "text": address.text,
        "line": [address.line],
        "city": address.city,
        "state": address.state,
        "postalCode": address.postcode,
        "country": address.country,
    }


def _contact(chance: Chance, patient: Patient) -> Resource:
    kin = draw_names(chance, patient.origin, chance.choice(list(Sex))).official
    family = patient.names.official.family
    return {
        "relationship": [hl7_concept("v2-0131", "N")],
        "name": _human_name(Name(family, kin.given)),
        "telecom": [{"system": "phone", "value": draw_phone(chance, patient.origin)}],
    }


def _coverage(chance: Chance, patient: Patient) -> Resource:
    system, insurer = _INSURERS[patient.origin]
    number = f"{chance.randint(0, 10**10 - 1):010}"
    return {
        "resourceType": "Coverage",
        "identifier": [{"system": system, "value": number}],
        "status": "active",
        "type": {"coding": [{"system": HL7 + "v3-ActCode", "code": "HIP"}]},
        "subscriberId": number,
        "beneficiary": {"reference": patient.full_url},
        "payor": [{"display": insurer}],
    }

"""The hospital's own entries: Organization, Locations, Practitioners, their roles."""

from chartkeep.inventor.bundle import Bundle
from chartkeep.inventor.codes import HL7
from chartkeep.inventor.site import (
    ORGANIZATION_SYSTEM,
    PLACE_SYSTEM,
    STAFF_SYSTEM,
    Person,
    Resource,
    Site,
    Ward,
)


def post_site(bundle: Bundle, site: Site) -> None:
    """Write the site: no patient is named anywhere in it."""
    number = {"system": ORGANIZATION_SYSTEM, "value": f"site-{site.seed}"}
    house = bundle.post(
        {"resourceType": "Organization", "identifier": [number], "active": True, "name": site.name}
    )
    places = {ward.name: _post_ward(bundle, ward, house) for ward in site.wards}
    for person in site.staff:
        _post_person(bundle, person, house, places)


def _post_ward(bundle: Bundle, ward: Ward, house: str) -> str:
    above = {"managingOrganization": {"reference": house}}
    place = bundle.post({**_location(ward.code, ward.name, "wa"), **above})
    for bed in ward.beds:
        bundle.post({**_location(bed, bed, "bd"), "partOf": {"reference": place}})
    return place


def _location(code: str, name: str, level: str) -> Resource:
    return {
        "resourceType": "Location",
        "identifier": [{"system": PLACE_SYSTEM, "value": code}],
        "status": "active",
        "name": name,
        "physicalType": {"coding": [{"system": HL7 + "location-physical-type", "code": level}]},
    }


def _post_person(bundle: Bundle, person: Person, house: str, places: dict[str, str]) -> None:
    practitioner = bundle.post(
        {
            "resourceType": "Practitioner",
            "identifier": [{"system": STAFF_SYSTEM, "value": person.handle}],
            "active": True,
            "name": [{"text": person.name}],
        }
    )
    role: Resource = {
        "resourceType": "PractitionerRole",
        "practitioner": {"reference": practitioner},
        "organization": {"reference": house},
        "code": [{"text": person.role}],
    }
    if person.wards:
        role["location"] = [{"reference": places[ward]} for ward in person.wards]
    bundle.post(role)

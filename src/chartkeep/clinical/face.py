"""Face parts: what a patient list shows, derived at deposit from what came in.

Parts, each replaceable without reading the others: the person (from Patient), the place (from an
inpatient Encounter), what is to be imaged when (`clinical.steps`), and the link of a chart that was
merged (custody.merging). Compact JSON; the shapes are `Person`, `Place` and `Link`, field for
field. Holds no address, phone or diagnosis. Does not decide which place is the present one: the
reader takes the stay that began last and has no end.
"""

from typing import Any

import msgspec

from chartkeep.clinical.steps import ORDER, STEP_KIND
from chartkeep.errors import DamagedError

PERSON_KIND = "FacePerson"
PLACE_KIND = "FacePlace"
LINK_KIND = "FaceLink"
"""A chart's link to one it was merged with (custody.merging)."""
FACE_KINDS = {"Patient": PERSON_KIND, "Encounter": PLACE_KIND, ORDER: STEP_KIND}
"""Resource type -> the kind of the face part derived from it."""
PART = "Face"
NAME_KIND = "FaceName"
"""The id a client chose for the Patient, beside the face and beside the Patient itself."""
"""How the kinds of all parts begin, and no resource type's name."""

_INPATIENT = frozenset({"IMP", "ACUTE", "NONAC", "OBSENC", "SS", "EMER"})
_PRESENT = frozenset({"in-progress", "onleave"})
_WARD_SHAPES = frozenset({"wa", "wi", "lvl", "bu", "si"})

Json = dict[str, Any]


class Name(msgspec.Struct, frozen=True, omit_defaults=True):
    """One name in one script; `text` when the parts were not given."""

    family: str = ""
    given: tuple[str, ...] = ()
    text: str = ""
    use: str = ""


class Identifier(msgspec.Struct, frozen=True, omit_defaults=True):
    """One number the person is known by; `type` is the first code of Identifier.type."""

    value: str
    system: str = ""
    type: str = ""


class Person(msgspec.Struct, frozen=True, omit_defaults=True):
    """The person part: names in all scripts, sex, birth date, identifiers, whether alive."""

    names: tuple[Name, ...] = ()
    gender: str = ""
    birth_date: str = ""
    identifiers: tuple[Identifier, ...] = ()
    deceased: bool = False


class Place(msgspec.Struct, frozen=True, omit_defaults=True):
    """The place part: one inpatient stay. `until` is empty while the patient is there."""

    ward: str = ""
    bed: str = ""
    since: str = ""
    until: str = ""


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """The link part of two merged charts, ids as UUIDs; empty when the merge was undone.

    `replaced_by` stands in the chart that was merged away, `replaces` in the one that goes on.
    """

    replaced_by: str = ""
    replaces: str = ""


_encode = msgspec.json.Encoder().encode
_person = msgspec.json.Decoder(Person)
_place = msgspec.json.Decoder(Place)
_link = msgspec.json.Decoder(Link)


def person_face(patient: Json) -> bytes:
    """Derive the person part of a checked Patient."""
    return _encode(
        Person(
            names=tuple(map(_name, patient.get("name", ()))),
            gender=patient.get("gender", ""),
            birth_date=patient.get("birthDate", ""),
            identifiers=tuple(
                _identifier(each) for each in patient.get("identifier", ()) if each.get("value")
            ),
            deceased=patient.get("deceasedBoolean", "deceasedDateTime" in patient),
        )
    )


def place_face(encounter: Json) -> bytes | None:
    """Derive the place part of a checked Encounter; None when it is no inpatient stay.

    Ward and bed are the display texts of Encounter.location still active, told apart by
    Location.physicalType; a stay without locations says only since when.
    """
    if encounter["class"].get("code") not in _INPATIENT:
        return None
    period = encounter.get("period", {})
    if encounter.get("status") in _PRESENT:
        ward, bed = _rooms(encounter.get("location", ()))
        return _encode(Place(ward, bed, since=period.get("start", "")))
    if not period.get("end"):
        return None
    return _encode(Place(since=period.get("start", ""), until=period["end"]))


def read_person(face: bytes) -> Person:
    """Read a person part back. Raises DamagedError when it is none."""
    try:
        return _person.decode(face)
    except msgspec.DecodeError as error:
        raise DamagedError("a person face is not readable") from error


def read_place(face: bytes) -> Place:
    """Read a place part back. Raises DamagedError when it is none."""
    try:
        return _place.decode(face)
    except msgspec.DecodeError as error:
        raise DamagedError("a place face is not readable") from error


def write_link(link: Link) -> bytes:
    """Write a link part."""
    return _encode(link)


def read_link(face: bytes) -> Link:
    """Read a link part back. Raises DamagedError when it is none."""
    try:
        return _link.decode(face)
    except msgspec.DecodeError as error:
        raise DamagedError("a link of merged charts is not readable") from error


def joined(person: Person, other: Person) -> Person:
    """Give a person with the names and numbers of a chart merged into theirs after their own."""
    return msgspec.structs.replace(
        person,
        names=tuple(dict.fromkeys((*person.names, *other.names))),
        identifiers=tuple(dict.fromkeys((*person.identifiers, *other.identifiers))),
    )


def _name(name: Json) -> Name:
    given = tuple(part for part in name.get("given", ()) if part)
    return Name(name.get("family", ""), given, name.get("text", ""), name.get("use", ""))


def _identifier(identifier: Json) -> Identifier:
    codings = identifier.get("type", {}).get("coding", ())
    code = next((each["code"] for each in codings if "code" in each), "")
    return Identifier(identifier["value"], identifier.get("system", ""), code)


def _rooms(locations: list[Json]) -> tuple[str, str]:
    ward = bed = ""
    for each in locations:
        if each.get("status", "active") != "active":
            continue
        shown = each["location"].get("display", "") or each["location"].get("reference", "")
        shapes = {coding.get("code") for coding in each.get("physicalType", {}).get("coding", ())}
        if "bd" in shapes:
            bed = shown
        elif shapes & _WARD_SHAPES or not ward:
            ward = shown
    return ward, bed

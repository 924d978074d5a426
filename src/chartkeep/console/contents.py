"""What stands first in a chart, and plain lists of the rest. Pure.

Which problem, medicine or allergy holds now is decided as for a patient summary
(`clinical.ips_sections`); the same thing written down at many visits is shown once, the latest.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import NamedTuple

from chartkeep.clinical import ips_sections
from chartkeep.clinical.summary import what, when
from chartkeep.console.bodies import Bodies, Json

LONGEST_NOTE = 20_000
_RESULTS = frozenset({"Observation", "DiagnosticReport"})


class Item(NamedTuple):
    """One thing of a list: `more` is what else is said of it, `times` how often it was written."""

    kind: str
    what: str
    when: str
    more: str = ""
    times: int = 1
    grave: bool = False


class First(NamedTuple):
    """What is looked at first."""

    problems: list[Item]
    medicines: list[Item]
    allergies: list[Item]
    others: list[Item]


class Note(NamedTuple):
    """A document: its text when it is plain text, else the form it has."""

    title: str
    when: str
    author: str
    text: str
    form: str


def first_of(bodies: Bodies) -> First:
    """Choose what stands first."""
    found = ips_sections.choose([each for each in bodies if each["resourceType"] not in _RESULTS])
    others = [
        item
        for part in (ips_sections.ALERTS, ips_sections.PROCEDURES, ips_sections.IMMUNIZATIONS)
        for item in _once(found[part].bodies)
    ]
    return First(
        _once(found[ips_sections.PROBLEMS].bodies),
        _once(found[ips_sections.MEDICATIONS].bodies),
        sorted(_once(found[ips_sections.ALLERGIES].bodies), key=lambda item: not item.grave),
        others,
    )


def list_all(bodies: Iterable[Json]) -> list[Item]:
    """List resources of any type, the newest first."""
    return sorted(map(item_of, bodies), key=lambda item: item.when, reverse=True)


def item_of(body: Json) -> Item:
    """Say one thing in one line."""
    grave = body.get("criticality") == "high"
    said = what(body) or str(body.get("description", ""))
    return Item(body["resourceType"], said, when(body), _more(body), 1, grave)


def notes_of(bodies: Iterable[Json]) -> list[Note]:
    """List documents, the newest first."""
    notes = [_note(each) for each in bodies if each["resourceType"] == "DocumentReference"]
    return sorted(notes, key=lambda note: note.when, reverse=True)


def address_of(bodies: Iterable[Json]) -> list[tuple[str, str]]:
    """List a Patient's addresses, phones and contacts, each behind what it is."""
    patients = [each for each in bodies if each["resourceType"] == "Patient"]
    return [row for patient in patients for row in _reached(patient)]


def _reached(person: Json) -> Iterable[tuple[str, str]]:
    for address in person.get("address", ()):
        parts = [*address.get("line", ()), address.get("city"), address.get("postalCode")]
        yield "Address", str(address.get("text") or " ".join(filter(None, parts)))
    for way in person.get("telecom", ()):
        yield str(way.get("system", "")), str(way.get("value", ""))
    for contact in person.get("contact", ()):
        phones = (str(way.get("value", "")) for way in contact.get("telecom", ()))
        name = str(contact.get("name", {}).get("text", ""))
        yield "Contact", ", ".join(filter(None, (name, *phones)))


def _once(bodies: Iterable[Json]) -> list[Item]:
    """Show what was written many times once: the first that comes, which is the latest."""
    found: dict[str, Item] = {}
    for item in map(item_of, bodies):
        known = found.get(item.what)
        found[item.what] = known._replace(times=known.times + 1) if known else item
    return list(found.values())


def _more(body: Json) -> str:
    match body["resourceType"]:
        case "MedicationRequest" | "MedicationStatement":
            orders = body.get("dosageInstruction") or body.get("dosage") or ()
            return "; ".join(filter(None, map(_dose, orders)))
        case "AllergyIntolerance":
            reactions = [
                what({"code": sign})
                for reaction in body.get("reaction", ())
                for sign in reaction.get("manifestation", ())
            ]
            return ", ".join(filter(None, reactions))
        case "ImagingStudy":
            modalities = [each.get("code", "") for each in body.get("modality", ())]
            return ", ".join(filter(None, modalities))
        case "Encounter":
            places = [each.get("location", {}).get("display", "") for each in _places(body)]
            return ", ".join(filter(None, dict.fromkeys(places)))
        case _:
            return ""


def _places(encounter: Json) -> list[Json]:
    places: list[Json] = encounter.get("location", [])
    return places


def _dose(order: Json) -> str:
    """Say a dose: its text, else amount and rhythm."""
    if text := order.get("text"):
        return str(text)
    amounts = [each.get("doseQuantity", {}) for each in order.get("doseAndRate", ())]
    said = [f"{each.get('value', '')} {each.get('unit', '')}".strip() for each in amounts]
    repeat = order.get("timing", {}).get("repeat", {})
    if "frequency" in repeat and "period" in repeat:
        period, unit = repeat["period"], repeat.get("periodUnit", "")
        said.append(f"{repeat['frequency']} / {unit if period == 1 else f'{period} {unit}'}")
    return ", ".join(filter(None, said))


def _note(body: Json) -> Note:
    files = [each.get("attachment", {}) for each in body.get("content", ())]
    file: Json = next(iter(files), {})
    form = str(file.get("contentType", ""))
    plain = form.partition(";")[0].strip().lower() == "text/plain"
    authors = [str(each.get("display", "")) for each in body.get("author", ())]
    title = what(body) or str(file.get("title", ""))
    text = _text(str(file.get("data", ""))) if plain else ""
    return Note(title, when(body), ", ".join(filter(None, authors)), text, form)


def _text(data: str) -> str:
    try:
        return base64.b64decode(data).decode(errors="replace")[:LONGEST_NOTE]
    except binascii.Error:
        return ""

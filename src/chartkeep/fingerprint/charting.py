"""What a chart's resources say for the index: the person, the record's numbers, results, files.

Reads R4 JSON that was checked at its deposit. Pure.
"""

from base64 import b64decode
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, Final, TypeVar

from chartkeep.fingerprint.addresses import read_address, read_city, read_postcode
from chartkeep.fingerprint.dates import read_days, read_minutes
from chartkeep.fingerprint.facts import fact
from chartkeep.fingerprint.names import read_name
from chartkeep.fingerprint.numbers import fold_number, read_phones, read_sex
from chartkeep.fingerprint.person import Reading

NUMBERED: Final = ("Encounter", "ImagingStudy", "DiagnosticReport", "Specimen")
"""Resources whose numbers are this record's: visits, accessions, reports."""
MEASURED: Final = "Observation"
HOLDING: Final = {
    "Binary": "", "DiagnosticReport": "presentedForm", "DocumentReference": "content",
    "Media": "content",
}  # fmt: skip
"""Resources that hold files in their own bytes, and the element that does."""
_OWN_TYPES: Final = frozenset({"MR", "PI", "PT", "VN", "AN", "ACSN"})
"""Types of identifiers a hospital gives its own patients (HL7 table 0203)."""
_SPOKEN: Final = frozenset({"phone", "sms", None})

Json = dict[str, Any]
_Item = TypeVar("_Item")


def read_patient(patient: Json) -> Reading:
    """Read who a Patient is."""
    names = (read_name(each) for each in _names(patient.get("name", ())))
    telecom = [each for each in patient.get("telecom", ()) if each.get("system") in _SPOKEN]
    numbers = (fold_number(each.get("value", "")) for each in patient.get("identifier", ()))
    addresses = patient.get("address", ())
    places = (read_address(text) for each in addresses for text in _lines(each))
    return Reading(
        names=_once(each for each in names if each),
        births=read_days(patient.get("birthDate", ""))[:1],
        sexes=_once(each for each in [read_sex(patient.get("gender", ""))] if each),
        phones=_once(found for each in telecom for found in read_phones(each.get("value", ""))),
        numbers=_once(each for each in numbers if each),
        addresses=_once(each for each in places if each),
        postcodes=_read(read_postcode, (each.get("postalCode", "") for each in addresses)),
        cities=_read(read_city, (each.get("city", "") for each in addresses)),
    )


def record_numbers(resource: Json) -> Iterator[str]:
    """Give the numbers of a visit, a study or a report."""
    listed = resource.get("identifier", [])
    found = [*(listed if isinstance(listed, list) else [listed])]
    if "accessionIdentifier" in resource:
        found.append(resource["accessionIdentifier"])
    yield from (number for each in found if (number := fold_number(each.get("value", ""))))


def results(observation: Json) -> Iterator[str]:
    """Give every value of an Observation with the minute it was measured."""
    when = observation.get("effectiveDateTime", "")
    minutes = read_minutes(when) if when else ()
    parts = [observation, *observation.get("component", ())]
    for part in parts:
        value = part.get("valueQuantity", {}).get("value")
        if value is not None:
            yield from (found for each in minutes if (found := fact(str(value), each)))


def held_files(resource: Json) -> Iterator[bytes]:
    """Give the files a resource holds in its own bytes."""
    name = HOLDING[resource["resourceType"]]
    found: Any = resource.get(name, []) if name else resource
    for each in found if isinstance(found, list) else [found]:
        with suppress(ValueError):  # no Base64, and no file
            yield b64decode(each.get("attachment", each).get("data", ""))


def own_numbers(patient: Json) -> Iterator[tuple[str, str]]:
    """Give the numbers a hospital gives its own, each behind the system it stands under."""
    for each in patient.get("identifier", ()):
        codes = {coding.get("code") for coding in each.get("type", {}).get("coding", ())}
        number = fold_number(each.get("value", ""))
        if number and each.get("system") and codes & _OWN_TYPES:
            yield each["system"], number


def _names(names: Iterable[Json]) -> Iterator[str]:
    for name in names:
        parts = _joined([*name.get("given", ()), name.get("family")])
        yield parts or name.get("text", "")


def _lines(address: Json) -> Iterator[str]:
    yield _joined(address.get("line", ()))
    yield address.get("text", "")


def _joined(words: Iterable[str | None]) -> str:
    """Join words; JSON has null where FHIR says something about a word that is not there."""
    return " ".join(word for word in words if word)


def _read(reads: Callable[[str], str], values: Iterable[str]) -> tuple[str, ...]:
    return _once(found for each in values if each and (found := reads(each)))


def _once(values: Iterable[_Item]) -> tuple[_Item, ...]:
    return tuple(dict.fromkeys(values))

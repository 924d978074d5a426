"""Strings that must never be found outside a seal, and planting them.

A canary is long enough that finding it anywhere is no accident; it holds letters and digits
only, so it may stand in any element and survives any encoding whole.
"""

from base64 import b64decode, b64encode

from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.site import Resource

_EXTENSION = "https://hospital.example/canary"


def canaries(count: int, seed: int) -> tuple[str, ...]:
    """Return so many different strings of 26 letters and digits."""
    chance = chance_for(seed, "canary")
    return tuple(f"Canary{number:04}{chance.getrandbits(64):016x}" for number in range(count))


def plant(resource: Resource, marker: str) -> None:
    """Put the marker into every kind of element this resource has room for.

    An extension always; narrative, names, addresses, identifiers, texts, value strings,
    annotations and attachments where the type has them.
    """
    resource.setdefault("extension", []).append({"url": _EXTENSION, "valueString": marker})
    match resource["resourceType"]:
        case "Patient":
            _plant_person(resource, marker)
        case "Observation":
            _plant_result(resource, marker)
        case "DocumentReference":
            _plant_document(resource, marker)
        case (
            "Condition" | "MedicationRequest" | "AllergyIntolerance" | "Procedure" | "ImagingStudy"
        ):
            resource["note"] = [{"text": f"note {marker}"}]
        case "Encounter" | "Immunization" | "DiagnosticReport" | "Coverage":
            resource.setdefault("identifier", []).append(_identifier(marker))
        case _:
            pass


def _plant_person(patient: Resource, marker: str) -> None:
    div = patient["text"]["div"]
    patient["text"]["div"] = div.replace("</div>", f" {marker}</div>")
    patient["identifier"].append(_identifier(marker))
    for name in patient["name"]:
        name["text"] = f"{name['text']} {marker}"
        name["given"].append(marker)
    for address in patient["address"]:
        address["line"].append(f"c/o {marker}")
        address["text"] = f"{address['text']}, {marker}"
    patient["contact"][0]["name"]["text"] += f" {marker}"


def _plant_result(observation: Resource, marker: str) -> None:
    observation["note"] = [{"text": marker}]
    observation["code"] = {**observation["code"], "text": marker}
    if "valueString" in observation:
        observation["valueString"] += f" {marker}"


def _plant_document(document: Resource, marker: str) -> None:
    document["description"] = marker
    attachment = document["content"][0]["attachment"]
    text = b64decode(attachment["data"]) + f"\n{marker}\n".encode()
    attachment["data"] = b64encode(text).decode()
    attachment["title"] = f"{attachment['title']} {marker}"


def _identifier(marker: str) -> Resource:
    return {"system": _EXTENSION, "value": marker}

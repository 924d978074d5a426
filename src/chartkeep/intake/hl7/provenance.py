"""Provenance: which message of which sender made or changed what, and when it was sent.

Its key is the sender and MSH-10, its bytes hold the message's digest: the same message again is
the same bytes, another under the same number is not. The message itself is not kept: its parts lie
in sections of their own, and a copy of all of it would put the address beside the result.
"""

import hashlib

from chartkeep.errors import BadInputError
from chartkeep.intake.hl7.case import Built, Case, Json, without_empty
from chartkeep.intake.hl7.codes import HL7
from chartkeep.intake.hl7.reading import Header

_AGENT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_DIGEST = "https://chartkeep.example/fhir/StructureDefinition/message-sha256"


def message_key(feed: str, header: Header) -> str:
    """Name a message: the feed, who sent it, and its number there."""
    return f"message {feed}|{header.sender} {header.control_id}"


def provenance(case: Case, raw: bytes, made: list[Built]) -> Built:
    """Make the Provenance of what a message made. Raises BadInputError when MSH-7 is no time."""
    header = case.message.header
    recorded = case.time(header.msh, 7)
    if "T" not in recorded:
        raise BadInputError("MSH-7 says no time", hint="send YYYYMMDDHHMMSS+ZZZZ")
    sender = " / ".join(filter(None, (header.msh.text(3), header.msh.text(4))))
    body: Json = {
        "resourceType": "Provenance",
        "target": [{"reference": each.key} for each in made if not each.if_absent]
        or [case.subject],
        "recorded": recorded,
        "activity": {"coding": [_activity(header)]},
        "agent": [
            {
                "type": {"coding": [{"system": _AGENT, "code": "transmitter"}]},
                "who": {"display": sender or case.sender.name},
            }
        ],
        "entity": [{"role": "source", "what": _message(header, raw)}],
    }
    return Built(message_key(case.sender.name, header), without_empty(body))


def _activity(header: Header) -> Json:
    kind, _, event = header.event.partition("^")
    return {"system": f"{HL7}0003" if event else f"{HL7}0076", "code": event or kind}


def _message(header: Header, raw: bytes) -> Json:
    digest = hashlib.sha256(raw).hexdigest()
    return {
        "extension": [{"url": _DIGEST, "valueString": digest}],
        "identifier": {"value": header.control_id},
        "display": f"{header.event} {header.version}".strip(),
    }

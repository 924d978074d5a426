from typing import Any

import orjson

from chartkeep.clinical.incoming import Parsed
from chartkeep.fhir.bundle import parse_bundle

PATIENT = {"resourceType": "Patient", "id": "p"}
CLASS = {"code": "AMB"}


def lab(subject: str = "urn:uuid:p", **extra: Any) -> dict[str, Any]:
    """An Observation of the patient a reference names."""
    code = {"text": "glucose"}
    about = {"subject": {"reference": subject}}
    return {"resourceType": "Observation", "status": "final", "code": code, **about, **extra}


def post(full_url: str, resource: dict[str, Any], **request: str) -> dict[str, Any]:
    """An entry that creates a resource."""
    asked = {"method": "POST", "url": resource["resourceType"], **request}
    return {"fullUrl": full_url, "resource": resource, "request": asked}


def parse(*entries: object, kind: str = "transaction") -> Parsed:
    """Parse a bundle of these entries."""
    bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
    return parse_bundle(orjson.dumps(bundle), "a.json")

"""The CapabilityStatement: made from the tables the code itself goes by, so that it is true."""

from functools import cache

import msgspec

from chartkeep.clinical.deciding import DECIDING, FACILITY, REFUSED
from chartkeep.clinical.search import parameters_of
from chartkeep.fhir.audit_events import OURS
from chartkeep.fhir.http.asked import JSON, PATCH, Answer, Asked

WHEN = "2026-11-22"
READS = ("read", "vread", "history-instance", "search-type")
WRITES = ("create", "update", "patch", "delete")
_CORE = "http://hl7.org/fhir/OperationDefinition/"
_BULK = "http://hl7.org/fhir/uv/bulkdata/OperationDefinition/"
Json = dict[str, object]


def metadata(asked: Asked) -> Answer:
    """Say what this server does; anybody may ask."""
    return Answer(200, _statement(asked.base))


def _statement(base: str) -> bytes:
    statement: Json = {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": WHEN,
        "kind": "instance",
        "software": {"name": "Chartkeep"},
        "implementation": {
            "description": "a clinical data repository of sealed charts",
            "url": base,
        },
        "fhirVersion": "4.0.1",
        "format": [JSON, "json"],
        "patchFormat": [PATCH],
        "rest": [_rest()],  # kept once: `base` is any stranger's Host header
    }
    return msgspec.json.encode(statement)


@cache
def _rest() -> msgspec.Raw:
    kinds = sorted((DECIDING.keys() | FACILITY | {"Patient"}) - REFUSED.keys())
    interactions = [{"code": "transaction"}, {"code": "batch"}]
    rest: Json = {
        "mode": "server",
        "security": {
            "description": "a session of the keyholder as bearer token, see /auth/token; the "
            "header Chartkeep-Purpose says why, and every release is a line of a ledger"
        },
        "resource": [_resource(kind) for kind in kinds],
        "interaction": interactions,
    }
    return msgspec.Raw(msgspec.json.encode(rest))


def _resource(kind: str) -> Json:
    codes = [code for code in (*READS, *WRITES) if (kind, code) != ("Patient", "delete")]
    parameters = [
        {"name": name, "type": each.type, **({"definition": each.url} if each.url else {})}
        for name, each in sorted(parameters_of(kind).items())
    ]
    made: Json = {
        "type": kind,
        "interaction": [{"code": code} for code in codes],
        "versioning": "versioned-update",
        "readHistory": True,
        "updateCreate": True,
        "conditionalRead": "full-support",
        "conditionalCreate": True,
        "conditionalUpdate": True,
        "conditionalDelete": "single",
        "searchInclude": ["*"],
        "searchParam": parameters,
    }
    operations = [_operation("validate", f"{_CORE}Resource-validate")]
    if kind == "Patient":
        ips = "http://hl7.org/fhir/uv/ips/OperationDefinition/summary"
        operations.append(_operation("everything", f"{_CORE}Patient-everything"))
        operations.append(_operation("summary", ips))
        operations.append(_operation("disclosures", f"{OURS}/OperationDefinition/disclosures"))
        operations.append(_operation("export", f"{_BULK}patient-export"))
    if kind == "Group":
        operations.append(_operation("export", f"{_BULK}group-export"))
    return made | {"operation": operations}


def _operation(name: str, definition: str) -> Json:
    return {"name": name, "definition": definition}

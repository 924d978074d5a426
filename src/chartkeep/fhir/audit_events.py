"""What happened, as AuditEvents in the shapes of IHE BALP 1.1 (Basic Audit Log Patterns).

Pure. Profiles are claimed for what succeeded; a refusal has the same shape with outcome 4 and no
profile, as BALP asks. Nothing of a chart's content stands in one: a search names its parameters,
not their values.
"""

import re
from base64 import b64encode
from typing import Any, NamedTuple

from chartkeep.clinical.studies import INSTANCE_KIND
from chartkeep.fhir.rendering import instant
from chartkeep.incident.happening import SUCCESS, WRITES, Happening
from chartkeep.ledger.line import mask_sections
from chartkeep.model import Millis, Purpose, to_text

Json = dict[str, Any]

OURS = "https://chartkeep.example/fhir"
VERB = f"{OURS}/CodeSystem/ledger-verb"
BALP = "https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit."
DCM = "http://dicom.nema.org/resources/ontology/DCM"
TERMS = "http://terminology.hl7.org/CodeSystem/"
REST = (TERMS + "audit-event-type", "rest")
INTERACTION = "http://hl7.org/fhir/restful-interaction"
PROFILES = {"R": "Read", "E": "Query", "C": "Create", "U": "Update", "D": "Delete"}
SOURCE, DESTINATION = "110153", "110152"
BREAK_GLASS = (DCM, "110127")
LOGIN, ALERT, ACTIVITY = (DCM, "110114"), (DCM, "110113"), (DCM, "110100")

Code = tuple[str, str]
_UID = re.compile(r"[0-9]{1,30}(\.[0-9]+)+")
_FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")

INTERACTIONS = {
    "release": "read",
    "read": "read",
    "vread": "vread",
    "history": "history-instance",
    "search": "search-type",
    "page": "search-type",
    "everything": "operation",
    "summary": "operation",
    "export": "operation",
    "create": "create",
    "update": "update",
    "patch": "patch",
    "delete": "delete",
    "transaction": "transaction",
}
OTHERS: dict[str, tuple[Code, Code | None]] = {
    "login": (LOGIN, (DCM, "110122")),
    "logout": (LOGIN, (DCM, "110123")),
    "audit": ((DCM, "110101"), None),
    "packed": ((DCM, "110106"), None),
    "hello": (ACTIVITY, (DCM, "110120")),
    "gone": (ACTIVITY, (DCM, "110121")),
    "act": (ALERT, None),
    "propose": (ALERT, None),
    "consent": (ALERT, None),
    "refuse": (ALERT, None),
    "alarm": (ALERT, None),
    "decoy": (ALERT, None),
    "gap": (ALERT, None),
}
"""Verbs that are no interaction of FHIR; those not named here are the house's own activity."""


class Site(NamedTuple):
    """Whose audit this is: the facility's name, and the id of its own chart."""

    name: str
    chart: bytes


def audit_event(what: Happening, site: Site) -> Json:
    """Write one AuditEvent."""
    kind, subtypes = codes_of(what)
    event: Json = {"resourceType": "AuditEvent", "id": what.id}
    profile = _profile(what, site)
    if profile:
        event["meta"] = {"profile": [profile]}
    event |= {
        "type": _coding(*kind),
        "subtype": [_coding(*code) for code in subtypes],
        "action": what.action,
        "recorded": instant(Millis(what.time)).decode(),
        "outcome": what.outcome,
    }
    if what.text:
        event["outcomeDesc"] = what.text
    if what.purpose or what.reason:
        event["purposeOfEvent"] = [_purpose(what.purpose, what.reason)]
    event["agent"] = _agents(what, site)
    event["source"] = {
        "site": site.name,
        "observer": _who("ledger", what.id.partition("-")[0]),
        "type": [_coding(TERMS + "security-source-type", "4")],
    }
    entities = _entities(what, site)
    return event | ({"entity": entities} if entities else {})


def codes_of(what: Happening) -> tuple[Code, list[Code]]:
    """Give an event's type, and its subtypes: ours last, which is the ledger's own word."""
    ours = (VERB, what.verb)
    if what.verb in INTERACTIONS:
        breaks = [BREAK_GLASS] if what.purpose == Purpose.BREAK_GLASS else []
        return REST, [(INTERACTION, INTERACTIONS[what.verb]), *breaks, ours]
    kind, subtype = OTHERS.get(what.verb, (ACTIVITY, None))
    return kind, [subtype, ours] if subtype else [ours]


def _profile(what: Happening, site: Site) -> str:
    """Name the BALP profile; empty for what it has none for."""
    if what.verb not in INTERACTIONS or what.outcome != SUCCESS:
        return ""
    return BALP + ("Patient" if _is_patients(what, site) else "") + PROFILES[what.action]


def _is_patients(what: Happening, site: Site) -> bool:
    return bool(what.chart) and what.chart != site.chart


def _agents(what: Happening, site: Site) -> list[Json]:
    """Name the program that asked, the house that answered, and the person."""
    # BALP: what is read flows to the client; a query or something written flows from it.
    reads = what.verb in INTERACTIONS and what.action == "R"
    ends = (DESTINATION, SOURCE) if reads else (SOURCE, DESTINATION)
    client = _machine(ends[0], "instance", what.instance or "keyholder")
    if what.worker:
        client["altId"] = to_text(what.worker)
    agents = [client, _machine(ends[1], "facility", site.name)]
    if what.person:
        agents.append(_person(what))
    if what.second:
        second = {"who": _who("person", what.second), "name": what.second, "requestor": False}
        agents.append(second | {"role": [{"text": "second person"}]})
    return agents


def _machine(role: str, system: str, name: str) -> Json:
    return {
        "type": {"coding": [_coding(DCM, role)]},
        "who": _who(system, name),
        "requestor": False,
        "network": {"address": name, "type": "1"},
    }


def _person(what: Happening) -> Json:
    part = "AUT" if what.verb in WRITES else "IRCP"
    person: Json = {
        "type": {"coding": [_coding(TERMS + "v3-ParticipationType", part)]},
        "who": _who("person", what.person),
        "name": what.person,
        "requestor": True,
    }
    if what.session:
        person["altId"] = to_text(what.session)
    if what.role:
        person["role"] = [{"coding": [_coding(f"{OURS}/CodeSystem/role", what.role)]}]
    if what.purpose:
        person["purposeOfUse"] = [_purpose(what.purpose, "")]
    return person


def _entities(what: Happening, site: Site) -> list[Json]:
    """Name the patient, and what was read, written or asked for."""
    found = []
    if _is_patients(what, site):
        patient = {"reference": f"Patient/{to_text(what.chart)}"}
        found.append(_entity("1", "1") | {"what": patient})
    if what.verb in INTERACTIONS and what.action == "E":
        found.append(_query(what))
    elif what.verb in INTERACTIONS or what.sections:
        found.append(_data(what, site))
    return found


def _query(what: Happening) -> Json:
    names = what.query.replace(",", "&")
    asked = f"{what.kind or 'Patient'}?{names}" if what.verb in ("search", "page") else what.verb
    query = _entity("2", "24") | {"query": b64encode(asked.encode()).decode()}
    return query | {"description": f"{asked}: {what.number} found"}


def _data(what: Happening, site: Site) -> Json:
    """Name the resource; a release names the patient's chart, and its sections."""
    data = _entity("2", "4")
    version = f"/_history/{what.version}" if what.version else ""
    if what.kind == INSTANCE_KIND or (what.kind == "ImagingStudy" and _UID.fullmatch(what.ident)):
        data["what"] = _picture(what.ident)
    elif what.ident and _FHIR_ID.fullmatch(what.ident) and what.kind.isalpha():
        data["what"] = {"reference": f"{what.kind}/{what.ident}{version}"}
    elif _is_patients(what, site):
        data["what"] = {"reference": f"Patient/{to_text(what.chart)}"}
    else:
        data["what"] = _who("facility", site.name)
    told = {
        "sections": " ".join(s.name.lower() for s in mask_sections(what.sections)),
        "grant": what.grant.hex(),
        "line": str(what.line) if what.line >= 0 else "",
    }
    shown = [{"type": name, "valueString": text} for name, text in told.items() if text]
    return data | ({"detail": shown} if shown else {})


def _picture(ident: str) -> Json:
    """Name a picture, or a study of them: by its UID, else by its entry; neither has an address."""
    uid = _UID.fullmatch(ident)
    named = {"system": "urn:dicom:uid", "value": f"urn:oid:{ident}"} if uid else {"value": ident}
    return {"type": "ImagingStudy", "identifier": named}


def _entity(kind: str, role: str) -> Json:
    return {
        "type": _coding(TERMS + "audit-entity-type", kind),
        "role": _coding(TERMS + "object-role", role),
    }


def _purpose(purpose: str, reason: str) -> Json:
    coded = {"coding": [_coding(TERMS + "v3-ActReason", purpose)]} if purpose else {}
    return coded | ({"text": reason} if reason else {})


def _who(system: str, value: str) -> Json:
    return {"identifier": {"system": f"{OURS}/{system}", "value": value}}


def _coding(system: str, code: str) -> Json:
    return {"system": system, "code": code}

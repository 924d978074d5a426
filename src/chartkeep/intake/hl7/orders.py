"""ORM, OML, OMG and OMI: orders as ServiceRequests.

An order is named by its placer's number, so that its change and its cancelling are the next
versions of it. For a modality worklist it carries the accession number (type ACSN), the modality
(DICOM's code in `orderDetail`) and when it is due (`occurrence`).
"""

from chartkeep.intake.hl7.case import Built, Case, Json, without_empty
from chartkeep.intake.hl7.codes import HL7, ORDER_STATUSES, PRIORITIES, PROGRESS
from chartkeep.intake.hl7.order_groups import Order, order_name, orders_of
from chartkeep.intake.hl7.reading import Segment
from chartkeep.intake.hl7.restricting import restricted
from chartkeep.intake.hl7.values import concept, entity, identifier, notes, practitioner
from chartkeep.intake.hl7.visits import visit, visit_key

_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_MODALITIES = frozenset(
    "CR CT DX ES MG MR NM OP OT PT PX RF RG SM US XA XC ECG EPS IO IVUS OCT".split()  # noqa: SIM905 - read as a line
)


def orders(case: Case) -> list[Built]:
    """Make a ServiceRequest of each order."""
    found = visit(case, known_only=True)
    for order in orders_of(case.message.segments):
        name = (*order_name(case, order), order.obr.text(4) or order.obr.text(4, 2))
        key = case.key("ServiceRequest", *name)
        found.append(Built(key, without_empty(_request(case, order))))
    return found


def _request(case: Case, order: Order) -> Json:
    orc, obr, extra = order.orc, order.obr, order.extra
    tq1 = next((each for each in extra if each.name == "TQ1"), None)
    ipc = next((each for each in extra if each.name == "IPC"), None)
    encounter = visit_key(case) if case.message.first("PV1") else ""
    return {
        "resourceType": "ServiceRequest",
        "meta": restricted(orc),
        "identifier": _identifiers(case, order, ipc),
        "status": _status(orc),
        "intent": "order",
        "priority": _priority(orc, obr, tq1),
        "category": [
            {"coding": [{"system": f"{HL7}0074", "code": service}]}
            for service in [obr.text(24)]
            if service
        ],
        "code": concept(case, obr.value(4)) or {"text": "order"},
        "orderDetail": _modality(obr, ipc),
        "subject": case.subject,
        "encounter": {"reference": encounter} if encounter else {},
        "occurrenceDateTime": _due(case, orc, obr, tq1),
        "authoredOn": case.time(orc, 9) if orc is not None else "",
        "requester": _requester(case, orc, obr),
        "performer": [each for v in obr.values(34) if (each := practitioner(case, v))],
        "reasonCode": _reasons(case, obr, extra),
        "bodySite": [site for each in obr.values(15)[:1] if (site := concept(case, each))],
        "note": notes(order.notes),
    }


def _identifiers(case: Case, order: Order, ipc: Segment | None) -> list[Json]:
    segments = [each for each in (order.orc, order.obr) if each is not None]
    placer = next((e for s in segments if (e := entity(case, s.value(2), "/placer", "PLAC"))), [])
    filler = next((e for s in segments if (e := entity(case, s.value(3), "/filler", "FILL"))), [])
    number = ipc.text(1) if ipc is not None else order.obr.text(18)
    system = f"{case.sender.issuer}/accession"
    return [*placer, *filler, *([identifier(system, number, "ACSN")] if number else [])]


def _status(orc: Segment | None) -> str:
    if orc is None:
        return "active"
    return PROGRESS.get(orc.text(5)) or ORDER_STATUSES.get(orc.text(1), "unknown")


def _priority(orc: Segment | None, obr: Segment, tq1: Segment | None) -> str:
    told = [tq1.text(9)] if tq1 is not None else []
    told += [obr.text(27, 6), obr.text(5)]
    if orc is not None:
        told.append(orc.text(7, 6))
    return next((PRIORITIES[each[:1]] for each in told if each[:1] in PRIORITIES), "")


def _modality(obr: Segment, ipc: Segment | None) -> list[Json]:
    code = ipc.text(5) if ipc is not None else obr.text(24)
    if code.upper() not in _MODALITIES:
        return []
    return [{"coding": [{"system": _DICOM, "code": code.upper()}]}]


def _due(case: Case, orc: Segment | None, obr: Segment, tq1: Segment | None) -> str:
    """Say when it is due: TQ1-7, OBR-36, or the fourth part of the old ORC-7 and OBR-27."""
    found = (case.time(tq1, 7) if tq1 is not None else "") or case.time(obr, 36)
    for segment, field in ((orc, 7), (obr, 27)):
        if not found and segment is not None:
            found = case.moment(segment.text(field, 4), f"{segment.name}-{field}")
    return found


def _requester(case: Case, orc: Segment | None, obr: Segment) -> Json:
    told = practitioner(case, orc.value(12)) if orc is not None else {}
    return told or practitioner(case, obr.value(16))


def _reasons(case: Case, obr: Segment, extra: list[Segment]) -> list[Json]:
    found = [concept(case, each) for each in obr.values(31)]
    found += [concept(case, each.value(3)) for each in extra if each.name == "DG1"]
    return [each for each in found if each]

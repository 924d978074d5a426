"""MDM: documents, their text or file, and what became of them.

A document is named by TXA-12, so that a new status or content is its next version; what replaces
another says so.
"""

from chartkeep.intake.hl7.attachments import attachment, is_attached, text_attachment
from chartkeep.intake.hl7.case import Built, Case, Json, without_empty
from chartkeep.intake.hl7.codes import DOCUMENT_STATUSES
from chartkeep.intake.hl7.reading import Segment
from chartkeep.intake.hl7.restricting import restricted
from chartkeep.intake.hl7.values import concept, entity, practitioner
from chartkeep.intake.hl7.visits import visit, visit_key

_CANCELLED = frozenset({"CA", "OB", "UN"})
_CANCELS = "MDM^T11"


def documents(case: Case) -> list[Built]:
    """Make the DocumentReference of a message."""
    txa = case.message.first("TXA")
    if txa is None:
        return []
    body = _document(case, txa)
    return [*visit(case, known_only=True), Built(_key(case, txa), without_empty(body))]


def _key(case: Case, txa: Segment) -> str:
    number = txa.text(12)
    if not number:
        return case.key("DocumentReference", case.author, case.message.header.control_id)
    value = txa.value(12)
    named = case.entity_system(value, "/document") if value.text(2) else ""
    return case.key("DocumentReference", named or case.author, number)


def _document(case: Case, txa: Segment) -> Json:
    numbers = entity(case, txa.value(12), "/document")
    encounter = visit_key(case) if case.message.first("PV1") else ""
    kind = concept(case, txa.value(2), "0270")
    title = txa.text(16) or str(kind.get("text", ""))
    gone = case.message.header.event == _CANCELS or txa.text(19) in _CANCELLED
    return {
        "resourceType": "DocumentReference",
        "meta": restricted(txa),
        "masterIdentifier": numbers[0] if numbers else {},
        "status": "entered-in-error" if gone else "current",
        "docStatus": DOCUMENT_STATUSES.get(txa.text(17), ""),
        "type": kind,
        "subject": case.subject,
        "date": _instant(case, txa),
        "author": [each for v in txa.values(9) if (each := practitioner(case, v))],
        "authenticator": practitioner(case, txa.value(22)),
        "relatesTo": _replaced(case, txa),
        "content": [{"attachment": each} for each in _contents(case, txa, title)],
        "context": {"encounter": [{"reference": encounter}]} if encounter else {},
    }


def _contents(case: Case, txa: Segment, title: str) -> list[Json]:
    """Give the files of OBX, and its lines as one text; a notice of a document has neither."""
    results = case.message.all("OBX")
    files = [attachment(each.value(5), title) for each in results if is_attached(each)]
    lines = [v.text() for each in results if not is_attached(each) for v in each.values(5)]
    text = "\n".join(lines).strip()
    found = files + ([text_attachment(text, title)] if text else [])
    return found or [without_empty({"title": title or txa.text(12) or "document"})]


def _instant(case: Case, txa: Segment) -> str:
    found = case.time(txa, 6) or case.time(txa, 4)
    return found if "T" in found else ""


def _replaced(case: Case, txa: Segment) -> list[Json]:
    """Say what this replaces (T09, T10): TXA-13, by its number."""
    event = case.message.header.event.partition("^")[2]
    numbers = entity(case, txa.value(13), "/document")
    if not numbers or event not in {"T05", "T06", "T09", "T10"}:
        return []
    code = "replaces" if event in {"T09", "T10"} else "appends"
    return [{"code": code, "target": {"identifier": numbers[0], "type": "DocumentReference"}}]

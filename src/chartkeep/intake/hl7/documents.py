"""MDM: documents, their text or file, and what became of them.

A document is named by TXA-12, so that a new status or content is its next version; what replaces
another says so.
"""

from chartkeep.clinical.documents import File
from chartkeep.intake.hl7.attachments import is_attached, read_file, text_attachment
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
    body, key = without_empty(_document(case, txa)), _key(case, txa)
    kind = concept(case, txa.value(2), "0270")
    title = txa.text(16) or str(kind.get("text", ""))
    files = _files(case, title, str(body.get("date", "")))
    words = _words(case, title)
    if files and not words:
        made = [Built(key, body, file=files.pop(0))]
    else:
        shown = words or without_empty({"title": title or txa.text(12) or "document"})
        made = [Built(key, body | {"content": [{"attachment": shown}]})]
    about = body | {"context": body.get("context", {}) | {"related": [{"reference": key}]}}
    for at, file in enumerate(files):
        made.append(Built(case.key("DocumentReference", key, str(at)), about, file=file))
    return [*visit(case, known_only=True), *made]


def _files(case: Case, title: str, created: str) -> list[File]:
    """Give the files of OBX."""
    results = [each for each in case.message.all("OBX") if is_attached(each)]
    return [read_file(each.value(5), title, created) for each in results]


def _words(case: Case, title: str) -> Json:
    """Give the lines of OBX as one text; empty for a document that is a file, or only a notice."""
    results = [each for each in case.message.all("OBX") if not is_attached(each)]
    text = "\n".join(value.text() for each in results for value in each.values(5)).strip()
    return text_attachment(text, title) if text else {}


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
    gone = case.message.header.event == _CANCELS or txa.text(19) in _CANCELLED
    return {
        "resourceType": "DocumentReference",
        "meta": restricted(txa),
        "masterIdentifier": numbers[0] if numbers else {},
        "status": "entered-in-error" if gone else "current",
        "docStatus": DOCUMENT_STATUSES.get(txa.text(17), ""),
        "type": concept(case, txa.value(2), "0270"),
        "subject": case.subject,
        "date": _instant(case, txa),
        "author": [each for v in txa.values(9) if (each := practitioner(case, v))],
        "authenticator": practitioner(case, txa.value(22)),
        "relatesTo": _replaced(case, txa),
        "context": {"encounter": [{"reference": encounter}]} if encounter else {},
    }


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

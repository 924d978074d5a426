"""A file kept as it came: the DocumentReference that describes it."""

import base64
import hashlib
import re

from chartkeep.intake.folders.filing import Json, Made
from chartkeep.intake.folders.saying import Said

LOINC = "http://loinc.org"
NO_KIND: Json = {}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)\Z")
_DAY = re.compile(r"\d{4}(-\d\d(-\d\d)?)?\Z")


def key_of(raw: bytes) -> str:
    """Name a file by its content: sent again it is the same."""
    return f"DocumentReference/{hashlib.sha256(raw).hexdigest()[:40]}"


def paper(
    raw: bytes, media_type: str, said: Said, patient: str, title: str = "", kind: Json = NO_KIND
) -> Made:
    """Describe a file, and hold it; `title` and `kind` are what it says of itself."""
    attachment: Json = {
        "contentType": media_type,
        "size": len(raw),
        "hash": base64.b64encode(hashlib.sha1(raw, usedforsecurity=False).digest()).decode(),
        "data": base64.b64encode(raw).decode(),
        "title": said.title or title,
    }
    body: Json = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": LOINC, "code": said.type}]} if said.type else kind,
        "subject": {"reference": patient},
        "date": said.date if _INSTANT.match(said.date) else "",
        "content": [{"attachment": {k: v for k, v in attachment.items() if v != ""}}],
        "context": {"period": {"start": said.date}} if _DAY.match(said.date) else {},
    }
    return Made(key_of(raw), {name: value for name, value in body.items() if value})

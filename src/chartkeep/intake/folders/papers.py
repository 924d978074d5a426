"""A file kept as it came: a document of the chart, its bytes a blob beside it."""

import hashlib
import re

from chartkeep.clinical.documents import File
from chartkeep.intake.folders.filing import Json, Made
from chartkeep.intake.folders.saying import Said

LOINC = "http://loinc.org"
NO_KIND: Json = {}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)\Z")
_DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?\Z")


def key_of(raw: bytes, patient: str) -> str:
    """Name a file by its content and whose it is: sent again it is the same.

    The same form may lie in many charts.
    """
    told = hashlib.sha256(patient.encode() + b"\0" + raw)
    return f"DocumentReference/{told.hexdigest()[:40]}"


def paper(
    raw: bytes, media_type: str, said: Said, patient: str, title: str = "", kind: Json = NO_KIND
) -> Made:
    """Describe a file, and hold it; `title` and `kind` are what it says of itself."""
    moment = said.date if _INSTANT.match(said.date) else ""
    body: Json = {
        "resourceType": "DocumentReference",
        "status": "current",
        "type": {"coding": [{"system": LOINC, "code": said.type}]} if said.type else kind,
        "subject": {"reference": patient},
        "date": moment,
    }
    created = moment or (said.date if _DATE.match(said.date) else "")
    file = File(raw, media_type, said.title or title, created)
    return Made(key_of(raw, patient), {name: value for name, value in body.items() if value}, file)

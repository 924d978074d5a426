"""What must hold of any bytes that are said to be a C-CDA document."""

from zoneinfo import ZoneInfo

from chartkeep.clinical.issuers import Issuers
from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.spelling import encode
from chartkeep.errors import BadInputError
from chartkeep.intake.ccda.document import read_document

TOKYO = ZoneInfo("Asia/Tokyo")
PATIENT = "Patient/00000000-0000-0000-0000-000000000001"
ISSUERS = Issuers({"1.2.392.1": "http://minato.example/mrn"})


def feed(raw: bytes) -> None:
    """Read a document; only this house's errors come, and what is made is JSON of a type."""
    try:
        found = read_document(raw, TOKYO)
        found.claim("", ISSUERS)
        found.embedded()
        made = found.resources(PATIENT)
    except BadInputError:
        return
    for key, body in made:
        assert key.startswith(body["resourceType"])
        try:
            read_resource(encode(body))
        except BadInputError:
            continue

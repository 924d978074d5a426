"""Any bytes as a message: read and made into checked items, or an error of ours."""

from chartkeep.errors import RefusedError
from chartkeep.intake.hl7.case import Case
from chartkeep.intake.hl7.events import event_of
from chartkeep.intake.hl7.parcels import read_items
from chartkeep.intake.hl7.people import patient, read_claim
from chartkeep.intake.hl7.provenance import provenance
from chartkeep.intake.hl7.reading import read_header, read_message
from tests.intake.hl7.messages import HIS

SOMEBODY = "Patient/00000000-0000-4000-8000-000000000001"


def feed(raw: bytes) -> int:
    """Take a message as far as it goes without a house; gives the number of items."""
    try:
        message = read_message(raw, read_header(raw))
        read_claim(message.only("PID"), HIS).keywords  # noqa: B018 - it may raise
        event = event_of(message.header.event)
        if event is None:
            return 0
        case = Case(message, HIS, SOMEBODY)
        made = [built for family in event.families for built in family(case)]
        items = read_items([*made, provenance(case, raw, made)], SOMEBODY)
        patient(case, message.only("PID"), message.all("NK1"))
        return len(items)
    except RefusedError:
        return 0

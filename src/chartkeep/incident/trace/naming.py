"""A name behind an id of a trace: opened for two people, and written down before it is told."""

from chartkeep.errors import NotAllowedError, NotFoundError
from chartkeep.incident.case.agreement import agreed
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Finding, Handed
from chartkeep.incident.estimate.keeping import open_columns
from chartkeep.incident.trace.at_desk import Warrant, open_place
from chartkeep.incident.trace.doors.veil import serial_of
from chartkeep.ledger.note import VerifierKey


def open_name(ident: str, why: str, case: Case, warrant: Warrant, log: VerifierKey) -> str:
    """Say who a person of a trace is.

    Raises NotFoundError for an id no finding of the case has, NotAllowedError before two people
    agreed to that finding or without a grant of two, as `safe.take`; then nothing was opened.
    """
    serial = serial_of(ident)
    found = [frame for frame, each in case.standing(Finding) if ident in each.says]
    if not found:
        raise NotFoundError("no finding of this case has this person", hint="incident show")
    if found[-1].number not in agreed(case):
        raise NotAllowedError(
            "two people have not agreed to this finding",
            hint=f"each runs chartkeep incident agree {found[-1].number}",
        )
    place = open_place(case.desk, warrant)
    with open_columns(case.desk, log) as columns:
        name = place.veil(serial).lift(ident, columns.people)
    case.add(Handed(f"the name of {ident}", case.by, why))
    return name

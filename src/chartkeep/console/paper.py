"""Paper: which numbers of forms have no end yet, downtimes, and what ward PCs wrote down.

Nothing of a patient is on this page. A form is found by its number, typed or scanned (a scanner
types the digits and Enter), and keyed on a page of its own (`console.keying`).
"""

from datetime import UTC, datetime
from typing import NamedTuple

from chartkeep.console.asked import Answer, Asked, Fields, first, go_to
from chartkeep.console.desk import Desk
from chartkeep.console.pages import page
from chartkeep.console.visitor import Visitor
from chartkeep.continuity.downtimes import Downtime, amend, declare, list_downtimes
from chartkeep.continuity.forms import FormKind, read_number
from chartkeep.continuity.numbers import LONGEST_REASON, SHORTEST_REASON, Hold, list_begun
from chartkeep.continuity.reconciling import take_openings
from chartkeep.continuity.registry import (
    Batch,
    Counted,
    batch_text,
    close_batch,
    count_batch,
    list_batches,
    number_by_hand,
)
from chartkeep.custody.paper import Kind
from chartkeep.errors import BadInputError, NotAllowedError, NotFoundError
from chartkeep.model import Millis, Purpose

MOST_SHOWN = 100
MOST_DOWNTIMES = 10
KINDS = {
    FormKind.VITALS: "Vital signs", FormKind.MEDICATION: "Medication given",
    FormKind.ORDERS: "Orders", FormKind.NOTES: "Notes",
}  # fmt: skip
SAID = {
    "closed": "Ended, and written down", "downtime": "Written down",
    "nopack": "Written down; no pack of these wards gave out numbers: is the ward's name right?",
    "openings": "Taken in: who opened packs is in the audit trail",
    "entered": "Entered: all its lines are keyed", "ended": "Ended, and written down",
}  # fmt: skip


class Open(NamedTuple):
    """A pack's numbers as the page shows them."""

    ident: str
    batch: Batch
    counted: Counted


def show_paper(desk: Desk, visitor: Visitor, asked: Asked) -> Answer:
    """Draw what is open, the oldest first; and the field for a number."""
    hold = check_paper(desk, visitor)
    due = list_batches((Kind.DUE,), hold)
    downtimes = [known.said for known in list_downtimes(hold)]
    desk.note(visitor, Purpose.OPERATIONS, desk.house.chart, "search", count=len(due))
    return page(
        "paper.html", visitor.words, visitor, kinds=KINDS,
        rows=[_open(each, desk) for each in due[:MOST_SHOWN]], more=max(0, len(due) - MOST_SHOWN),
        begun=list_begun(hold)[:MOST_SHOWN], downtimes=downtimes[:MOST_DOWNTIMES],
        said=SAID.get(first(asked.query, "said"), ""),
        wards=visitor.known.wards, shortest=SHORTEST_REASON, longest=LONGEST_REASON, typed=typed,
    )  # fmt: skip


def act(desk: Desk, visitor: Visitor, asked: Asked, name: str) -> Answer:
    """Go to a number; end a pack's numbers; write down a downtime or who opened packs."""
    hold = check_paper(desk, visitor)
    form, person = asked.form(), visitor.known.person
    match name:
        case "find":
            return go_to(f"/paper/{read_number(first(form, 'number'))}", asked)
        case "byhand":
            number = number_by_hand(first(form, "ward"), _kind(form), person, hold)
            return go_to(f"/paper/{number}", asked)
        case "close":
            _close(hold, form, person, desk)
            return go_to("/paper?said=closed", asked)
        case "downtime":
            written = _downtime(hold, form, person)
            due = list_batches((Kind.DUE,), hold)
            known = any(written.concerns(batch.said.ward) for batch in due)
            return go_to(f"/paper?said={'downtime' if known else 'nopack'}", asked)
        case "openings":
            take_openings(first(form, "text"), person, hold)
            return go_to("/paper?said=openings", asked)
        case _:
            raise NotFoundError("there is no such act")


def check_paper(desk: Desk, visitor: Visitor) -> Hold:
    """Let in whose role writes into charts. Raises NotAllowedError."""
    if not visitor.rights.writes:
        raise NotAllowedError("this role enters no paper", hint="see docs/roles.md")
    return Hold(visitor.token, desk.house, desk.house)


def typed(at: int) -> str:
    """Write a time as a field for times has it; empty for none."""
    local = datetime.fromtimestamp(at / 1000, UTC).astimezone()
    return local.strftime("%Y-%m-%dT%H:%M") if at else ""


def _open(batch: Batch, desk: Desk) -> Open:
    return Open(batch_text(batch), batch, count_batch(batch.said, desk.house))


def _close(hold: Hold, form: Fields, person: str, desk: Desk) -> None:
    wanted, ended = first(form, "batch"), first(form, "ended")
    for batch in list_batches((Kind.DUE,), hold):
        if batch_text(batch) == wanted:
            if ended not in ("void", "missing"):
                raise BadInputError("say whether they are void or missing")
            close_batch(
                batch, "void" if ended == "void" else "missing", first(form, "reason"), person,
                desk.house,
            )  # fmt: skip
            return
    raise NotFoundError("these numbers are not open any more", hint="open the page again")


def _downtime(hold: Hold, form: Fields, person: str) -> Downtime:
    begins, ends = (_time(first(form, name)) for name in ("begins", "ends"))
    reason, ident = first(form, "reason"), first(form, "ident")
    if ident:
        return amend(ident, begins, ends, reason, person, hold)
    return declare(first(form, "wards").split(","), begins, ends, reason, person, hold)


def _time(text: str) -> Millis:
    """Read a field for times, in the machine's time zone; empty is 0."""
    try:
        at = datetime.fromisoformat(text[:19]).astimezone() if text else None
        return Millis(int(at.timestamp()) * 1000 if at else 0)
    except (ValueError, OverflowError) as error:
        raise BadInputError("this is no time", hint="a day and a clock's time") from error


def _kind(form: Fields) -> FormKind:
    found = {str(int(kind)): kind for kind in KINDS}.get(first(form, "kind"))
    if found is None:
        raise BadInputError("say which kind of form it is")
    return found

"""Who has looked into a chart: for roles that audit, read from the ledger and proved.

Reading a long window of a large ledger takes its time; so it is asked for in days, thirty at most.
"""

from collections import Counter
from typing import NamedTuple

from chartkeep.console.asked import Answer, Asked, first
from chartkeep.console.desk import Desk
from chartkeep.console.pages import page
from chartkeep.console.visitor import Visitor
from chartkeep.custody.release import Look
from chartkeep.errors import NotAllowedError, NotFoundError, UnavailableError
from chartkeep.incident.accounting import Disclosure, account
from chartkeep.incident.trail import Trail
from chartkeep.model import Purpose, Section, to_id, to_text

DAY = 86_400_000
DAYS = (1, 7, 30)
MOST_SHOWN = 500


class Looked(NamedTuple):
    """One release as the page shows it."""

    time: int
    person: str
    role: str
    purpose: str
    reason: str
    instance: str
    sections: list[str]
    reads: list[tuple[str, int]]
    openings: list[str]


def show_looks(desk: Desk, visitor: Visitor, asked: Asked, ident: str) -> Answer:
    """Draw who saw what of a chart in the last days."""
    if not visitor.rights.audit:
        raise NotAllowedError("this role watches over nobody", hint="see docs/roles.md")
    try:
        chart = to_id(ident)
    except ValueError as error:
        raise NotFoundError("there is no such chart") from error
    text = first(asked.query, "days")
    days = int(text) if text in map(str, DAYS) else DAYS[0]
    now = desk.house.clock()
    found = account(chart, now - days * DAY, now, _trail(desk, visitor))
    return page(
        "looks.html", visitor.words, visitor, chart=to_text(chart), days=days, choices=DAYS,
        looks=[_looked(each) for each in found.disclosures[: -MOST_SHOWN - 1 : -1]],
        count=len(found.disclosures), exact=found.is_exact,
    )  # fmt: skip


def _trail(desk: Desk, visitor: Visitor) -> Trail:
    if desk.log is None:
        raise UnavailableError("this worker does not know who signs the ledger", hint="see status")
    look = Look(
        visitor.token, frozenset({Section.JOURNAL}), Purpose.AUDIT, "accounting of disclosures"
    )
    return Trail(look, desk.house, desk.log, desk.programs)


def _looked(each: Disclosure) -> Looked:
    told = each.release
    reads = Counter(f"{read.verb} {read.kind}".strip() for read in each.reads)
    return Looked(
        told.time, told.person, told.role, told.purpose, told.reason, told.instance,
        [section.name.lower() for section in each.sections], list(reads.items()),
        list(dict.fromkeys(one.person for one in each.openings)),
    )  # fmt: skip

"""The decision to open: pure functions over what stands, nothing written, nothing unwrapped.

Each rule is a function that raises when it refuses; `decide_open` is their order. A verdict says
on which budget the opening counts and what follows from it (a freeze); the caller writes it down.
"""

from typing import NamedTuple

from chartkeep.errors import NotAllowedError, NotFoundError, OverBudgetError, RefusedError
from chartkeep.keyholder.actions import Grant
from chartkeep.keyholder.asking import FACE, check_budget, frozen_error, live_grant
from chartkeep.keyholder.budget import Kind, Who
from chartkeep.keyholder.consents import Asker
from chartkeep.keyholder.packs import Wish
from chartkeep.keyholder.roles import mask
from chartkeep.keyholder.roster import Person, Session
from chartkeep.keyholder.standing import TWO_DECOYS, Standing
from chartkeep.model import (
    CHART_SECTIONS,
    FACILITY_SECTIONS,
    PRINTED_SECTIONS,
    Purpose,
    Section,
)

FREE_FACILITY = mask(Section.ORDINARY)
JOURNAL = mask(Section.JOURNAL)
INBOX = mask(Section.INBOX)
SAFE = mask(Section.SAFE)
CHART_ALL = mask(*CHART_SECTIONS)
PRINTED = mask(*PRINTED_SECTIONS)
PRINTS = mask(Section.FINGERPRINTS)
FACILITY_ALL = mask(*FACILITY_SECTIONS)
PURPOSES = frozenset(Purpose)
NO_RELATION = (
    "no relation with this patient is registered",
    "in an emergency open with --purpose BTG and a reason",
)
NO_CHART = ("there is no such chart", "search for it")
MIN_REASON = 8
MAX_REASON = 500


class Ask(NamedTuple):
    """One chart somebody wants opened."""

    session: Session
    chart: bytes
    sections: int
    purpose: str
    reason: str
    grant: bytes


class Verdict(NamedTuple):
    """Yes: counted on `kind` when `fresh`; `freezes` follow; `decoy`: a decoy was opened.

    `denied`: sections asked that a consent denies; `withheld`: those of them that stay shut.
    """

    kind: Kind
    fresh: bool
    decoy: bool
    freezes: tuple[tuple[str, str], ...]
    denied: int = 0
    withheld: int = 0


class WithheldError(NotAllowedError):
    """The patient's consent denies it; said in the words of a missing relation.

    Who hears more knows that there is something to hide: only the ledger tells the two apart.
    """

    def __init__(self) -> None:
        super().__init__(NO_RELATION[0], hint=NO_RELATION[1])


class HiddenError(NotFoundError):
    """The patient's consent denies even the face: lists and searches must not show that it is."""

    def __init__(self) -> None:
        super().__init__(NO_CHART[0], hint=NO_CHART[1])


def decide_open(standing: Standing, facility: bytes, ask: Ask, now: int) -> Verdict:
    """Decide about one chart. Raises a RefusedError that says which rule refused."""
    person = standing.people[ask.session.person]
    check_words(ask, is_facility=ask.chart == facility)
    treats = ask.purpose == Purpose.TREATMENT and not ask.grant
    floor = treats and standing.on_floor(person, ask.chart, ask.sections)
    audits = person.rights.audit and ask.chart == facility and not ask.sections & ~(JOURNAL | SAFE)
    check_freeze(standing, ask, floor=floor, audits=audits)
    if ask.chart == facility:
        return _decide_facility(standing, person, ask, now)
    kind = Kind.FREE if floor else _kind(standing, person, ask, now)
    denied, withheld = check_consent(standing, person, ask, now)
    ask = ask._replace(sections=ask.sections & ~withheld)
    fresh = not floor and not _is_counted(standing, ask, kind, now)
    if fresh:
        check_budget(standing, Who(person.name, person.role, ask.session.instance), kind, now)
    verdict = Verdict(kind, fresh, decoy=False, freezes=(), denied=denied, withheld=withheld)
    return _with_decoy(standing, ask, verdict, now)


def _decide_facility(standing: Standing, person: Person, ask: Ask, now: int) -> Verdict:
    """Decide about the house's own chart: only its inbox, which holds patients' things, counts."""
    kind = _facility_kind(standing, ask, now)
    fresh = kind == Kind.CHART and not _is_counted(standing, ask, kind, now)
    if fresh:
        check_budget(standing, Who(person.name, person.role, ask.session.instance), kind, now)
    return Verdict(kind, fresh, decoy=False, freezes=())


def check_consent(standing: Standing, person: Person, ask: Ask, now: int) -> tuple[int, int]:
    """Give the sections asked that the patient denies, and those of them that stay shut.

    The floor, a grant and a relation pass no consent; break-glass does. Raises when nothing of
    what was asked may be opened.
    """
    asker = Asker(person.name, person.role, ask.purpose, now)
    denied = standing.consents.denied(ask.chart, asker)
    if denied & PRINTED:
        denied |= PRINTS  # whoever opens them can try values of what is denied
    denied &= ask.sections
    if ask.grant in standing.packs.grants:
        denied |= denied_on_ward(standing, ask.chart, now) & ask.sections
    if ask.purpose == Purpose.BREAK_GLASS:
        return denied, 0
    if denied == ask.sections:
        raise HiddenError if denied == FACE else WithheldError
    return denied, denied


def denied_on_ward(standing: Standing, chart: bytes, now: int) -> int:
    """Give the sections of an inpatient that are denied to anybody of their ward.

    A pack is read by whoever opens the envelope: what one of them may not see is not in it.
    """
    if not standing.consents.count(chart):
        return 0
    ward, _ = standing.places.get(chart, ("", ""))
    denied = 0
    for person in standing.people.values():
        if ward in person.wards:
            asker = Asker(person.name, person.role, Purpose.TREATMENT, now)
            denied |= standing.consents.denied(chart, asker)
    return denied


def check_words(ask: Ask, *, is_facility: bool) -> None:
    """Refuse sections that the chart cannot have, and purposes that are none."""
    allowed = FACILITY_ALL if is_facility else CHART_ALL | (PRINTS if ask.grant else 0)
    if not ask.sections or ask.sections & ~allowed:
        raise RefusedError("no such section in this chart", hint="see chartkeep open --help")
    if ask.purpose not in PURPOSES:
        raise RefusedError("no such purpose of use", hint=f"one of {', '.join(Purpose)}")
    if ask.purpose == Purpose.BREAK_GLASS and len(ask.reason.strip()) < MIN_REASON:
        raise RefusedError("break-glass needs a typed reason", hint="say in a few words why")
    if len(ask.reason) > MAX_REASON:
        raise RefusedError("the reason is too long", hint=f"at most {MAX_REASON} characters")


def check_freeze(standing: Standing, ask: Ask, *, floor: bool, audits: bool = False) -> None:
    """Refuse what is frozen; the floor and break-glass stop only at a frozen instance or session.

    A frozen session is one that opened a decoy: its person logs in again, at another instance.
    An audit of the journal, and what two people let an auditor take out of the safe, go on while
    the site is frozen: that is when they are needed.
    """
    frozen = standing.is_frozen(ask.session)
    if audits and frozen == ("site", ""):
        return
    spared = floor or ask.purpose == Purpose.BREAK_GLASS
    if frozen is not None and not (spared and frozen[0] in ("person", "site")):
        raise frozen_error(*frozen)


def _kind(standing: Standing, person: Person, ask: Ask, now: int) -> Kind:
    """Say on which budget an opening off the floor counts."""
    if ask.grant in standing.packs.grants:
        return _packed(standing, person, ask, now)
    if ask.grant:
        return _granted(standing, person, ask, now)
    rights = person.rights
    if ask.sections & ~rights.sections:
        raise NotAllowedError(
            f"a {person.role} does not open these sections", hint="see docs/roles.md"
        )
    if ask.purpose == Purpose.BREAK_GLASS:
        if not rights.care:
            raise NotAllowedError(f"a {person.role} does not break glass", hint="ask the ward")
        return Kind.BREAK_GLASS
    if ask.sections == FACE and rights.unrelated & FACE:
        return Kind.FACE
    if ask.sections & ~rights.unrelated and not standing.is_related(person, ask.chart, now):
        raise NotAllowedError(NO_RELATION[0], hint=NO_RELATION[1])
    return Kind.CHART


def _packed(standing: Standing, person: Person, ask: Ask, now: int) -> Kind:
    ward, bed = standing.places.get(ask.chart, ("", ""))
    wish = Wish(ask.grant, person.name, ask.chart, ward if bed else "", ask.sections, ask.purpose)
    standing.packs.check(wish, now)
    return Kind.PACK


def _granted(standing: Standing, person: Person, ask: Ask, now: int) -> Kind:
    grant = _carried(standing, person, ask, now)
    used = standing.granted.get(ask.grant, set())
    if ask.chart not in used and len(used) >= grant.charts:
        raise OverBudgetError(f"the grant of {grant.charts} charts is used up", hint="ask again")
    return Kind.BULK


def _carried(standing: Standing, person: Person, ask: Ask, now: int) -> Grant:
    """Give the grant, when its words carry what is asked: how many charts is another question."""
    grant = live_grant(standing, person.name, ask.grant, now)
    if ask.sections & ~grant.sections or ask.purpose != grant.purpose:
        raise NotAllowedError("the grant does not carry this", hint="stay in its words")
    return grant


def _facility_kind(standing: Standing, ask: Ask, now: int) -> Kind:
    rights = standing.people[ask.session.person].rights
    if ask.sections & INBOX:
        if ask.sections & ~rights.sections or ask.grant:  # alone: nobody has more of these
            raise NotAllowedError("only a registrar opens the inbox", hint="see docs/roles.md")
        return Kind.CHART
    if ask.sections & JOURNAL and not rights.audit:  # a grant does not carry it either
        raise NotAllowedError("this role does not read the journal", hint="see docs/roles.md")
    if ask.sections & ~(FREE_FACILITY | JOURNAL) and not ask.grant:
        raise NotAllowedError(
            "this section of the facility opens under a grant only", hint="ask two"
        )
    if ask.grant:  # the house's own chart is none of the patients' charts a grant counts
        _carried(standing, standing.people[ask.session.person], ask, now)
        return Kind.BULK
    return Kind.FREE


def _is_counted(standing: Standing, ask: Ask, kind: Kind, now: int) -> bool:
    """Say whether a budget counts this already: inside a lease; under a grant, a chart once."""
    if kind == Kind.PACK:
        return standing.packs.is_counted(ask.grant, ask.chart, now)
    if kind == Kind.BULK and ask.chart in standing.granted.get(ask.grant, ()):
        return True
    sections, until = standing.leases.get((ask.session.id, ask.chart, kind), (0, 0))
    return until > now and not ask.sections & ~sections


def _with_decoy(standing: Standing, ask: Ask, verdict: Verdict, now: int) -> Verdict:
    """Add the freezes that opening an invented patient's chart brings; faces and grants do not."""
    spared = (Kind.FACE, Kind.BULK, Kind.PACK)
    if not standing.is_decoy(ask.chart) or verdict.kind in spared:
        return verdict
    freezes = [("session", ask.session.id.hex()), ("instance", ask.session.instance)]
    if now - standing.tripped < TWO_DECOYS:
        freezes.append(("site", ""))
    return verdict._replace(decoy=True, freezes=tuple(freezes))

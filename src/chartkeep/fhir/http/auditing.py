"""AuditEvent, and a patient's accounting: what the desk `incident.trail` says, as FHIR.

Only for roles that audit, which the keyholder decides; the asking is a line. Nothing is believed
before the whole window was proved, so a page is shown only when all of its window was read.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from chartkeep.clinical.search.dates import range_of
from chartkeep.errors import BadInputError, NotAllowedError
from chartkeep.fhir.audit_events import Code, Site, audit_event, codes_of
from chartkeep.fhir.http.asked import Answer, Asked
from chartkeep.fhir.http.bundles import AS_OF, OFFSET, Page, bundle
from chartkeep.fhir.http.door import Door
from chartkeep.fhir.http.outcome import NotSupportedError
from chartkeep.incident.accounting import account
from chartkeep.incident.happening import Happening
from chartkeep.incident.trail import Question, Trail
from chartkeep.web.caller import Caller

Handler = Callable[[Door, Caller, Asked], Answer]
KIND = "AuditEvent"
ONE = 2
"""Parts of the path to one event."""
DEFAULT_COUNT = 100
MOST_REACH = 20_000
"""How far pages reach into one window: what is kept in memory to find them."""
DAY = 86_400_000
_EPOCH = range_of("1970-01-01", zoned=True)[0]
KNOWN = frozenset(
    {
        "date", "patient", "entity", "agent", "agent-name", "type", "subtype", "action",
        "outcome", "_id", "_sort", "_count", OFFSET, AS_OF,
    }
)  # fmt: skip
_CODED = {"type": 0, "subtype": 1}


class Sought(NamedTuple):
    """What is asked for; `codes` are (0 type or 1 subtype, system or empty, code) alternatives."""

    question: Question
    agent: str = ""
    ident: str = ""
    codes: tuple[tuple[int, frozenset[Code]], ...] = ()
    newest: bool = False

    def takes(self, what: Happening) -> bool:
        """Say whether a happening is sought."""
        agents = (what.person, what.second, what.instance)
        if (self.agent or what.person) not in agents or (self.ident or what.id) != what.id:
            return False
        kind, subtypes = codes_of(what)
        there = ({kind, ("", kind[1])}, {*subtypes, *(("", code) for _, code in subtypes)})
        return all(wanted & there[place] for place, wanted in self.codes)


def find(asked: Asked, caller: Caller) -> Handler | None:
    """Find the interaction, for roles that audit; what others ask of AuditEvent is as of any."""
    if asked.path[:1] != (KIND,) or not caller.rights.audit:
        return None
    if (asked.method, asked.path[1:]) in (("GET", ()), ("POST", ("_search",))):
        return search
    return read if asked.method == "GET" and len(asked.path) == ONE else None


def search(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Search what happened, oldest first unless `_sort=-date`; of the last day without `date`."""
    page = Page.of(asked, DEFAULT_COUNT)
    reach = page.offset + page.size + 1
    if reach > MOST_REACH:
        raise BadInputError("this page lies too far from its beginning", hint="narrow the dates")
    now = page.as_of or door.house.clock() + 1
    sought = _sought(door, asked, now)
    trail = _trail(door, caller)
    found = filter(sought.takes, trail.happened(sought.question))
    listed = [*deque(found, reach)][::-1] if sought.newest else _first(found, reach)
    shown = _events(door, asked, page.cut(listed[: reach - 1]))
    return Answer(200, bundle("searchset", shown, page.links(len(listed), now), None, now))


def read(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Show one event."""
    return Answer(200, _encode(door, _trail(door, caller).one(asked.path[1])))


def disclosures(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Give a patient's own accounting: every release of the chart, and what was read of it."""
    sought = _sought(door, asked, door.house.clock() + 1)._replace(newest=False)
    since, until = sought.question.since, sought.question.until
    chart = door.locate("Patient", asked.path[1]).chart
    found = account(chart, since, until, _trail(door, caller))
    if not found.is_exact:
        raise NotAllowedError("parts of this accounting are lost", hint="chartkeep disclosures")
    told = [
        what for each in found.disclosures for what in (each.release, *each.reads, *each.openings)
    ]
    told = [*{what.id: what for what in told}.values()]
    return Answer(200, bundle("collection", _events(door, asked, told), [], None, until))


def _trail(door: Door, caller: Caller) -> Trail:
    if door.log is None:
        raise NotSupportedError("nothing is audited through this door", hint="ask the desk")
    return Trail(caller.look(frozenset()), door.house, door.log, door.programs)


def _first(found: Iterable[Happening], most: int) -> list[Happening]:
    """Keep the first, and read on: the window is proved at its end."""
    kept: list[Happening] = []
    for what in found:
        if len(kept) < most:
            kept.append(what)
    return kept


def _events(door: Door, asked: Asked, found: Iterable[Happening]) -> Iterator[dict[str, object]]:
    for what in found:
        event = audit_event(what, _site(door))
        yield {"fullUrl": f"{asked.base}/{KIND}/{what.id}", "resource": event}


def _site(door: Door) -> Site:
    return Site(door.author or "chartkeep", door.house.chart)


def _sought(door: Door, asked: Asked, now: int) -> Sought:
    """Read the parameters. Raises BadInputError for one there is not."""
    given: dict[str, str] = dict(asked.pairs)
    sort = given.get("_sort", "date")
    if given.keys() - KNOWN or sort not in ("date", "-date"):
        raise BadInputError(f"{KIND} is not searched by one of these", hint="see docs/fhir.md")
    since, until = -1, now
    for value in (value for name, value in asked.pairs if name == "date"):
        since, until = _narrow((since, until), value)
    since = since if since >= 0 else max(until - DAY, 0)
    patient = given.get("patient", "").removeprefix("Patient/")
    kind, _, ident = given.get("entity", "").rpartition("/")
    question = Question(
        since, max(since, until), door.locate("Patient", patient).chart if patient else b"",
        action=_code(given.get("action", ""))[1], outcome=_code(given.get("outcome", ""))[1],
        kind=kind, ident=ident,
    )  # fmt: skip
    agent = given.get("agent") or given.get("agent-name", "")
    codes = tuple(
        (place, frozenset(map(_code, given[name].split(","))))
        for name, place in _CODED.items()
        if name in given
    )
    return Sought(question, _code(agent)[1], given.get("_id", ""), codes, sort == "-date")


def _narrow(window: tuple[int, int], text: str) -> tuple[int, int]:
    """Narrow a window by a `date` with its prefix."""
    prefix, value = (text[:2], text[2:]) if text[:1].isalpha() else ("eq", text)
    value = value.replace(" ", "+")
    try:
        low, high = (int(at - _EPOCH) // 1000 for at in range_of(value, zoned=True))
    except ValueError as error:
        raise BadInputError("date: not a date", hint="write ge2024-05-01") from error
    since, until = window
    match prefix:
        case "eq":
            return max(since, low), min(until, high)
        case "ge":
            return max(since, low), until
        case "gt" | "sa":
            return max(since, high), until
        case "le":
            return since, min(until, high)
        case "lt" | "eb":
            return since, min(until, low)
        case _:
            raise BadInputError("date: no such prefix here", hint="eq, ge, gt, le or lt")


def _code(text: str) -> Code:
    system, _, code = text.rpartition("|")
    return system, code


def _encode(door: Door, what: Happening) -> bytes:
    return msgspec.json.encode(audit_event(what, _site(door)))

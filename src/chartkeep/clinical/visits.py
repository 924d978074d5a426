"""The keywords a visit is found by: where it was, and with whom, each with a day (DESIGN 6).

`at:Encounter:2026-11-22:Location/…`, `with:Appointment:2026-11-22:Practitioner/…`, of Encounters
and Appointments. A place or person is named by the reference to it, by its identifier as
`system|value`, or, a place that has neither, by its display text. A day is the one written: no time
zone is reckoned with. Promises: at most 31 days and 20 places and people of one visit; nothing of
a visit in the `restricted` section. A stay that has not ended has its first day only: who is on a
ward now is what the keyholder's census is for.
"""

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from chartkeep.clinical.names import fold_text
from chartkeep.clinical.references import KindOf
from chartkeep.errors import BadInputError

VISITS = frozenset({"Encounter", "Appointment"})
MOST_DAYS = 31
MOST_NAMED = 20
MOST_ASKED = 7
"""Days one search may span."""
_NOBODY = frozenset({"Patient", "RelatedPerson"})
_NAMED = re.compile(r"((?:at|with):[A-Za-z]+:[0-9-]{10}:)(.*)", re.DOTALL)

Json = dict[str, Any]
Day = dt.date
Span = tuple[Day, Day]


def visit_keywords(visit: Json, kind_of: KindOf) -> frozenset[str]:
    """Give the keywords of a checked Encounter or Appointment; references stand as written.

    `kind_of` says the type behind a reference text, or "" when nobody knows.
    """
    kind = visit["resourceType"]
    stay = _span(visit if kind == "Appointment" else visit.get("period", {}))
    if stay is None or visit.get("status") == "entered-in-error":
        return frozenset()
    places = ((each["location"], each.get("period", {})) for each in visit.get("location", ()))
    role = "actor" if kind == "Appointment" else "individual"
    people = (each[role] for each in visit.get("participant", ()) if role in each)
    found = {
        f"at:{kind}:{day}:{name}"
        for place, period in islice(places, MOST_NAMED)
        for name in _names(place, shown=True)
        for day in _days(_within(stay, period))
    }
    for person in islice(people, MOST_NAMED):
        whose = person.get("type") or kind_of(person.get("reference", ""))
        if whose in _NOBODY:
            continue
        verb = "at" if whose == "Location" else "with"
        names = _names(person, shown=verb == "at")
        found.update(f"{verb}:{kind}:{day}:{name}" for name in names for day in _days(stay))
    return frozenset(found)


def resolve_name(keyword: str, links: Mapping[str, str]) -> str:
    """Put this house's own reference in the place of the one a keyword was written with."""
    parts = _NAMED.fullmatch(keyword)
    return parts[1] + links[parts[2]] if parts and parts[2] in links else keyword


def place_query(kind: str, place: str, first: Day, last: Day) -> list[str]:
    """Give the keywords of visits to a place in a span of days, any of which is enough.

    `place`: `Location/id` as this house writes it, `system|value`, or what it is called. Raises
    BadInputError for more than seven days.
    """
    named = place if "/" in place or "|" in place else _shown(place)
    return [f"at:{kind}:{day}:{named}" for day in _asked(first, last)]


def person_query(kind: str, person: str, first: Day, last: Day) -> list[str]:
    """Give the keywords of visits with a person in a span of days, any of which is enough.

    `person`: a reference as this house writes it, or `system|value`. Raises BadInputError for more
    than seven days.
    """
    return [f"with:{kind}:{day}:{person}" for day in _asked(first, last)]


def _asked(first: Day, last: Day) -> list[Day]:
    if not 0 <= (last - first).days < MOST_ASKED:
        raise BadInputError("not a span of one to seven days", hint="ask for a shorter time")
    return list(_days((first, last)))


def _names(reference: Json, *, shown: bool) -> list[str]:
    """Name what a reference points to, in every way it is pointed to."""
    names = []
    if text := reference.get("reference", ""):
        names.append(text)
    identifier = reference.get("identifier", {})
    if value := identifier.get("value", ""):
        names.append(f"{identifier.get('system', '')}|{value}")
    if shown and not names and (text := reference.get("display", "")):
        names.append(_shown(text))
    return names


def _shown(text: str) -> str:
    return f"~{fold_text(text).strip()}"


def _span(period: Json) -> Span | None:
    """Read the days from start to end; one that ends before it starts has its first day only."""
    start, end = _day(period.get("start", "")), _day(period.get("end", ""))
    return None if start is None else (start, max(start, end or start))


def _within(stay: Span, period: Json) -> Span:
    part = _span(period) or stay
    first, last = max(part[0], stay[0]), min(part[1] if period.get("end") else stay[1], stay[1])
    return (first, last) if first <= last else stay


def _days(span: Span) -> Iterator[Day]:
    first, last = span
    count = min((last - first).days + 1, MOST_DAYS)
    return (first + dt.timedelta(days=number) for number in range(count))


def _day(time: str) -> Day | None:
    """Read the day of a date or dateTime; a month, a year, or a day that is none has no day."""
    try:
        return dt.date.fromisoformat(time[:10])
    except ValueError:
        return None

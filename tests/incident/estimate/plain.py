"""What one suspect was exposed to, line by line, as DESIGN 5 says it: slow, and nothing shared."""

from collections.abc import Sequence
from typing import NamedTuple

from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.ledger.line import EXPOSING_VERBS, Line


class Plain(NamedTuple):
    """Since when; of each chart what was released, what written, first and last time; counts."""

    since: int
    charts: dict[bytes, tuple[int, int, int, int]]
    searches: int
    gaps: int


def plain(lines: Sequence[Line], suspect: Suspect) -> Plain:
    since = began(lines, suspect)
    charts: dict[bytes, tuple[int, int, int, int]] = {}
    searches = 0
    for line in lines:
        if line.verb not in EXPOSING_VERBS or not is_of(line, suspect):
            continue
        if not since <= line.time < suspect.until:
            continue
        if line.verb == "search":
            searches += 1
        elif line.chart:
            released, written, first, _ = charts.get(line.chart, (0, 0, line.time, 0))
            released |= line.sections if line.verb == "release" else 0
            written |= line.sections if line.verb == "seal_key" else 0
            charts[line.chart] = released, written, first, line.time
    gaps = sum(line.verb == "gap" and line.time >= since for line in lines)
    return Plain(since, charts, searches, gaps)


def began(lines: Sequence[Line], suspect: Suspect) -> int:
    """When the oldest session or worker began that is not known to have ended by then."""
    end = "gone" if suspect.kind is Kind.INSTANCE else "logout"
    first: dict[bytes, int] = {}
    lives: dict[bytes, bool] = {}
    for line in lines:
        who = line.worker if suspect.kind is Kind.INSTANCE else line.session
        if not who or line.verb == "gap" or not is_of(line, suspect) or line.time >= suspect.until:
            continue
        lives[who] = not (line.verb == end and line.time < suspect.since)
        if lives[who]:
            first.setdefault(who, line.time)
    return min([suspect.since, *(first[who] for who in first if lives[who])])


def is_of(line: Line, suspect: Suspect) -> bool:
    match suspect.kind:
        case Kind.PERSON:
            return line.person.encode() == suspect.value
        case Kind.SESSION:
            return line.session == suspect.value
        case _:
            return line.instance.encode() == suspect.value

"""Keying paper back in: whose form it is, its lines once or twice, what waits for a person.

    once ──(same fields)──► filed          medication and allergies are keyed twice, blind
      └──(other fields)───► differs ──(a person chooses)──► filed
    any of these ──(the chart says otherwise)──► held ──(a person, with a reason)──► filed | dropped

Nothing is filed that waits, and nothing that waits is forgotten: a number whose lines wait has not
ended. A line and what is filed of it are one commit. It opens what a look at the chart opens, by
the same road: who may not read a chart keys nothing into it.
"""

from collections.abc import Mapping, Sequence
from datetime import tzinfo
from typing import Literal, NamedTuple

import msgspec
from msgspec.structs import replace

from chartkeep.continuity.numbers import check_reason
from chartkeep.continuity.paper.contradictions import Chart, Contradiction, Downtime, contradictions
from chartkeep.continuity.paper.filing import file_line
from chartkeep.continuity.paper.lines import (
    KEYED_TWICE,
    LINE_KINDS,
    MOST_LINES,
    Line,
    LineKind,
    differences,
    read_line,
)
from chartkeep.continuity.paper.resources import Source
from chartkeep.continuity.paper.sheets import Sheet
from chartkeep.custody.house import House
from chartkeep.custody.paper import FORMAT, Kind
from chartkeep.errors import BadInputError, ConflictError, NotAllowedError, NotFoundError
from chartkeep.model import ChartId, Millis

State = Literal["once", "differs", "held", "filed", "dropped"]
WAITS: frozenset[State] = frozenset({"once", "differs", "held"})


class Keying(msgspec.Struct, frozen=True):
    """One keying: who read the paper, and what they read."""

    by: str
    time: int
    line: Line


class KeyedLine(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    """A line of a form as it stands; `at` is its place on the paper, from 1.

    `chosen`: which keying is right. `against`: what the chart says against it. `by` and `reason`:
    who had it filed or dropped in spite of that.
    """

    format: str = FORMAT
    number: str
    at: int
    state: State
    keyings: tuple[Keying, ...]
    chosen: int = 0
    against: tuple[Contradiction, ...] = ()
    by: str = ""
    reason: str = ""

    @property
    def line(self) -> Line:
        """Give what it says, as far as that is settled."""
        return self.keyings[self.chosen].line

    @property
    def name(self) -> str:
        """Name its entry."""
        return f"line/{self.number}/{self.at}"


class Policy(NamedTuple):
    """What a house asks of the second keying: another person; and where its clocks stand."""

    zone: tzinfo | None
    another_person: bool = False


class Desk(NamedTuple):
    """Where one form is keyed: the form, whose it is, and what the chart says now.

    `lines`: those keyed so far with the version that says so, by their place on the paper.
    """

    sheet: Sheet
    chart: ChartId
    known: Chart
    lines: Mapping[int, tuple[KeyedLine, int]]
    person: str
    policy: Policy


def key_line(desk: Desk, at: int, kind: str, typed: Mapping[str, str], house: House) -> KeyedLine:
    """Take one keying of a line. The same again changes nothing.

    Raises BadInputError for a field, ConflictError for a line that stands otherwise already,
    NotAllowedError where another person must key it.
    """
    if not 1 <= at <= MOST_LINES:
        raise BadInputError(f"a form has lines 1 to {MOST_LINES}")
    line = read_line(_kind(desk, kind), typed, desk.policy.zone)
    now = house.clock()
    there, version = desk.lines.get(at, (None, 0))
    mine = Keying(desk.person, now, line)
    if there is None or there.state == "dropped":
        fresh = KeyedLine(number=str(desk.sheet.number), at=at, state="once", keyings=(mine,))
        if line.kind in KEYED_TWICE:
            return _put(desk, fresh, version, house)
        return _decide(desk, fresh, version, house)
    if there.state != "once":
        return _again(there, line)
    if desk.policy.another_person and there.keyings[0].by == desk.person:
        raise NotAllowedError("another person keys it the second time", hint="ask a colleague")
    if there.line.kind != line.kind:
        raise ConflictError("this line was keyed as something else", hint="look at the paper")
    both = replace(there, keyings=(there.keyings[0], mine))
    if differences(there.line, line):
        return _put(desk, replace(both, state="differs"), version, house)
    return _decide(desk, both, version, house)


def choose(desk: Desk, at: int, chosen: int, house: House) -> KeyedLine:
    """Settle a difference: the first or the second keying (0 or 1) is what the paper says."""
    there, version = _waiting(desk, at, "differs")
    if chosen not in range(len(there.keyings)):
        raise BadInputError("choose one of the two keyings")
    return _decide(desk, replace(there, chosen=chosen, by=desk.person), version, house)


def drop_line(desk: Desk, at: int, reason: str, house: House) -> KeyedLine:
    """File nothing of a line that waits, and say why; it may be keyed anew."""
    check_reason(reason)
    there, version = _waiting(desk, at, *WAITS)
    dropped = replace(there, state="dropped", by=desk.person, reason=reason.strip())
    return _put(desk, dropped, version, house)


def file_held(desk: Desk, at: int, reason: str, house: House) -> KeyedLine:
    """File a line the chart contradicts, because a person looked and says why."""
    check_reason(reason)
    there, version = _waiting(desk, at, "held")
    filed = replace(there, state="filed", by=desk.person, reason=reason.strip())
    return _put(desk, filed, version, house)


def waiting(lines: Mapping[int, tuple[KeyedLine, int]]) -> list[KeyedLine]:
    """List the lines that wait for somebody."""
    return [line for line, _ in lines.values() if line.state in WAITS]


def _decide(desk: Desk, keyed: KeyedLine, version: int, house: House) -> KeyedLine:
    """File a line, or hold it when the chart says otherwise."""
    now = house.clock()
    against = contradictions(keyed.line, desk.known, _downtime(desk), now, desk.sheet.sex)
    if desk.sheet.is_anothers:
        against.append(Contradiction.PRINTED)
    if desk.sheet.turned_up:
        against.append(Contradiction.LOST)
    state: State = "held" if against else "filed"
    return _put(desk, replace(keyed, state=state, against=tuple(against)), version, house)


def _put(desk: Desk, keyed: KeyedLine, version: int, house: House) -> KeyedLine:
    done = keyed.state not in WAITS
    kind = Kind.LINE_DONE if done else Kind.LINE
    source = _source(desk, keyed) if keyed.state == "filed" else None
    file_line(keyed.name, kind, keyed, version, (keyed.line, source), desk.chart, house)
    return keyed


def _source(desk: Desk, keyed: KeyedLine) -> Source:
    begins, ends = _downtime(desk) or Downtime(Millis(0), Millis(0))
    people = dict.fromkeys([*(each.by for each in keyed.keyings), *filter(None, [keyed.by])])
    recorded = Millis(max(each.time for each in keyed.keyings))
    return Source(keyed.number, keyed.at, begins, ends, tuple(people), recorded)


def _downtime(desk: Desk) -> Downtime | None:
    said = desk.sheet.downtime
    return Downtime(Millis(said.begins), Millis(said.ends)) if said else None


def _kind(desk: Desk, kind: str) -> LineKind:
    for each in LINE_KINDS[desk.sheet.number.kind]:
        if each.value == kind:
            return each
    raise BadInputError("this form has no such lines")


def _again(there: KeyedLine, line: Line) -> KeyedLine:
    """Answer who keys what stands: nothing changes, or it stands otherwise."""
    if any(not differences(each.line, line) for each in there.keyings):
        return there
    raise ConflictError(
        f"line {there.at} of this form was keyed before, and says otherwise",
        hint="look at the number and at the line",
    )


def _waiting(desk: Desk, at: int, *states: State) -> tuple[KeyedLine, int]:
    found = desk.lines.get(at)
    if found is None or found[0].state not in states:
        raise NotFoundError("this line does not wait for that", hint="open the form again")
    return found


def kinds_of(desk: Desk) -> Sequence[LineKind]:
    """Say which kinds of lines the form has."""
    return LINE_KINDS[desk.sheet.number.kind]

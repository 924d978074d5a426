"""Rules applied to what a case knows: which duties there are, why, and when each clock ends.

Three-valued: what is not known yet is never taken for "no", so a duty that cannot be ruled out has
a running clock and names the facts that would settle it. Pure; the moment comes from the caller.
"""

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple

from chartkeep.incident.duties.rule import WITHIN, Duty, Fact, Rule, conditions
from chartkeep.model import Millis

Known = Mapping[Fact, bool]
SATURDAY = 5


class Holds(StrEnum):
    """Whether a duty is there."""

    YES = "applies"
    PERHAPS = "cannot be ruled out"
    NO = "does not apply"


class Standing(NamedTuple):
    """One duty of one rule in one case.

    `deadline` is None where the law names no time, or the clock has not started. `open`: the facts
    that would settle a duty that cannot be ruled out; `against`: those that rule it out.
    """

    rule: Rule
    duty: Duty
    holds: Holds
    within: str
    deadline: Millis | None
    open: tuple[Fact, ...]
    against: tuple[Fact, ...]
    stale: bool

    @property
    def name(self) -> str:
        """Name the duty."""
        return self.rule.name_of(self.duty.key)

    @property
    def due(self) -> str:
        """Write when it is due, by the clock that counts."""
        if self.deadline is None:
            after = "" if self.within == "promptly" else f" after {self.duty.after}"
            return f"{self.within}{after}"
        return f"{datetime.fromtimestamp(self.deadline / 1000, self.rule.clock):%Y-%m-%d %H:%M %Z}"

    @property
    def is_to_persons(self) -> bool:
        """Say whether letters do it, and no draft."""
        return self.duty.to == ["persons"]


def apply_rules(
    rules: Iterable[Rule],
    known: Known,
    aware: Millis,
    done: Mapping[tuple[str, str], Millis],
    now: Millis,
    doubted: Collection[Fact] = (),
) -> list[Standing]:
    """Say what each rule wants, the nearest deadline first; what does not apply comes last.

    `done`: when a duty was done, by (rule, key): clocks that start then. `doubted`: facts that one
    person said alone: they count where they bind, and where they would let off are not known.
    """
    word = Word(known, frozenset(doubted))
    found = [
        _stand(rule, duty, word, _start(rule, duty, aware, done), now)
        for rule in rules
        for duty in rule.duty
    ]
    return sorted(found, key=lambda one: (one.holds is Holds.NO, one.deadline or _LATE))


class Word(NamedTuple):
    """What is known, and which of it is one person's word."""

    known: Known
    doubted: frozenset[Fact] = frozenset()

    def binding(self) -> Known:
        """Give what holds whoever said it."""
        return {fact: each for fact, each in self.known.items() if fact not in self.doubted}

    def towards(self, texts: Iterable[str], *, met: bool) -> Known:
        """Give what is known for conditions; one person's word only where they are `met` so."""
        wanted = dict(conditions(texts))
        alone = {fact: each for fact, each in self.known.items() if fact in self.doubted}
        said = {f: each for f, each in alone.items() if f in wanted and (each == wanted[f]) == met}
        return {**self.binding(), **said}


def _stand(rule: Rule, duty: Duty, word: Word, start: Millis | None, now: Millis) -> Standing:
    groups = [[*group, *duty.when] for group in rule.trigger]
    options = [_weigh(group, word.towards(group, met=True)) for group in groups]
    best = max(options, key=lambda one: one.rank)
    for text in (*rule.unless, *duty.unless):
        best = best.spared_by(_weigh([text], word.towards([text], met=False)))
    within = _within(duty, word.binding())
    deadline = None if start is None else end_of(start, within, duty, rule)
    stale = rule.is_stale(datetime.fromtimestamp(now / 1000, rule.clock).date())
    open_, against = tuple(sorted(best.open)), tuple(sorted(best.against))
    return Standing(rule, duty, best.holds, within, deadline, open_, against, stale)


def _start(
    rule: Rule, duty: Duty, aware: Millis, done: Mapping[tuple[str, str], Millis]
) -> Millis | None:
    return aware if duty.after == "awareness" else done.get((rule.rule, duty.after))


class _Weighed(NamedTuple):
    """A list of conditions held against what is known."""

    facts: frozenset[Fact]
    open: frozenset[Fact]
    against: frozenset[Fact]

    @property
    def holds(self) -> Holds:
        if self.against:
            return Holds.NO
        return Holds.PERHAPS if self.open else Holds.YES

    @property
    def rank(self) -> tuple[int, int]:
        """The surer first; of equals the one with less to find out."""
        order = (Holds.NO, Holds.PERHAPS, Holds.YES)
        return order.index(self.holds), -len(self.open) - len(self.against)

    def spared_by(self, exception: "_Weighed") -> "_Weighed":
        """Take an exception into account: it holds, may hold, or does not."""
        if exception.holds is Holds.NO:
            return self
        if exception.holds is Holds.PERHAPS:
            return self._replace(open=self.open | exception.open)
        return self._replace(against=self.against | exception.facts)


def _weigh(texts: Iterable[str], known: Known) -> _Weighed:
    wanted = dict(conditions(texts))
    open_ = frozenset(fact for fact in wanted if fact not in known)
    against = frozenset(fact for fact, must in wanted.items() if known.get(fact, must) != must)
    return _Weighed(frozenset(wanted), open_, against)


def _within(duty: Duty, known: Known) -> str:
    """Choose the time: another one only where its condition surely holds.

    While it is not known, the shorter of the two counts: nobody is late for having guessed.
    """
    options = [duty.within]
    for text, within in duty.instead.items():
        weighed = _weigh([text], known)
        if weighed.holds is Holds.YES:
            return within
        if weighed.holds is Holds.PERHAPS:
            options.append(within)
    return min(options, key=_length)


def _length(within: str) -> int:
    found = WITHIN.fullmatch(within)
    assert found is not None
    if found[3]:
        return (366 + int(found[3])) * 24
    if not found[1]:
        return 0
    return int(found[1]) * {"h": 1, "d": 24, "mo": 28 * 24}[found[2]]


def end_of(start: Millis, within: str, duty: Duty, rule: Rule) -> Millis | None:
    """Give the last moment of a time that began at `start`; None for "promptly".

    Hours run through, whatever the clock on the wall does; days and months end with the last day,
    in the rule's zone.
    """
    found = WITHIN.fullmatch(within)
    assert found is not None
    if within == "promptly":
        return None
    count = int(found[1] or found[3])
    if found[2] == "h":
        return Millis(start + count * 3_600_000)
    first = datetime.fromtimestamp(start / 1000, rule.clock).date()
    if found[3]:
        last = date(first.year, 12, 31) + timedelta(days=count)
    elif found[2] == "mo":
        last = _months_later(first, count)
    else:
        last = first + timedelta(days=count - duty.first_day_counts)
    while duty.open_day and (last.weekday() >= SATURDAY or last.isoformat() in rule.offices_closed):
        last += timedelta(days=1)
    end = datetime.combine(last + timedelta(days=1), time(), rule.clock) - timedelta(minutes=1)
    return Millis(int(end.astimezone(UTC).timestamp() * 1000))


def _months_later(day: date, count: int) -> date:
    """Give the same day some months later, or that month's last."""
    month = day.month - 1 + count
    year, month = day.year + month // 12, month % 12 + 1
    for last in range(day.day, 27, -1):
        try:
            return date(year, month, last)
        except ValueError:
            continue
    return date(year, month, day.day)


_LATE = Millis(1 << 62)

"""What people said in a case, as far as it counts: one person's word lifts no duty.

Whatever makes a duty smaller or later takes two people (`incident.case.agreement`): a fact on
which a law lets somebody off, an earlier moment replaced by a later one, a decision that names a
second person. Until they agreed it is *asked, not agreed*, and the clocks run as if it were not
said. What tightens counts at once.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache

from chartkeep.incident.case.agreement import People, agreed
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Aware, Clock, Closed, Decision, Known, Written
from chartkeep.incident.duties.rule import Fact, Rule, conditions, read_rules
from chartkeep.model import Millis

Moment = Callable[[Written], Millis | None]


WAITS = "asked, not agreed by a second person"


class WeighedWords:
    """A case's words, weighed. `agreed`: events two people agreed to, by number."""

    def __init__(self, events: Sequence[Written], agreed: Mapping[int, People]) -> None:
        self._events = events
        self._agreed = agreed
        self._gone = {each.supersedes for each in events}

    @property
    def known(self) -> dict[Fact, bool]:
        """Give the facts the duties ask for, the latest word on each; unknown words are none."""
        return {fact: holds for fact, holds, _ in self._facts()}

    @property
    def doubted(self) -> frozenset[Fact]:
        """Give those of the known facts that are one person's word."""
        last = {fact: frame.number for fact, _, frame in self._facts()}
        return frozenset(fact for fact, number in last.items() if number not in self._agreed)

    @property
    def aware(self) -> Millis | None:
        """Give when somebody knew first."""
        return min((at for at, _ in self._moments(_knew)), default=None)

    @property
    def done(self) -> dict[tuple[str, str], Millis]:
        """Give when duties were done, by a rule's name and the duty's key: the earliest word."""
        found: dict[tuple[str, str], Millis] = {}
        for at, frame in self._moments(_met):
            assert isinstance(frame.what, Clock)
            rule, _, key = frame.what.duty.partition(" ")
            found[rule, key] = min(at, found.get((rule, key), at))
        return found

    def holds(self, frame: Written) -> bool:
        """Say whether an event that says a moment counts still: a later one replaced it alone."""
        return any(each is frame for _, each in self._moments(_moment_of(frame)))

    def waits(self, frame: Written) -> bool:
        """Say whether an event is asked and not agreed."""
        if frame.number in self._gone:
            return False
        match frame.what:
            case Known(fact, holds):
                return frame.number not in self._agreed and (fact, holds) in _lifting()
            case Decision(second=second):
                return bool(second) and second not in self._agreed.get(frame.number, ())
            case Closed():
                return frame.number not in self._agreed
            case Aware() | Clock():
                return self._is_later(frame, _moment_of(frame))
            case _:
                return False

    def _facts(self) -> Iterator[tuple[Fact, bool, Written]]:
        names = {fact.value: fact for fact in Fact}
        for frame in self._events:
            if isinstance(frame.what, Known) and frame.number not in self._gone:
                fact = names.get(frame.what.fact)
                if fact is not None:
                    yield fact, frame.what.holds, frame

    def _moments(self, moment: Moment) -> Iterator[tuple[Millis, Written]]:
        """Give the moments that count; a later one alone takes none away."""
        taken = {
            each.supersedes
            for each in self._events
            if each.supersedes is not None and not self._is_later(each, moment)
        }
        for each in self._events:
            at = moment(each)
            if at is not None and each.number not in taken:
                yield at, each

    def _is_later(self, frame: Written, moment: Moment) -> bool:
        """Say whether an event, which nobody agreed to, puts a later moment for one before it."""
        if frame.supersedes is None or frame.number in self._agreed:
            return False
        before, now = moment(self._events[frame.supersedes]), moment(frame)
        return before is not None and (now is None or now > before)


def _moment_of(frame: Written) -> Moment:
    return _knew if isinstance(frame.what, Aware) else _met


def _knew(frame: Written) -> Millis | None:
    return frame.what.when if isinstance(frame.what, Aware) else None


def _met(frame: Written) -> Millis | None:
    return frame.what.met if isinstance(frame.what, Clock) else None


def weigh(case: Case) -> WeighedWords:
    """Weigh what a case says now."""
    return WeighedWords(case.events(), agreed(case))


@cache
def _lifting() -> frozenset[tuple[str, bool]]:
    """List what may be said that some law lets somebody off for, wholly or for a while."""
    return frozenset((fact.value, holds) for rule in read_rules() for fact, holds in _lifts(rule))


def _lifts(rule: Rule) -> Iterator[tuple[Fact, bool]]:
    needs = [*rule.trigger, *(duty.when for duty in rule.duty)]
    yield from ((fact, not must) for group in needs for fact, must in conditions(group))
    yield from conditions([*rule.unless, *_flat(duty.unless for duty in rule.duty)])
    for fact, _ in conditions(_flat(duty.instead for duty in rule.duty)):
        yield from ((fact, True), (fact, False))


def _flat(groups: Iterable[Iterable[str]]) -> Iterator[str]:
    return (text for group in groups for text in group)

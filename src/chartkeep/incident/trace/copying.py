"""Whose copy is it, where no number of ours stands in it: signs of a table, weighed together.

Another holder of the same people has most of what we have, too. A sign is counted over the rows
that are somebody's for certain: in how many it could show, and in how many it does. A copy of ours
shows it nearly everywhere; how often another holder's record shows it differs from holder to
holder, so that it is weighed by a beta-binomial: a thousand rows say what one holder can say, not
that a thousand times. Signs that one common source would explain stand in one group, and one
holder in ten is taken to have that source: no group multiplies the odds by more than ten. Pure.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, lgamma, log
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.fingerprint.keys import Field
from chartkeep.fingerprint.names import sound
from chartkeep.fingerprint.person import Reading
from chartkeep.incident.trace.index import Held, Run
from chartkeep.model import Millis

ENOUGH: Final = 0.99
"""The probability from which on a table without a number of ours is our record."""
FEW: Final = 30
"""Rows below which nothing is said."""
_PRIOR: Final = 0.2
"""That a table of our patients is a copy of ours, before its signs."""
_SAME_SOURCE: Final = 0.1
"""Of other holders, those who have a group of signs from where we have it."""
_ODD: Final = 3.0
"""Bits a spelling is rarer than its sound, to be a rare one: one in eight spells it so."""
MOST_TURNS: Final = 20_000


class Sign(StrEnum):
    """What a row may show of our record, in the words it is told by."""

    SPELLING = "rare spellings are ours"
    ADDRESS = "addresses are as ours"
    PHONE = "phones are as ours"
    MISTAKE = "slips are ours that we corrected since"
    KNOWN = "rows are of our patients"
    BEFORE = "changes of before the copy are in it"
    AFTER = "changes of after the copy are not in it"
    LAYOUT = "columns are laid out as ours"


class _Odds(NamedTuple):
    """How often a sign shows: a beta over copies of ours, and one over other holders."""

    copy: tuple[float, float]
    other: tuple[float, float]


_ODDS: Final = {
    Sign.SPELLING: _Odds((19, 1), (3, 2)), Sign.ADDRESS: _Odds((19, 1), (4, 4)),
    Sign.PHONE: _Odds((19, 1), (4, 3)), Sign.MISTAKE: _Odds((1, 1), (1, 20)),
    Sign.KNOWN: _Odds((8, 1), (1, 2)), Sign.BEFORE: _Odds((19, 1), (2, 2)),
    Sign.AFTER: _Odds((19, 1), (4, 1)),
}  # fmt: skip
_GROUPS: Final = ((Sign.SPELLING, Sign.ADDRESS), (Sign.PHONE,), (Sign.MISTAKE,), (Sign.KNOWN,))
"""Signs one source explains: a registry gives names and addresses to all that ask it."""
Count = tuple[int, int]
"""Rows that show a sign, of those that could."""


@dataclass
class Signs:
    """What the sure rows of one table show."""

    rows: int = 0
    counts: dict[Sign, list[int]] = field(default_factory=dict)
    newer: list[Millis] = field(default_factory=list)
    """When what a row shows came to be, where it was otherwise before."""
    older: list[Millis] = field(default_factory=list)
    """When what a row shows ceased to be."""

    def add(self, signs: Iterable[tuple[Sign, bool]], turns: tuple[Millis, Millis]) -> None:
        """Take in a sure row: its signs, and since and until when it was so; 0 for no turn."""
        self.rows += 1
        for sign, shows in signs:
            count = self.counts.setdefault(sign, [0, 0])
            count[0] += shows
            count[1] += 1
        for times, turn in zip((self.newer, self.older), turns, strict=True):
            if turn and len(times) < MOST_TURNS:
                times.append(turn)


class Copying(NamedTuple):
    """How probable it is that a table is a copy of ours, and why."""

    probability: float
    reasons: tuple[str, ...] = ()

    @property
    def is_ours(self) -> bool:
        """Say whether that is certain enough."""
        return self.probability >= ENOUGH


def weigh_copy(signs: Signs, known: Count, layout: float = 1.0) -> Copying:
    """Weigh a table's signs; `known`: rows of our patients, of all; `layout`: odds of its columns.

    A value that changed dates the copy: all instants are tried, and none is chosen.
    """
    if signs.rows < FEW:
        return Copying(0.0)
    counts = {sign: (count[0], count[1]) for sign, count in signs.counts.items()}
    counts[Sign.KNOWN] = known
    weights = [_weigh(each, counts) for each in _GROUPS]
    turned, dated = _weigh_turns(signs)
    told = log(_PRIOR / (1 - _PRIOR)) + sum(weights) + turned + log(layout)
    reasons = [f"{some:,} of {of:,} {sign}" for sign, (some, of) in (counts | dated).items() if of]
    reasons += [str(Sign.LAYOUT)] if layout > 1 else []
    return Copying(1 / (1 + exp(-max(min(told, 50.0), -50.0))), tuple(reasons))


def _weigh(group: Sequence[Sign], counts: Mapping[Sign, Count]) -> float:
    """Give the logarithm of how much likelier a group is of a copy than of another holder."""
    there = [(_ODDS[sign], counts[sign]) for sign in group if counts.get(sign, (0, 0))[1]]
    copy = sum(_showing(odds.copy, count) for odds, count in there)
    return copy - _or_same(copy, sum(_showing(odds.other, count) for odds, count in there))


def _or_same(copy: float, other: float) -> float:
    """Give another holder's likelihood: as others are, or from the same source as ours."""
    return float(np.logaddexp(log(1 - _SAME_SOURCE) + other, log(_SAME_SOURCE) + copy))


def _showing(beta: tuple[float, float], count: Count) -> float:
    """Give the logarithm of a beta-binomial without its coefficient, which cancels."""
    (a, b), (some, of) = beta, count
    return _beta(some + a, of - some + b) - _beta(a, b)


def _beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def _weigh_turns(signs: Signs) -> tuple[float, dict[Sign, Count]]:
    """Weigh what changed: at any instant, before it all is new in a copy of ours, after it old."""
    newer, older = np.sort(signs.newer), np.sort(signs.older)
    times = np.unique(np.concatenate([newer, older]))
    if not times.size:
        return 0.0, {}
    times = np.concatenate([[0], times])
    new, old = (np.searchsorted(each, times, "right") for each in (newer, older))
    before = list(zip(new.tolist(), (new + old).tolist(), strict=True))
    late = older.size - old
    after = list(zip(late.tolist(), (late + newer.size - new).tolist(), strict=True))
    copy, other = (_at_any(before, after, which) for which in (0, 1))
    best = int(np.argmax(new + late))
    told = {Sign.BEFORE: before[best], Sign.AFTER: after[best]}
    return copy - _or_same(copy, other), told


def _at_any(before: Sequence[Count], after: Sequence[Count], which: int) -> float:
    """Give the likelihood over all instants."""
    each: NDArray[np.float64] = np.array([
        _showing(_ODDS[Sign.BEFORE][which], b) + _showing(_ODDS[Sign.AFTER][which], a)
        for b, a in zip(before, after, strict=True)
    ])  # fmt: skip
    return float(np.logaddexp.reduce(each))


def signs_of(reading: Reading, held: Held) -> Iterator[tuple[Sign, bool]]:
    """Give the signs a row of a chart's patient shows, or could show and does not."""
    spelled = [each for name in reading.names for each in _spelled(name.words, held)]
    if spelled:
        yield Sign.SPELLING, all(spelled)
    if reading.addresses and held.knows(Field.ADDRESS):
        yield Sign.ADDRESS, any(held.runs(Field.ADDRESS, each.whole) for each in reading.addresses)
    if reading.phones and held.knows(Field.PHONE):
        yield Sign.PHONE, any(held.runs(Field.PHONE, each) for each in reading.phones)
    yield from _mistakes(reading, held)


def _spelled(words: Sequence[str], held: Held) -> Iterator[bool]:
    """Say of each word that sounds as in the chart: spelled otherwise, or rarely and so there."""
    for word in words:
        if alike := held.runs(Field.SOUND, sound(word)):
            same = held.runs(Field.WORD, word)
            if not same:
                yield False
            elif _rarity(alike) and _rarity(same) >= _rarity(alike) + _ODD:
                yield True


def _mistakes(reading: Reading, held: Held) -> Iterator[tuple[Sign, bool]]:
    """Compare what changes in nobody's life and did in the chart: its first spelling was a slip.

    A word of a name whose sound is gone may be a marriage, and says nothing.
    """
    births = [run for each in reading.births for run in held.runs(Field.BIRTH, each)]
    yield from _slip(births, 0, held)
    for word in {word for name in reading.names for word in name.words}:
        sounds = held.runs(Field.SOUND, sound(word))
        if sounds and not held.is_past(sounds):
            since = min(run.first for run in sounds)
            yield from _slip(held.runs(Field.WORD, word), since, held)


def _slip(runs: Sequence[Run], since: int, held: Held) -> Iterator[tuple[Sign, bool]]:
    """Say of what stood so: a slip, since corrected; or the correction of one of `since`."""
    if held.is_past(runs):
        yield Sign.MISTAKE, True
    elif runs and min(run.first for run in runs) > since:
        yield Sign.MISTAKE, False


def turns_of(agreed: Iterable[Sequence[Run]], held: Held) -> tuple[Millis, Millis]:
    """Say since when and until when all that agrees was so; 0 where it did not turn."""
    since, until = Millis(0), Millis(0)
    for runs in filter(None, agreed):
        spans = held.spans(runs)
        if min(run.first for run in runs) > 0:
            since = max(since, min(start for start, _ in spans))
        if held.is_past(runs):
            end = max(end for _, end in spans)
            until = min(until, end) if until else end
    return since, until


def _rarity(runs: Sequence[Run]) -> float:
    return min(run.bits for run in runs)

"""Whose row is it: charts a row may be about, each with how probable that is.

    matcher = Matcher(index, key)
    labels = matcher.label(sample)
    share = matcher.share(sample, labels)
    for row in matcher.match(rows, labels, share): row.best, row.candidates, …

All tokens of a batch are looked up at once in the index's sorted array; what they find is weighed
(`weighing`), and Bayes's rule makes of the weights a posterior against all other candidates and
against "none of them". How many of a file's rows are of people known here at all is not assumed:
it is the share that agrees with its own posteriors (expectation and maximisation).
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from math import exp
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.fingerprint.keys import Field, FingerprintKey, LookUp
from chartkeep.fingerprint.person import Reading, look_ups
from chartkeep.incident.trace.copying import Sign, signs_of, turns_of
from chartkeep.incident.trace.found import Evidence, Row
from chartkeep.incident.trace.index import OPEN_END, Held, Index
from chartkeep.incident.trace.labelling import (
    SAMPLE,
    Differs,
    Labels,
    Values,
    label,
    read_facts,
    read_row,
    read_seconds,
)
from chartkeep.incident.trace.weighing import Agreement, Weighed, weigh
from chartkeep.model import ChartId, Millis

SURE: Final = 0.99
"""The posterior from which on a row is said to be of one person."""
MOST_CANDIDATES: Final = 24
"""Charts a row is weighed against, those most of its tokens find."""
MOST_SHOWN: Final = 10
LEAST_SHOWN: Final = 0.01
BATCH: Final = 2_000
_ROUNDS: Final = 30
_SHARES: Final = (0.02, 0.95)
"""The least and the most of a file's rows that is held possible to be of people known here."""
_UNFOUND: Final = 0.05
"""Of rows of people known here, those whose tokens do not find them: so many slips are in them."""
_SUREST: Final = 1_000.0
"""Odds against all others from which on a row of a sample tells what differs in its table."""
_USUAL: Final = 8
"""Rows the usual rates count for."""
_LEAST: Final = 0.05
_DIFFERING: Final = {
    "number": ("numbers", Field.NUMBER), "phone": ("phones", Field.PHONE),
    "address": ("addresses", Field.ADDRESS),
}  # fmt: skip
_OWN: Final = frozenset({LookUp.NUMBER, LookUp.PHONE, LookUp.RECORD})
_ALONE: Final = 3
"""Tokens of name, birth date and address that a number or a phone is worth."""
_CERTAIN: Final = 60.0
"""A weight no sum passes: e to the power of it is still a number."""

Span = tuple[Millis, Millis]


class Candidate(NamedTuple):
    """A chart a row may be about, by its number in the index."""

    chart: ChartId
    weighed: Weighed
    posterior: float


class Matched(NamedTuple):
    """A row and the charts it may be about, the most probable first."""

    row: int
    candidates: tuple[Candidate, ...]
    copy: tuple[str, ...] = ()
    window: tuple[Span, ...] = ()
    signs: tuple[tuple[Sign, bool], ...] = ()
    turns: Span = (Millis(0), Millis(0))
    """What the row shows of our record, if it is sure; since and until when: `copying`."""

    @property
    def is_sure(self) -> bool:
        """Say whether one chart alone is left."""
        return bool(self.candidates) and self.candidates[0].posterior >= SURE

    @property
    def known(self) -> float:
        """Give how probable it is that the row is of anybody known here."""
        return sum(each.posterior for each in self.candidates)

    def evidence(self) -> Evidence:
        """Give what the row says of its most probable chart. Raises IndexError without one."""
        best = self.candidates[0]
        fields = tuple(dict.fromkeys(each.name for each in best.weighed.agreed))
        return Evidence(self.row, best.chart, best.posterior, fields, self.window, self.copy)


class _Thought(NamedTuple):
    """A row with the charts it was weighed against."""

    row: Row
    reading: Reading
    weighed: list[tuple[Held, Weighed]]


class Matcher:
    """Matches rows with the charts of one index."""

    def __init__(self, index: Index, key: FingerprintKey) -> None:
        self._index = index
        self._key = key

    @property
    def index(self) -> Index:
        """The index it looks into."""
        return self._index

    @property
    def key(self) -> FingerprintKey:
        """The key of its tokens."""
        return self._key

    def label(self, rows: Sequence[Values]) -> Labels:
        """Say what stands in which column of a sample, by what its values find."""
        sample = rows[:: -(-len(rows) // SAMPLE) or 1]  # evenly, to the last
        labels = label(sample, self._hits)
        return labels._replace(differs=self._differs([Row(0, tuple(r)) for r in sample], labels))

    def share(self, rows: Sequence[Row], labels: Labels) -> float:
        """Estimate which share of rows like these is of people known here."""
        thought = [self._sums(each) for each in self._think(rows, labels)]
        share = 0.5
        for _ in range(_ROUNDS):
            known = sum(1 - _none(sums, share, self._index.size) for sums in thought)
            share = min(max((known + 0.5) / (len(thought) + 1), _SHARES[0]), _SHARES[1])
        return share

    def _differs(self, rows: Sequence[Row], labels: Labels) -> Differs:
        """Count over a sample's surest rows how often what they could agree in differs.

        Where nearly everybody's number is as here, one that is not is another person's.
        """
        counts = {name: [0, 0] for name in Differs._fields}
        for thought in self._think(rows, labels):
            sums = self._sums(thought)
            best = max(range(len(sums)), key=sums.__getitem__, default=0)
            if not sums or exp(sums[best]) / self._index.size < _SUREST:
                continue
            agreed = {each.name for each in thought.weighed[best][1].agreed}
            for name, (has, field) in _DIFFERING.items():
                if getattr(thought.reading, has) and thought.weighed[best][0].knows(field):
                    counts[name][0] += name not in agreed
                    counts[name][1] += 1
        usual = Differs()
        return Differs(*(
            max((some + _USUAL * getattr(usual, name)) / (of + _USUAL), _LEAST)
            for name, (some, of) in counts.items()
        ))  # fmt: skip

    def match(self, rows: Iterable[Row], labels: Labels, share: float) -> Iterator[Matched]:
        """Match rows, batch by batch; one for each row, in order."""
        batch: list[Row] = []
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                yield from self._match(batch, labels, share)
                batch = []
        yield from self._match(batch, labels, share)

    def _match(self, rows: Sequence[Row], labels: Labels, share: float) -> Iterator[Matched]:
        for thought in self._think(rows, labels):
            yield self._judge(thought, labels, share)

    def _judge(self, thought: _Thought, labels: Labels, share: float) -> Matched:
        sums = self._sums(thought)
        none = _none(sums, share, self._index.size)
        ranked = sorted(
            zip(_posteriors(sums, none, share, self._index.size), thought.weighed, strict=True),
            key=lambda pair: (-pair[0], pair[1][0].chart),
        )
        shown = [each for each in ranked if each[0] >= LEAST_SHOWN][:MOST_SHOWN]
        candidates = tuple(Candidate(held.chart, weighed, p) for p, (held, weighed) in shown)
        if not candidates:
            return Matched(thought.row.number, ())
        held, weighed = shown[0][1]
        copy = tuple(_copied(thought, held, weighed, labels))
        matched = Matched(thought.row.number, candidates, copy, window(held, weighed.agreed))
        if not matched.is_sure:
            return matched
        signs = tuple(signs_of(thought.reading, held))
        turns = turns_of((each.runs for each in weighed.agreed), held)
        return matched._replace(signs=signs, turns=turns)

    def _sums(self, thought: _Thought) -> list[float]:
        return [min(weighed.weight, _CERTAIN) for _, weighed in thought.weighed]

    def _think(self, rows: Sequence[Row], labels: Labels) -> list[_Thought]:
        """Weigh rows against the charts their tokens find."""
        readings = [read_row(row.values, labels) for row in rows]
        found = self._found(readings)
        held: dict[int, Held] = {}
        thoughts: list[_Thought] = []
        for row, reading, charts in zip(rows, readings, found, strict=True):
            for each in charts:
                if each not in held:
                    held[each] = self._index.held(each, self._key)
            weighed = [(held[each], weigh(reading, held[each], labels.differs)) for each in charts]
            thoughts.append(_Thought(row, reading, weighed))
        return thoughts

    def _found(self, readings: Sequence[Reading]) -> list[list[int]]:
        """Give, reading by reading, the charts most of its tokens find.

        In a large house many share a sound and a birth date: beside one most tokens find, these
        are not thought of.
        """
        asked, says, tokens = self._tokens(readings)
        places, charts = self._index.find(tokens)
        found = [Counter[int]() for _ in readings]
        hits = zip(asked[places].tolist(), charts.tolist(), says[places].tolist(), strict=True)
        for reading, chart, each in hits:
            found[reading][chart] += each
        return [_likeliest(each) for each in found]

    def _hits(self, readings: Sequence[Reading]) -> int:
        places, _ = self._index.find(self._tokens(readings)[2])
        return len(set(places.tolist()))

    def _tokens(
        self, readings: Sequence[Reading]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.uint64]]:
        """Make all tokens of a batch: of which reading, how much it says, and what."""
        asked: list[int] = []
        says: list[int] = []
        tokens: list[int] = []
        for number, reading in enumerate(readings):
            for kind, value in look_ups(reading):
                asked.append(number)
                says.append(_ALONE if kind in _OWN else 1)
                tokens.append(self._key.look_up(kind, value))
        return np.array(asked, np.int64), np.array(says, np.int64), np.array(tokens, np.uint64)


def _likeliest(found: Counter[int]) -> list[int]:
    """Give the charts found at least a third as well as the best."""
    ranked = found.most_common(MOST_CANDIDATES)
    return [chart for chart, says in ranked if _ALONE * says >= ranked[0][1]]


def _none(sums: Sequence[float], share: float, charts: int) -> float:
    """Give the probability that a row is of nobody it was weighed against."""
    others = _others(share)
    return others / (others + sum(_odds(sums, share, charts)))


def _posteriors(sums: Sequence[float], none: float, share: float, charts: int) -> list[float]:
    return [each * none / _others(share) for each in _odds(sums, share, charts)]


def _odds(sums: Sequence[float], share: float, charts: int) -> list[float]:
    prior = (1 - _UNFOUND) * share / max(charts, 1)
    return [exp(each) * prior for each in sums]


def _others(share: float) -> float:
    """Give the prior of nobody known here, or of somebody the tokens did not find."""
    return 1 - share + _UNFOUND * share


def _copied(thought: _Thought, held: Held, weighed: Weighed, labels: Labels) -> Iterator[str]:
    """Name what of a row only this chart's record could have given."""
    if any(held.is_marked(Field.RECORD, each) for each in thought.reading.numbers):
        yield "record number"
    facts = read_facts(thought.row.values, labels)
    if any(held.is_marked(Field.FACT, each) for each in facts):
        yield "result"
    if any(map(held.is_entered, read_seconds(thought.row.values, labels))):
        yield "entry time"
    if any(held.is_past(each.runs) for each in weighed.agreed):
        yield "past value"


def window(held: Held, agreed: Iterable[Agreement]) -> tuple[Span, ...]:
    """Give the times in which all that agrees stood in the chart at once.

    A field that agrees with no version in particular says nothing of the time.
    """
    spans: list[Span] = [(Millis(0), OPEN_END)]
    known = False
    for each in agreed:
        if each.runs:
            known = True
            spans = _meet(spans, held.spans(each.runs))
    return tuple(spans) if known else ()


def _meet(some: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    met = ((max(a[0], b[0]), min(a[1], b[1])) for a in some for b in others)
    return sorted({each for each in met if each[0] < each[1]})

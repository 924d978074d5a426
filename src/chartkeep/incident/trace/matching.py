"""Whose row is it: charts a row may be about, each with how probable that is.

    matcher = Matcher(index, key)
    labels = matcher.label(sample)
    share = matcher.share(sample, labels)
    for row in matcher.match(rows, labels, share): row.best, row.candidates, …

What a row's tokens find (`thinking`) is weighed (`weighing`), and Bayes's rule makes of the weights
a posterior against all other candidates and against "none of them". How many of a file's rows are
of people known here at all is not assumed: it is the share that agrees with its own posteriors
(expectation and maximisation).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import exp
from typing import Final, NamedTuple

import numpy as np

from chartkeep.fingerprint.keys import Field, FingerprintKey
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
    read_seconds,
)
from chartkeep.incident.trace.thinking import Thinking, Thought
from chartkeep.incident.trace.weighing import Agreement, Weighed
from chartkeep.model import ChartId, Millis, Section

SURE: Final = 0.99
"""The posterior from which on a row is said to be of one person."""
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
    section: Section = Section.IDENTITY
    also: tuple[ChartId, ...] = ()
    """Other charts of the first candidate's person, who has their posteriors too: `persons`."""

    @property
    def is_sure(self) -> bool:
        """Say whether one person alone is left."""
        return bool(self.candidates) and self.candidates[0].posterior >= SURE

    @property
    def known(self) -> float:
        """Give how probable it is that the row is of anybody known here."""
        return sum(each.posterior for each in self.candidates)

    def evidence(self) -> list[Evidence]:
        """Give what the row says of its most probable chart, and of those of the same person.

        When it stood so is known of the first alone. Raises IndexError without a candidate.
        """
        best = self.candidates[0]
        fields = tuple(dict.fromkeys(each.name for each in best.weighed.agreed))
        first = Evidence(
            self.row, best.chart, best.posterior, fields, self.window, self.copy, self.section
        )
        return [first, *(first._replace(chart=chart, window=()) for chart in self.also)]


class Matcher:
    """Matches rows with the charts of one index.

    Without `copies`, rows do not show whose copy they are, nor as of when: a third less work.
    """

    def __init__(self, index: Index, key: FingerprintKey, *, copies: bool = True) -> None:
        self._index = index
        self._key = key
        self._copies = copies
        self._thinking = Thinking(index, key)

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
        labels = self.columns(sample)
        thoughts = self.think([Row(0, tuple(each)) for each in sample], labels)
        return labels._replace(differs=self.differs(thoughts))

    def columns(self, rows: Sequence[Values]) -> Labels:
        """Say what stands in which column, and not yet what differs there."""
        return label(rows, self._thinking.hits)

    def think(self, rows: Sequence[Row], labels: Labels) -> list[Thought]:
        """Find the charts rows may be about: what `differs` and `judge` weigh."""
        return self._thinking.think(rows, labels)

    def differs(self, thoughts: Sequence[Thought]) -> Differs:
        """Count over a sample's surest rows how often what they could agree in differs.

        Where nearly everybody's number is as here, one that is not is another person's.
        """
        counts = {name: [0, 0] for name in Differs._fields}
        for each in thoughts:
            sums = _sums(each, Differs())
            best = max(range(len(sums)), key=sums.__getitem__, default=0)
            if not sums or exp(sums[best]) / self._index.size < _SUREST:
                continue
            agreed = {one.name for one in each.weighed[best].agreed}
            for name, (has, field) in _DIFFERING.items():
                if getattr(each.reading, has) and each.held[best].knows(field):
                    counts[name][0] += name not in agreed
                    counts[name][1] += 1
        usual = Differs()
        return Differs(*(
            max((some + _USUAL * getattr(usual, name)) / (of + _USUAL), _LEAST)
            for name, (some, of) in counts.items()
        ))  # fmt: skip

    def share(self, rows: Sequence[Row], labels: Labels) -> float:
        """Estimate which share of rows like these is of people known here."""
        return self.share_of(self.think(rows, labels), labels)

    def share_of(self, thoughts: Sequence[Thought], labels: Labels) -> float:
        """Estimate it of rows that were thought of."""
        odds = np.array([sum(_odds(each, labels.differs)) for each in thoughts])
        share = 0.5
        for _ in range(_ROUNDS):
            others = _others(share)
            known = float(np.sum(1 - others / (others + odds * _prior(share, self._index.size))))
            share = min(max((known + 0.5) / (len(thoughts) + 1), _SHARES[0]), _SHARES[1])
        return share

    def match(self, rows: Iterable[Row], labels: Labels, share: float) -> Iterator[Matched]:
        """Match rows, batch by batch; one for each row, in order."""
        left = iter(rows)
        while batch := list(islice(left, BATCH)):
            yield from self._match(batch, labels, share)

    def _match(self, rows: Sequence[Row], labels: Labels, share: float) -> Iterator[Matched]:
        return self.judge(self.think(rows, labels), labels, share)

    def judge(self, thoughts: Iterable[Thought], labels: Labels, share: float) -> Iterator[Matched]:
        """Match rows that were thought of, in order."""
        for each in thoughts:
            if each.held:
                yield self._judge(each, labels, share)
            else:
                yield Matched(each.row.number, ())

    def _judge(self, thought: Thought, labels: Labels, share: float) -> Matched:
        row, reading, charts, weights = thought
        odds, others = _odds(thought, labels.differs), _others(share)
        prior = _prior(share, self._index.size)
        none = others / (others + prior * sum(odds))
        ranked = sorted(
            zip((one * prior * none / others for one in odds), charts, weights, strict=True),
            key=lambda one: (-one[0], one[1].chart),
        )
        shown = [one for one in ranked[:MOST_SHOWN] if one[0] >= LEAST_SHOWN]
        candidates = tuple(Candidate(held.chart, weighed, p) for p, held, weighed in shown)
        if not candidates:
            return Matched(row.number, ())
        _, held, weighed = shown[0]
        copy = tuple(_copied(thought, held, weighed, labels))
        matched = Matched(row.number, candidates, copy)
        if not self._copies:
            return matched
        matched = matched._replace(window=window(held, weighed.agreed))
        if not matched.is_sure:
            return matched
        turns = turns_of((one.runs for one in weighed.agreed), held)
        return matched._replace(signs=tuple(signs_of(reading, held)), turns=turns)


def _sums(thought: Thought, differs: Differs) -> list[float]:
    return [min(each.under(differs), _CERTAIN) for each in thought.weighed]


def _odds(thought: Thought, differs: Differs) -> list[float]:
    """Give how much likelier than by chance a row is of each of its charts."""
    return [exp(each) for each in _sums(thought, differs)]


def _prior(share: float, charts: int) -> float:
    """Give the prior of one chart that the tokens found."""
    return (1 - _UNFOUND) * share / max(charts, 1)


def _others(share: float) -> float:
    """Give the prior of nobody known here, or of somebody the tokens did not find."""
    return 1 - share + _UNFOUND * share


def _copied(thought: Thought, held: Held, weighed: Weighed, labels: Labels) -> Iterator[str]:
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

"""As of when rows were copied: the instant most of their version windows share.

Pure. A row whose fields stood so only from March to May was copied between March and May; many rows
cut an hour out of a decade. A share of rows may be wrong, so the instant is found by a sweep over a
likelihood, never by intersecting all. Rows read over weeks, or leaks put together, share no instant
and are said to be *not one snapshot*. Source: reference/tracing.md 5.2.
"""

from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.model import Millis

Window = Sequence[tuple[Millis, Millis]]
Numbers = NDArray[np.int64]

WRONG = 0.05
"""The share of rows whose window is wrong: matched to another chart, or changed by the thief."""
SHARED = 0.90
"""So much of the rows one instant must satisfy to be called a snapshot."""
MOST_INSTANTS = 3
_DROP = 3.32
"""How far the log-likelihood may lie under its peak inside a 99 % interval: chi2(1)/2."""


class Forgeable(IntEnum):
    """How easily a thief sets a clock, the hardest first."""

    NO = 0
    """Follows from values only our record holds: a thief can leave them out, not invent them."""
    SOME = 1
    """A column of the leak: one statement changes all of them."""
    EASILY = 2
    """Said about the file, not in it: every copy may change it."""


class Bound(IntEnum):
    """What a clock says of the copy: not before its time, not after it, or about then."""

    NOT_BEFORE = 0
    NOT_AFTER = 1
    ABOUT = 2


class OtherClock(NamedTuple):
    """Another sign of when: `what` says in words where it was read."""

    what: str
    time: Millis
    bound: Bound
    forgeable: Forgeable


class Instant(NamedTuple):
    """One time at which rows were copied: the 99 % interval [low, high), and how many rows fit."""

    low: Millis
    high: Millis
    rows: int


class Moment(NamedTuple):
    """The answer. `instants`: best first, one unless it was not one snapshot; empty: no windows.

    `rows` have a window; `disagreeing` are positions in what was asked that fit no instant.
    """

    instants: tuple[Instant, ...]
    rows: int
    disagreeing: tuple[int, ...]
    clocks: tuple[OtherClock, ...] = ()
    contradicted: tuple[OtherClock, ...] = ()

    @property
    def is_snapshot(self) -> bool:
        """Say whether one instant satisfies nine rows in ten."""
        return bool(self.instants) and self.instants[0].rows >= SHARED * self.rows


def find_moment(
    windows: Sequence[Window],
    horizon: tuple[Millis, Millis],
    clocks: Iterable[OtherClock] = (),
    wrong: float = WRONG,
) -> Moment:
    """Find when rows were copied; `horizon` is from the first record to the post, [from, to).

    An empty window is no evidence. A row may have several spans: a value that came back.
    """
    spans = _spans(windows, horizon)
    rows = int(np.unique(spans.row).size)
    left, instants = spans, list[Instant]()
    while left.row.size and len(instants) < MOST_INSTANTS:
        found, inside = _sweep(left, horizon, wrong)
        if instants and found.rows < max(3, 2 * wrong * rows):
            break
        instants.append(found)
        left = _without(left, inside)
        if found.rows >= SHARED * rows:
            break
    ordered = tuple(sorted(clocks, key=lambda clock: (clock.forgeable, clock.time)))
    against = tuple(each for each in ordered if instants and _contradicts(each, instants))
    rest = tuple(int(row) for row in np.unique(left.row))
    return Moment(tuple(instants), rows, rest, ordered, against)


class _Spans(NamedTuple):
    row: Numbers
    start: Numbers
    end: Numbers


def _spans(windows: Sequence[Window], horizon: tuple[Millis, Millis]) -> _Spans:
    flat = [
        (row, max(start, horizon[0]), min(end, horizon[1]))
        for row, window in enumerate(windows)
        for start, end in window
    ]
    kept = np.array([each for each in flat if each[1] < each[2]], np.int64).reshape(-1, 3)
    return _Spans(kept[:, 0], kept[:, 1], kept[:, 2])


def _without(spans: _Spans, rows: Numbers) -> _Spans:
    kept = ~np.isin(spans.row, rows)
    return _Spans(spans.row[kept], spans.start[kept], spans.end[kept])


def _sweep(spans: _Spans, horizon: tuple[Millis, Millis], wrong: float) -> tuple[Instant, Numbers]:
    """Find the likeliest time: what each window adds is weighed by how narrow it is."""
    size = np.bincount(spans.row, spans.end - spans.start)[spans.row]
    by_chance = wrong * size / max(1, horizon[1] - horizon[0])
    gain = np.log((1 - wrong + by_chance) / by_chance)
    at = np.concatenate([spans.start, spans.end])
    change = np.concatenate([gain, -gain])
    order = np.argsort(at, kind="stable")
    times, where = np.unique(at[order], return_index=True)
    height = np.cumsum(np.add.reduceat(change[order], where))
    good = np.flatnonzero(height >= height.max() - _DROP)
    low, high = int(times[good[0]]), int(times[min(good[-1] + 1, times.size - 1)])
    best = times[height.argmax()]
    inside = np.unique(spans.row[(spans.start <= best) & (best < spans.end)])
    return Instant(Millis(low), Millis(high), inside.size), inside


def _contradicts(clock: OtherClock, instants: Sequence[Instant]) -> bool:
    """Say whether a clock cannot be true beside what the windows say."""
    first = min(each.low for each in instants)
    last = max(each.high for each in instants)
    late = clock.bound is not Bound.NOT_AFTER and clock.time > last
    early = clock.bound is not Bound.NOT_BEFORE and clock.time < first
    return late or early

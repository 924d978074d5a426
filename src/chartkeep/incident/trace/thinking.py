"""Which charts a row may be about: those its tokens find, many rows at once, each weighed.

    thinking = Thinking(index, key)
    for thought in thinking.think(rows, labels): thought.held, thought.weighed, …

All tokens of a batch are looked up at once in the index's sorted array. In a large house many
share a sound and a birth date: beside a chart that most tokens find, these are not thought of.
"""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.fingerprint.keys import FingerprintKey, LookUp
from chartkeep.fingerprint.person import Reading, look_ups
from chartkeep.incident.trace.found import Row
from chartkeep.incident.trace.index import Held, Index
from chartkeep.incident.trace.labelling import Labels, read_row
from chartkeep.incident.trace.weighing import Weighed, weigh

MOST_CANDIDATES: Final = 24
"""Charts a row is weighed against, those most of its tokens find."""
_OWN: Final = frozenset({LookUp.NUMBER, LookUp.PHONE, LookUp.RECORD})
_ALONE: Final = 3
"""Tokens of name, birth date and address that a number or a phone is worth."""


class Thought(NamedTuple):
    """A row as it was read, the charts it may be about, and how much it agrees with each."""

    row: Row
    reading: Reading
    held: Sequence[Held]
    weighed: Sequence[Weighed]


class Thinking:
    """Finds what may be meant in one index."""

    def __init__(self, index: Index, key: FingerprintKey) -> None:
        self._index = index
        self._key = key

    def think(self, rows: Sequence[Row], labels: Labels) -> list[Thought]:
        """Find the charts each row may be about, and weigh them."""
        readings = [read_row(row.values, labels) for row in rows]
        found = self._found(readings)
        held = {
            each: self._index.held(each, self._key)
            for each in {each for charts in found for each in charts}
        }
        return [
            Thought(row, reading, those, [weigh(reading, each) for each in those])
            for row, reading, charts in zip(rows, readings, found, strict=True)
            for those in ([held[each] for each in charts],)
        ]

    def hits(self, tried: Sequence[Sequence[Reading]]) -> list[int]:
        """Count, try by try, the tokens that find a chart; what many tries ask is asked once."""
        numbers: dict[tuple[LookUp, str], int] = {}
        asked = [
            [numbers.setdefault(e, len(numbers)) for each in readings for e in look_ups(each)]
            for readings in tried
        ]
        places, _ = self._index.find(self._tokens(numbers))
        found = np.zeros(len(numbers), np.int64)
        found[places] = 1
        return [int(found[each].sum()) for each in asked]

    def _found(self, readings: Sequence[Reading]) -> list[list[int]]:
        """Give, reading by reading, the charts found at least a third as well as its best."""
        wanted = [look_ups(each) for each in readings]
        says = [_ALONE if kind in _OWN else 1 for each in wanted for kind, _ in each]
        places, charts = self._index.find(self._tokens(e for each in wanted for e in each))
        asked = np.repeat(np.arange(len(wanted)), np.fromiter(map(len, wanted), np.int64))
        pairs, at = np.unique(asked[places] * self._index.size + charts, return_inverse=True)
        well = np.bincount(at, np.array(says)[places], len(pairs))
        whose, charts = np.divmod(pairs, max(self._index.size, 1))
        order = np.lexsort((-well, whose))
        whose, charts, well = whose[order], charts[order], well[order]
        ends = np.searchsorted(whose, np.arange(len(wanted) + 1))
        best = ends[whose]
        kept = (np.arange(len(whose)) - best < MOST_CANDIDATES) & (_ALONE * well >= well[best])
        ends = np.searchsorted(whose[kept], np.arange(len(wanted) + 1)).tolist()
        told: list[int] = charts[kept].tolist()
        return [told[ends[each] : ends[each + 1]] for each in range(len(wanted))]

    def _tokens(self, wanted: Iterable[tuple[LookUp, str]]) -> NDArray[np.uint64]:
        digests = self._key.digest
        asked = ((kind, digests(value)) for kind, value in wanted)
        return np.frombuffer(self._key.found_by_all(asked), "<u8")

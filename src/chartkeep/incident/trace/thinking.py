"""Which charts a row may be about: those its tokens find, many rows at once, each weighed.

    thinking = Thinking(index, key)
    for thought in thinking.think(rows, labels): thought.held, thought.weighed, …

All tokens of a batch are looked up at once in the index's sorted array. In a large house many
share a sound and a birth date: beside a chart that most tokens find, these are not thought of.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from math import log2
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.fingerprint.keys import Field, FingerprintKey, LookUp
from chartkeep.fingerprint.person import Reading, look_ups
from chartkeep.incident.trace.found import Row
from chartkeep.incident.trace.index import FEWEST_COUNTED, Held, Hits, Index
from chartkeep.incident.trace.labelling import Labels, read_row
from chartkeep.incident.trace.weighing import Weighed, weigh

MOST_CANDIDATES: Final = 24
"""Charts a row is weighed against, those most of its tokens find."""
_OWN: Final = frozenset({LookUp.NUMBER, LookUp.PHONE, LookUp.RECORD})
_ALONE: Final = 3
"""Tokens of name, birth date and address that a number or a phone is worth."""

_ALSO: Final = {
    LookUp.NAME: Field.NAME, LookUp.NUMBER: Field.NUMBER, LookUp.PHONE: Field.PHONE,
}  # fmt: skip
"""What a chart is both found and compared by: the index shows how many have it, at any time."""
_LEAST_BITS: Final = 0.125

Wanted = tuple[LookUp, str]


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
        wanted = [look_ups(each) for each in readings]
        hits = self._index.find(self._tokens(e for each in wanted for e in each))
        found = self._found(wanted, hits)
        rare = self._rare(wanted, found, hits)
        held = {
            each: self._index.held(each, self._key)
            for each in {each for charts in found for each in charts}
        }
        return [
            Thought(row, reading, those, [weigh(reading, each, bits) for each in those])
            for row, reading, charts, bits in zip(rows, readings, found, rare, strict=True)
            for those in ([held[each] for each in charts],)
        ]

    def hits(self, tried: Sequence[Sequence[Reading]]) -> list[int]:
        """Count, try by try, the tokens that find a chart; what many tries ask is asked once."""
        numbers: dict[Wanted, int] = {}
        asked = [
            [numbers.setdefault(e, len(numbers)) for each in readings for e in look_ups(each)]
            for readings in tried
        ]
        places = self._index.find(self._tokens(numbers)).places
        found = np.zeros(len(numbers), np.int64)
        found[places] = 1
        return [int(found[each].sum()) for each in asked]

    def _rare(
        self, wanted: Sequence[set[Wanted]], found: Sequence[list[int]], hits: Hits
    ) -> Iterator[dict[tuple[Field, str], float]]:
        """Say in bits how rare what finds a chart by itself is among all charts there are now."""
        counts = iter(hits.counts.tolist())
        for each, charts in zip(wanted, found, strict=True):
            mine = zip(each, islice(counts, len(each)), strict=True)
            counted = [(kind, value, count) for (kind, value), count in mine if count]
            if not charts or self._index.size < FEWEST_COUNTED:
                counted = []
            yield {
                (_ALSO[kind], value): max(log2(self._index.size / count), _LEAST_BITS)
                for kind, value, count in counted
                if kind in _ALSO
            }

    def _found(self, wanted: Sequence[set[Wanted]], hits: Hits) -> list[list[int]]:
        """Give, reading by reading, the charts found at least a third as well as its best."""
        places, charts, _ = hits
        says = [_ALONE if kind in _OWN else 1 for each in wanted for kind, _ in each]
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

    def _tokens(self, wanted: Iterable[Wanted]) -> NDArray[np.uint64]:
        digests = self._key.digest
        asked = ((kind, digests(value)) for kind, value in wanted)
        return np.frombuffer(self._key.found_by_all(asked), "<u8")

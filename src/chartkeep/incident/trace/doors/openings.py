"""Who opened which chart when: ten bytes an opening, sorted by chart.

    openings = sort_openings(chart, door, second, sections, charts)
    row, door = openings.covering(spans, among)

Numbers only: charts and doors are numbered by whoever builds the site. Arrays may be memory-mapped;
a question touches the openings of the charts it is about, and of those at most `PIECE` at a time.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from chartkeep.model import CHART_SECTIONS

PIECE = 4_000_000
ALL_SECTIONS = sum(1 << section for section in CHART_SECTIONS)
"""What every opening may show: fits into a byte."""
_SPREAD = np.uint64(0x9E3779B97F4A7C15)

Numbers = NDArray[np.int64]
Seconds = NDArray[np.uint32]
Bits = NDArray[np.uint8]


class Spans(NamedTuple):
    """Questions: was `chart` opened in [start, end), showing all of `need`; several may be one's.

    `of` names what is asked about; `start`, `end` in seconds.
    """

    of: Numbers
    chart: Numbers
    start: Numbers
    end: Numbers
    need: Bits

    def pick(self, at: Numbers | slice) -> "Spans":
        """Keep some of them."""
        return Spans(self.of[at], self.chart[at], self.start[at], self.end[at], self.need[at])


@dataclass(frozen=True)
class Openings:
    """`offsets` says where each chart's openings begin; `loss` of them are as if not written."""

    offsets: Numbers
    door: NDArray[np.uint32]
    second: Seconds
    sections: Bits
    loss: float = 0.0
    salt: int = 0

    @cached_property
    def began(self) -> int:
        """The second of the first opening of all."""
        return int(self.second.min(initial=(1 << 32) - 1))

    def thinned(self, loss: float, salt: int) -> Self:
        """Give it as a log that lost a share of its lines, always the same ones for a salt."""
        return replace(self, loss=loss, salt=salt)

    def covering(self, spans: Spans, among: NDArray[np.int32]) -> tuple[Numbers, Numbers]:
        """Find which doors cover what is asked: each pair of (`of`, `among[door]`) once.

        `among` gives each door's place, or -1 for a door that is not asked about. What a door
        saw in several openings counts together.
        """
        sizes = self.offsets[spans.chart + 1] - self.offsets[spans.chart]
        pairs, seen = list[Numbers](), list[Bits]()
        width = int(among.max(initial=0)) + 1
        for first, last in _pieces(sizes):
            keys, bits = self._found(
                spans.pick(slice(first, last)), sizes[first:last], among, width
            )
            pairs.append(keys)
            seen.append(bits)
        return _enough(np.concatenate(pairs), np.concatenate(seen), spans, width)

    def _found(
        self, spans: Spans, sizes: Numbers, among: NDArray[np.int32], width: int
    ) -> tuple[Numbers, Bits]:
        """List the openings that lie in the spans: what they are about, and what they showed."""
        before = self.offsets[spans.chart] - (np.cumsum(sizes) - sizes)
        at = np.repeat(before, sizes) + np.arange(sizes.sum())
        which = np.repeat(np.arange(sizes.size), sizes)
        second = self.second[at]
        kept = (second >= spans.start[which]) & (second < spans.end[which])
        at, which = at[kept], which[kept]
        place = among[self.door[at]]
        kept = (place >= 0) & self._kept(at)
        return spans.of[which[kept]] * width + place[kept], self.sections[at[kept]]

    def _kept(self, at: Numbers) -> NDArray[np.bool_]:
        if not self.loss:
            return np.ones(at.size, np.bool_)
        mixed = (at.astype(np.uint64) + np.uint64(self.salt * 2 + 1)) * _SPREAD
        mixed = (mixed ^ (mixed >> np.uint64(29))) * _SPREAD
        return (mixed >> np.uint64(40)) >= np.uint64(int(self.loss * (1 << 24)))


def sort_openings(
    chart: Numbers, door: Numbers, second: Numbers, sections: Bits, charts: int
) -> Openings:
    """Sort openings by chart; all arrays have one element an opening."""
    order = np.argsort(chart, kind="stable")
    offsets = np.zeros(charts + 1, np.int64)
    np.cumsum(np.bincount(chart, minlength=charts), out=offsets[1:])
    return Openings(
        offsets, door[order].astype(np.uint32), second[order].astype(np.uint32), sections[order]
    )


def _pieces(sizes: Numbers) -> list[tuple[int, int]]:
    """Cut questions so that each part touches about `PIECE` openings."""
    part = np.cumsum(sizes) // PIECE
    cuts = [0, *(np.flatnonzero(np.diff(part)) + 1).tolist(), sizes.size]
    return list(pairwise(cuts))


def _enough(keys: Numbers, bits: Bits, spans: Spans, width: int) -> tuple[Numbers, Numbers]:
    """Keep the pairs that saw all that is needed, each once."""
    if not keys.size:
        return keys, keys
    order = np.argsort(keys)
    keys, first = np.unique(keys[order], return_index=True)
    seen = np.bitwise_or.reduceat(bits[order], first)
    need = np.zeros(int(spans.of.max()) + 1, np.uint8)
    need[spans.of] = spans.need
    of = keys // width
    kept = (seen & need[of]) == need[of]
    return of[kept], keys[kept] % width

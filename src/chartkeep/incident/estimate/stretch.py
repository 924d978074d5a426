"""A stretch: blocks that follow one another, read as one, so that numpy does the work."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

import numpy as np

from chartkeep.incident.estimate.block import LINES, Block, Span
from chartkeep.incident.estimate.rows import Column

LINE_BITS: Final = 22
BLOCKS: Final = (1 << LINE_BITS) // LINES


class Stretch:
    """At most 2^22 lines, column by column; `span` as of a block."""

    def __init__(self, blocks: list[Block]) -> None:
        first, last = blocks[0].span, blocks[-1].span
        self.span = Span(first.first, last.end, first.oldest, last.newest)
        self._blocks = blocks
        self._read: dict[str, Column] = {}

    def __len__(self) -> int:
        return self.span.end - self.span.first

    def column(self, name: str) -> Column:
        """Read a column, once. Raises DamagedError when it is not what was written."""
        if name not in self._read:
            self._read[name] = np.concatenate([block.column(name) for block in self._blocks])
        return self._read[name]

    def placed(self) -> Column:
        """Read the placements: rows of the line's number in the ledger, the chart, the ward."""
        each = [block.placed().astype(np.int64) for block in self._blocks]
        for block, placed in zip(self._blocks, each, strict=True):
            placed[:, 0] += block.span.first
        return np.concatenate(each)


def stretches(blocks: Iterable[Block]) -> Iterator[Stretch]:
    """Put blocks together."""
    source = iter(blocks)
    while some := list(islice(source, BLOCKS)):
        yield Stretch(some)

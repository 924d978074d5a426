"""How many instances this worker has put into each study: its parts of the rows of study lists.

A deposit borrows a part that nobody else is using, writes it with what it counts, and gives it back
when it is durable. So two deposits at once never overwrite each other's count, and a part whose
fate nobody knows is not used again: what it says at the store is true whatever became of it.
"""

import threading
from collections import OrderedDict
from typing import NamedTuple

from chartkeep.clinical.studies import StudyRow
from chartkeep.model import ChartId

MOST_STUDIES = 2_000
"""Studies whose parts are remembered; of one that comes later again a new part is begun."""
MOST_SERIES = 500
"""Series in one part: it is rewritten whole, so a study of more of them is counted in several."""


class Part(NamedTuple):
    """One part: its name, the same for ever, what it says now, its version at the store."""

    name: str
    row: StudyRow
    version: int = 0


class Counting:
    """The parts of one worker, for all its threads. `incarnation`: no other worker's, ever."""

    def __init__(self, incarnation: str) -> None:
        self._incarnation = incarnation
        self._count = 0
        self._free: OrderedDict[tuple[ChartId, str], list[Part]] = OrderedDict()
        self._lock = threading.Lock()

    def borrow(self, chart: ChartId, row: StudyRow) -> Part:
        """Give a part of this study that nobody is using; a new one says what `row` says."""
        with self._lock:
            if free := self._free.get((chart, row.study)):
                return free.pop()
            self._count += 1
            return Part(f"{self._incarnation}/{self._count}", row)

    def give_back(self, chart: ChartId, part: Part) -> None:
        """Let others use a part that is durable as it says now, unless it is full."""
        if len(part.row.series) >= MOST_SERIES:
            return
        with self._lock:
            key = chart, part.row.study
            self._free.setdefault(key, []).append(part)
            self._free.move_to_end(key)
            if len(self._free) > MOST_STUDIES:
                self._free.popitem(last=False)

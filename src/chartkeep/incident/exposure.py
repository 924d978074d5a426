"""Exposure: which charts somebody could have read, or wrote through, in a window.

By DESIGN 5: of a session since its log-in; of a person since the log-in of the oldest session
live at the window's start; of an instance since the oldest worker live then said hello, because
Python cannot erase memory. Pure over lines; gaps in the ledger are shown as gaps, never as exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from chartkeep.ledger.exposure_list import Place, Question, place_line
from chartkeep.ledger.line import Line


class Exposed(NamedTuple):
    """One chart: sections that were opened, sections written through, first and last time."""

    chart: bytes
    released: int
    written: int
    first: int
    last: int


@dataclass
class Exposure:
    """The answer; `gaps` are ranges of lines nobody has, so that the set is a lower bound."""

    question: Question
    charts: dict[bytes, Exposed] = field(default_factory=dict)
    searches: int = 0
    gaps: int = 0

    @property
    def is_exact(self) -> bool:
        """Say whether nothing is unknown."""
        return not self.gaps

    def add(self, line: Line) -> None:
        """Take in one line."""
        self.add_placed(line, place_line(line, self.question))

    def add_placed(self, line: Line, place: Place) -> None:
        """Take in one line whose place is known."""
        if place is Place.GAP:
            self.gaps += 1
        elif place is Place.LISTED and line.verb == "search":
            self.searches += 1
        elif place is Place.LISTED and line.chart:
            self._add_chart(line)

    def _add_chart(self, line: Line) -> None:
        released = line.sections if line.verb == "release" else 0
        written = line.sections if line.verb == "seal_key" else 0
        self._merge_chart(Exposed(line.chart, released, written, line.time, line.time))

    def merge(self, later: "Exposure") -> None:
        """Take in what later lines added to the same question."""
        self.searches += later.searches
        self.gaps += later.gaps
        for chart in later.charts.values():
            self._merge_chart(chart)

    def _merge_chart(self, new: Exposed) -> None:
        old = self.charts.get(new.chart)
        if old is not None:
            released, written = old.released | new.released, old.written | new.written
            new = Exposed(new.chart, released, written, old.first, new.last)
        self.charts[new.chart] = new


def expose(lines: Iterable[Line], question: Question) -> Exposure:
    """Collect what the question's one could have seen."""
    exposure = Exposure(question)
    for line in lines:
        exposure.add(line)
    return exposure

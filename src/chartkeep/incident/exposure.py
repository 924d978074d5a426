"""Exposure: which charts somebody could have read, or wrote through, in a window.

By DESIGN 5: of a session since its log-in; of a person since the log-in of the oldest session
live at the window's start; of an instance since the oldest worker live then said hello, because
Python cannot erase memory. Pure over lines; gaps in the ledger are shown as gaps, never as exact.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from chartkeep.ledger.exposure_list import Asked, Place, Question, place_line
from chartkeep.ledger.line import Line, field_value, mask_sections
from chartkeep.model import Section

ENDS = {Asked.SESSION: "logout", Asked.PERSON: "logout", Asked.INSTANCE: "gone"}


class Exposed(NamedTuple):
    """One chart: sections that were opened, sections written through, first and last time."""

    chart: bytes
    released: int
    written: int
    first: int
    last: int

    def sections(self) -> list[Section]:
        """List the sections either way."""
        return mask_sections(self.released | self.written)


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
        place = place_line(line, self.question)
        if place is Place.GAP:
            self.gaps += 1
        elif place is Place.LISTED and line.verb == "search":
            self.searches += 1
        elif place is Place.LISTED and line.chart:
            self._add_chart(line)

    def _add_chart(self, line: Line) -> None:
        known = self.charts.get(line.chart, Exposed(line.chart, 0, 0, line.time, line.time))
        released = line.sections if line.verb == "release" else 0
        written = line.sections if line.verb == "seal_key" else 0
        self.charts[line.chart] = Exposed(
            line.chart, known.released | released, known.written | written, known.first, line.time
        )


def widen(lines: Iterable[Line], question: Question) -> Question:
    """Move the window's start back to when what was live at it began.

    `lines` are those before the window's end, oldest first, from twelve hours before its start:
    longer no session lives.
    """
    began: dict[bytes, int] = {}
    live: dict[bytes, int] = {}
    for line in lines:
        if line.time >= question.until:
            break
        who = line.worker if question.field is Asked.INSTANCE else line.session
        if not who or field_value(line, question.field) != question.value:
            continue
        if line.verb == ENDS[question.field] and line.time < question.since:
            live.pop(who, None)
        else:  # a worker's connections may end while it lives on: what comes back began long ago
            live[who] = began.setdefault(who, line.time)
    started = [time for time in live.values() if time < question.since]
    return Question(question.field, question.value, min([question.since, *started]), question.until)


def expose(lines: Iterable[Line], question: Question) -> Exposure:
    """Collect what the question's one could have seen."""
    exposure = Exposure(question)
    for line in lines:
        exposure.add(line)
    return exposure

"""A glance: what a page of lines says to a question whose window is still to be widened.

A window is widened to when what was live at its start began, and only its last line tells when
that was. So pages are looked at apart, on every core, and merged in their order: one pass. Pure.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from chartkeep.errors import LedgerBrokenError
from chartkeep.incident.exposure import Exposure, expose
from chartkeep.ledger.body import Whole
from chartkeep.ledger.exposure_list import Asked, Question
from chartkeep.ledger.line import EXPOSING_VERBS, GAP_VERB, Line, read_time

ENDS = {Asked.SESSION: "logout", Asked.PERSON: "logout", Asked.INSTANCE: "gone"}


class Lives:
    """Sessions or workers of the question's one: when each began, and who is not known to end."""

    def __init__(self, question: Question) -> None:
        self.question = question
        self.began: dict[bytes, int] = {}
        self.living: dict[bytes, bool] = {}

    def add(self, line: Line) -> None:
        """Take in a line of the question's one."""
        who = line.worker if self.question.field is Asked.INSTANCE else line.session
        if not who or line.time >= self.question.until:
            return
        ends = line.verb == ENDS[self.question.field] and line.time < self.question.since
        self.living[who] = not ends
        if not ends:  # a worker's connections may end while it lives on: what comes back is old
            self.began.setdefault(who, line.time)

    def merge(self, later: "Lives") -> None:
        """Take in what later lines said."""
        self.began = later.began | self.began
        self.living |= later.living

    def widened(self) -> Question:
        """Move the window's start back to when what was live at it began."""
        began = (self.began[who] for who, lives in self.living.items() if lives)
        return msgspec.structs.replace(self.question, since=min([self.question.since, *began]))


@dataclass
class Glance:
    """The lives, what the window exposes as it was asked, and lines before it that may, too.

    Those are of twelve hours at most: longer no session lives. `first` and `last` are times.
    """

    lives: Lives
    exposure: Exposure
    early: list[Line] = field(default_factory=list)
    first: int = -1
    last: int = -1

    def add(self, line: Line) -> None:
        """Take in a line of the question's one, or a gap."""
        question = self.lives.question
        if line.verb != GAP_VERB:
            self.lives.add(line)
        if line.time >= question.since:
            self.exposure.add(line)
        elif line.verb == GAP_VERB or line.verb in EXPOSING_VERBS:
            self.early.append(line)

    def pass_time(self, time: int) -> None:
        """Go on to a line's time. Raises LedgerBrokenError when that lies before the last one."""
        if time < self.last:
            raise LedgerBrokenError("a line's time is before an earlier line's")
        if self.first < 0:
            self.first = time
        self.last = time

    def merge(self, later: "Glance") -> None:
        """Take in a glance at what follows. Raises LedgerBrokenError when that is older."""
        self.pass_time(later.first)
        self.lives.merge(later.lives)
        self.exposure.merge(later.exposure)
        self.early += later.early
        self.last = later.last

    def answer(self) -> Exposure:
        """Give the exposure of the widened window."""
        exposure = expose(self.early, self.lives.widened())
        exposure.merge(self.exposure)
        return exposure


def glance(question: Question, lines: Iterable[Whole]) -> Glance:
    """Look through lines that follow one another, at least one.

    Raises LedgerBrokenError when their times are not in order.
    """
    found = Glance(Lives(question), Exposure(question))
    gap, field_name, wanted = GAP_VERB.encode(), question.field.value, question.value
    for whole in lines:
        found.pass_time(read_time(whole.value("time")))
        if whole.value(field_name) == wanted or whole.value("verb") == gap:
            found.add(whole.line)
    return found

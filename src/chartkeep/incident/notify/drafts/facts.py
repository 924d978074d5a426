"""What a case's book says, as sentences with their sources. Nothing is inferred, nothing invented.

A sentence names the event that says it; a number also the query that gives it again and the digest
of the list it counts. A note that begins with a field's name and a colon is that field's text:
`likely consequences: somebody may ask patients for money`.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import msgspec

from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import (
    Aware,
    Concern,
    Concerned,
    Decision,
    Draft,
    Estimate,
    Finding,
    Group,
    Known,
    Note,
    Report,
    Window,
    Written,
)
from chartkeep.incident.duties.rule import Fact
from chartkeep.incident.duties.said import WAITS, WeighedWords, weigh
from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.estimated import newest
from chartkeep.model import Millis


class Said(msgspec.Struct, frozen=True):
    """A sentence of a draft. `event`: the number of the case's event that says it, -1 for none.

    `query` and `list`: for a number, what gives it again, and the SHA-256 of what it counts.
    """

    text: str
    event: int
    by: str = ""
    time: Millis = Millis(0)
    query: str = ""
    list: str = ""


class Facts:
    """What a case says, asked piece by piece. `states`: how many letters stand where."""

    def __init__(self, case: Case, zone: ZoneInfo, states: dict[State, int] | None = None) -> None:
        self._case = case
        self._zone = zone
        self._states = states or {}

    @cached_property
    def said(self) -> WeighedWords:
        """Give the case's words as far as they count without a second person."""
        return weigh(self._case)

    def noted(self, field: str) -> Iterator[Said]:
        """Give what notes say for a field by its name."""
        for frame, note in self._case.standing(Note):
            name, colon, text = note.text.partition(":")
            if colon and name.strip().casefold() == field.casefold() and text.strip():
                yield _said(frame, text.strip())

    def awareness(self) -> Iterator[Said]:
        """Say who knew first, when, and how."""
        for frame in self._case.events():
            if isinstance(each := frame.what, Aware) and self.said.holds(frame):
                how = f" ({each.how})" if each.how else ""
                yield _said(frame, f"{self.time(each.when)}: {each.whom} became aware{how}")

    def windows(self) -> Iterator[Said]:
        """Say when it may have happened."""
        for frame, each in self._case.standing(Window):
            until = f"to {self.time(each.until)}" if each.until is not None else "and may go on"
            why = f" ({each.why})" if each.why else ""
            yield _said(frame, f"from {self.time(each.since)} {until}{why}")

    def people(self) -> Iterator[Said]:
        """Say how many people, as three nested numbers, of the newest estimate of each method.

        A sample that was posted does not make fewer of those the ledger says were exposed.
        """
        for frame, each in newest(self._case):
            for name, group in _groups(each):
                why = f" ({group.why})" if group.why else ""
                by = f"estimate {each.version}, {each.method}{why}"
                text = f"{name}: {group.count:,} persons, {by}"
                yield Said(text, frame.number, frame.by, frame.time, each.query, group.list)
            for gap in each.gaps:
                yield _said(frame, f"not covered by any evidence: {gap}")

    def findings(self, *parts: str) -> Iterator[Said]:
        """Say what parts of the desk found."""
        for frame, each in self._case.standing(Finding):
            if each.part in parts:
                sure = f" ({each.sure})" if each.sure else ""
                yield _said(frame, f"{each.says}{sure}")

    def decisions(self) -> Iterator[Said]:
        """Say what was decided and done, by whom and why."""
        for frame, each in self._case.standing(Decision):
            second = f" and {each.second}" if each.second else ""
            why = f", because {each.why}" if each.why else ""
            word = f"{each.what} (decided by {each.whom}{second}{why})"
            yield _said(frame, f"{word}{self._alone(frame)}")

    def reports(self) -> Iterator[Said]:
        """Say what came from outside."""
        for frame, each in self._case.standing(Report):
            yield _said(frame, f"{self.time(each.when)}: by {each.channel}: {each.text}")

    def concerned(self, *kinds: Concern) -> Iterator[Said]:
        """Name what it is about: hosts, files, addresses; what was looked at and is not, too."""
        for frame, each in self._case.standing(Concerned):
            if each.what in kinds:
                why = f" ({each.why})" if each.why else ""
                verdict = "" if each.suspect else ", looked at and not concerned"
                yield _said(frame, f"{each.what.value} {each.name}{verdict}{why}")

    def fact(self, fact: Fact) -> Iterator[Said]:
        """Say one fact as yes or no."""
        for frame, each in self._case.standing(Known):
            if each.fact == fact.value:
                why = f" ({each.why})" if each.why else ""
                word = f"{fact.value}: {'yes' if each.holds else 'no'}{why}"
                yield _said(frame, f"{word}{self._alone(frame)}")

    def letters(self) -> Iterator[Said]:
        """Say how far the letters are."""
        told = [f"{count:,} {state.value}" for state, count in self._states.items() if count]
        if told:
            text = f"letters: {', '.join(told)}"
            yield Said(text, -1, query="chartkeep incident letters")

    def published(self) -> Iterator[Said]:
        """Say what was sent to the press."""
        for frame, each in self._case.standing(Draft):
            if each.sent is not None and "press" in each.whom:
                yield _said(frame, f"{self.time(each.sent)}: {each.whom}, version {each.version}")

    def _alone(self, frame: Written) -> str:
        return f" ({WAITS})" if self.said.waits(frame) else ""

    def time(self, at: Millis) -> str:
        """Write a moment in the zone that counts."""
        return f"{datetime.fromtimestamp(at / 1000, self._zone):%Y-%m-%d %H:%M %Z}"


def _said(frame: Written, text: str) -> Said:
    return Said(text, frame.number, frame.by, frame.time)


def _groups(each: Estimate) -> Iterator[tuple[str, Group]]:
    for name, group in (
        ("certain", each.certain),
        ("implied", each.implied),
        ("possible", each.possible),
    ):
        if group is not None:
            yield name, group

"""What is opened in the house: decoys, more than usual, break-glass, exports, refusals, packs."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from chartkeep.incident.timeline.bounded import Bounded
from chartkeep.incident.timeline.event import HOUSE, Event, What
from chartkeep.incident.timeline.known import Known
from chartkeep.incident.timeline.signs import Door, Sign, Strength
from chartkeep.model import Purpose

DAY = 86_400_000
HOUR = 3_600_000
TIMES = 3
"""How many times the most of any day before is far more."""
LEAST_CHARTS = 40
LEAST_GLASS = 5
LEAST_REFUSED = 3
GUESSES = 5
MOST_COUNTED = 100_000
GUESSED = "GuessedError"
SPENT = "OverBudgetError"
ELSEWHERE = "this session belongs to another instance"


@dataclass
class Day:
    """What one does on a day, and the most of any day before."""

    at: int = -1
    began: dict[str, Event] = field(default_factory=dict)
    """The first of each session."""
    seen: set[str] = field(default_factory=set)
    most: int = 0
    told: bool = False

    def count(self, event: Event) -> int:
        """Count a chart in, and give how many there are today."""
        if event.time // DAY != self.at:
            self.most = self.most if self.told else max(self.most, len(self.seen))
            self.at, self.told = event.time // DAY, False
            self.seen.clear()
            self.began.clear()
        if len(self.seen) < MOST_COUNTED:
            self.seen.add(event.chart or event.place)
            self.began.setdefault(event.session, event)
        return len(self.seen)

    def is_far_more(self, least: int) -> bool:
        """Say once a day whether today is far more than any day before."""
        if self.told or len(self.seen) < max(least, TIMES * self.most):
            return False
        self.told = True
        return True


class Openings:
    """What people and programs usually open."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._charts: Bounded[Day] = Bounded(Day)
        self._glass: Bounded[Day] = Bounded(Day)
        self._exports: Bounded[Day] = Bounded(Day)
        self._refused: Bounded[deque[Event]] = Bounded(lambda: deque(maxlen=LEAST_REFUSED))
        self._guesses: Bounded[deque[Event]] = Bounded(lambda: deque(maxlen=GUESSES))
        self._staff: set[str] = set()

    def look(self, event: Event) -> Iterator[Sign]:
        """Look at openings, exports and what was refused."""
        match event.what:
            case What.DECOY:
                yield Sign(event, event, Strength.HARM, "a decoy was opened")
            case What.REPORT:
                yield Sign(event, event, Strength.HARM, f"it was reported: {event.text}"[:200])
            case _ if not event.ok:
                yield from self._not_given(event)
            case What.LOGIN if event.source == HOUSE:
                self._staff.add(event.person)
            case What.EXPORT:
                yield from self._export(event)
            case What.OPEN if event.text.startswith("pack "):
                yield from self._pack(event)
            case What.OPEN:
                yield from self._open(event)
            case _:
                pass

    def _open(self, event: Event) -> Iterator[Sign]:
        day = self._charts[event.person]
        count = day.count(event)
        if self._known.learned(event) and day.is_far_more(LEAST_CHARTS):
            words = f"{event.person} opened {count} charts, of other days at most {day.most}"
            yield Sign(day.began.get(event.session, event), event, Strength.HARM, words)
        if event.how == Purpose.BREAK_GLASS:
            day = self._glass[event.person]
            count = day.count(event)
            if self._known.learned(event) and day.is_far_more(LEAST_GLASS):
                words = f"{event.person} broke the glass {count} times, at most {day.most} before"
                yield Sign(day.began.get(event.session, event), event, Strength.HARM, words)

    def _export(self, event: Event) -> Iterator[Sign]:
        day = self._exports[event.person]
        count = day.count(event)
        if self._known.learned(event) and day.is_far_more(1 if not day.most else LEAST_CHARTS):
            words = f"{event.person} exported {count} charts or more, at most {day.most} before"
            yield Sign(day.began.get(event.session, event), event, Strength.HARM, words)

    def _pack(self, event: Event) -> Iterator[Sign]:
        if event.person and event.person not in self._staff and self._known.learned(event):
            words = f"a pack was opened under a name that never logged in here, at {event.host}"
            yield Sign(event, event, Strength.HARM, words, Door.PACK)

    def _elsewhere(self, event: Event) -> Sign:
        words = "a session was used from another instance than it was made at"
        return Sign(event, event, Strength.CLEAR, words, Door.SESSION)

    def _not_given(self, event: Event) -> Iterator[Sign]:
        if ELSEWHERE in event.text:
            yield self._elsewhere(event)
        elif event.text.startswith(GUESSED):
            yield from self._burst(event, self._guesses[event.host], Door.FEED, "wrong guesses")
        elif event.text.startswith(SPENT) and event.session:
            yield from self._burst(event, self._refused[event.session], None, "openings refused")

    @staticmethod
    def _burst(event: Event, recent: deque[Event], door: Door | None, what: str) -> Iterator[Sign]:
        """Give a sign when as many as are kept came within an hour, and begin anew."""
        recent.append(event)
        if len(recent) == recent.maxlen and event.time - recent[0].time <= HOUR:
            words = f"{len(recent)} {what} within an hour at {event.host}"
            yield Sign(recent[0], event, Strength.HARM, words, door)
            recent.clear()

"""Who talks to whom: flaws tried from outside, machines that look around, machines nobody knew."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from chartkeep.incident.timeline.bounded import Bounded
from chartkeep.incident.timeline.event import Event, What
from chartkeep.incident.timeline.known import Known
from chartkeep.incident.timeline.signs import Door, Sign, Strength

DAY = 86_400_000
WHILE = 600_000
"""Milliseconds in which a machine's different targets are counted."""
MANY = 15
TIMES = 3
MOST_CALLERS = 500


@dataclass
class Talker:
    """One machine inside: when it came first, its last ten minutes, the most targets in any.

    `most` is of the days before: who looks around slowly shall not make it usual on the same day.
    """

    first: Event | None = None
    recent: deque[Event] = field(default_factory=lambda: deque(maxlen=500))
    day: int = 0
    today: int = 0
    most: int = 0
    told: int = 0

    def count(self, event: Event) -> int:
        """Count a connection in, and give how many targets there were in ten minutes."""
        if event.time // DAY != self.day:
            self.most, self.day, self.today = max(self.most, self.today), event.time // DAY, 0
        self.recent.append(event)
        while event.time - self.recent[0].time > WHILE:
            self.recent.popleft()
        count = len({each.target for each in self.recent})
        self.today = max(self.today, count)
        return count


class Network:
    """What machines inside usually do."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self._talkers: Bounded[Talker] = Bounded(Talker)
        self._callers: Bounded[set[str]] = Bounded(set)
        self._tried: Bounded[deque[Event]] = Bounded(lambda: deque(maxlen=100))

    def look(self, event: Event) -> Iterator[Sign]:
        """Look at connections, and at what the guards of the network found."""
        gateways = self._known.facts.gateways
        match event.what:
            case What.DETECTION if event.ok and self._known.is_outside(event.address):
                self._tried[event.target or event.host].append(event)
            case What.ACCOUNT | What.CONFIG if event.host in gateways:
                yield from self._changed(event)
            case What.CONNECT if self._known.seat(event):
                yield from self._called(event)
                yield from self._talked(event)
            case _:
                pass

    def _changed(self, event: Event) -> Iterator[Sign]:
        """Say that a gateway was changed from outside, and by whom a flaw of it was tried before.

        Attacks that are seen and not stopped come every day; who then changes it is no stranger.
        """
        if not self._known.is_outside(event.address):
            return
        words = f"{event.host} was changed from outside"
        for tried in self._tried[event.host]:
            if tried.address == event.address and event.time - tried.time <= DAY:
                words = f"{tried.text} from {tried.address} reached {event.host}, and then {words}"
                began = tried._replace(host=event.host)
                yield Sign(began, event, Strength.CLEAR, words, Door.GATEWAY)
                return
        yield Sign(event, event, Strength.CLEAR, words)

    def _called(self, event: Event) -> Iterator[Sign]:
        """Say that a medical device or a keeper was reached by a machine that never did before."""
        facts, seat = self._known.facts, self._known.seat(event)
        if event.target not in facts.machines | facts.keepers:
            return
        callers = self._callers[event.target]
        if seat in callers or not event.ok:
            return
        if len(callers) < MOST_CALLERS:
            callers.add(seat)
        if self._known.learned(event):
            words = f"{event.target} was never reached from {seat} before"
            yield Sign(event._replace(host=event.target), event, Strength.WEAK, words)

    def _talked(self, event: Event) -> Iterator[Sign]:
        seat = self._known.seat(event)
        talker = self._talkers[seat]
        if talker.first is None:
            talker.first = event._replace(host=seat)
        count = talker.count(event)
        if event.time - talker.told <= DAY or count < max(MANY, TIMES * talker.most):
            return
        if not self._known.learned(event):
            return
        talker.told = event.time
        yield self._looked_around(talker, event, seat, count)

    def _looked_around(self, talker: Talker, event: Event, seat: str, count: int) -> Sign:
        """Say that a machine looked around; a new one, or a medical device, is a door."""
        begin = talker.recent[0]._replace(host=seat)
        words = f"{seat} reached {count} machines in ten minutes, at most {talker.most} before"
        first = talker.first or event
        if event.time - first.time <= DAY and self._known.learned(first):
            words = f"{seat} was never here before, and {words}"
            return Sign(first, event._replace(host=seat), Strength.CLEAR, words, Door.STRANGER)
        door = Door.MACHINE if seat in self._known.facts.machines else None
        return Sign(begin, event._replace(host=seat), Strength.CLEAR, words, door)

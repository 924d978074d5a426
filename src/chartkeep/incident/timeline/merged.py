"""The merged timeline: all sources in one order of time, each source's clock put right.

    timeline = Timeline([Own("releases", …), Imported(…)], said={"vpn": 95_000})
    timeline.measure()
    for event in timeline.events(): …
    timeline.skews, timeline.aliases

Sources are read twice, once to measure their clocks and once to give them, but for small ones,
which are kept. Memory does not grow with them; of a source that is wildly out of order an event
can come late.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, merge
from typing import Protocol

from chartkeep.incident.timeline.clocks import NOT_MEASURED, Collected, Skew, find_skews
from chartkeep.incident.timeline.event import Event

MOST_HELD = 50_000
"""Events of a source kept back to bring them in order."""
STEP = 1_000
"""Events between two words of how far it is."""
MOST_KEPT = 50_000
"""Events of all sources kept, so that they need not be read again."""


class Source(Protocol):
    """What gives events under a name, again whenever it is asked."""

    name: str
    aliases: dict[str, str]

    def events(self) -> Iterable[Event]:
        """Give its events, nearly in order of time."""


class Own:
    """A source of the house's own."""

    def __init__(self, name: str, read: Callable[[], Iterable[Event]]) -> None:
        self.name = name
        self.aliases: dict[str, str] = {}
        self._read = read

    def events(self) -> Iterable[Event]:
        """Give its events."""
        return self._read()


@dataclass(frozen=True)
class Reach:
    """From when to when a source speaks in the window, by our clock; how much it says in all."""

    first: int
    last: int
    events: int


class Timeline:
    """All sources of one question, between two moments of our clock."""

    def __init__(
        self,
        sources: Sequence[Source],
        since: int,
        until: int,
        said: Mapping[str, int],
        same: Mapping[str, str],
    ) -> None:
        """Take the sources between two moments of our clock.

        `said`: how far ahead somebody says a source's clock is, in ms. `same`: other names and
        addresses of machines.
        """
        self.sources = sources
        self.since, self.until = since, until
        self.skews: dict[str, Skew] = {}
        self.reach: dict[str, Reach] = {}
        self.aliases: dict[str, str] = {}
        self._said = said
        self._kept: dict[str, list[Event]] = {}
        self._same = same

    def measure(self, told: Callable[[int], None] = lambda _done: None) -> None:
        """Read all sources, measure their clocks, learn whose address is whose.

        `told` hears how many events, and ends it by what it raises.
        """
        read = 0
        found = {source.name: Collected(self.name) for source in self.sources}
        spans: dict[str, list[int]] = {}
        room = MOST_KEPT
        for source in self.sources:
            kept: list[Event] = []
            for event in source.events():
                read += 1
                if read % STEP == 0:
                    told(read)
                if len(kept) <= room:
                    kept.append(event)
                found[source.name].add(event)
                span = spans.setdefault(source.name, [event.said, event.said, 0])
                span[:] = min(span[0], event.said), max(span[1], event.said), span[2] + 1
            self.aliases |= source.aliases
            if len(kept) <= room:
                self._kept[source.name] = kept
                room -= len(kept)
        self.skews = find_skews({name: each.clues() for name, each in found.items()}, self._said)
        for name, (first, last, count) in spans.items():
            ahead = self.skews[name].ahead
            # What lies outside the window is not looked at: nobody learns from it what is usual.
            begin, end = max(first - ahead, self.since), min(last - ahead, self.until)
            self.reach[name] = Reach(begin, end, count)

    def events(self) -> Iterator[Event]:
        """Give the window's events by our clock, oldest first."""
        parts = [self._right(source) for source in self.sources]
        return merge(*parts, key=lambda event: event.time)

    def name(self, host: str) -> str:
        """Name a machine by the one name it has here."""
        return self._same.get(host) or self.aliases.get(host, host)

    def _right(self, source: Source) -> Iterator[Event]:
        """Put a source's clock right, and its events in order."""
        skew = self.skews.get(source.name, NOT_MEASURED)
        held: list[tuple[int, int, Event]] = []
        for count, event in enumerate(self._kept.get(source.name) or source.events()):
            time = event.said - skew.ahead
            if not self.since <= time < self.until:
                continue
            heappush(held, (time, count, self._named(event, time, skew.within)))
            if len(held) > MOST_HELD:
                yield heappop(held)[2]
        while held:
            yield heappop(held)[2]

    def _named(self, event: Event, time: int, within: int) -> Event:
        """Set the time, and name a host that a source knows by its address only."""
        host, target = self.name(event.host), self.name(event.target)
        return event._replace(time=time, within=within, host=host, target=target)

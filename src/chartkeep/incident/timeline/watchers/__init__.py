"""Watchers: each looks at every event in order, knows what was usual, and says what is foreign.

All have one shape: made of `Known`, `look(event)` gives signs. What they keep is bounded.
"""

from collections.abc import Iterator
from typing import Protocol

from chartkeep.incident.timeline.event import Event
from chartkeep.incident.timeline.known import Known
from chartkeep.incident.timeline.signs import Sign
from chartkeep.incident.timeline.watchers.alarms import Alarms
from chartkeep.incident.timeline.watchers.logins import Logins
from chartkeep.incident.timeline.watchers.network import Network
from chartkeep.incident.timeline.watchers.openings import Openings
from chartkeep.incident.timeline.watchers.programs import Programs


class Watcher(Protocol):
    """What looks at events in their order."""

    def look(self, event: Event) -> Iterator[Sign]:
        """Give the signs an event shows."""


def watchers(known: Known) -> list[Watcher]:
    """Make one of each."""
    return [kind(known) for kind in (Logins, Openings, Programs, Network, Alarms)]

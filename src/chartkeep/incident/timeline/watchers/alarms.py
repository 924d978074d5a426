"""What the house's own guards say: changed bytes, a place that loses things, a shorter ledger."""

import re
from collections.abc import Iterator

from chartkeep.incident.timeline.event import Event, What
from chartkeep.incident.timeline.known import Known
from chartkeep.incident.timeline.signs import Door, Sign, Strength

_PLACE = re.compile(
    r"bucket'?s? keys?|does not keep what|place .*(gone|lost|deleted)|written over", re.IGNORECASE
)
_KEEPER = re.compile(
    r"changed or removed|are gone|is refused|rolled|fork|has somebody its key", re.IGNORECASE
)


class Alarms:
    """Which of their sentences mean a hand, and not an outage."""

    def __init__(self, known: Known) -> None:
        self._known = known

    def look(self, event: Event) -> Iterator[Sign]:
        """Look at alarms of keyholder, store and vault."""
        if event.what is not What.ALARM:
            return
        if _PLACE.search(event.text):
            yield Sign(event, event, Strength.HARM, event.text, Door.PLACE)
        elif _KEEPER.search(event.text):
            yield Sign(event, event, Strength.HARM, event.text)

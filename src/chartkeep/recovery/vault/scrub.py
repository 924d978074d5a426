"""Reading everything again, a little at a time, so that a flipped bit is found before a restore.

With two places a damaged or missing copy is mended from the other; with one it is said, and a
segment is pulled again when somebody takes the damaged one away. It never deletes.
"""

from collections.abc import Callable, Iterator
from typing import Final

from chartkeep.errors import ChartkeepError
from chartkeep.recovery.place import Place

BYTES: Final = 2 << 20
"""How much is read in one step, at least one object: some 300 GB a day."""


class Scrub:
    """A walk over all names, round and round; `check` raises DamagedError, or mends."""

    def __init__(
        self, place: Place, check: Callable[[str], object], alarm: Callable[[str], None]
    ) -> None:
        self._place = place
        self._check = check
        self._alarm = alarm
        self._after = ""

    def step(self) -> None:
        """Check the next objects."""
        room = BYTES
        for name in self._next():
            try:
                room -= self._place.size(name)
                self._check(name)
            except ChartkeepError as error:
                self._alarm(f"{name}: {error}")
            self._after = name
            if room < 0:
                return
        self._after = ""

    def _next(self) -> Iterator[str]:
        return self._place.names(after=self._after)

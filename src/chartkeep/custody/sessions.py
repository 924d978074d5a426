"""Who asks: a session's token, answered for by the keyholder not longer ago than a second.

What lies open in this worker is shown only to a session the keyholder knew within the last
second; a leaver, an ended session or a frozen one is out everywhere by then.
"""

import threading

from chartkeep.custody.house import House
from chartkeep.errors import FrozenError
from chartkeep.keyholder.protocol import Known
from chartkeep.model import Millis

FRESH = 1_000
MOST = 20_000
AT_ONCE = frozenset({"session", "instance"})
"""Frozen scopes that end even what is open; the others let leases run out (DESIGN 4)."""


class Sessions:
    """The sessions of one worker, for all its threads."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[bytes, tuple[Millis, Known]] = {}
        self._lock = threading.Lock()

    def who(self, token: bytes) -> Known:
        """Say who a token is.

        Raises NotAllowedError when the session has ended, FrozenError when it was frozen.
        """
        now = self._house.clock()
        with self._lock:
            asked, known = self._known.get(token, (Millis(0), None))
        if known is None or not 0 <= now - asked < FRESH:
            known = self._ask(token, now)
        if known.frozen in AT_ONCE:
            raise FrozenError(f"this {known.frozen} is frozen", hint="tell the privacy officer")
        return known

    def forget(self, token: bytes) -> None:
        """Drop a session that has just ended."""
        with self._lock:
            self._known.pop(token, None)

    def _ask(self, token: bytes, now: Millis) -> Known:
        self.forget(token)
        known = self._house.keyholder.who_is(token)
        with self._lock:
            while len(self._known) >= MOST:
                self._known.pop(next(iter(self._known)))
            self._known[token] = (now, known)
        return known

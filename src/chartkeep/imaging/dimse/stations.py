"""The sessions peers that read are bound to: each its own, so every line names the machine.

A station logs in like any backend program, with a key of its own that lies on this host
(`stations/TITLE.key`) and was registered by two people. Its sessions last five minutes; what they
open counts on its own budgets, and freezing or removing it stops this one machine.
"""

import threading
from collections.abc import Callable
from typing import NamedTuple

from chartkeep.custody.house import House
from chartkeep.model import to_text
from chartkeep.sealing.assertion import Claims, sign_assertion
from chartkeep.sealing.keys import fresh_id

LIFE = 120
"""Seconds an assertion holds."""
MARGIN = 60_000
"""A session is not used in its last minute: what begins then would end in the middle."""


class Station(NamedTuple):
    """A peer's session: its id for the journal, its token for the keyholder, its end."""

    title: str
    session: bytes
    token: bytes
    expires: int


class Stations:
    """The sessions of one worker, for all its threads. `keys` reads a title's private key."""

    def __init__(self, house: House, keys: Callable[[str], bytes]) -> None:
        self._house = house
        self._keys = keys
        self._live: dict[str, Station] = {}
        self._lock = threading.Lock()

    def station(self, title: str) -> Station:
        """Give the session of a peer, logging in when it has none.

        Raises RefusedError when it has no key here, and what the keyholder refuses with.
        """
        with self._lock:  # one log-in at a time: two would be two sessions
            found = self._live.get(title)
            if found is None or found.expires - MARGIN < self._house.clock():
                found = self._live[title] = self._login(title)
            return found

    def forget(self, title: str) -> None:
        """Drop a session the keyholder does not know any more."""
        with self._lock:
            self._live.pop(title, None)

    def _login(self, title: str) -> Station:
        now = self._house.clock() // 1000
        claims = Claims(
            iss=title,
            sub=title,
            aud=f"urn:uuid:{to_text(self._house.facility)}",
            exp=now + LIFE,
            jti=fresh_id().hex(),
        )
        session = self._house.keyholder.login_program(sign_assertion(claims, self._keys(title)))
        return Station(title, session.session, session.token, session.expires)

"""An event: one thing that one source says, in the words all sources share.

What a source does not say is empty. Nothing here is a chart's content: what people typed as a
reason or searched for is left at its source.
"""

from enum import StrEnum
from typing import NamedTuple

from chartkeep.model import Millis

HOUSE, VAULT, REPORTS = "house", "vault", "reports"
"""The names of our own sources, whose clock is the house's."""
MOST_TEXT = 300
"""Characters kept of a source's own words."""


class What(StrEnum):
    """What kind of thing happened."""

    LOGIN = "login"
    LOGOUT = "logout"
    CONNECT = "connect"
    OPEN = "open"
    SEARCH = "search"
    WRITE = "write"
    EXPORT = "export"
    ADMIN = "admin"
    DECOY = "decoy"
    ALARM = "alarm"
    GAP = "gap"
    RUN = "run"
    DETECTION = "detection"
    ACCOUNT = "account"
    SERVICE = "service"
    CLEARED = "cleared"
    DEVICE = "device"
    CONFIG = "config"
    REPORT = "report"
    OTHER = "other"


class Event(NamedTuple):
    """One event. `time` is by our clock as far as its source's is known, `said` by its own.

    `ok`: it took effect; a refused log-in, a dropped packet, a stopped program did not. `host` is
    where it happened, `address` where it came from, `target` where a connection went. `how` is a
    Windows logon type, a port, a purpose. `within`: milliseconds the time may be wrong either way.
    """

    time: int
    source: str
    place: str
    what: What
    ok: bool = True
    host: str = ""
    address: str = ""
    target: str = ""
    person: str = ""
    session: str = ""
    chart: str = ""
    how: str = ""
    program: str = ""
    parent: str = ""
    digest: str = ""
    level: int = 0
    """0 not said, 1 low, 2 medium, 3 high."""
    text: str = ""
    said: Millis = Millis(0)
    within: int = 0
    line: int = -1
    """Its line in `releases`, as evidence."""

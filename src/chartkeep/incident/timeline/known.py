"""What is known of a network while its timeline is read.

Facts somebody gave, whose address is whose, and since when each source speaks: before a week of
it nothing in it is new.
"""

from collections.abc import Mapping
from functools import lru_cache
from ipaddress import ip_address, ip_network

from chartkeep.incident.timeline.event import Event
from chartkeep.incident.timeline.signs import Facts

INSIDE = tuple(
    ip_network(each)
    for each in (
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "127.0.0.0/8",
        "169.254.0.0/16", "0.0.0.0/8", "fc00::/7", "fe80::/10", "::1/128",
    )
)  # fmt: skip
"""Networks no address of the outside is in (RFC 1918, 6598, 3927, 4193, 4291)."""
LEARNING = 7 * 86_400_000
"""Milliseconds of a source before something in it can be new."""


class Known:
    """One reading's knowledge; `began` names each source's first moment, by our clock."""

    def __init__(self, facts: Facts, began: Mapping[str, int], aliases: Mapping[str, str]) -> None:
        self.facts = facts
        self._began = began
        self._names = {**aliases, **facts.same}
        self._inside = (*INSIDE, *(ip_network(each, strict=False) for each in facts.own))
        self.is_outside = lru_cache(50_000)(self._is_outside)

    def learned(self, event: Event) -> bool:
        """Say whether its source speaks long enough that something in it can be new."""
        return event.time - self._began.get(event.source, event.time) >= LEARNING

    def name(self, host: str) -> str:
        """Name a machine by the one name it has here."""
        return self._names.get(host, host)

    def seat(self, event: Event) -> str:
        """Name the machine inside from which an event came; empty from outside, or when unsaid."""
        if not event.address or self.is_outside(event.address):
            return ""
        return self.name(event.address)

    def _is_outside(self, address: str) -> bool:
        try:
            found = ip_address(address)
        except ValueError:
            return False
        return not any(found in network for network in self._inside)

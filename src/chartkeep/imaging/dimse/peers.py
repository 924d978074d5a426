"""Who may associate: application entities by title, bound to where they come from.

An AE title is a name anybody can say. It counts only together with the address a connection comes
from and, where associations run in TLS, with the name in the certificate. Nobody is let in by
default, and each peer has just the rights it was given. What it does *not* promise: a title on a
network without TLS is as trustworthy as that network.
"""

import ipaddress
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

from chartkeep.errors import NotAllowedError, RefusedError

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Right(StrEnum):
    """What a peer may do."""

    STORE = "store"
    FIND = "find"
    MOVE = "move"
    WORKLIST = "worklist"
    COMMIT = "commit"


class Peer(NamedTuple):
    """One registered application entity.

    `issuer`: who gave out its patients' numbers where a file does not say. `address`, `port`: where
    it takes associations, port 0 for nowhere. `certificate`: the name its certificate must carry,
    as subject or as DNS name; empty: its title.
    """

    aet: str
    sources: tuple[Network, ...]
    may: frozenset[Right]
    issuer: str = ""
    address: str = ""
    port: int = 0
    certificate: str = ""


class RejectedError(NotAllowedError):
    """An association is not made; the numbers are those of an A-ASSOCIATE-RJ (PS3.8 9.3.4)."""

    def __init__(self, message: str, result: int, source: int, reason: int) -> None:
        super().__init__(message, hint="register the peer in feeds.json")
        self.answer = (result, source, reason)


class Peers:
    """The registered peers, and the title they must call."""

    def __init__(self, called: str, peers: Iterable[Peer]) -> None:
        self.called = called
        self._by_title = {peer.aet: peer for peer in peers}

    def reaches(self, address: str) -> bool:
        """Say whether any peer comes from here: nobody else is even spoken to."""
        source = _plain(address)
        return any(_within(source, peer) for peer in self._by_title.values())

    def admit(self, calling: str, called: str, address: str, names: frozenset[str] | None) -> Peer:
        """Give the peer that is calling; `names` are its certificate's, None without TLS.

        A title said from elsewhere is refused as an unknown one is: nothing tells them apart.
        Raises RejectedError.
        """
        peer = self._by_title.get(calling)
        if peer is None or not _within(_plain(address), peer):
            raise RejectedError("the calling AE title is not known here", 1, 1, 3)
        if names is not None and (peer.certificate or peer.aet) not in names:
            raise RejectedError("the certificate is of another peer", 1, 1, 3)
        if called != self.called:
            raise RejectedError("the called AE title is not ours", 1, 1, 7)
        return peer

    def find(self, title: str) -> Peer:
        """Give a peer to send to. Raises RefusedError when there is none, or nowhere to send."""
        peer = self._by_title.get(title)
        if peer is None or not peer.port:
            raise RefusedError(
                "this destination is not registered", hint="give its address and port in feeds.json"
            )
        return peer


def _plain(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """Read an address; an IPv4 one that came over an IPv6 socket is IPv4."""
    found = ipaddress.ip_address(address.partition("%")[0])
    return getattr(found, "ipv4_mapped", None) or found


def _within(address: ipaddress.IPv4Address | ipaddress.IPv6Address, peer: Peer) -> bool:
    return any(address in network for network in peer.sources)

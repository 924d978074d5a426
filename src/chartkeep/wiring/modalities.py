"""The listeners for DICOM associations: `intake` stores, `query` answers (imaging/dimse).

Each has a port, a process and an instance of its own, so that whoever steals the one that every
modality talks to can open nothing.
"""

import ssl
from collections.abc import Callable, Sequence

from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.house import House
from chartkeep.errors import RefusedError
from chartkeep.imaging.arriving import File
from chartkeep.imaging.dimse.committing import Committing
from chartkeep.imaging.dimse.listener import DimseListener, Place
from chartkeep.imaging.dimse.peers import Peer, Peers, Right
from chartkeep.imaging.dimse.service import Echo, Service
from chartkeep.imaging.dimse.statuses import SUCCESS, WRONG_CLASS
from chartkeep.imaging.dimse.storing import Sent, Storing, Take
from chartkeep.imaging.taking import SOURCE, Sender, Taker
from chartkeep.wiring.feeds import FILE, DimseFeed, DimsePeer, Feeds, networks
from chartkeep.wiring.home import Home

Tell = Callable[[str], None]


def storing_listener(
    home: Home, feeds: Feeds, feed: DimseFeed, house: House, tell: Tell
) -> DimseListener:
    """Make the listener that stores."""
    issuers = Issuers(feeds.issuers)
    tls = (
        (dimse_tls(home, server=True), dimse_tls(home, server=False)) if feed.tls else (None, None)
    )
    services: list[Service] = [
        Echo(),
        Storing(take_into(Taker(house, issuers))),
        Committing(stands_in(house), feed.aet, tls[1]),
    ]
    place = Place(feed.address, feed.store_port, tls[0])
    return DimseListener(place, read_peers(feed, issuers), services, tell)


def take_into(taker: Taker) -> Take:
    """Let C-STORE take the one road in."""

    def take(sent: Sent) -> int:
        """Take one object. Raises what refuses it."""
        outcome = taker.take_one(File(sent.stream), Sender(sent.peer.aet, sent.peer.issuer))
        if outcome.error is not None:
            raise outcome.error
        return SUCCESS if outcome.instance == sent.instance else WRONG_CLASS

    return take


def stands_in(house: House) -> Callable[[Sequence[str]], list[bool]]:
    """Say of SOP instance UIDs which stand at the store, in a chart."""

    def are_there(instances: Sequence[str]) -> list[bool]:
        heads = house.heads([house.entry_id(SOURCE, each) for each in instances])
        return [head.version > 0 for head in heads]

    return are_there


def read_peers(feed: DimseFeed, issuers: Issuers) -> Peers:
    """Read the registered peers. Raises RefusedError for an issuer nobody knows."""
    return Peers(feed.aet, (_peer(each, issuers) for each in feed.peers))


def _peer(told: DimsePeer, issuers: Issuers) -> Peer:
    issuer = issuers.system(told.issuer, "")
    if not issuer:
        raise RefusedError(
            f"{FILE}: the issuer of {told.aet} has no system", hint="name it under issuers"
        )
    return Peer(
        told.aet, tuple(networks(told.sources)), frozenset(map(Right, told.may)), issuer,
        told.address, told.port, told.certificate,
    )  # fmt: skip


def dimse_tls(home: Home, *, server: bool) -> ssl.SSLContext:
    """Make mutual TLS for associations, by `tls/dimse.pem` and `tls/dimse.key`.

    A peer is known by the names in its certificate, not by where it is reached (`peers.admit`);
    1.2 for machines that are no younger.
    """
    context = home.tls("tls:", "dimse", server=server)
    assert context is not None
    context.check_hostname = False
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context

"""Associations we ask for: to send objects (C-MOVE) and reports (storage commitment) to a peer."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from chartkeep.errors import RefusedError
from chartkeep.imaging.dimse.association import Association
from chartkeep.imaging.dimse.channel import Channel, GarbageError, GoneError, Kind, names_of
from chartkeep.imaging.dimse.negotiating import Proposal, read_acceptance, write_request
from chartkeep.imaging.dimse.peers import Peer

HELLO = 10.0
PATIENCE = 60.0
IDLE = 120.0
"""Seconds a peer may take to answer."""
MOST_PROPOSED = 128
"""Contexts of one association: their numbers are odd and fit a byte."""


@contextmanager
def associated(
    calling: str, peer: Peer, proposals: list[Proposal], tls: ssl.SSLContext | None
) -> Iterator[Association]:
    """Associate with a peer while the block lasts; released when it ends well, else aborted.

    Raises GoneError when it cannot be reached, RefusedError when it wants none of this.
    """
    channel = Channel(_connect(peer, tls), HELLO, PATIENCE)
    try:
        association = _ask(channel, calling, peer, proposals[:MOST_PROPOSED])
        try:
            yield association
        except BaseException:
            with suppress(GoneError):
                association.abort()
            raise
        with suppress(GoneError, GarbageError):  # all was said; how it ends changes nothing
            association.release()
    finally:
        channel.close()


def _connect(peer: Peer, tls: ssl.SSLContext | None) -> socket.socket:
    try:
        sock = socket.create_connection((peer.address, peer.port), HELLO)
    except OSError as error:
        raise GoneError(f"{peer.aet} does not answer") from error
    if tls is None:
        return sock
    try:
        wrapped = tls.wrap_socket(sock)
    except OSError as error:
        sock.close()
        raise GoneError(f"{peer.aet} does not prove itself") from error
    if (peer.certificate or peer.aet) not in names_of(wrapped):
        wrapped.close()
        raise GoneError(f"where {peer.aet} should be, another peer answers")
    return wrapped


def _ask(channel: Channel, calling: str, peer: Peer, proposals: list[Proposal]) -> Association:
    channel.send(Kind.ASSOCIATE, write_request(calling, peer.aet, proposals))
    pdu = channel.receive()
    if pdu.kind == Kind.REJECT:
        raise RefusedError(f"{peer.aet} rejects the association", hint="register us there")
    if pdu.kind != Kind.ACCEPT:
        raise GarbageError("the answer to a request is none")
    contexts, most = read_acceptance(bytes(pdu.body), proposals)
    channel.set_idle(IDLE)
    return Association(channel, contexts, most)

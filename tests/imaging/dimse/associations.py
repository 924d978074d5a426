"""Any bytes as an association: an error of ours, or messages; a body for fuzzers."""

import socket

from chartkeep.errors import ChartkeepError
from chartkeep.imaging.dimse.association import Association
from chartkeep.imaging.dimse.channel import Channel, Kind
from chartkeep.imaging.dimse.identifiers import keys_of, read_row
from chartkeep.imaging.dimse.negotiating import (
    accepted,
    choose,
    is_syntax,
    read_request,
    write_acceptance,
)

MOST = 60_000
"""Bytes that fit into a socket's buffer with nobody at the other end."""


def feed(data: bytes) -> None:
    """Let somebody say these bytes and hang up."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(data[:MOST])
        theirs.shutdown(socket.SHUT_WR)
        try:
            converse(Still(ours))
        except ChartkeepError:
            return


class Still(Channel):
    """A channel over a socket pair, which has no TCP to tune."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = Untuned(sock)  # type: ignore[assignment]
        self._patience = 5.0
        self._buffer = bytearray(1 << 18)


class Untuned:
    """A socket that takes every option and keeps none."""

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def setsockopt(self, *_: int) -> None:
        pass

    def __getattr__(self, name: str) -> object:
        return getattr(self._sock, name)


def converse(channel: Channel) -> None:
    """Do what a listener does: negotiate, then take every message to pieces."""
    pdu = channel.receive()
    contexts = {}
    if pdu.kind == Kind.ASSOCIATE:
        request = read_request(bytes(pdu.body))
        answers = choose(request.proposed, lambda _: is_syntax)
        write_acceptance(request, answers)
        contexts = accepted(answers)
    association = Association(channel, contexts, 16_384)
    while (message := association.receive()) is not None:
        if message.data is not None:
            keys_of(read_row(message.identifier(), message.context.syntax))

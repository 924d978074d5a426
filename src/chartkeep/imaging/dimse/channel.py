"""One TCP connection as PDUs (PS3.8 9.3): each bounded in length and in time.

Promises: nothing longer than its kind may be is read into memory; a PDU that began is whole within
its time or the connection is given up; and answers leave at once. An unmodified dcmtk waits with
Nagle's algorithm for our acknowledgement of its last short segment, and the kernel delays that
acknowledgement by 40 ms: with both as they come, ten objects a second pass. So acknowledgements are
asked for at once, again at each receive, since the kernel forgets it (tcp(7), TCP_QUICKACK).
"""

import select
import socket
import ssl
import struct
import time
from contextlib import suppress
from enum import IntEnum
from typing import Any, NamedTuple

from chartkeep.errors import BadInputError, UnavailableError

MOST_PDU = 131_072
"""What we ask peers to keep P-DATA below: the most that dcmtk sends."""
MOST_ASSOCIATE = 65_536 * 2
SLACK = 64
"""Some peers count the header of a PDU among what we bound."""
LINGER = 0.5
"""Seconds in which a peer hears that it is over."""
_HEAD = struct.Struct(">BxI")


class Kind(IntEnum):
    """The kinds of PDU."""

    ASSOCIATE = 1
    ACCEPT = 2
    REJECT = 3
    DATA = 4
    RELEASE = 5
    RELEASED = 6
    ABORT = 7


_MOST = {
    Kind.ASSOCIATE: MOST_ASSOCIATE, Kind.ACCEPT: MOST_ASSOCIATE, Kind.REJECT: 4,
    Kind.DATA: MOST_PDU + SLACK, Kind.RELEASE: 4, Kind.RELEASED: 4, Kind.ABORT: 4,
}  # fmt: skip


def names_of(sock: ssl.SSLSocket) -> frozenset[str]:
    """Read the names of a peer's certificate: its common name and DNS names."""
    certificate: dict[str, Any] = sock.getpeercert() or {}
    subject = [pair for part in certificate.get("subject", ()) for pair in part]
    names = [value for kind, value in subject if kind == "commonName"]
    names += [value for kind, value in certificate.get("subjectAltName", ()) if kind == "DNS"]
    return frozenset(names)


class GoneError(UnavailableError):
    """The peer went away, or did not speak in time."""


class GarbageError(BadInputError):
    """What the peer sent is not the protocol; the association is aborted."""


class Pdu(NamedTuple):
    """One PDU; its body is good until the next is received."""

    kind: Kind
    body: memoryview


class Channel:
    """A connection, used by one thread. `idle`: seconds between PDUs; `patience`: for one PDU."""

    def __init__(self, sock: socket.socket, idle: float, patience: float) -> None:
        self._sock = sock
        self._patience = patience
        self._buffer = bytearray(max(_MOST.values()))
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.settimeout(idle)

    def set_idle(self, seconds: float) -> None:
        """Change how long may pass before the next bytes come, or are taken."""
        self._sock.settimeout(seconds)

    def receive(self) -> Pdu:
        """Receive one PDU. Raises GoneError or GarbageError."""
        view = memoryview(self._buffer)
        self._fill(view[:6], None)
        number, length = _HEAD.unpack_from(view)
        try:
            kind = Kind(number)
        except ValueError as error:
            raise GarbageError("not a kind of PDU") from error
        if length > _MOST[kind]:
            raise GarbageError("a PDU is longer than was agreed")
        self._fill(view[:length], time.monotonic() + self._patience)
        return Pdu(kind, view[:length])

    def send(self, kind: Kind, *parts: bytes | memoryview) -> None:
        """Send one PDU. Raises GoneError."""
        head = _HEAD.pack(kind, sum(map(len, parts)))
        try:
            self._sock.sendall(b"".join((head, *parts)))
        except OSError as error:
            raise GoneError("the peer takes nothing more") from error

    def has_more(self) -> bool:
        """Say whether the peer has sent something that was not read yet."""
        if isinstance(self._sock, ssl.SSLSocket) and self._sock.pending():
            return True
        poll = select.poll()
        poll.register(self._sock, select.POLLIN)
        return bool(poll.poll(0))

    def close(self) -> None:
        """End the connection, after what was sent has been heard.

        Closed with something unread, a connection is reset, and our last words with it: so what
        still comes is passed over, for a moment.
        """
        until = time.monotonic() + LINGER
        with suppress(OSError):
            self._sock.shutdown(socket.SHUT_WR)
            self._sock.settimeout(LINGER)
            while time.monotonic() < until and self._sock.recv_into(self._buffer):
                pass
        self._sock.close()

    def _fill(self, view: memoryview, deadline: float | None) -> None:
        at = 0
        while at < len(view):
            if deadline is not None and time.monotonic() > deadline:
                raise GoneError("a PDU takes too long")
            try:
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                count = self._sock.recv_into(view[at:])
            except OSError as error:
                raise GoneError("the peer is silent or gone") from error
            if not count:
                raise GoneError("the peer hung up")
            at += count
            deadline = deadline or time.monotonic() + self._patience

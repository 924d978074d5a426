"""One connection of the wire without a network, into which any bytes may be put.

Requests that decode go to a keyholder that stands in memory only by name: nothing is decided here,
but everything a handler would be given has passed the decoder.
"""

import asyncio
from typing import Any

import msgspec

from chartkeep.errors import NotAllowedError
from chartkeep.keyholder import protocol
from chartkeep.model import InstanceId
from chartkeep.wire.calls import Call
from chartkeep.wire.connection import Connection
from chartkeep.wire.frames import FRAME, Message, Peer
from chartkeep.wire.outbox import Outbox

NUMBER = 7
PEER = Peer("desk", InstanceId(b"i" * 16), b"w" * 16, 0)
_loop = asyncio.new_event_loop()


class Wire:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.ended = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def abort(self) -> None:
        self.ended = True

    close = abort

    def is_closing(self) -> bool:
        return self.ended

    def get_extra_info(self, name: str) -> None:
        return None


class Listening:
    """A keyholder that only listens: what it is asked and whom it suspects."""

    name = "keyholder"
    requests = protocol.REQUESTS

    def __init__(self) -> None:
        self.asked: list[Message] = []
        self.suspected: list[str] = []

    def public_key(self, instance: str) -> bytes:
        raise NotAllowedError("no such instance")

    def greet(self, peer: Peer) -> None:
        raise AssertionError("nobody proves himself with random bytes")

    part = greet

    def suspect(self, instance: str, what: str) -> None:
        self.suspected.append(what)

    def take(self, call: Call) -> None:
        self.asked.append(call.request)


def feed(raw: bytes, *, proved: bool) -> Listening:
    """Put bytes into a connection: as they are, and then as the body of a well-made frame."""
    heard = Listening()
    for data in (raw, FRAME.pack(len(raw), NUMBER, 1) + raw):
        connection, wire = _connect(heard, proved=proved)
        connection.data_received(data)
        held = len(connection._buffer)
        assert wire.ended or heard.asked or wire.written or held <= len(data)
        assert proved or not heard.asked
        _ = [msgspec.msgpack.encode(request) for request in heard.asked]
    return heard


def _connect(heard: Listening, *, proved: bool) -> tuple[Connection, Any]:
    asyncio.events._set_running_loop(_loop)
    try:
        connection = Connection(heard, NUMBER, Outbox(_loop), set())
    finally:
        asyncio.events._set_running_loop(None)
    wire: Any = Wire()
    connection.transport = wire
    connection._challenge = protocol.Status()  # type: ignore[assignment]  # never looked at
    connection._deadline = _loop.call_later(3600, lambda: None)
    connection._deadline.cancel()
    if proved:
        connection.peer = PEER
    return connection, wire

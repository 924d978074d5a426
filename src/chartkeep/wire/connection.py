"""The server's side of one connection: proves who connects, cuts frames, hands calls on.

It promises that a call comes from the proved peer and was not recorded elsewhere. It decides
nothing about what a peer may ask: that is the service's.
"""

import asyncio
import os
import socket
import struct

import msgspec

from chartkeep.errors import BadInputError, ChartkeepError
from chartkeep.sealing import signing
from chartkeep.wire.calls import Call, Service
from chartkeep.wire.frames import (
    FORMAT,
    FRAME,
    MAX_FIRST_FRAME,
    MAX_FRAME,
    PROOF_SECONDS,
    SEND_BUFFER,
    Challenge,
    Done,
    Failed,
    Peer,
    Proof,
    encode,
    instance_id,
    signed_words,
)
from chartkeep.wire.outbox import Outbox, Way


class Connection(asyncio.Protocol):
    """The server's side of one connection."""

    def __init__(
        self, service: Service, number: int, outbox: Outbox, live: "set[Connection]"
    ) -> None:
        self.service = service
        self._outbox = outbox
        self._way: Way | None = None
        self._live = live
        self.number = number
        self.peer: Peer | None = None
        self._buffer = bytearray()
        self._sequence = 0
        self._decoder = msgspec.msgpack.Decoder(service.requests)
        self._loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Challenge whoever connected."""
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._live.add(self)
        if (sock := transport.get_extra_info("socket")) is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        self._way = Way(transport, self._outbox)
        self._challenge = Challenge(FORMAT, self.service.name, os.urandom(32), self.number)
        transport.write(encode(self.number, 0, self._challenge))
        self._deadline = self._loop.call_later(PROOF_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Tell the service that a worker's connection ended."""
        self._deadline.cancel()
        self._live.discard(self)
        if self._way is not None:
            self._way.close()
        if self.peer is not None:
            self.service.part(self.peer)

    def send(self, frame: bytearray) -> None:
        """Send a frame, from any thread."""
        if self._way is not None:
            self._way.send(frame)

    def data_received(self, data: bytes) -> None:
        """Cut the stream into frames; a lie ends the connection."""
        self._buffer += data
        come, start = memoryview(self._buffer), 0
        while len(come) - start >= FRAME.size:
            length, connection, sequence = FRAME.unpack_from(come, start)
            if length > (MAX_FIRST_FRAME if self.peer is None else MAX_FRAME):
                return self._cut("a frame over the size limit")
            if len(come) - start < FRAME.size + length:
                break
            if connection != self.number or sequence != self._sequence + 1:
                return self._cut("a frame recorded on another connection")
            self._sequence = sequence
            body = come[start + FRAME.size : start + FRAME.size + length]
            start += FRAME.size + length
            if not self._take(body):
                return None
        if start:
            # Messages look into the buffer they came in: the next ones get one of their own.
            self._buffer = bytearray(come[start:])
        else:
            come.release()
        return None

    def _take(self, body: memoryview) -> bool:
        if self.peer is None:
            return self._prove(body)
        call = Call(self, self._sequence, self.peer, None)
        try:
            call.request = self._decoder.decode(body)
        except msgspec.ValidationError:  # a typing error of a person reaches us this way too
            self.service.suspect(self.peer.instance, "a message with a field out of bounds")
            call.fail(BadInputError("a field of the request is out of bounds", hint="see --help"))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._cut("a frame that is no message")
            return False
        else:
            self.service.take(call)
        return True

    def _prove(self, body: memoryview) -> bool:
        instance = "?"
        try:
            proof = msgspec.msgpack.decode(body, type=Proof)
            instance = proof.instance[:64]
            public = self.service.public_key(proof.instance)
            words = signed_words(self._challenge, proof.instance, proof.worker)
            signing.verify(public, proof.signature, words)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, ChartkeepError):
            self._turn_away(instance)
            return False
        self._deadline.cancel()
        self.peer = Peer(proof.instance, instance_id(public), proof.worker, self._uid())
        self.service.greet(self.peer)
        self.transport.write(encode(self.number, self._sequence, Done()))
        return True

    def _uid(self) -> int:
        sock = self.transport.get_extra_info("socket")
        if sock is None or sock.family != socket.AF_UNIX:
            return -1
        credentials = sock.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
        return int(struct.unpack("3i", credentials)[1])

    def _turn_away(self, instance: str) -> None:
        """Tell a stranger, and anybody whose proof fails, the same; then close."""
        self.service.suspect(instance, "a proof that does not hold")
        hint = "is its key the registered one? an administrator registers instances"
        failed = Failed("NotAllowedError", "this program's proof was not accepted", hint)
        self.transport.write(encode(self.number, 1, failed))
        self.transport.close()

    def _cut(self, what: str, instance: str = "?") -> None:
        self.service.suspect(self.peer.instance if self.peer else instance, what)
        self.transport.abort()

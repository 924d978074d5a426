"""The listening side: proves who connects, cuts frames, hands calls to lanes of one thread each.

It promises that a call comes from the proved peer and was not recorded elsewhere. It decides
nothing about what a peer may ask: that is the service's.
"""

import asyncio
import os
import queue
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec

from chartkeep.errors import BadInputError, ChartkeepError, RefusedError, UnavailableError
from chartkeep.sealing import signing
from chartkeep.wire.frames import (
    FORMAT,
    FRAME,
    MAX_FIRST_FRAME,
    MAX_FRAME,
    PROOF_SECONDS,
    Address,
    Challenge,
    Done,
    Failed,
    Peer,
    Proof,
    encode,
    instance_id,
    signed_words,
    to_failed,
)
from chartkeep.wire.outbox import Outbox


class Call:
    """One request waiting for its answer; `finding` carries what an earlier lane found out."""

    __slots__ = ("answered", "connection", "finding", "peer", "request", "sequence")

    def __init__(self, connection: "Connection", sequence: int, peer: Peer, request: Any) -> None:
        self.connection = connection
        self.sequence = sequence
        self.peer = peer
        self.request = request
        self.finding: Any = None
        self.answered = False

    def answer(self, message: msgspec.Struct) -> None:
        """Send the answer; every call gets exactly one."""
        assert not self.answered, "a call is answered once"
        self.answered = True
        frame = encode(self.connection.number, self.sequence, message)
        self.connection.outbox.post(self.connection.transport, frame)

    def fail(self, error: ChartkeepError) -> None:
        """Send an error as the answer."""
        self.answer(to_failed(error))


class Service(Protocol):
    """What a keeper gives the wire; all its methods but `take` may be called from the loop."""

    name: str
    requests: Any
    """A union of the Message classes it accepts."""

    def public_key(self, instance: str) -> bytes:
        """Give a registered instance's key. Raises NotAllowedError for a stranger."""

    def greet(self, peer: Peer) -> None:
        """Hear that a worker connected."""

    def part(self, peer: Peer) -> None:
        """Hear that a worker's connection ended."""

    def suspect(self, instance: str, what: str) -> None:
        """Hear of a false proof or a replayed frame; written down, then the line is cut."""

    def take(self, call: Call) -> None:
        """Put a call on the lane where it belongs."""


class Lane:
    """One thread that serves calls in groups: all that came while the last group was served."""

    def __init__(self, serve: Callable[[list[Any]], None], *, group: int = 512) -> None:
        self._serve = serve
        self._group = group
        self._calls: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, call: Any) -> None:
        """Queue a call, or work of the service's own."""
        self._calls.put(call)

    def close(self) -> None:
        """Serve what is queued, then end the thread."""
        self._calls.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        going = True
        while going:
            calls = [self._calls.get()]
            while len(calls) < self._group and not self._calls.empty():
                calls.append(self._calls.get())
            going = None not in calls
            served = [call for call in calls if call is not None]
            if served:
                self._serve(served)


class Connection(asyncio.Protocol):
    """The server's side of one connection."""

    def __init__(
        self, service: Service, number: int, outbox: Outbox, live: "set[Connection]"
    ) -> None:
        self.service = service
        self.outbox = outbox
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
        self._challenge = Challenge(FORMAT, self.service.name, os.urandom(32), self.number)
        transport.write(encode(self.number, 0, self._challenge))
        self._deadline = self._loop.call_later(PROOF_SECONDS, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Tell the service that a worker's connection ended."""
        self._deadline.cancel()
        self._live.discard(self)
        if self.peer is not None:
            self.service.part(self.peer)

    def data_received(self, data: bytes) -> None:
        """Cut the stream into frames; a lie ends the connection."""
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= FRAME.size:
            length, connection, sequence = FRAME.unpack_from(self._buffer, start)
            if length > (MAX_FIRST_FRAME if self.peer is None else MAX_FRAME):
                return self._cut("a frame over the size limit")
            if len(self._buffer) - start < FRAME.size + length:
                break
            if connection != self.number or sequence != self._sequence + 1:
                return self._cut("a frame recorded on another connection")
            self._sequence = sequence
            body = bytes(self._buffer[start + FRAME.size : start + FRAME.size + length])
            start += FRAME.size + length
            if not self._take(body):
                return None
        del self._buffer[:start]
        return None

    def _take(self, body: bytes) -> bool:
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

    def _prove(self, body: bytes) -> bool:
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


class Listener:
    """A server for one service; runs in its own thread or in the caller's."""

    def __init__(self, service: Service, address: str, tls: ssl.SSLContext | None = None) -> None:
        self.service = service
        self.address = Address.parse(address)
        self._tls = tls
        self._numbers = iter(range(int.from_bytes(os.urandom(6)), 1 << 62))
        self._live: set[Connection] = set()
        self._ready = threading.Event()
        self._failure: OSError | RefusedError | None = None

    def run(self) -> None:
        """Serve until `stop`. Raises UnavailableError when the address cannot be had."""
        asyncio.run(self._run())
        self._check()

    def _check(self) -> None:
        if isinstance(self._failure, RefusedError):
            raise self._failure
        if self._failure is not None:
            raise UnavailableError(
                f"cannot listen on {self.address.path or self.address.host}",
                hint="is another one running there, and may this user write there?",
            ) from self._failure

    def start(self) -> None:
        """Serve in a thread of its own; returns when the address is open, or raises as `run`."""
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        self._ready.wait(30)
        self._check()

    def stop(self) -> None:
        """End the server and its thread."""
        if self._ready.wait(30) and self._failure is None:
            self._loop.call_soon_threadsafe(self._ended.set)
        if hasattr(self, "_thread"):
            self._thread.join(timeout=30)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        try:
            server = await self._listen()
        except (OSError, RefusedError) as error:
            self._failure = error
            self._ready.set()
            return
        self._ready.set()
        async with server:
            await self._ended.wait()
            for connection in list(self._live):
                connection.transport.abort()
            await asyncio.sleep(0)  # they hear of it in the next round of the loop

    def _bind(self) -> socket.socket:
        """Open the socket for this user and its group only, before anyone can connect."""
        path = Path(self.address.path)
        bound = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            if not _is_served(path):
                path.unlink(missing_ok=True)  # left by a killed process
            bound.bind(self.address.path)
        except OSError:
            bound.close()
            raise
        path.chmod(0o660)
        return bound

    async def _listen(self) -> asyncio.Server:
        outbox = Outbox(self._loop)

        def connection() -> Connection:
            return Connection(self.service, next(self._numbers), outbox, self._live)

        if self.address.path:
            return await self._loop.create_unix_server(connection, sock=self._bind(), backlog=512)
        if self._tls is None or self._tls.verify_mode != ssl.CERT_REQUIRED:
            raise RefusedError(
                "a network address needs mutual TLS", hint="give certificate, key and authority"
            )
        return await self._loop.create_server(
            connection, self.address.host, self.address.port, ssl=self._tls, backlog=512
        )


def _is_served(path: Path) -> bool:
    """Say whether somebody listens at a socket: then it is not ours to take."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return path.exists() and probe.connect_ex(str(path)) == 0

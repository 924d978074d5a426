"""The asking side: one blocking connection that proves its instance and checks every answer."""

import socket
import ssl
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol, TypeVar

import msgspec

from chartkeep.errors import DamagedError, UnavailableError
from chartkeep.sealing import signing
from chartkeep.wire.frames import (
    FORMAT,
    FRAME,
    MAX_FRAME,
    SEND_BUFFER,
    Address,
    Challenge,
    Done,
    Failed,
    Proof,
    encode,
    signed_words,
    to_error,
)


class Credentials(NamedTuple):
    """How a program proves which instance it is."""

    instance: str
    key: signing.SigningKey
    worker: bytes


Answer = TypeVar("Answer")
Worked = TypeVar("Worked")


class Asking(Protocol):
    """What a keeper's client needs of the wire: one connection, or a pool of them."""

    def ask(self, request: msgspec.Struct, answer: type[Answer]) -> Answer:
        """Send a request and wait for its answer."""

    def ask_while(
        self, request: msgspec.Struct, answer: type[Answer], work: Callable[[], Worked]
    ) -> tuple[Answer, Worked]:
        """Send a request, do some work, and wait for the answer."""

    def close(self) -> None:
        """Close what is open."""


class Client:
    """A blocking connection; one request at a time, safe to share between threads."""

    def __init__(
        self,
        address: str,
        server: str,
        credentials: Credentials,
        *,
        tls: ssl.SSLContext | None = None,
        timeout: float = 30.0,
    ) -> None:
        self._address = Address.parse(address)
        self._server = server
        self._credentials = credentials
        self._tls = tls
        self._timeout = timeout
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._decoders: dict[Any, msgspec.msgpack.Decoder[Any]] = {}

    def ask(self, request: msgspec.Struct, answer: type[Answer]) -> Answer:
        """Send a request and wait for its answer.

        Raises the error the server carried, or UnavailableError when the wire failed; then
        nobody knows whether the request was served, and only idempotent ones may be sent again.
        """
        found, _ = self.ask_while(request, answer, lambda: None)
        return found

    def ask_while(
        self, request: msgspec.Struct, answer: type[Answer], work: Callable[[], Worked]
    ) -> tuple[Answer, Worked]:
        """Send a request, do what the answer is not needed for, and wait for it. Raises as `ask`.

        `work` does no I/O. What it raises is raised, and the answer then heard by nobody.
        """
        with self._lock:
            try:
                self._put(request)
                worked = work()
                body = self._receive(self._number, self._sequence)
            except (OSError, EOFError) as error:
                self.close()
                raise UnavailableError(
                    f"the {self._server} does not answer", hint=f"is chartkeep {self._server} up?"
                ) from error
            except BaseException:  # the proof was not taken, or an answer waits unread
                self.close()
                raise
        return self._decode(body, answer), worked

    def close(self) -> None:
        """Close the connection; the next request opens a new one."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _decode(self, body: bytearray, answer: Any) -> Any:
        decoder = self._decoders.get(answer)
        if decoder is None:
            decoder = self._decoders[answer] = msgspec.msgpack.Decoder(answer | Failed)
        try:
            found = decoder.decode(body)
        except msgspec.MsgspecError as error:
            raise DamagedError(
                f"the {self._server} answered something else", hint="are both of one version?"
            ) from error
        if isinstance(found, Failed):
            raise to_error(found)
        return found

    def _connect(self) -> None:
        if self._address.path:
            self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            self._socket.settimeout(self._timeout)
            self._socket.connect(self._address.path)
        else:
            plain = socket.create_connection(
                (self._address.host, self._address.port), self._timeout
            )
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            assert self._tls is not None, "a network address needs mutual TLS"
            self._socket = self._tls.wrap_socket(plain, server_hostname=self._address.host)
        self._prove()

    def _prove(self) -> None:
        body, self._number, self._sequence = self._frame()
        challenge = self._decode(body, Challenge)
        if challenge.format != FORMAT or challenge.server != self._server:
            raise EOFError("another program listens there")
        mine = self._credentials
        words = signed_words(challenge, mine.instance, mine.worker)
        proof = Proof(mine.instance, mine.worker, mine.key.sign(words))
        self._sequence += 1
        self._send(encode(self._number, self._sequence, proof))
        self._decode(self._receive(self._number, self._sequence), Done)

    def _put(self, request: msgspec.Struct) -> None:
        """Send a request, over a new connection when the server closed the old one before."""
        if self._socket is not None:
            try:
                self._sequence += 1
                self._send(encode(self._number, self._sequence, request))
            except (BrokenPipeError, ConnectionResetError):
                self.close()  # whoever closed cannot have served what could not be sent
            else:
                return
        self._connect()
        self._sequence += 1
        self._send(encode(self._number, self._sequence, request))

    def _send(self, frame: bytearray) -> None:
        assert self._socket is not None
        self._socket.sendall(frame)

    def _receive(self, number: int, sequence: int) -> bytearray:
        body, connection, answered = self._frame()
        if (connection, answered) != (number, sequence):
            raise EOFError("an answer to another question")
        return body

    def _frame(self) -> tuple[bytearray, int, int]:
        length, connection, sequence = FRAME.unpack(self._exactly(FRAME.size))
        if length > MAX_FRAME:
            raise EOFError("a frame over the size limit")
        return self._exactly(length), connection, sequence

    def _exactly(self, count: int) -> bytearray:
        assert self._socket is not None
        buffer = bytearray(count)
        view, got = memoryview(buffer), 0
        while got < count:
            read = self._socket.recv_into(view[got:])
            if not read:
                raise EOFError("the connection ended")
            got += read
        return buffer

"""A raw socket of the wire, for those who do not keep to it; and a proxy that records frames."""

import os
import socket
import threading
from pathlib import Path

import msgspec

from chartkeep.wire.frames import FRAME, Challenge, Message, Proof, encode, signed_words
from tests import cast

Frame = tuple[int, int, bytes]
"""Connection, sequence, body."""


class Raw:
    """One connection, frame by frame."""

    def __init__(self, path: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        number, self.sequence, body = self.read()
        self.number = number
        self.challenge = msgspec.msgpack.decode(body, type=Challenge)

    def prove(self, instance: str) -> "Raw":
        """Prove an instance as its program does."""
        worker = os.urandom(16)
        words = signed_words(self.challenge, instance, worker)
        self.ask(Proof(instance, worker, cast.key_of(instance).sign(words)))
        return self

    def ask(self, message: Message) -> bytes:
        """Send a message under the next sequence and give the answer's body."""
        self.sequence += 1
        self.send(encode(self.number, self.sequence, message))
        return self.read()[2]

    def send(self, raw: bytes) -> None:
        self.socket.sendall(raw)

    def read(self) -> Frame:
        length, number, sequence = FRAME.unpack(self._exactly(FRAME.size))
        return number, sequence, self._exactly(length)

    def is_cut(self) -> bool:
        """Whether the other side ended the connection without another word."""
        try:
            return self.socket.recv(1) == b""
        except ConnectionResetError:
            return True

    def close(self) -> None:
        self.socket.close()

    def _exactly(self, count: int) -> bytes:
        got = b""
        while len(got) < count:
            read = self.socket.recv(count - len(got))
            if not read:
                raise EOFError("cut")
            got += read
        return got


class Recorder:
    """A proxy on a Unix socket that keeps every frame a client sends."""

    def __init__(self, path: Path, upstream: Path) -> None:
        self.frames: list[bytes] = []
        self._upstream = upstream
        self._listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listening.bind(str(path))
        self._listening.listen()
        self._sockets: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            server = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            server.connect(str(self._upstream))
            self._sockets += [client, server]
            for pair in ((client, server, True), (server, client, False)):
                threading.Thread(target=self._pump, args=pair, daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket, keep: bool) -> None:  # noqa: FBT001 - one flag
        buffer = b""
        try:
            while data := source.recv(65536):
                if keep:
                    buffer = self._cut(buffer + data)
                sink.sendall(data)
        except OSError:
            return
        finally:
            source.close()
            sink.close()

    def _cut(self, buffer: bytes) -> bytes:
        while len(buffer) >= FRAME.size:
            end = FRAME.size + FRAME.unpack_from(buffer)[0]
            if len(buffer) < end:
                break
            self.frames.append(buffer[:end])
            buffer = buffer[end:]
        return buffer

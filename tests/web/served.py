"""An ASGI application under the server the product runs on, in a thread, on a Unix socket."""

import asyncio
import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from granian.constants import HTTPModes, Interfaces
from granian.server.embed import Server


class Heard(NamedTuple):
    """One answer, header names in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Wire:
    """A client that sends exactly the bytes it is told to."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(60)
        self._socket.connect(str(path))

    def send(self, raw: bytes) -> None:
        # It may answer before it read all, and that is what is looked at.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self._socket.sendall(raw)

    def hear(self) -> Heard:
        answer = http.client.HTTPResponse(self._socket)
        answer.begin()
        return Heard(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())

    def close(self) -> None:
        self._socket.close()


class Served(NamedTuple):
    """Where it listens."""

    path: Path

    def wire(self) -> Wire:
        return Wire(self.path)

    def ask(self, raw: bytes) -> Heard:
        """Send bytes on a new connection and give the answer."""
        wire = self.wire()
        try:
            wire.send(raw)
            return wire.hear()
        finally:
            wire.close()


@contextmanager
def serving(app: Any, folder: Path) -> Iterator[Served]:
    """Serve `app` on a Unix socket until the block ends."""
    path = folder / "http"
    with _running(app, lambda: _knock(socket.AF_UNIX, str(path)), uds=path):
        yield Served(path)


@contextmanager
def serving_at(app: Any, port: int) -> Iterator[str]:
    """Serve `app` at a port of this machine until the block ends; gives the address."""
    place = ("127.0.0.1", port)
    with _running(app, lambda: _knock(socket.AF_INET, place), address=place[0], port=port):
        yield f"http://localhost:{port}"


def free_port() -> int:
    """Find a port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def _running(app: Any, knock: Callable[[], bool], **where: Any) -> Iterator[None]:
    server = Server(
        app, interface=Interfaces.ASGINL, http=HTTPModes.http1, log_enabled=False, **where
    )
    loop = asyncio.new_event_loop()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(server.serve())

    thread = threading.Thread(target=run)
    thread.start()
    try:
        _until_up(knock)
        yield
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(60)
        loop.close()


def _until_up(knock: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if knock():
            return
        time.sleep(0.01)
    raise TimeoutError("it did not start")


def _knock(family: socket.AddressFamily, place: Any) -> bool:
    with socket.socket(family) as probe:
        return probe.connect_ex(place) == 0


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)

"""The listening side: a socket for this user and its group, or a port with mutual TLS."""

import asyncio
import os
import socket
import ssl
import threading
from pathlib import Path

from chartkeep.errors import RefusedError, UnavailableError
from chartkeep.wire.calls import Service
from chartkeep.wire.connection import Connection
from chartkeep.wire.frames import (
    Address,
)
from chartkeep.wire.outbox import Outbox


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

"""A server over HTTP that runs a factory's application in workers, and ends each in time."""

from collections.abc import Callable
from pathlib import Path

from granian.constants import HTTPModes, Interfaces, Loops
from granian.http import HTTP1Settings
from granian.server import Server

from chartkeep.errors import RefusedError

WORKER_LIFE = 8 * 3_600 - 300
"""Past eight hours the keyholder gives it nothing, and the server may look a minute late."""
HEADER_PATIENCE = 30_000
MOST_CONNECTIONS = 16_384
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def listen(
    factory: str,
    host: str,
    port: int,
    workers: int,
    tls: tuple[Path, Path] | None,
    began: Callable[[str], None],
) -> None:
    """Run what a factory makes in workers until told to stop; `factory` is `module:function`.

    `began` hears the address, as https://host:port, once it is this process's.

    Raises RefusedError for a network address without TLS.
    """
    if tls is None and host not in LOOPBACK:
        raise RefusedError(
            f"{host} is no loopback address, and what is carried there must be sealed",
            hint="give --certificate and --key, or put a TLS proxy on this host before 127.0.0.1",
        )
    certificate, key = tls or (None, None)
    server = Server(
        factory, factory=True, address=host, port=port, workers=workers,
        interface=Interfaces.ASGI, loop=Loops.uvloop, http=HTTPModes.http1, websockets=False,
        backpressure=MOST_CONNECTIONS, respawn_failed_workers=True, workers_lifetime=WORKER_LIFE,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_PATIENCE), log_access=False,
        ssl_cert=certificate, ssl_key=key,
    )  # fmt: skip
    server.on_startup(lambda: began(f"{'https' if tls else 'http'}://{host}:{port}"))
    server.serve()

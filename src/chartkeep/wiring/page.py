"""The page for people with a letter, as a process of its own: it needs no folder of a house."""

import os
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import msgspec
from starlette.routing import Mount, Router

from chartkeep.bureau.app import bureau_app
from chartkeep.bureau.page.asking import Desk, Program, poster, read_key
from chartkeep.bureau.page.front import Front
from chartkeep.errors import RefusedError
from chartkeep.web.body import Limit
from chartkeep.web.bounds import Bounded, Bounds
from chartkeep.wiring.hardening import shut_memory
from chartkeep.wiring.listening import listen
from chartkeep.wiring.running import now

THREADS = 8
MOST = 8 << 10
"""Bytes of a form."""
_ASKED = "CHARTKEEP_PAGE"


class Asked(NamedTuple):
    """Where the desk is, for which case of which house, and as what program it is asked."""

    desk: str
    facility: str
    case: str
    program: str
    key: str
    authority: str = ""

    def open(self) -> Desk:
        """Make what asks the desk. Raises RefusedError."""
        try:
            facility = str(UUID(self.facility))
        except ValueError as error:
            raise RefusedError("a house is named by its id", hint="see chartkeep status") from error
        program = Program(self.program, read_key(Path(self.key)), facility)
        post = poster(self.desk, Path(self.authority) if self.authority else None)
        return Desk(post, program, self.case, now)


def serve(
    asked: Asked,
    host: str,
    port: int,
    tls: tuple[Path, Path] | None,
    began: Callable[[str], None],
) -> None:
    """Serve the page until told to stop; `began` as `listen` has it.

    Raises RefusedError before anything listens, also for a network address without TLS.
    """
    asked.open()
    os.environ[_ASKED] = msgspec.json.encode(asked).decode()
    listen("chartkeep.wiring.page:worker", host, port, 1, tls, began)


def worker() -> Bounded:
    """Make the worker's application: called by the server in the worker's process."""
    shut_memory()
    return page(msgspec.json.decode(os.environ[_ASKED], type=Asked).open())


def page(desk: Desk) -> Bounded:
    """Put bounds around the page."""
    threads = ThreadPoolExecutor(THREADS, "page")

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        threads.shutdown()

    app = bureau_app(Front(desk).answer, threads)
    router = Router([Mount("/", app)], lifespan=lifespan)
    bounds = Bounds(ordinary=Limit(MOST, 15.0), bundles=frozenset(), streams=(), room=MOST * 256)
    return Bounded(router, bounds, sys.stderr.write)

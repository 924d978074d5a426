"""The incident desk's door over HTTP: a process of its own, with the desk's key and no others'."""

import os
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.routing import Mount, Router

from chartkeep.bureau.app import bureau_app
from chartkeep.bureau.asking import MOST_STREAMS, Asking
from chartkeep.bureau.dispatch import Dispatch
from chartkeep.bureau.handing import MOST
from chartkeep.bureau.outcome import reject
from chartkeep.incident.case.case import Now
from chartkeep.incident.desk import Desk, check_places
from chartkeep.incident.jobs.question import Site
from chartkeep.incident.jobs.running import Jobs
from chartkeep.web.body import Limit
from chartkeep.web.bounds import Bounded, Bounds
from chartkeep.wiring.hardening import shut_memory
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.listening import listen
from chartkeep.wiring.running import now

INSTANCE = "desk"
THREADS = 2 + MOST_STREAMS
_HOME, _DESK, _KEY_FILE = "CHARTKEEP_BUREAU_HOME", "CHARTKEEP_BUREAU_DESK", "CHARTKEEP_BUREAU_KEY"
_FOLDERS = "CHARTKEEP_BUREAU_FOLDERS"


def serve(
    root: Path,
    key_file: Path | None,
    house: Home,
    host: str,
    port: int,
    tls: tuple[Path, Path] | None,
    folders: Sequence[Path],
    began: Callable[[str], None],
) -> None:
    """Serve the desk's door until told to stop; one worker, which opens the desk itself.

    `folders`: below these alone questions that come this way may read files. `began`: as `listen`.

    Raises what `Desk.open` raises, before anything listens; RefusedError for a network address
    without TLS, or a folder the key file lies under.
    """
    desk = Desk.open(root, key_file)
    check_places(folders, key_file or Path(desk.file.key_file))
    os.environ[_HOME], os.environ[_DESK] = str(house.root), str(root)
    os.environ[_KEY_FILE] = str(key_file or "")
    os.environ[_FOLDERS] = os.pathsep.join(map(str, folders))
    listen("chartkeep.wiring.bureau:worker", host, port, 1, tls, began)


def worker() -> Bounded:
    """Make the worker's application: called by the server in the worker's process."""
    shut_memory()
    key_file = os.environ[_KEY_FILE]
    desk = Desk.open(Path(os.environ[_DESK]), Path(key_file) if key_file else None)
    home = Home(Path(os.environ[_HOME]))
    mine, notes = join(home, INSTANCE, THREADS + 1), join(home, "incident")
    site = Site(mine, home.releases_key, home.programs(), notes=notes)
    folders = filter(None, os.environ[_FOLDERS].split(os.pathsep))
    return bureau(desk, site, now, tuple(map(Path, folders)))


def bureau(desk: Desk, site: Site, clock: Now, folders: tuple[Path, ...] = ()) -> Bounded:
    """Put bounds around the desk's door."""
    threads = ThreadPoolExecutor(THREADS, "desk")
    jobs = Jobs(desk, clock, site)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        jobs.close()
        threads.shutdown()

    dispatch = Dispatch(desk, site.house, clock, Asking(jobs, site, folders))
    app = bureau_app(dispatch.answer, threads)
    router = Router([Mount("/", app)], lifespan=lifespan)
    bounds = Bounds(ordinary=Limit(MOST, 60.0), bundles=frozenset(), streams=())
    return Bounded(router, bounds, sys.stderr.write, tellers={"": reject})

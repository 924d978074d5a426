"""`viewer`: OHIF and the pictures it shows, at a port of its own: one more worker of `serve`."""

import os
import sys
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from starlette.routing import Mount, Router

from chartkeep.console.cookies import NAMES
from chartkeep.custody.charts import Charts
from chartkeep.custody.house import House
from chartkeep.custody.journal import Journal
from chartkeep.custody.sessions import Sessions
from chartkeep.imaging.http.app import BASE, dicom_app
from chartkeep.imaging.http.dispatch import Dispatch
from chartkeep.imaging.http.door import Door
from chartkeep.imaging.pixels.pool import Pixels
from chartkeep.imaging.viewer.app import viewer_app
from chartkeep.imaging.viewer.files import Viewer, find_viewer
from chartkeep.imaging.viewer.riding import ride
from chartkeep.web.bounds import Bounded, Bounds
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.listening import listen
from chartkeep.wiring.serving import DECODERS, HOME, INSTANCE, THREADS

FOLDER = "CHARTKEEP_VIEWER"


def view(
    home: Home,
    folder: Path,
    host: str,
    port: int,
    tls: tuple[Path, Path] | None,
    began: Callable[[str], None],
) -> None:
    """Serve the viewer of a folder until told to stop; `began` as `listen` has it.

    Raises RefusedError when it is not there.
    """
    find_viewer(folder)
    os.environ[HOME], os.environ[FOLDER] = str(home.root), str(folder.resolve())
    listen("chartkeep.wiring.viewing:worker", host, port, 1, tls, began)


def worker() -> Bounded:
    """Make the worker's application: called by the server in the worker's process."""
    house = join(Home(Path(os.environ[HOME])), INSTANCE, THREADS + 1)
    return viewer_doors(house, find_viewer(Path(os.environ[FOLDER])))


def viewer_doors(house: House, viewer: Viewer) -> Bounded:
    """Put the viewer beside the pictures, and bounds around both."""
    threads = ThreadPoolExecutor(THREADS, "viewer")
    journal, pixels = Journal(house), Pixels(DECODERS)
    door = Door(Charts(house), Sessions(house), journal, pixels)

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        threads.shutdown()
        journal.close()
        pixels.close()

    pictures = dicom_app(Dispatch(door).answer, threads, threads)
    routes = [Mount(BASE, ride(pictures, NAMES)), Mount("/", viewer_app(viewer, threads))]
    bounds = Bounds(public=viewer.fixed, streams=())
    return Bounded(Router(routes, lifespan=lifespan), bounds, sys.stderr.write)

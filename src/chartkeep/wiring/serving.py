"""`serve`: the doors over HTTP, in one or more workers of the instance `serve`.

Each worker is restarted after eight hours: what Python cannot erase does not stay for ever.
"""

import os
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
from starlette.routing import Mount, Router

from chartkeep.clinical.issuers import Issuers
from chartkeep.console import app as console
from chartkeep.console.app import console_app
from chartkeep.console.desk import Desk
from chartkeep.console.dispatch import Dispatch as Pages
from chartkeep.custody.clearing import Refile
from chartkeep.custody.journal import Journal
from chartkeep.errors import RefusedError
from chartkeep.fhir.http import app as fhir
from chartkeep.fhir.http.app import BASE, fhir_app
from chartkeep.fhir.http.dispatch import Dispatch
from chartkeep.fhir.http.door import Door
from chartkeep.fhir.http.tokens import Tokens
from chartkeep.imaging.http.app import BASE as PICTURE_BASE
from chartkeep.imaging.http.app import dicom_app
from chartkeep.imaging.http.dispatch import Dispatch as PictureDispatch
from chartkeep.imaging.http.door import Door as PictureDoor
from chartkeep.imaging.http.outcome import tell as pictures_told
from chartkeep.imaging.pixels.pool import Pixels
from chartkeep.web.asgi import App, Receive, Scope, Send
from chartkeep.web.bounds import Bounded, Bounds
from chartkeep.wiring.feeds import FILE, Feeds, read_feeds
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.listening import listen
from chartkeep.wiring.memory import keep_blocks, spare_start
from chartkeep.wiring.refiling import refiles

INSTANCE = "serve"
HOME = "CHARTKEEP_SERVE_HOME"
THREADS = 4
"""Two to four are best (decision 0012): more only wait for one interpreter."""
PICTURES = 4
"""Threads of the door of pictures: who waits for a picture to be drawn keeps no chart waiting."""
STREAMS = 4
"""Bodies too long to wait for that are taken at a time; a slow sender holds one of these."""
DECODERS = 2
"""Processes that decode pixels, started when they are needed."""


def serve(
    home: Home,
    host: str,
    port: int,
    workers: int,
    tls: tuple[Path, Path] | None,
    began: Callable[[str], None],
) -> None:
    """Serve until told to stop; as `listen`."""
    os.environ[HOME] = str(home.root)
    listen("chartkeep.wiring.serving:worker", host, port, workers, tls, began)


def worker() -> Bounded:
    """Make one worker's application: called by the server in each worker's process."""
    keep_blocks()
    home = Home(Path(os.environ[HOME]))
    house = join(home, INSTANCE, THREADS + PICTURES + STREAMS + 1)
    profiles, programs = _profiles(home.root / "packages"), home.programs()
    door = Door(house, Journal(house), home.file.facility, profiles, home.releases_key, programs)
    made = doors(
        door,
        refiles(home, house),
        picture_door(door, read_feeds(home.root)),
        second_person=home.file.second_person,
    )
    spare_start()
    return made


def picture_door(door: Door, feeds: Feeds) -> PictureDoor:
    """Make the door of pictures, which has open what the others have. Raises RefusedError."""
    issuers = Issuers(feeds.issuers)
    issuer = issuers.system(feeds.dicomweb.issuer, "")
    if feeds.dicomweb.issuer and not issuer:
        raise RefusedError(
            f"{FILE}: the issuer of dicomweb has no system", hint="name it under issuers"
        )
    return PictureDoor(
        door.charts, door.sessions, door.journal, Pixels(DECODERS),
        issuers=issuers, issuer=issuer, origins=frozenset(feeds.dicomweb.viewers),
    )  # fmt: skip


def _profiles(folder: Path) -> dict[str, Any]:
    """Read the profiles of unpacked FHIR packages. Raises RefusedError for one that is none."""
    found: dict[str, Any] = {}
    for path in sorted(folder.rglob("StructureDefinition-*.json")):
        try:
            body = msgspec.json.decode(path.read_bytes())
            found[body["url"]] = body
        except (OSError, msgspec.MsgspecError, KeyError, TypeError) as error:
            raise RefusedError(f"{path} is no profile", hint="unpack it again") from error
    return found


def doors(
    door: Door,
    filing: Mapping[str, Refile] = MappingProxyType({}),
    pictures: PictureDoor | None = None,
    *,
    second_person: bool = False,
) -> Bounded:
    """Put the doors side by side, and bounds around them; `filing`: the roads out of the inbox.

    `second_person`: paper that is keyed twice is keyed by two.
    """
    pictures = pictures or picture_door(door, Feeds())
    threads = ThreadPoolExecutor(THREADS, "door")
    lookers = ThreadPoolExecutor(PICTURES, "picture")
    streams = ThreadPoolExecutor(STREAMS, "stream")
    desk = Desk(
        door.house, door.charts, door.sessions, door.journal, door.log, door.programs, filing,
        second_person,
    )  # fmt: skip

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        yield
        for pool in (threads, lookers, streams):
            pool.shutdown()
        pictures.pixels.close()
        door.journal.close()

    routes = [
        Mount(BASE, fhir_app(Dispatch(door).answer, threads)),
        Mount("/auth", fhir_app(Tokens(door).answer, threads)),
        Mount(PICTURE_BASE, dicom_app(PictureDispatch(pictures).answer, lookers, streams)),
        Mount("/", console_app(Pages(desk).answer, threads)),
    ]
    tellers = {
        "fhir": fhir.tell, "auth": fhir.tell, "dicom-web": pictures_told, "": console.tell,
    }  # fmt: skip
    app = _with_root(Router(routes, lifespan=lifespan))
    return Bounded(app, Bounds(), sys.stderr.write, tellers=tellers)


def _with_root(router: Router) -> App:
    """Let the FHIR base stand for itself: a bundle is POSTed to it, and a redirect loses it."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope.get("path") == BASE:
            scope["path"] = f"{BASE}/"
        await router(scope, receive, send)

    return app

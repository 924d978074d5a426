"""Drills of a house: run beside it, kept in it and in its vault, looked at by `status`.

drills/<time in ms, hex>.note    certificates, signed by the instance `verifier`
drills/isolated/                 where a drill restores to; emptied by each
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from chartkeep.errors import ChartkeepError, RefusedError
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.recovery.drill import (
    EVERY,
    Certificate,
    name_of,
    read_certificate,
    run_drill,
    sign_certificate,
)
from chartkeep.recovery.folder import unlock_folder
from chartkeep.recovery.outcome import Tell
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.restoring import House
from chartkeep.store.client import StoreClient
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import connection, now

FOLDER: Final = "drills"
SIGNER: Final = "verifier"
MARK: Final = ".chartkeep-drill"
"""Lies in every folder a drill may empty: one of its own."""


def empty_folder(folder: Path) -> None:
    """Make a drill's own folder, empty but for its mark.

    Raises RefusedError, having touched nothing, for a folder in which something else lies.
    """
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).exists():
        raise RefusedError(
            f"{folder} is not empty, and no drill made it",
            hint="name an empty folder, or a new one",
        )
    unlock_folder(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / MARK).touch()


def drill(home: Home, shelf: Shelf, tell: Tell, *, folder: Path | None = None) -> Certificate:
    """Restore into an isolated folder, compare, sign and keep what was found."""
    drills = home.root / FOLDER
    drills.mkdir(exist_ok=True, mode=0o700)
    isolated = folder or drills / "isolated"
    empty_folder(isolated)
    house = House(home.name.id, home.records_origin, home.records_key)
    with closing(StoreClient(connection(home, "store", SIGNER))) as live:
        made = run_drill(shelf, isolated, house, live, tell, now)
    shutil.rmtree(isolated, ignore_errors=True)
    raw = sign_certificate(made, home.name.id, home.instance_key(SIGNER))
    _keep(drills / f"{made.time:016x}.note", raw)
    return made


def keep_in_vault(home: Home, vault: Path) -> None:
    """Put the newest certificate into a vault's folder on this host, once, under `reports/`."""
    for path in list(_newest_first(home))[:1]:
        (vault / "reports").mkdir(exist_ok=True, mode=0o700)
        with suppress(FileExistsError):
            _keep(vault / "reports" / f"drill-{path.name}", path.read_bytes())


def newest_drill(home: Home) -> Certificate | None:
    """Read the newest certificate that is signed; None where there is none."""
    key = VerifierKey(name_of(home.name.id), LOG_KEY, home.instance_key(SIGNER).public)
    for path in _newest_first(home):
        with suppress(ChartkeepError, OSError):
            return read_certificate(path.read_bytes(), key)
    return None


def drill_weekly(
    home: Home, run: Callable[[], Certificate], ending: threading.Event, pause: float = 3_600
) -> None:
    """Drill whenever the newest certificate is a week old, until it is to end."""
    while not ending.is_set():
        newest = newest_drill(home)
        if newest is None or now() - newest.time >= EVERY:
            run()
        ending.wait(pause)


def _newest_first(home: Home) -> Iterator[Path]:
    return iter(sorted((home.root / FOLDER).glob("*.note"), reverse=True))


def _keep(path: Path, raw: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(handle, "wb") as file:
        file.write(raw)
        file.flush()
        os.fsync(file.fileno())

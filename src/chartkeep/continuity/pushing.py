"""A pack's way into a ward's folders: one file a ward, replaced in one step, older ones beside it.

    ward-3W.html                          the newest, whole at any moment
    earlier/ward-3W 20261122T0800Z.html   one an hour, until it expires

Earlier ones are kept because the newest may be the one made of damaged charts. The newest is never
removed: on the worst day nobody makes another. A folder is another computer's, and may hang: each
is written by a thread of its own, and one that does not come back in time is given up and named.
"""

import os
import re
import shutil
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from chartkeep.model import Millis

PATIENCE = 60.0
"""Seconds a folder has."""
APART = 3_600_000
"""An earlier pack an hour is kept."""
EARLIER = "earlier"
_LONGEST = 120
"""Bytes of a ward's name in a file's: a name has 255 at most, with its stamp."""
_STAMP = "%Y%m%dT%H%MZ"
_UNSAFE = re.compile(r"[^\w.-]+")


class File(NamedTuple):
    """A finished pack: whose, its bytes, when it was made and expires (Millis)."""

    ward: str
    page: bytes
    made: Millis
    expires: Millis


class Folders:
    """The folders packs go to; remembers which of them hang."""

    def __init__(self) -> None:
        self._busy: dict[Path, threading.Thread] = {}

    def push(self, files: Mapping[Path, File], patience: float = PATIENCE) -> list[str]:
        """Put a pack's files into their folders; gives what went wrong, nothing where all is well.

        What is in a folder afterwards is the old pack or the new one, whole.
        """
        trouble: dict[Path, str] = {}
        for folder, file in files.items():
            if (stuck := self._busy.get(folder)) is not None and stuck.is_alive():
                trouble[folder] = "has not answered since the last pack"
                continue
            self._busy[folder] = threading.Thread(
                target=_put_or_say, args=(file, folder, trouble), daemon=True
            )
            self._busy[folder].start()
        for folder in [each for each in files if each not in trouble]:
            thread = self._busy[folder]
            thread.join(patience)
            if thread.is_alive():
                trouble.setdefault(folder, "does not answer")
        return [f"{folder}: {what}" for folder, what in trouble.items()]


def _put_or_say(file: File, folder: Path, trouble: dict[Path, str]) -> None:
    try:
        put(file, folder)
    except OSError as error:
        trouble[folder] = error.strerror or "cannot be written"


def put(file: File, folder: Path) -> None:
    """Replace a ward's pack in a folder, durably. Raises OSError.

    1. Written beside the old one and durable: a crash leaves a `.part` file for the next pack.
    2. The old one stands under its time as well, if the last such is an hour old.
    3. Renamed: whoever opens the ward's file sees one of the two, whole.
    4. What has expired goes.
    """
    name = file_name(file.ward)
    target, part = folder / name, folder / f".{name}.part"
    with part.open("wb") as out:
        out.write(file.page)
        out.flush()
        os.fsync(out.fileno())
    os.utime(part, (file.made / 1000, file.made / 1000))
    _keep_earlier(target)
    part.replace(target)
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
    _remove_expired(target, file)


def file_name(ward: str) -> str:
    """Name a ward's file: its own letters and digits; two wards never share one."""
    plain = _UNSAFE.sub("_", ward).encode()[:_LONGEST].decode(errors="ignore")
    mark = "" if plain == ward else f"-{sha256(ward.encode()).hexdigest()[:6]}"
    return f"ward-{plain}{mark}.html"


def _keep_earlier(target: Path) -> None:
    if not target.exists():
        return
    made = int(target.stat().st_mtime * 1000)
    folder = target.parent / EARLIER
    folder.mkdir(exist_ok=True)
    kept = [at for _, at in _earlier(target)]
    if kept and max(kept) > made - APART:
        return
    stamp = datetime.fromtimestamp(made / 1000, UTC).strftime(_STAMP)
    shutil.copyfile(target, folder / f"{target.stem} {stamp}.html")


def _remove_expired(target: Path, file: File) -> None:
    """Remove earlier packs that are older than this one will become; nothing else in the folder."""
    life = file.expires - file.made
    for path, made in _earlier(target):
        if made + life <= file.made:
            path.unlink(missing_ok=True)


def _earlier(target: Path) -> list[tuple[Path, int]]:
    """Give a ward's earlier packs and when each was made, by their names."""
    found = []
    for path in (target.parent / EARLIER).glob("*.html"):
        stem, _, stamp = path.stem.rpartition(" ")
        try:
            at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        except ValueError:
            continue
        if stem == target.stem:
            found.append((path, int(at.timestamp() * 1000)))
    return found

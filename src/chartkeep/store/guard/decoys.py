"""Decoy files in a store's folders: they look like the others, and nobody has business with them.

Whoever walks the folders in whatever order of names, ages or sizes meets one early. Names and
bytes follow from the store's signing key, so no list of them lies anywhere; whoever has the key
too can tell them apart.
"""

import os
from hashlib import sha256, shake_256
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.model import ChartId, EntryId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.sealing.blob import BlobHeader
from chartkeep.sealing.signing import SigningKey

BLOBS: Final = 16
_BOOKS: Final = ("archive.db", "worklist.db")
_FIRST, _LAST = b"\0\0", b"\xff\xff"
_LONG_AGO: Final = 1_500_000_000
_SHORTEST, _SPREAD = 9_000, 56_000


class Decoy(NamedTuple):
    """One file: its path under the store's folder, its bytes, what it says it is of."""

    path: str
    content: bytes
    chart: bytes = b""
    blob: bytes = b""


def decoys_of(facility: FacilityId, key: SigningKey) -> list[Decoy]:
    """Derive the decoys of a store: those that look like databases first, then blobs."""
    seed = key.sign(b"chartkeep-decoys-1\0")
    books = [Decoy(name, _book(seed, name)) for name in _BOOKS]
    return books + [_blob(facility, seed, number) for number in range(BLOBS)]


def decoy_blobs(facility: FacilityId, key: SigningKey) -> frozenset[tuple[bytes, bytes]]:
    """Name the decoys among a store's blobs: (chart, blob) of each."""
    return frozenset((decoy.chart, decoy.blob) for decoy in decoys_of(facility, key) if decoy.blob)


def _draw(seed: bytes, name: str, length: int) -> bytes:
    return shake_256(seed + name.encode()).digest(length)


def _size(seed: bytes, name: str) -> int:
    return _SHORTEST + int.from_bytes(_draw(seed, f"size {name}", 4)) % _SPREAD


def _book(seed: bytes, name: str) -> bytes:
    return b"SQLite format 3\0" + _draw(seed, name, _size(seed, name))


def _blob(facility: FacilityId, seed: bytes, number: int) -> Decoy:
    """Make a blob that opens under no key: the first and last of all folders, and some between."""
    name = f"blob {number}"
    ids = _draw(seed, name, 64)
    first = {0: _FIRST, BLOBS - 1: _LAST}.get(number, ids[:2])
    chart, blob = ChartId(first + ids[2:16]), EntryId(ids[16:32])
    key, writer = KeyId(ids[32:48]), InstanceId(ids[48:64])
    time = Millis((_LONG_AGO + int.from_bytes(ids[:3])) * 1000)
    head = BlobHeader(facility, chart, Section.DOCUMENTS, key, blob, time, writer)
    content = head.encode() + _draw(seed, f"{name} sealed", _size(seed, name))
    path = f"blobs/{chart.hex()[:2]}/{chart.hex()}/{blob.hex()}"
    return Decoy(path, content, chart, blob)


class Decoys:
    """The decoys of one folder; `changed` names those that are not as they were laid."""

    def __init__(self, folder: Path, decoys: list[Decoy]) -> None:
        self._paths = {folder / decoy.path: decoy for decoy in decoys}
        self._seen: dict[Path, tuple[int, ...]] = {}

    @property
    def paths(self) -> list[Path]:
        """List the files."""
        return list(self._paths)

    def lay(self) -> None:
        """Lay those that are not there, if none is: every other one looks old, the rest new.

        Some without the others were removed: that is for `changed` to say.
        """
        if any(path.exists() for path in self._paths):
            return
        for number, (path, decoy) in enumerate(self._paths.items()):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(decoy.content)
            if number % 2:
                os.utime(path, (_LONG_AGO + number, _LONG_AGO + number))

    def changed(self) -> list[str]:
        """Name decoys that were touched, each once; reading one is no touch.

        Raises OSError where the machine cannot look, for want of memory, descriptors, a disk.
        """
        touched = [path for path in self._paths if not self._is_whole(path)]
        names = [path.name for path in touched]
        for path in touched:
            del self._paths[path]
        return names

    def _is_whole(self, path: Path) -> bool:
        try:
            found = path.stat()
            stamp = (found.st_ino, found.st_size, found.st_mode, found.st_ctime_ns)
            if self._seen.get(path) == stamp:
                return True
            if path in self._seen or not self._fits(path):
                return False
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            return False  # any other is the machine's: it is said, and tried again
        self._seen[path] = stamp
        return True

    def _fits(self, path: Path) -> bool:
        wanted = sha256(self._paths[path].content).digest()
        return sha256(path.read_bytes()).digest() == wanted

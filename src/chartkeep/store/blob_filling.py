"""Sealed files on their way back: each is the one its line names, or it is not there.

Promises that a file under its own name has the length and SHA-256 its line says; `sync` puts them
on the disk, all at once. What a crash leaves of half files is removed by whoever begins again.
"""

import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from chartkeep.errors import NotFoundError, UnavailableError
from chartkeep.model import to_text
from chartkeep.store.blobs import Blobs
from chartkeep.store.records import Row, blob_parts

_PARTS: Final = "parts"


class BlobFilling:
    """A store's folder of sealed files while it is filled; `take` may be called by many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._blobs = Blobs(folder)
        shutil.rmtree(folder / _PARTS, ignore_errors=True)
        (folder / _PARTS).mkdir(parents=True)

    def has(self, chart: bytes, blob: bytes) -> bool:
        """Say whether a file is there; it only gets its name when it is right."""
        named = chart.hex()
        return (self._folder / named[:2] / named / blob.hex()).exists()

    def take(self, row: Row, parts: Iterable[bytes | memoryview]) -> bool:
        """Keep a blob's sealed bytes under its place; False if they are not what its line says.

        One that is there already, and right, is left. Raises UnavailableError for a full disk.
        """
        head, size, digest = blob_parts(row.object or b"")
        with suppress(NotFoundError):
            if self._blobs.digest(head.chart, head.blob_id) == (size, digest):
                return True
        named, ident = head.chart.hex(), head.blob_id.hex()
        part = self._folder / _PARTS / f"{ident}-{os.urandom(4).hex()}"
        try:
            if not _write(part, parts, size, digest):
                part.unlink()
                return False
            place = self._folder / named[:2] / named
            place.mkdir(parents=True, exist_ok=True)
            part.rename(place / ident)
        except OSError as error:
            words = f"blob {to_text(head.blob_id)} cannot be written"
            raise UnavailableError(words, hint="is the disk full?") from error
        return True

    def sync(self) -> None:
        """Put all of them, and their names, on the disk."""
        os.sync()

    def close(self) -> None:
        """Remove the folder of half files, where there are none."""
        with suppress(OSError):
            (self._folder / _PARTS).rmdir()


def _write(path: Path, parts: Iterable[bytes | memoryview], size: int, digest: bytes) -> bool:
    found, left = sha256(), size
    with path.open("wb", buffering=0) as file:
        for part in parts:
            left -= len(part)
            if left < 0:
                return False
            found.update(part)
            file.write(part)
    return not left and found.digest() == digest

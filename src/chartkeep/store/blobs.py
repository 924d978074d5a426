"""Sealed files: taken in piece by piece, durable under their names before the ledger hears of them.

Promises that a file which `finish` gave back is whole and on the disk. Reads nothing but the clear
header. One thread uses it, except `discard`.
"""

import os
import secrets
from collections.abc import Iterator
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.errors import BadInputError, NotFoundError, RefusedError, UnavailableError
from chartkeep.model import ID_BYTES, to_text
from chartkeep.sealing.blob import BlobHeader, read_blob_header
from chartkeep.store.records import BLOB_HEADER, blob_words

MAX_CHUNK: Final = 8 << 20
MAX_COMING: Final = 256
_COMING: Final = "coming"


class Sent(NamedTuple):
    """A file that is durable under its name, and its object for the ledger."""

    head: BlobHeader
    words: bytes


class Coming:
    """A file that is being sent."""

    def __init__(self, owner: object, chart: bytes, path: Path) -> None:
        self.owner = owner
        self.chart = chart
        self.path = path
        self.size = 0
        self.header = b""
        self.digest = sha256()
        self.file = path.open("xb")

    def add(self, data: bytes) -> None:
        """Write the next bytes."""
        self.header += data[: BLOB_HEADER - len(self.header)]
        self.digest.update(data)
        self.size += len(data)
        self.file.write(data)

    def drop(self) -> None:
        """Forget the file."""
        self.file.close()
        self.path.unlink(missing_ok=True)


class Blobs:
    """The folder of sealed files; whoever takes files in calls `sweep` first, readers never do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._coming: dict[bytes, Coming] = {}

    def sweep(self) -> None:
        """Make the folders, and remove what a crash left: nobody was promised anything of it."""
        try:
            (self._folder / _COMING).mkdir(parents=True, exist_ok=True)
            for left in (self._folder / _COMING).iterdir():
                left.unlink()
        except OSError as error:
            raise _no_disk() from error

    def begin(self, owner: object, chart: bytes) -> bytes:
        """Begin a file of a chart; gives the name its header must carry as blob id."""
        if len(chart) != ID_BYTES:
            raise BadInputError("an id is 16 bytes")
        if len(self._coming) >= MAX_COMING:
            raise UnavailableError("too many blobs are being sent", hint="try again in a minute")
        blob = secrets.token_bytes(ID_BYTES)
        try:
            self._coming[blob] = Coming(owner, chart, self._folder / _COMING / blob.hex())
        except OSError as error:
            raise _no_disk() from error
        return blob

    def add(self, owner: object, blob: bytes, data: bytes) -> None:
        """Take the next bytes of a file; a file that cannot be written is forgotten."""
        coming = self._find(owner, blob)
        if len(data) > MAX_CHUNK:
            raise BadInputError("a piece of a blob is at most 8 MiB")
        try:
            coming.add(data)
        except OSError as error:
            self._forget(blob)
            raise _no_disk() from error

    def finish(self, owner: object, blob: bytes) -> Sent:
        """Make a file durable under its own name."""
        coming = self._find(owner, blob)
        try:
            head = read_blob_header(BytesIO(coming.header))
            if (head.chart, head.blob_id) != (coming.chart, blob):
                raise RefusedError(f"blob {to_text(blob)} has the header of another one")
            # 1. Every byte is on the disk, under a name that is swept at the next start.
            coming.file.flush()
            os.fsync(coming.file.fileno())
            # 2. The file has its own name; a crash here leaves a sealed file nobody names.
            path = self._path(head.chart, blob)
            path.parent.mkdir(parents=True, exist_ok=True)
            coming.path.rename(path)
            # 3. The name is on the disk: only now may a line speak of it.
            for folder in (path.parent, path.parent.parent, self._folder):
                sync_folder(folder)
        except OSError as error:
            raise _no_disk() from error
        finally:
            self._forget(blob)
        return Sent(head, blob_words(coming.header, coming.size, coming.digest.digest()))

    def discard(self, head: BlobHeader) -> None:
        """Remove a file the ledger refused."""
        self._path(head.chart, head.blob_id).unlink(missing_ok=True)

    def abandon(self, owner: object) -> None:
        """Forget every file its sender left unfinished."""
        for blob in [blob for blob, one in self._coming.items() if one.owner == owner]:
            self._forget(blob)

    def read(self, chart: bytes, blob: bytes, start: int, length: int) -> bytes:
        """Read sealed bytes of a kept file, at most 8 MiB; fewer only at its end."""
        if start < 0 or not 0 <= length <= MAX_CHUNK:
            raise BadInputError("a range of a blob begins in it and is at most 8 MiB")
        try:
            with self._path(chart, blob).open("rb") as file:
                file.seek(start)
                return file.read(length)
        except FileNotFoundError as error:
            raise NotFoundError(f"the file of blob {to_text(blob)} is missing") from error
        except OSError as error:
            raise UnavailableError(f"blob {to_text(blob)} cannot be read") from error

    def digest(self, chart: bytes, blob: bytes) -> tuple[int, bytes]:
        """Measure and hash a kept file. Raises NotFoundError when it is missing."""
        size, digest = 0, sha256()
        while data := self.read(chart, blob, size, MAX_CHUNK):
            digest.update(data)
            size += len(data)
        return size, digest.digest()

    def names(self) -> Iterator[tuple[bytes, bytes]]:
        """List (chart, blob) of every file that has its own name."""
        for path in sorted(self._folder.glob("??/*/*")):
            yield bytes.fromhex(path.parent.name), bytes.fromhex(path.name)

    def _path(self, chart: bytes, blob: bytes) -> Path:
        return self._folder / chart.hex()[:2] / chart.hex() / blob.hex()

    def _find(self, owner: object, blob: bytes) -> Coming:
        coming = self._coming.get(blob)
        if coming is None or coming.owner != owner:
            raise NotFoundError("no such blob is being sent", hint="begin it again")
        return coming

    def _forget(self, blob: bytes) -> None:
        coming = self._coming.pop(blob, None)
        if coming is not None:
            coming.drop()


def sync_folder(folder: Path) -> None:
    """Put a folder's names on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _no_disk() -> UnavailableError:
    return UnavailableError("the blob cannot be written", hint="is the store's disk full?")

"""Sealed files: durable in `coming/` before the ledger hears of them, in their own place after.

Promises that a file which `finish` or `put` gave back is whole, and after `sync` on the disk.
Reads nothing but the clear header. A file is written by one thread at a time.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.errors import (
    BadInputError,
    ChartkeepError,
    ConflictError,
    NotFoundError,
    RefusedError,
    UnavailableError,
)
from chartkeep.model import ID_BYTES, Millis, to_text
from chartkeep.sealing.blob import BlobHeader, read_blob_header
from chartkeep.store.book import Book, Question
from chartkeep.store.records import BLOB_HEADER, blob_words

MAX_CHUNK: Final = 8 << 20
MAX_COMING: Final = 256
MAX_EACH: Final = 128
"""Blobs that come from one instance at a time: no feed keeps the others out."""
_SYNC_EACH: Final = 64 << 20
"""A long file goes to the disk as it comes, so that its end waits for little."""
_COMING: Final = "coming"


Owner = tuple[bytes, bytes]
"""A worker: its instance's id, and its own."""


class TooManyBlobsError(UnavailableError):
    """An instance, or all together, began more blobs than may be on their way."""


class Filed(NamedTuple):
    """A whole file in `coming/`, and its object for the ledger."""

    head: BlobHeader
    words: bytes


class Coming:
    """A file that is being sent."""

    def __init__(self, owner: Owner, chart: bytes, path: str) -> None:
        self.owner = owner
        self.chart = chart
        self.path = path
        self.size = 0
        self.header = b""
        self.digest = sha256()
        self.file = Path(path).open("xb", buffering=0)  # noqa: SIM115 - closed by finish or drop
        self._synced = 0

    def add(self, data: memoryview) -> None:
        """Write the next bytes."""
        self.header += bytes(data[: BLOB_HEADER - len(self.header)])
        self.digest.update(data)
        self.size += len(data)
        _write(self.file.fileno(), data)
        if self.size - self._synced > _SYNC_EACH:
            os.fdatasync(self.file.fileno())
            self._synced = self.size

    def finish(self) -> bytes:
        """Put every byte on the disk; gives what the ledger will say of the file."""
        os.fsync(self.file.fileno())
        self.file.close()
        return blob_words(self.header, self.size, self.digest.digest())

    def drop(self) -> None:
        """Forget the file."""
        self.file.close()
        _remove(self.path)


class Blobs:
    """The folder of sealed files; whoever takes files in calls `recover` first, readers never."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._root = str(folder)  # paths are texts here: pathlib takes a third of a deposit's time
        self._coming: dict[bytes, Coming] = {}
        self._lock = threading.Lock()

    def recover(self, book: Book) -> None:
        """Make the folders; put what a line promises into its place, and remove the rest."""
        coming = self._folder / _COMING
        try:
            coming.mkdir(parents=True, exist_ok=True)
            for path in list(coming.iterdir()):
                chart = _promised_to(path.name, book)
                if chart:
                    self._place(chart, bytes.fromhex(path.name))
                else:
                    path.unlink()
            sync_folder(self._root)
        except OSError as error:
            raise _no_disk() from error

    def begin(self, owner: Owner, chart: bytes, blob: bytes) -> None:
        """Begin a file of a chart under the name its header will carry."""
        if len(chart) != ID_BYTES or len(blob) != ID_BYTES:
            raise BadInputError("an id is 16 bytes")
        with self._lock:
            mine = sum(1 for one in self._coming.values() if one.owner[0] == owner[0])
            if len(self._coming) >= MAX_COMING or mine >= MAX_EACH:
                words = "too many blobs are being sent"
                raise TooManyBlobsError(words, hint="try again in a minute")
        try:
            coming = Coming(owner, chart, self._coming_path(blob))
        except FileExistsError as error:
            raise _taken(blob) from error
        except OSError as error:
            raise _no_disk() from error
        with self._lock:
            self._coming[blob] = coming

    def add(self, owner: Owner, blob: bytes, data: memoryview) -> None:
        """Take the next bytes of a file; a file that cannot be written is forgotten."""
        coming = self._find(owner, blob)
        if len(data) > MAX_CHUNK:
            raise BadInputError("a piece of a blob is at most 8 MiB")
        try:
            coming.add(data)
        except OSError as error:
            self._forget(blob)
            raise _no_disk() from error

    def finish(self, owner: Owner, chart: bytes, blob: bytes) -> Filed:
        """Make a sent file whole; from here on it is the caller's to `place` or `discard`."""
        coming = self._find(owner, blob)
        try:
            filed = Filed(_head_of(coming, chart, blob), coming.finish())
        except OSError as error:
            self._forget(blob)
            raise _no_disk() from error
        except ChartkeepError:
            self._forget(blob)
            raise
        with self._lock:
            self._coming.pop(blob, None)
        return filed

    def put(self, sealed: memoryview) -> Filed:
        """Write a whole file; it is the caller's to `place` or `discard`, as after `finish`."""
        header = bytes(sealed[:BLOB_HEADER])
        head = read_blob_header(BytesIO(header))
        path = self._coming_path(head.blob_id)
        words = blob_words(header, len(sealed), sha256(sealed).digest())
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError as error:
            raise _taken(head.blob_id) from error
        except OSError as error:
            raise _no_disk() from error
        try:
            _write(handle, sealed)
            os.fsync(handle)
        except OSError as error:
            _remove(path)
            raise _no_disk() from error
        finally:
            os.close(handle)
        return Filed(head, words)

    def sync(self) -> None:
        """Put the names of what is coming on the disk: only now may a line speak of them."""
        try:
            sync_folder(f"{self._root}/{_COMING}")
        except OSError as error:
            raise _no_disk() from error

    def place(self, filed: Filed) -> None:
        """Give a promised file its own place. Raises UnavailableError: then `read` finds it still.

        Nothing is synced: a crash may undo the renaming, and `recover` does it again.
        """
        try:
            self._place(filed.head.chart, filed.head.blob_id)
        except OSError as error:
            raise _no_disk() from error

    def discard(self, filed: Filed) -> None:
        """Remove a file the ledger refused."""
        _remove(self._coming_path(filed.head.blob_id))

    def drop(self, owner: Owner, blob: bytes) -> None:
        """Forget a file its sender gave up."""
        self._find(owner, blob)
        self._forget(blob)

    def abandon(self, owner: Owner) -> None:
        """Forget every file a sender left unfinished."""
        with self._lock:
            mine = [blob for blob, one in self._coming.items() if one.owner == owner]
        for blob in mine:
            self._forget(blob)

    def close(self) -> None:
        """Forget every file that is not whole."""
        for blob in list(self._coming):
            self._forget(blob)

    def read(self, chart: bytes, blob: bytes, start: int, length: int) -> bytes:
        """Read sealed bytes of a kept file; fewer only at its end.

        Raises NotFoundError when it is missing.
        """
        # It may be renamed while we look, once, and in this direction only.
        for path in (self._path(chart, blob), self._coming_path(blob), self._path(chart, blob)):
            try:
                return _read(path, start, length)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise UnavailableError(f"blob {to_text(blob)} cannot be read") from error
        raise NotFoundError(f"the file of blob {to_text(blob)} is missing")

    def digest(self, chart: bytes, blob: bytes) -> tuple[int, bytes]:
        """Measure and hash a kept file. Raises NotFoundError when it is missing."""
        size, digest = 0, sha256()
        while data := self.read(chart, blob, size, MAX_CHUNK):
            digest.update(data)
            size += len(data)
        return size, digest.digest()

    def names(self) -> Iterator[tuple[bytes, bytes]]:
        """List (chart, blob) of every file that has its own place."""
        for path in sorted(self._folder.glob("??/*/*")):
            yield bytes.fromhex(path.parent.name), bytes.fromhex(path.name)

    def placed(self, chart: bytes, blob: bytes) -> Millis:
        """Say when a file was given its place, to a second."""
        return Millis(int(Path(self._path(chart, blob)).stat().st_ctime) * 1000)

    def _place(self, chart: bytes, blob: bytes) -> None:
        path = self._path(chart, blob)
        try:
            os.rename(self._coming_path(blob), path)  # noqa: PTH104 - as above
        except FileNotFoundError:  # the chart's first
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            Path(self._coming_path(blob)).rename(path)

    def _path(self, chart: bytes, blob: bytes) -> str:
        named = chart.hex()
        return f"{self._root}/{named[:2]}/{named}/{blob.hex()}"

    def _coming_path(self, blob: bytes) -> str:
        return f"{self._root}/{_COMING}/{blob.hex()}"

    def _find(self, owner: Owner, blob: bytes) -> Coming:
        coming = self._coming.get(blob)
        if coming is None or coming.owner != owner:
            raise NotFoundError("no such blob is being sent", hint="begin it again")
        return coming

    def _forget(self, blob: bytes) -> None:
        with self._lock:
            coming = self._coming.pop(blob, None)
        if coming is not None:
            coming.drop()


def sync_folder(folder: str) -> None:
    """Put a folder's names on the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write(handle: int, data: memoryview) -> None:
    left = data
    while left:
        left = left[os.write(handle, left) :]


def _read(path: str, start: int, length: int) -> bytes:
    handle = os.open(path, os.O_RDONLY)
    try:
        return os.pread(handle, length, start)
    finally:
        os.close(handle)


def _remove(path: str) -> None:
    """Remove a file nobody was promised; what a broken disk keeps of it goes at the next start."""
    with suppress(OSError):
        Path(path).unlink(missing_ok=True)


def _head_of(coming: Coming, chart: bytes, blob: bytes) -> BlobHeader:
    head = read_blob_header(BytesIO(coming.header))
    if (head.chart, head.blob_id, chart) != (coming.chart, blob, coming.chart):
        raise RefusedError(f"blob {to_text(blob)} has the header of another one")
    return head


def _promised_to(name: str, book: Book) -> bytes:
    """Say in which chart a line promises a file left in `coming/`; empty bytes when none does."""
    try:
        blob = bytes.fromhex(name)
    except ValueError:
        return b""
    place = book.facts(Question(b"", [], [blob], [])).heads.get(blob)
    return b"" if place is None else place.chart


def _taken(blob: bytes) -> ConflictError:
    return ConflictError(f"blob {to_text(blob)} is being sent already")


def _no_disk() -> UnavailableError:
    return UnavailableError("the blob cannot be written", hint="is the store's disk full?")

"""Blobs on their way from a vault's shelf to a store's folder: short ones at once, long on threads.

Promises that a file stands only when it has the length and digest its line says; every other blob
is named in `lost`.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Final

from chartkeep.errors import ChartkeepError
from chartkeep.recovery.archive import blob_name
from chartkeep.recovery.place import Shelf
from chartkeep.store.blob_filling import BlobFilling
from chartkeep.store.records import Row, blob_parts
from chartkeep.store.refilling import TakeBlob

PIECE: Final = 4 << 20
THREADS: Final = 2
AT_ONCE: Final = 8
"""Long blobs on their way at a time: so many pieces in memory, on two threads."""


class ReturningBlobs:
    """The blobs of one restore: `lost` names (chart, blob), `bytes` counts what is back."""

    def __init__(self, shelf: Shelf, folder: Path) -> None:
        self._shelf = shelf
        self._filling = BlobFilling(folder)
        self._counting = Lock()
        self.lost: list[tuple[bytes, bytes]] = []
        self.bytes = 0

    def has(self, chart: bytes, blob: bytes) -> bool:
        """Say whether a blob's file is back."""
        return self._filling.has(chart, blob)

    def take(self, row: Row, beside: bytes) -> None:
        """Keep a blob now: the bytes that came along, or the long file's."""
        if not self._filling.take(row, [beside] if beside else self._long(row)):
            self.lost.append((row.chart, row.entry or b""))
            return
        with self._counting:
            self.bytes += blob_parts(row.object or b"")[1]

    @contextmanager
    def taking(self) -> Iterator[TakeBlob]:
        """Give what takes blobs: short ones at once, long ones on threads, a few at a time."""
        room = BoundedSemaphore(AT_ONCE)
        waiting: list[Future[None]] = []

        def run(row: Row) -> None:
            try:
                self.take(row, b"")
            finally:
                room.release()

        with ThreadPoolExecutor(THREADS) as pool:

            def take(row: Row, beside: bytes) -> None:
                if beside:
                    self.take(row, beside)
                    return
                room.acquire()
                waiting[:] = [each for each in waiting if not _ended(each)]
                waiting.append(pool.submit(run, row))

            yield take
            for each in waiting:
                each.result()

    def sync(self) -> None:
        """Make durable what was taken."""
        self._filling.sync()

    def close(self) -> None:
        """Remove the folder of half files, where there are none."""
        self._filling.close()

    def _long(self, row: Row) -> Iterator[bytes]:
        """Read a long blob's sealed file; what cannot be read is found out by its length."""
        _, size, digest = blob_parts(row.object or b"")
        with suppress(ChartkeepError):
            for at in range(0, size, PIECE):
                yield self._shelf.read(blob_name(digest), at, min(PIECE, size - at))


def _ended(future: Future[None]) -> bool:
    """Tell whether it ended; raises what ended it."""
    return future.done() and future.result() is None

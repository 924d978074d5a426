"""A body on its way from the loop to one thread: in pieces, and no more of them than fit.

Promises: whoever puts waits while more than `MOST` bytes lie here, so that a body of any length
costs as much memory as the first two MiB of it. Nothing is written to disk.
"""

import asyncio
import threading
from collections import deque
from collections.abc import Iterator

MOST = 1024 * 1024
"""Bytes that may lie here before the client is made to wait."""


class Pipe:
    """Pieces of one body. The loop calls `put` and `end`; a thread iterates."""

    def __init__(self, loop: asyncio.AbstractEventLoop, most: int = MOST) -> None:
        self._loop = loop
        self._most = most
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._ended = False
        self._error: BaseException | None = None
        self._come = threading.Condition()
        self._room = asyncio.Event()

    async def put(self, piece: bytes) -> None:
        """Add a piece, and wait until there is room for another."""
        self._room.clear()
        with self._come:
            self._pieces.append(piece)
            self._held += len(piece)
            full = self._held > self._most
            self._come.notify()
        if full:
            await self._room.wait()

    def end(self, error: BaseException | None = None) -> None:
        """Say that nothing more comes: the body is whole, or broke off with an error."""
        with self._come:
            self._ended, self._error = True, error
            self._come.notify()

    def __iter__(self) -> Iterator[bytes]:
        """Give each piece as it comes. Raises what the body broke off with."""
        while (piece := self._take()) is not None:
            yield piece

    def _take(self) -> bytes | None:
        with self._come:
            self._come.wait_for(lambda: self._pieces or self._ended)
            if not self._pieces:
                if self._error is not None:
                    raise self._error
                return None
            piece = self._pieces.popleft()
            before, self._held = self._held, self._held - len(piece)
            freed = before > self._most >= self._held
        if freed:
            self._loop.call_soon_threadsafe(self._room.set)
        return piece

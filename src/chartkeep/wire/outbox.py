"""Answers on their way from the lanes into the event loop.

Promises that frames posted together wake the loop once, in the order they were posted; a frame for
a connection that has ended is dropped. Waiting for a slow reader is not its business.
"""

import asyncio
import threading


class Outbox:
    """Takes frames from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._frames: list[tuple[asyncio.Transport, bytearray]] = []
        self._lock = threading.Lock()

    def post(self, transport: asyncio.Transport, frame: bytearray) -> None:
        """Send a frame."""
        with self._lock:
            self._frames.append((transport, frame))
            if len(self._frames) > 1:
                return
        try:
            self._loop.call_soon_threadsafe(self._flush)
        except RuntimeError:  # the loop has ended: so has the caller's interest
            return

    def _flush(self) -> None:
        with self._lock:
            frames, self._frames = self._frames, []
        joined: dict[asyncio.Transport, list[bytearray]] = {}
        for transport, frame in frames:
            joined.setdefault(transport, []).append(frame)
        for transport, mine in joined.items():
            if not transport.is_closing():
                transport.write(memoryview(mine[0]) if len(mine) == 1 else b"".join(mine))

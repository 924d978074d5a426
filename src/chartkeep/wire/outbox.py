"""Answers on their way from the lanes to their connections.

An answer leaves from the thread that made it, as far as the socket takes it; what does not fit
goes through the event loop. Promises that frames of a connection leave whole and in the order they
were posted, that those posted together wake the loop once, and that a frame for a connection that
has ended is dropped. Waiting for a slow reader is not its business.
"""

import asyncio
import os
import threading
from contextlib import suppress

Frame = bytearray | memoryview


class Outbox:
    """Takes frames from any thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._frames: list[tuple[Way, Frame]] = []
        self._lock = threading.Lock()

    def post(self, way: "Way", frame: Frame) -> None:
        """Send a frame from the loop."""
        with self._lock:
            self._frames.append((way, frame))
            if len(self._frames) > 1:
                return
        with suppress(RuntimeError):  # the loop has ended: so has the caller's interest
            self._loop.call_soon_threadsafe(self._flush)

    def _flush(self) -> None:
        with self._lock:
            frames, self._frames = self._frames, []
        joined: dict[Way, list[Frame]] = {}
        for way, frame in frames:
            joined.setdefault(way, []).append(frame)
        for way, mine in joined.items():
            way.write(mine)


class Way:
    """The way out of one connection. TLS, whose records only the loop writes, goes by the loop."""

    def __init__(self, transport: asyncio.Transport, outbox: Outbox) -> None:
        self._transport = transport
        self._outbox = outbox
        self._lock = threading.Lock()
        self._posted = 0  # frames the loop has not written yet
        self._full = True  # whether the transport holds bytes; the loop's first write finds out
        sock = transport.get_extra_info("socket")
        plain = sock is not None and transport.get_extra_info("sslcontext") is None
        # A descriptor of its own: the transport's may be another connection's by the time we write.
        self._handle = os.dup(sock.fileno()) if plain else -1

    def send(self, frame: Frame) -> None:
        """Send a frame, from any thread."""
        with self._lock:
            if self._handle >= 0 and not self._posted and not self._full:
                frame = self._push(memoryview(frame))
                if not frame:
                    return
            self._posted += 1
            self._outbox.post(self, frame)  # inside the lock: nobody's next frame goes before it

    def write(self, frames: list[Frame]) -> None:
        """Write frames from the loop."""
        with self._lock:
            self._posted -= len(frames)
            if not self._transport.is_closing():
                self._transport.write(frames[0] if len(frames) == 1 else b"".join(frames))
                self._full = self._transport.get_write_buffer_size() > 0

    def close(self) -> None:
        """Give the descriptor back: the connection has ended."""
        with self._lock:
            if self._handle >= 0:
                os.close(self._handle)
            self._handle = -1

    def _push(self, frame: memoryview) -> memoryview:
        """Write as much as the socket takes now; gives the rest."""
        try:
            return frame[os.write(self._handle, frame) :]
        except OSError:  # full, or broken: the loop finds out which
            return frame

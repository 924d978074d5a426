"""A call, the service that takes it, and the lane of one thread that serves it."""

import queue
import threading
from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from chartkeep.errors import ChartkeepError
from chartkeep.wire.frames import (
    Peer,
    encode,
    to_failed,
)


class Caller(Protocol):
    """The connection a call came through, as far as an answer needs it."""

    number: int

    def send(self, frame: bytearray) -> None:
        """Send a frame, from any thread."""


class Call:
    """One request waiting for its answer; `finding` carries what an earlier lane found out."""

    __slots__ = ("answered", "connection", "finding", "peer", "request", "sequence")

    def __init__(self, connection: Caller, sequence: int, peer: Peer, request: Any) -> None:
        self.connection = connection
        self.sequence = sequence
        self.peer = peer
        self.request = request
        self.finding: Any = None
        self.answered = False

    def answer(self, message: msgspec.Struct) -> None:
        """Send the answer; every call gets exactly one."""
        assert not self.answered, "a call is answered once"
        self.answered = True
        self.connection.send(encode(self.connection.number, self.sequence, message))

    def fail(self, error: ChartkeepError) -> None:
        """Send an error as the answer."""
        self.answer(to_failed(error))


class Service(Protocol):
    """What a keeper gives the wire; all its methods but `take` may be called from the loop."""

    name: str
    requests: Any
    """A union of the Message classes it accepts."""

    def public_key(self, instance: str) -> bytes:
        """Give a registered instance's key. Raises NotAllowedError for a stranger."""

    def greet(self, peer: Peer) -> None:
        """Hear that a worker connected."""

    def part(self, peer: Peer) -> None:
        """Hear that a worker's connection ended."""

    def suspect(self, instance: str, what: str) -> None:
        """Hear of a false proof or a replayed frame; written down, then the line is cut."""

    def take(self, call: Call) -> None:
        """Put a call on the lane where it belongs."""


class Lane:
    """One thread that serves calls in groups: all that came while the last group was served."""

    def __init__(self, serve: Callable[[list[Any]], None], *, group: int = 512) -> None:
        self._serve = serve
        self._group = group
        self._calls: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def put(self, call: Any) -> None:
        """Queue a call, or work of the service's own."""
        self._calls.put(call)

    def close(self) -> None:
        """Serve what is queued, then end the thread."""
        self._calls.put(None)
        self._thread.join(timeout=30)

    def _run(self) -> None:
        going = True
        while going:
            calls = [self._calls.get()]
            while len(calls) < self._group and not self._calls.empty():
                calls.append(self._calls.get())
            going = None not in calls
            served = [call for call in calls if call is not None]
            if served:
                self._serve(served)

"""`Pixels`: pictures in, pictures out, by a few processes that hold nothing else.

Thread-safe. A process is started when it is first needed, ended when a picture ends it or makes it
late, and after `MOST_JOBS` jobs, so that what a picture may have left in one does not stay; the
next job has a fresh one. Nothing is written to any disk.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, LifoQueue
from threading import Lock

import msgspec

from chartkeep.errors import UnavailableError
from chartkeep.imaging.pixels.asking import (
    MOST_FRAME,
    MOST_HEAD,
    Fault,
    Job,
    Recode,
    Rehead,
    Render,
    Rendering,
    UndecodableError,
    raise_fault,
)
from chartkeep.imaging.pixels.process import GoneError, Process
from chartkeep.imaging.pixels.writing import Layout, wrap_frames

JOB_SECONDS = 30.0
WAIT_SECONDS = 20.0
MOST_JOBS = 5_000
Frame = bytes | Sequence[bytes]
"""One frame's bytes, or its fragments in order."""


class _Seat:
    """A place for one process, which comes and goes."""

    def __init__(self) -> None:
        self.process: Process | None = None
        self.jobs = 0

    def ready(self) -> Process:
        if self.process is None or self.process.child.poll() is not None or self.jobs >= MOST_JOBS:
            self.clear()
            self.process, self.jobs = Process(), 0
        self.process.await_ready()
        self.jobs += 1
        return self.process

    def clear(self) -> None:
        if self.process is not None:
            self.process.close()
            self.process = None


class Pixels:
    """The pool. `workers` processes at most, each with one job at a time."""

    def __init__(self, workers: int = 1, *, seconds: float = JOB_SECONDS) -> None:
        self._seats = [_Seat() for _ in range(workers)]
        self._free: LifoQueue[_Seat] = LifoQueue()
        self._seconds = seconds
        self._closed = False
        self._lock = Lock()
        for seat in self._seats:
            self._free.put(seat)

    def render(self, head: bytes, syntax: str, frame: Frame, how: Rendering) -> bytes:
        """Show one frame as JPEG or PNG.

        `head` is the file before its pixel data; of a deflated one it is the whole file, and
        `frame` is empty. Raises UndecodableError, NotPossibleError, UnavailableError.
        """
        return self._do(Render(str(syntax), how), head, frame)

    def transcode(self, head: bytes, syntax: str, frame: Frame, to: str, number: int = 1) -> bytes:
        """Write one frame in transfer syntax `to`; `number` (from 1) counts if it is deflated."""
        return self._do(Recode(str(syntax), str(to), number), head, frame)

    def transcode_file(
        self, head: bytes, syntax: str, frames: Iterable[Frame], count: int, to: str
    ) -> Iterator[bytes]:
        """Write a whole instance in a lossless syntax, piece by piece, one frame in memory.

        `count` is the number of frames. What stands after the pixel data (padding, signatures
        over other bytes) is left out. Errors come before the first piece, or end the iteration.
        """
        layout = Layout(to, count)
        yield self._do(Rehead(str(syntax), str(to)), head, b"")
        each = (
            self.transcode(head, syntax, frame, to, number)
            for number, frame in enumerate(frames, 1)
        )
        yield from wrap_frames(each, layout)

    def close(self) -> None:
        """End every process; jobs under way end with an error."""
        with self._lock:
            self._closed = True
            for seat in self._seats:
                seat.clear()

    def _do(self, job: Job, head: bytes, frame: Frame) -> bytes:
        parts = [frame] if isinstance(frame, bytes) else list(frame)
        if len(head) > MOST_HEAD or sum(map(len, parts)) > MOST_FRAME:
            raise_fault(Fault.TOO_LARGE)
        with self._seat() as seat:
            try:
                process = seat.ready()
            except (GoneError, OSError) as error:
                seat.clear()
                raise UnavailableError("the pixel process does not start") from error
            try:
                fault, answer = process.ask(msgspec.msgpack.encode(job), head, parts, self._seconds)
            except GoneError as error:
                seat.clear()
                raise UndecodableError(
                    "the picture ended the process that decodes it, or made it late",
                    hint="fetch the instance as it was received",
                ) from error
        raise_fault(fault)
        return answer

    @contextmanager
    def _seat(self) -> Iterator[_Seat]:
        try:
            seat = self._free.get(timeout=WAIT_SECONDS)
        except Empty as error:
            raise UnavailableError(
                "all pixel processes are at work", hint="try again in a moment"
            ) from error
        try:
            if self._closed:
                raise UnavailableError("the pixel processes were ended")
            yield seat
        finally:
            self._free.put(seat)

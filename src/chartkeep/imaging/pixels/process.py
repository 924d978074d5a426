"""One process that decodes, seen from the parent: started, asked with a deadline, ended.

The parent parses nothing a worker sends but five bytes: a fault's number and a bounded length.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from time import monotonic

import chartkeep
from chartkeep.imaging.pixels.asking import ANSWER, ASK, MOST_ANSWER, Fault

START_SECONDS = 60.0
_BUFFER = 1 << 20
_ROOT = Path(chartkeep.__file__).parent.parent


class GoneError(Exception):
    """The process ended, or did not answer in time; it is not used again."""


class Process:
    """One worker. Not thread-safe: one job at a time."""

    def __init__(self) -> None:
        """Start it, with an empty environment and one end of a socket; it is not awaited here."""
        self.line, theirs = socket.socketpair()
        for end in (self.line, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        with theirs:
            self.child = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", "chartkeep.imaging.pixels.worker"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": os.fspath(_ROOT), "OPENBLAS_NUM_THREADS": "1"},
                start_new_session=True,
            )
        self.ready = False

    def await_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait until it has loaded and confined itself; GoneError if it does not."""
        if not self.ready:
            self._receive(1, monotonic() + seconds)
            self.ready = True

    def ask(
        self, job: bytes, head: bytes, frame: Sequence[bytes], seconds: float
    ) -> tuple[int, bytes]:
        """Return the fault's number and the answer; GoneError after `seconds`, or if it died."""
        end = monotonic() + seconds
        self._send([ASK.pack(len(job), len(head), sum(map(len, frame))), job, head, *frame], end)
        fault, length = ANSWER.unpack(self._receive(ANSWER.size, end))
        if length > MOST_ANSWER or (fault and length) or fault not in iter(Fault):
            raise GoneError
        return fault, self._receive(length, end)

    def close(self) -> None:
        """End it, whatever it does, and wait for it."""
        self.line.close()
        self.child.kill()
        self.child.wait()

    def _send(self, parts: Sequence[bytes], end: float) -> None:
        try:
            for part in parts:
                self.line.settimeout(max(end - monotonic(), 1e-3))
                self.line.sendall(part)
        except OSError as error:
            raise GoneError from error

    def _receive(self, length: int, end: float) -> bytes:
        buffer = bytearray(length)
        view, got = memoryview(buffer), 0
        try:
            while got < length:
                self.line.settimeout(max(end - monotonic(), 1e-3))
                more = self.line.recv_into(view[got:])
                if not more:
                    raise GoneError
                got += more
        except OSError as error:
            raise GoneError from error
        return bytes(buffer)

"""One reading process, seen from its parent: started, given a file, ended.

The parent parses nothing of a file. Of what the process says it takes frames of a bounded length
that decode to what `telling` allows; anything else ends the process.
"""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import msgspec

import chartkeep
from chartkeep.incident.trace.intake.telling import (
    LENGTH,
    MOST_FRAME,
    Ask,
    Ended,
    Entered,
    Job,
    Told,
)

START_SECONDS = 120.0
SILENT_SECONDS = 600.0
"""A process that says nothing for so long is ended; its processor time ends it before."""
OCR = "CHARTKEEP_OCR"
"""Set, text in pictures is read too: it takes a second more to start."""
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
_BUFFER = 1 << 20
_ROOT = Path(chartkeep.__file__).parent.parent
_told = msgspec.msgpack.Decoder(Told)
_jobs = msgspec.msgpack.Encoder()
_STEPS: dict[type, int] = {Entered: 1, Ended: -1}


class GoneError(Exception):
    """The process ended, or said what it may not; it is not used again."""


class Process:
    """One reader. Not thread-safe: one file at a time."""

    def __init__(self, *, ocr: bool = False) -> None:
        """Start it, with an empty environment and one end of a socket; it is not awaited here."""
        self.line, theirs = socket.socketpair()
        for end in (self.line, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        with theirs:
            self.child = subprocess.Popen(
                [sys.executable, "-P", "-s", "-m", "chartkeep.incident.trace.intake.worker"],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": os.fspath(_ROOT), **_ENVIRONMENT, OCR: "1" if ocr else ""},
                start_new_session=True,
            )
        self._ready = False

    def read(self, job: Job, file: int) -> Iterator[Told]:
        """Have one file read; yields all but what is asked for, up to the file's own `Ended`.

        `file`: descriptor to read from at any place. Raises GoneError.
        """
        if not self._ready:
            self._receive(1, START_SECONDS)
            self._ready = True
        self._send(_jobs.encode(job))
        depth = 0
        while True:
            told = self._next()
            if isinstance(told, Ask):
                self._send(os.pread(file, told.length, told.offset))
                continue
            depth += _STEPS.get(type(told), 0)
            yield told
            if depth == 0:
                return

    def close(self) -> bool:
        """End it, whatever it does, and wait; says whether its processor time had ended it."""
        self.line.close()
        self.child.kill()
        return self.child.wait() == -signal.SIGXCPU

    def _next(self) -> Told:
        (length,) = LENGTH.unpack(self._receive(LENGTH.size, SILENT_SECONDS))
        if length > MOST_FRAME:
            raise GoneError
        try:
            told: Told = _told.decode(self._receive(length, SILENT_SECONDS))
        except msgspec.MsgspecError as error:
            raise GoneError from error
        return told

    def _send(self, body: bytes) -> None:
        try:
            self.line.settimeout(SILENT_SECONDS)
            self.line.sendall(LENGTH.pack(len(body)) + body)
        except OSError as error:
            raise GoneError from error

    def _receive(self, length: int, seconds: float) -> bytes:
        buffer = bytearray(length)
        view, got, end = memoryview(buffer), 0, monotonic() + seconds
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

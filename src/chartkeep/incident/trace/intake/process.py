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
from typing import Generic, TypeVar

import msgspec

import chartkeep
from chartkeep.incident.trace.intake.telling import (
    LENGTH,
    MOST_FRAME,
    Ask,
    Job,
)

START_SECONDS = 120.0
SILENT_SECONDS = 600.0
"""A process that says nothing for so long is ended; its processor time ends it before."""
OCR = "CHARTKEEP_OCR"
"""Set, text in pictures is read too: it takes a second more to start."""
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"}
_BUFFER = 1 << 20
_ROOT = Path(chartkeep.__file__).parent.parent
_jobs = msgspec.msgpack.Encoder()
Said = TypeVar("Said")


class GoneError(Exception):
    """The process ended, or said what it may not; it is not used again."""


class Process(Generic[Said]):
    """One reader. Not thread-safe: one file at a time."""

    def __init__(self, program: str, told: object, *, ocr: bool = False) -> None:
        """Start it, with an empty environment and one end of a socket; it is not awaited here.

        `program`: a module that serves its line on descriptor 0. `told`: the shapes it may tell,
        `Ask` among them.
        """
        self._told: msgspec.msgpack.Decoder[Said] = msgspec.msgpack.Decoder(told)
        self.line, theirs = socket.socketpair()
        for end in (self.line, theirs):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _BUFFER)
        with theirs:
            self.child = subprocess.Popen(  # noqa: S603 -- a program of ours
                [sys.executable, "-P", "-s", "-m", program],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PYTHONPATH": os.fspath(_ROOT), **_ENVIRONMENT, OCR: "1" if ocr else ""},
                start_new_session=True,
            )
        self._ready = False

    def read(self, job: Job, file: int) -> Iterator[Said]:
        """Have one file read; yields all but what is asked for, until nobody takes more.

        `file`: descriptor to read from at any place. Raises GoneError.
        """
        if not self._ready:
            self._receive(1, START_SECONDS)
            self._ready = True
        self._send(_jobs.encode(job))
        while True:
            told = self._next()
            if isinstance(told, Ask):
                self._send(os.pread(file, told.length, told.offset))
                continue
            yield told

    def close(self) -> bool:
        """End it, whatever it does, and wait; says whether its processor time had ended it."""
        self.line.close()
        self.child.kill()
        return self.child.wait() == -signal.SIGXCPU

    def _next(self) -> Said:
        (length,) = LENGTH.unpack(self._receive(LENGTH.size, SILENT_SECONDS))
        if length > MOST_FRAME:
            raise GoneError
        try:
            told: Said = self._told.decode(self._receive(length, SILENT_SECONDS))
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

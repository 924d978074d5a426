"""Logs read without parsing a byte of them here: by processes that hold nothing else.

    with LogReaders() as readers:
        log = readers.open(path)
        for number, row in log.rows(): …
        log.form, log.troubles, log.sha256

A log is read by a process of its own while it lasts (several are, when they are merged), and the
next one by the same process afterwards.
"""

import os
from collections import Counter
from collections.abc import Iterator
from hashlib import file_digest
from pathlib import Path
from typing import Final, Self

from chartkeep.errors import BadInputError
from chartkeep.incident.timeline.logs.telling import Done, LogTrouble, Parsed, Row, Told
from chartkeep.incident.trace.intake.process import GoneError, Process
from chartkeep.incident.trace.intake.telling import Job

_PROGRAM: Final = "chartkeep.incident.timeline.logs.worker"


class LogReaders:
    """The processes of one reading; a context manager, and not for several threads."""

    def __init__(self) -> None:
        self._idle: list[Process[Told]] = []
        self._busy: list[Process[Told]] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End them all."""
        for each in (*self._idle, *self._busy):
            each.close()
        self._idle, self._busy = [], []

    def open(self, path: Path) -> "ReadLog":
        """Open a log; nothing is read yet."""
        return ReadLog(path, self)

    def begin(self) -> Process[Told]:
        """Give a process that has nothing to do."""
        process = self._idle.pop() if self._idle else Process(_PROGRAM, Told)
        self._busy.append(process)
        return process

    def end(self, process: Process[Told], *, done: bool) -> None:
        """Take one back; unless it is done with its file it is not used again."""
        if process in self._busy:
            self._busy.remove(process)
        if done:
            self._idle.append(process)
        else:
            process.close()


class ReadLog:
    """One log: `form`, `troubles` and `sha256` are there when its rows were read."""

    def __init__(self, path: Path, readers: LogReaders) -> None:
        self.path = path
        self.form = ""
        self.sha256 = ""
        self.troubles: Counter[str] = Counter()
        self._readers = readers

    def rows(self) -> Iterator[tuple[int, Row]]:
        """Yield each row with its number, from 1. Raises BadInputError for no log, OSError."""
        with self.path.open("rb") as file:
            self.sha256 = file_digest(file, "sha256").hexdigest()
            job = Job(self.path.name, os.fstat(file.fileno()).st_size)
            process = self._readers.begin()
            done = False
            try:
                for told in process.read(job, file.fileno()):
                    if isinstance(told, Parsed):
                        yield from told.rows
                    elif isinstance(told, Done):
                        done = True
                        self._take(told)
                        return
            except GoneError:
                self.troubles[LogTrouble.ENDED] += 1
            finally:
                self._readers.end(process, done=done)

    def _take(self, told: Done) -> None:
        if told.refused:
            raise BadInputError(
                f"{self.path.name} {told.refused}", hint="export it as CSV, JSON or syslog"
            )
        self.form = told.form
        self.troubles.update({str(each): times for each, times in told.troubles.items()})

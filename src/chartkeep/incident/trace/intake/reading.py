"""`Intake`: files in, `Found` things out, read by a process that holds nothing else.

Not thread-safe: one `Intake` for each thread. A file that ends its reader costs that member only:
a new process goes on behind it. Memory is flat: one batch of rows is here at a time.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import file_digest
from pathlib import Path
from typing import Self

from chartkeep.incident.trace.found import (
    Clock,
    Found,
    Kind,
    Picture,
    Row,
    Source,
    Table,
    Where,
)
from chartkeep.incident.trace.intake.process import GoneError, Process
from chartkeep.incident.trace.intake.telling import (
    Began,
    Ended,
    Entered,
    Job,
    Place,
    Rows,
    Shown,
    Told,
    Trouble,
)

_PROGRAM = "chartkeep.incident.trace.intake.worker"
MOST_FILES = 2_000
"""A process reads so many files, so that what one may have left in it does not stay."""
MOST_ENDED = 20
"""Members of one file that may end their reader; then the rest of it is not read."""


@dataclass
class _Depth:
    """What is being read: the members that were entered and have not ended; the last that has."""

    ats: list[Place] = field(default_factory=list)
    insides: list[tuple[str, ...]] = field(default_factory=list)
    ended: Place | None = None

    def next_after(self, before: Place | None) -> Place | None:
        """Say behind what a new process goes on when one ended here; () if with nothing.

        `before`: behind what the one that ended went on. It is not the innermost member's doing
        that a process ends between two of its own: then it goes on behind the one that was read.
        """
        if not self.ats:  # it had not begun
            return before
        at = self.ats[-1]
        between = self.ended is not None and self.ended != at and self.ended[: len(at)] == at
        return self.ended if between and self.ended != before else at


class Intake:
    """Reads files one after the other; a context manager.

    `ocr`: also the text in pictures, where Tesseract is installed.
    """

    def __init__(self, *, ocr: bool = False) -> None:
        self._ocr = ocr
        self._process: Process[Told] | None = None
        self._files = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.close()
            self._process = None

    def read(self, path: Path, called: str = "") -> Iterator[Found]:
        """Yield what one file holds; its own `Source` is the last, whatever became of it.

        `called`: what it is called where its path says nothing; then its own time says nothing too.

        A `Table`'s rows are there until the next thing is asked for. Nothing is raised of a file:
        its trouble stands in its `Source`, in words for people.
        """
        where = Where(called or written_path(path))
        try:
            file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
        except OSError as error:
            gone = isinstance(error, FileNotFoundError)
            trouble = Trouble.GONE if gone else Trouble.REFUSED
            yield Source(where, Kind.UNKNOWN, 0, trouble=trouble)
            return
        try:
            about = os.fstat(file)
            if not stat.S_ISREG(about.st_mode):
                yield Source(where, Kind.UNKNOWN, 0, trouble=Trouble.NOT_A_FILE)
                return
            with os.fdopen(os.dup(file), "rb") as opened:
                digest = file_digest(opened, "sha256").digest()
            modified = {} if called else {Clock.FILE: about.st_mtime_ns // 1_000_000}
            yield from self._read(file, about.st_size, where, digest, modified)
        except OSError:
            yield Source(where, Kind.UNKNOWN, 0, trouble=Trouble.REFUSED)
        finally:
            os.close(file)

    def _read(
        self, file: int, size: int, where: Where, digest: bytes, modified: dict[Clock, int]
    ) -> Iterator[Found]:
        """Read a file, by as many processes as its members end."""
        after: Place | None = None
        trouble = Trouble.KILLED
        for _ in range(MOST_ENDED):
            depth = _Depth()
            told = self._ready().read(Job(Path(where.path).name, size, after), file)
            try:
                yield from self._found(_Stream(told), depth, where, digest, modified)
            except GoneError:
                trouble = Trouble.LATE if self._end() else Trouble.KILLED
            except BaseException:  # nobody listens any more: what it still says belongs to nothing
                self.close()
                raise
            else:
                return
            after = depth.next_after(after)
            if after == ():
                break
            if depth.ats and after == depth.ats[-1]:
                lost = Where(where.path, depth.insides[-1])
                yield Source(lost, Kind.UNKNOWN, 0, trouble=trouble)
        yield Source(where, Kind.UNKNOWN, size, digest, modified, trouble)

    def _found(
        self, stream: "_Stream", depth: _Depth, where: Where, digest: bytes,
        modified: dict[Clock, int],
    ) -> Iterator[Found]:  # fmt: skip
        """Turn what the process tells into what is found."""
        shown: Shown | None = None
        while (told := stream.next()) is not None:
            if isinstance(told, Entered):
                depth.ats.append(told.at)
                depth.insides.append(told.inside)
                continue
            if not depth.ats:
                raise GoneError
            here = Where(where.path, depth.insides[-1])
            match told:
                case Began():
                    rows = stream.rows(len(told.columns))
                    yield Table(here, told.name, told.columns, rows, told.prose)
                case Shown():
                    shown = told
                case Ended():
                    source = _source(here, told, digest, modified)
                    if shown is not None:  # now that its digest is known
                        pixels = shown.pixel_sha256
                        yield Picture(here, shown.sop_uid, source.sha256, pixels, shown.fields)
                    shown = None
                    depth.ended = depth.ats.pop()
                    depth.insides.pop()
                    yield source
                    if not depth.ats:
                        return
                case _:  # rows of a table nobody wanted
                    continue

    def _ready(self) -> Process[Told]:
        if self._process is None or self._files >= MOST_FILES:
            self.close()
            self._process, self._files = Process(_PROGRAM, Told, ocr=self._ocr), 0
        self._files += 1
        return self._process

    def _end(self) -> bool:
        process, self._process = self._process, None
        return process is not None and process.close()


def written_path(path: Path) -> str:
    """Write a path for people and lists; bytes of it that are no UTF-8 as escapes."""
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _source(here: Where, told: Ended, digest: bytes, modified: dict[Clock, int]) -> Source:
    """Say how one file or member ended: the file's own digest and time are the parent's."""
    if here.inside:
        return Source(
            here, told.kind, told.size, told.sha256, told.clocks, told.trouble, told.spaced
        )
    clocks = {**modified, **told.clocks}
    return Source(here, told.kind, told.size, digest, clocks, told.trouble, told.spaced)


class _Stream:
    """What the process tells, with the rows of the newest table apart."""

    def __init__(self, told: Iterator[Told]) -> None:
        self._told = told
        self._waiting: Told | None = None
        self._table = 0
        self._gone: GoneError | None = None

    def next(self) -> Told | None:
        """Return the next thing, None at the end of the file. Raises GoneError."""
        self._table += 1  # who still holds rows of the last table gets no more of them
        if self._gone is not None:
            raise self._gone
        waiting, self._waiting = self._waiting, None
        return waiting if waiting is not None else next(self._told, None)

    def rows(self, width: int) -> Iterator[Sequence[Row]]:
        """Yield batches while there are rows; one that is not as wide as its table ends it all."""
        mine = self._table
        while mine == self._table and self._gone is None and self._waiting is None:
            try:
                told = next(self._told, None)
            except GoneError as error:  # said where the file is read, not to who takes its rows
                self._gone = error
                return
            if not isinstance(told, Rows):
                self._waiting = told
                return
            if any(len(row.values) != width for row in told.rows):
                self._gone = GoneError()
                return
            yield told.rows

"""The process that parses logs: `python -m chartkeep.incident.timeline.logs.worker`, its line on 0.

As the process that reads what sellers post (`trace.intake.worker`): it has no key, no file and no
network, asks its parent for the bytes, and tells rows. It is small: it starts in a fifth of a
second.
"""

import codecs
import gzip
import io
import logging
import socket
import sys
import warnings

from chartkeep.confined import confine
from chartkeep.incident.timeline.logs.rows import Log
from chartkeep.incident.timeline.logs.telling import (
    Done,
    LogTrouble,
    NotALogError,
    Parsed,
    Row,
)
from chartkeep.incident.trace.intake.limits import MEMORY, Budget
from chartkeep.incident.trace.intake.line import FarFile, Line
from chartkeep.incident.trace.intake.part import Part
from chartkeep.incident.trace.intake.telling import Job, TroubleError

MOST_TOGETHER = 500
MOST_SIGNS = 1 << 20
"""Characters of rows told together; one row is at most some three million."""


def main() -> None:
    """Load, confine, serve."""
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    for name in ("utf-8-sig", "utf-16", "cp932", "latin-1"):
        codecs.lookup(name)
    with gzip.GzipFile(fileobj=io.BytesIO(gzip.compress(b"x"))) as packed:
        packed.read()
    end = socket.socket(fileno=0)
    confine(MEMORY)
    end.sendall(b"\x00")
    line = Line(end)
    while True:
        take(line, line.job())


def take(line: Line, job: Job) -> None:
    """Parse one file."""
    budget = Budget(job.size)
    file = Part(FarFile(line, job.size), job.name, budget, None).opened()

    def unpacked(packed: io.BufferedReader) -> Part:
        return Part(gzip.GzipFile(fileobj=packed), job.name, budget, job.size)

    try:
        log = Log(file, unpacked)
    except NotALogError as error:
        line.tell(Done("", {}, error.why))
        return
    try:
        _tell_rows(line, log)
    except TroubleError:
        log.troubles[LogTrouble.UNPACKS] += 1
    except (MemoryError, RecursionError):
        log.troubles[LogTrouble.ENDED] += 1
    line.tell(Done(log.form, dict(log.troubles)))


def _tell_rows(line: Line, log: Log) -> None:
    """Tell rows as they come, many together; the last too when what follows cannot be read."""
    batch: list[tuple[int, Row]] = []
    signs = 0
    try:
        for number, row in log.rows():
            batch.append((number, row))
            signs += sum(map(len, row.values()))
            if len(batch) >= MOST_TOGETHER or signs >= MOST_SIGNS:
                _tell(line, batch)
                batch, signs = [], 0
    finally:
        _tell(line, batch)


def _tell(line: Line, batch: list[tuple[int, Row]]) -> None:
    try:
        line.tell(Parsed(batch))
    except UnicodeEncodeError:  # half a surrogate pair, which no text holds by right
        line.tell(Parsed([(n, {_whole(k): _whole(v) for k, v in row.items()}) for n, row in batch]))


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


if __name__ == "__main__":
    sys.setrecursionlimit(2_000)
    main()

"""Evidence of a case, opened for a reader that wants a file: in memory, never on a disk."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from chartkeep.errors import NotFoundError, RefusedError
from chartkeep.incident.case.case import Case

MOST: Final = 512 << 20


@contextmanager
def opened(case: Case, digest: str) -> Iterator[Path]:
    """Give a path of this process alone to what was kept; gone with the block.

    Raises NotFoundError for none, RefusedError for more than 512 MiB.
    """
    kept = case.kept().get(digest)
    if kept is None:
        raise NotFoundError("no such evidence is kept in this case", hint="POST …/evidence")
    if kept.size > MOST:
        raise RefusedError("this piece is too large to be opened in memory", hint="give its file")
    memory = os.memfd_create("evidence")
    try:
        case.read(digest, lambda piece: _write(memory, piece))
        yield Path(f"/proc/self/fd/{memory}")
    finally:
        os.close(memory)


def _write(file: int, piece: bytes) -> None:
    rest = memoryview(piece)
    while rest:
        rest = rest[os.write(file, rest) :]

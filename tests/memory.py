"""Folders in memory for tests, where the machine has one: no test in them breaks a disk.

A run that is killed leaves its folders behind; the next one takes them away.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 1 << 30
"""Bytes that must be free, or it is the disk."""
NAME = "chartkeep-test-"


@contextmanager
def folder() -> Iterator[Path]:
    """Give a folder of one's own, gone afterwards."""
    prefix = f"{NAME}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=_parent()) as made:
        yield Path(made)


@cache
def _parent() -> Path | None:
    if not MEMORY.is_dir():
        return None
    for left in MEMORY.glob(f"{NAME}*"):
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    return MEMORY if shutil.disk_usage(MEMORY).free > ROOM else None

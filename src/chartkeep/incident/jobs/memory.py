"""A folder in memory, for what may lie in clear on no disk and no longer than the work takes.

Gone at the end of the work; what a killed one left goes when the next begins, or with the machine.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - folders of our own in it, 0700
NAME: Final = "chartkeep-clear-"


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """Give a folder of one's own; first remove those of ours whose process has ended.

    Safe beside others: a folder of another user cannot be removed, a link is not followed.
    """
    for left in MEMORY.glob(f"{NAME}*"):
        process, _, _ = left.name.removeprefix(NAME).partition("-")
        if not Path("/proc", process).exists():
            shutil.rmtree(left, ignore_errors=True)
    prefix = f"{NAME}{os.getpid()}-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=MEMORY) as folder:
        yield Path(folder)

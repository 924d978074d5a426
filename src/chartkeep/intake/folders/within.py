"""Files of one folder, reached step by step from it, without following a link anywhere.

Whoever may write into a drop folder must not thereby read or delete what lies elsewhere: each
step is opened from the one before, and a link in the way is an error.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from chartkeep.errors import BadInputError, RefusedError

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
LONGEST_NAME = 200


class Mark(NamedTuple):
    """What tells one file's content from a later one's of the same name."""

    inode: int
    size: int
    changed: int


class Within:
    """One folder; `parts` below are the names from it down to a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @contextmanager
    def folder(self, parts: tuple[str, ...]) -> Iterator[int]:
        """Open a folder below. Raises OSError when a link is in the way."""
        at = os.open(self.path, _FOLDER & ~os.O_NOFOLLOW)
        try:
            for part in parts:
                below = os.open(part, _FOLDER, dir_fd=at)
                os.close(at)
                at = below
            yield at
        finally:
            os.close(at)

    @contextmanager
    def opened(self, parts: tuple[str, ...]) -> Iterator[tuple[int, Mark]]:
        """Open a file: a descriptor and how it stands. Raises BadInputError, OSError."""
        with self.folder(parts[:-1]) as at:
            descriptor = os.open(parts[-1], _FILE, dir_fd=at)
        try:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):  # opened without waiting: a pipe keeps nobody
                raise BadInputError("a link or a device, not a file")
            yield descriptor, _mark(found)
        finally:
            os.close(descriptor)

    def read(self, parts: tuple[str, ...], most: int) -> bytes:
        """Read a file. Raises BadInputError when it is none, or larger; OSError."""
        with self.opened(parts) as (descriptor, mark), os.fdopen(os.dup(descriptor), "rb") as file:
            if mark.size > most:
                raise BadInputError(f"a file is over {most >> 10} KiB")
            return file.read(most)

    def mark(self, parts: tuple[str, ...]) -> Mark:
        """Say how a file stands now. Raises BadInputError when it is no file, OSError."""
        with self.folder(parts[:-1]) as at:
            found = os.stat(parts[-1], dir_fd=at, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise BadInputError("a link or a device, not a file")
        return _mark(found)

    def remove(self, parts: tuple[str, ...], mark: Mark) -> None:
        """Delete a file that was taken, if it is still the one that was read. Raises OSError."""
        if self.mark(parts) == mark:
            with self.folder(parts[:-1]) as at:
                os.unlink(parts[-1], dir_fd=at)

    def move(self, parts: tuple[str, ...], into: str, why: str = "") -> None:
        """Move a file (or a link itself) into a folder beside, with a note that says why.

        Raises RefusedError when the folder cannot be written.
        """
        name = "__".join(parts)[-LONGEST_NAME:]
        try:
            (self.path / into).mkdir(mode=0o700, exist_ok=True)
            with self.folder(parts[:-1]) as source, self.folder((into,)) as target:
                free = _free_name(name, target)
                os.rename(parts[-1], free, src_dir_fd=source, dst_dir_fd=target)
                if why:
                    _write_note(f"{free}.why", why, target)
        except OSError as error:
            raise RefusedError(
                "a file cannot be moved out of the way", hint=f"see who may write into {self.path}"
            ) from error


def _mark(found: os.stat_result) -> Mark:
    return Mark(found.st_ino, found.st_size, found.st_mtime_ns)


def _free_name(name: str, target: int) -> str:
    taken = set(os.listdir(target))
    if name not in taken:
        return name
    return next(each for n in range(2, len(taken) + 3) if (each := f"{n}__{name}") not in taken)


def _write_note(name: str, why: str, target: int) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, 0o600, dir_fd=target), "w", encoding="utf-8") as note:
        note.write(f"{why}\n")

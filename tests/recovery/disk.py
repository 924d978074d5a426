"""A disk that breaks on purpose, under files and folders that are written with `os`.

    disk = Disk(root, at=7, fault=Fault.TEAR)
    with disk.breaking():
        ...

The n-th write, sync, link, folder or deletion below `root` (counted from 1) meets its fault; the
faults are those of `tests.faults`. After a deadly one every later call fails, and what lies below
`root` is as the fault left it. `LOSE` also takes away what no sync had made durable: bytes since
the file's last sync, names since their folder's.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

from tests.faults import Fault

STEPS = ("write", "fsync", "link", "mkdir", "unlink", "utime", "rename", "replace")


class Disk:
    """One life of a disk."""

    def __init__(self, root: Path, at: int = 0, fault: Fault = Fault.FAIL) -> None:
        self.root = str(root)
        self.at = at
        self.fault = fault
        self.count = 0
        self.dead = False
        self.what = ""
        self._real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in STEPS}
        self._open: dict[int, int] = {}
        """Inode to the bytes of it that are durable, of files written to."""
        self._named: dict[str, str] = {}
        """Path to its folder, of names no sync of the folder made durable."""

    @contextmanager
    def breaking(self) -> Iterator[None]:
        """Let the disk break from here on."""
        wrapped = {name: self._wrap(name) for name in STEPS}
        with mock.patch.multiple(os, **wrapped):
            yield

    def _wrap(self, name: str) -> Callable[..., Any]:
        def call(*told: Any, **more: Any) -> Any:
            if not self._ours(told[0]):
                return self._real[name](*told, **more)
            fault = self._step(name)
            if fault is Fault.TEAR and name == "write":
                data = bytes(told[1])
                told = (told[0], data[: len(data) // 2])
            answer = self._do(name, told, more)
            if fault is not None:
                self._die()
            return answer

        return call

    def _ours(self, what: Any) -> bool:
        return path_of(what).startswith(self.root)

    def _step(self, name: str) -> Fault | None:
        """Count a step; raises if it fails, or gives the fault that comes after half or all."""
        if self.dead:
            raise OSError(errno.EIO, "the disk is dead")
        self.count += 1
        if self.count != self.at:
            return None
        self.what = name
        if self.fault is Fault.FAIL:
            raise OSError(errno.EIO, "the disk failed")
        if self.fault is Fault.FULL:
            raise OSError(errno.ENOSPC, "the disk is full")
        if self.fault in {Fault.KILL, Fault.LOSE}:
            self._die()
        return self.fault

    def _do(self, name: str, told: tuple[Any, ...], more: dict[str, Any]) -> Any:
        """Do it, and remember what is not durable yet."""
        if name == "write":
            self._open.setdefault(os.fstat(told[0]).st_ino, 0)
        answer = self._real[name](*told, **more)
        if name == "fsync":
            self._synced(told[0])
        elif name in {"link", "rename", "replace"}:
            self._named[os.fspath(told[1])] = os.path.dirname(os.fspath(told[1]))  # noqa: PTH120
        elif name == "mkdir":
            self._named[os.fspath(told[0])] = os.path.dirname(os.fspath(told[0]))  # noqa: PTH120
        return answer

    def _synced(self, file: int) -> None:
        found = os.fstat(file)
        if stat.S_ISDIR(found.st_mode):
            folder = path_of(file)
            self._named = {path: where for path, where in self._named.items() if where != folder}
        else:
            self._open[found.st_ino] = found.st_size

    def _die(self) -> None:
        self.dead = True
        if self.fault is Fault.LOSE:
            self._lose()
        raise OSError(errno.EIO, "the disk died")

    def _lose(self) -> None:
        for path in sorted(self._named, reverse=True):
            with suppress(OSError):
                folder = Path(path).is_dir()
                (os.rmdir if folder else self._real["unlink"])(path)
        for path in Path(self.root).rglob("*"):
            found = path.stat()
            if path.is_file() and self._open.get(found.st_ino, found.st_size) < found.st_size:
                path.chmod(0o600)
                os.truncate(path, self._open[found.st_ino])
                self._real["utime"](path, ns=(found.st_atime_ns, found.st_mtime_ns))


def path_of(what: Any) -> str:
    """Give the path of an open file, or of what is a path already."""
    return str(Path(f"/proc/self/fd/{what}").readlink() if isinstance(what, int) else what)

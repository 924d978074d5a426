"""A disk that breaks on purpose, under any apsw connection.

    plan = Plan(at=7, fault=Fault.TEAR)
    with faulty_vfs(plan) as name:
        connection = apsw.Connection(path, vfs=name)

The n-th write, sync, cut or deletion (counted from 1) meets its fault. After a deadly one the disk
is dead: every later call fails, and the file is as the fault left it; open it again with the
ordinary VFS to see what a restart sees. With `at=0` nothing breaks and `plan.count` says how many
steps there are.
"""

# ruff: noqa: N802 - apsw names its hooks as SQLite does

import itertools
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

import apsw


class Fault(Enum):
    FAIL = "fails once, nothing done"
    FULL = "disk full once, nothing done"
    TEAR = "half of it is written, then dead"
    KILL = "dead before it is done"
    DONE = "done, then dead before anyone hears of it"
    LOSE = "dead, and everything not synced is gone"


DEADLY = (Fault.TEAR, Fault.KILL, Fault.DONE, Fault.LOSE)


@dataclass
class Plan:
    """Which step breaks, and how."""

    at: int
    fault: Fault = Fault.FAIL
    count: int = 0
    dead: bool = False
    what: str = ""
    unsynced: dict[str, list[tuple[int, bytes, int]]] = field(default_factory=dict)
    """File to (offset, bytes before, size before) of each write since its last sync."""

    def step(self, what: str) -> Fault | None:
        """Count a step; raises if it fails, or gives the fault that comes after half or all."""
        if self.dead:
            raise apsw.IOError("the disk is dead")
        self.count += 1
        if self.count != self.at:
            return None
        self.what = what
        if self.fault is Fault.FAIL:
            raise apsw.IOError("the disk failed")
        if self.fault is Fault.FULL:
            raise apsw.FullError("the disk is full")
        if self.fault in {Fault.KILL, Fault.LOSE}:
            self.die()
        return self.fault

    def die(self) -> None:
        self.dead = True
        if self.fault is Fault.LOSE:
            self._lose()
        raise apsw.IOError("the disk died")

    def remember(self, path: str, offset: int, length: int) -> None:
        """Keep what a write is about to cover."""
        with Path(path).open("rb") as file:
            size = file.seek(0, 2)
            file.seek(offset)
            before = file.read(length)
        self.unsynced.setdefault(path, []).append((offset, before, size))

    def _lose(self) -> None:
        for path, writes in self.unsynced.items():
            with Path(path).open("r+b") as file:
                for offset, before, size in reversed(writes):
                    file.seek(offset)
                    file.write(before)
                    file.truncate(size)


class _File(apsw.VFSFile):
    def __init__(self, plan: Plan, name: str | apsw.URIFilename, flags: list[int]) -> None:
        super().__init__("", name, flags)
        self._plan = plan
        self._path = name.filename() if isinstance(name, apsw.URIFilename) else name

    def xWrite(self, data: bytes, offset: int) -> None:
        fault = self._plan.step("write")
        if self._plan.at and self._plan.fault is Fault.LOSE:
            self._plan.remember(self._path, offset, len(data))
        super().xWrite(data[: len(data) // 2] if fault is Fault.TEAR else data, offset)
        if fault:
            self._plan.die()

    def xSync(self, flags: int) -> None:
        fault = self._plan.step("sync")
        super().xSync(flags)
        self._plan.unsynced.pop(self._path, None)
        if fault:
            self._plan.die()

    def xTruncate(self, size: int) -> None:
        fault = self._plan.step("cut")
        super().xTruncate(size)
        self._plan.unsynced.pop(self._path, None)
        if fault:
            self._plan.die()

    def xRead(self, amount: int, offset: int) -> bytes:
        if self._plan.dead:
            raise apsw.IOError("the disk is dead")
        return super().xRead(amount, offset)


class _Vfs(apsw.VFS):
    def __init__(self, name: str, plan: Plan) -> None:
        super().__init__(name, "")
        self._plan = plan

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        assert name is not None, "temporary files are not expected here"
        return _File(self._plan, name, flags)

    def xDelete(self, filename: str, sync: bool) -> None:  # noqa: FBT001 - apsw's signature
        fault = self._plan.step("delete")
        super().xDelete(filename, sync)
        if fault:
            self._plan.die()


_numbers = itertools.count()


@contextmanager
def faulty_vfs(plan: Plan) -> Iterator[str]:
    """Register a VFS that follows the plan; gives its name."""
    name = f"faulty-{next(_numbers)}"
    vfs = _Vfs(name, plan)
    before = sys.unraisablehook

    def ignore_ours(error: "sys.UnraisableHookArgs") -> None:
        """Where SQLite cannot carry an error of the disk, apsw prints it: that is no failure."""
        if not isinstance(error.exc_value, apsw.Error):
            before(error)

    sys.unraisablehook = ignore_ours
    try:
        yield name
    finally:
        sys.unraisablehook = before
        vfs.unregister()

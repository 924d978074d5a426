"""A disk that breaks under the files of one folder, beside `faults`, with the same plan.

    with broken_os(plan, folder):
        ...

Every call that changes the folder is a step: create, write, sync, rename, link, remove, make a
folder, set times or rights. A plan may count the database's steps too: then one number says where
in all of it the disk breaks. What is not synced is lost with `Fault.LOSE`: bytes of files, and
names of folders, in the worst order there is. After death every step raises `DeadError`, which
nothing in the product catches.
"""

# ruff: noqa: PTH106, PTH108, PTH110, PTH112, PTH115, PTH120 - what is wrapped are the system's own calls, which pathlib makes too

import errno
import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

from tests.faults import Fault, Plan


class DeadError(BaseException):
    """The process was killed."""


class _Names:
    """Changes of names that no sync of their folder has made durable yet, and how to undo them."""

    def __init__(self) -> None:
        self._undo: list[tuple[str, Callable[[], None]]] = []

    def add(self, path: str, undo: Callable[[], None]) -> None:
        self._undo.append((os.path.dirname(path), undo))

    def synced(self, folder: str) -> None:
        self._undo = [each for each in self._undo if each[0] != folder]

    def lose(self) -> None:
        for _, undo in reversed(self._undo):
            with suppress(OSError):
                undo()
        self._undo = []


class _Disk:
    """The real calls, with the plan before them."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan, self._folder = plan, f"{folder}/"
        self._names = _Names()
        self.spares: list[str] = []
        self._thread = threading.get_ident()
        self.real = {name: getattr(os, name) for name in (
            "open", "write", "fsync", "fdatasync", "rename", "replace", "link", "unlink", "mkdir",
            "utime", "fchmod")}  # fmt: skip
        self.io_open = io.open

    def _mine(self, path: Any) -> str:
        """Give the path of what is touched, empty when that is not ours."""
        if threading.get_ident() != self._thread:
            return ""
        if isinstance(path, int):
            path = os.readlink(f"/proc/self/fd/{path}")
        text = os.fspath(path)
        return text if text.startswith(self._folder) or f"{text}/" == self._folder else ""

    def _step(self, what: str) -> Fault | None:
        plan = self._plan
        if plan.dead:
            raise DeadError
        plan.count += 1
        if plan.count != plan.at:
            return None
        plan.what = what
        if plan.fault is Fault.FAIL:
            raise OSError(errno.EIO, "the disk failed")
        if plan.fault is Fault.FULL:
            raise OSError(errno.ENOSPC, "the disk is full")
        if plan.fault in {Fault.KILL, Fault.LOSE}:
            self._die()
        return plan.fault

    def _die(self) -> None:
        self._plan.dead = True
        if self._plan.fault is Fault.LOSE:
            self._plan._lose()
            self._names.lose()
        raise DeadError

    def _after(self, fault: Fault | None) -> None:
        if fault is not None:
            self._die()

    def _changed(
        self, what: str, path: str, do: Callable[[], Any], undo: Callable[[], None]
    ) -> Any:
        fault = self._step(what)
        found = do()
        self._names.add(path, undo)
        self._after(fault)
        return found

    def open(self, path: Any, flags: int, *args: Any, **more: Any) -> int:
        mine = self._mine(path) if flags & os.O_CREAT else ""
        if not mine:
            return int(self.real["open"](path, flags, *args, **more))
        return int(
            self._changed(
                "create", mine, lambda: self.real["open"](path, flags, *args, **more),
                lambda: self.real["unlink"](mine),
            )
        )  # fmt: skip

    def open_io(self, path: Any, mode: str = "r", *args: Any, **more: Any) -> Any:
        mine = self._mine(path) if set(mode) & set("xwa") else ""
        if not mine:
            return self.io_open(path, mode, *args, **more)
        return self._changed(
            "create", mine, lambda: self.io_open(path, mode, *args, **more),
            lambda: self.real["unlink"](mine),
        )  # fmt: skip

    def write(self, handle: int, data: Any) -> int:
        mine = self._mine(handle)
        if not mine:
            return int(self.real["write"](handle, data))
        fault = self._step("write")
        if self._plan.at and self._plan.fault is Fault.LOSE:
            self._plan.remember(mine, os.lseek(handle, 0, os.SEEK_CUR), len(data))
        part = memoryview(data)[: len(data) // 2] if fault is Fault.TEAR else data
        done = int(self.real["write"](handle, part))
        self._after(fault)
        return done

    def sync(self, name: str, handle: int) -> None:
        mine = self._mine(handle)
        fault = self._step("sync") if mine else None
        self.real[name](handle)
        self._plan.unsynced.pop(mine, None)
        self._names.synced(mine)
        self._after(fault)

    def rename(self, name: str, old: Any, new: Any, **more: Any) -> None:
        mine, to = self._mine(old), os.fspath(new)
        if not mine:
            self.real[name](old, new, **more)
            return
        covered = Path(to).read_bytes() if os.path.exists(to) else None

        def undo() -> None:
            self.real["rename"](to, mine)
            if covered is not None:
                Path(to).write_bytes(covered)

        self._changed("rename", to, lambda: self.real[name](old, new, **more), undo)
        if mine in self._plan.unsynced:
            self._plan.unsynced[to] = self._plan.unsynced.pop(mine)

    def link(self, old: Any, new: Any, **more: Any) -> None:
        mine = self._mine(old)
        if not mine:
            self.real["link"](old, new, **more)
            return
        to = os.fspath(new)
        self._changed(
            "link", to, lambda: self.real["link"](old, new, **more),
            lambda: self.real["unlink"](to),
        )  # fmt: skip

    def unlink(self, path: Any, **more: Any) -> None:
        mine = self._mine(path) if "dir_fd" not in more else ""
        if not mine or not os.path.exists(mine):
            self.real["unlink"](path, **more)
            return
        spare = f"{mine}.spare"
        fault = self._step("remove")
        if self._plan.fault is Fault.LOSE:
            self.real["link"](mine, spare)
            self._names.add(mine, lambda: self.real["rename"](spare, mine))
            self.spares.append(spare)
        self.real["unlink"](path, **more)
        self._plan.unsynced.pop(mine, None)
        self._after(fault)

    def simple(self, name: str, path: Any, *args: Any, **more: Any) -> Any:
        mine = self._mine(path)
        fault = self._step(name) if mine and not (name == "mkdir" and os.path.isdir(mine)) else None
        found = self.real[name](path, *args, **more)
        if mine and name == "mkdir":
            self._names.add(mine, lambda: os.rmdir(mine))
        self._after(fault)
        return found


@contextmanager
def broken_os(plan: Plan, folder: Path) -> Iterator[None]:
    """Have the system's calls on a folder follow the plan."""
    disk = _Disk(plan, folder)
    calls: dict[str, Callable[..., Any]] = {
        "open": disk.open, "write": disk.write, "link": disk.link, "unlink": disk.unlink,
        "fsync": lambda handle: disk.sync("fsync", handle),
        "fdatasync": lambda handle: disk.sync("fdatasync", handle),
        "rename": lambda old, new, **more: disk.rename("rename", old, new, **more),
        "replace": lambda old, new, **more: disk.rename("replace", old, new, **more),
        "mkdir": lambda path, *a, **m: disk.simple("mkdir", path, *a, **m),
        "utime": lambda path, *a, **m: disk.simple("utime", path, *a, **m),
        "fchmod": lambda handle, *a: disk.simple("fchmod", handle, *a),
    }  # fmt: skip
    with ExitStack() as stack:
        for name, call in calls.items():
            stack.enter_context(patch.object(os, name, call))
        stack.enter_context(patch.object(io, "open", disk.open_io))
        yield
    for spare in disk.spares:
        with suppress(OSError):
            os.unlink(spare)

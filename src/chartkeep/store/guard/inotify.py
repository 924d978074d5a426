"""Linux inotify, as much of it as the guard wants: watches on folders and files, and their events.

Promises nothing where the system has none: `Inotify.open` gives None, and somebody says so.
man 7 inotify has the words.
"""

import ctypes
import os
import struct
from collections.abc import Iterator
from typing import Final, NamedTuple, Self

MODIFY: Final = 0x002
ATTRIB: Final = 0x004
MOVED_FROM: Final = 0x040
MOVED_TO: Final = 0x080
CREATE: Final = 0x100
DELETE: Final = 0x200
DELETE_SELF: Final = 0x400
MOVE_SELF: Final = 0x800
OVERFLOW: Final = 0x4000
IGNORED: Final = 0x8000
IS_FOLDER: Final = 0x40000000
_DONT_FOLLOW: Final = 0x02000000
_EVENT: Final = struct.Struct("iIII")
_ROOM: Final = 1 << 16


class Change(NamedTuple):
    """One event: of which watch, what it was, under which name; moves are paired by `cookie`."""

    watch: int
    mask: int
    cookie: int
    name: str


class Inotify:
    """One inotify instance; for one thread."""

    def __init__(self, handle: int, library: ctypes.CDLL) -> None:
        self.handle = handle
        self._library = library

    @classmethod
    def open(cls) -> Self | None:
        """Open an instance, None where the system gives none."""
        library = ctypes.CDLL(None, use_errno=True)
        if not hasattr(library, "inotify_init1"):
            return None
        handle = library.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        return cls(handle, library) if handle >= 0 else None

    def add(self, path: str, mask: int) -> int:
        """Watch a folder or file and give the watch's number, -1 where that is not possible."""
        found = self._library.inotify_add_watch(self.handle, os.fsencode(path), mask | _DONT_FOLLOW)
        return int(found)

    def remove(self, watch: int) -> None:
        """Watch no longer; an event `IGNORED` follows."""
        self._library.inotify_rm_watch(self.handle, watch)

    def read(self) -> Iterator[Change]:
        """Give what happened, oldest first; nothing when nothing did."""
        while True:
            try:
                data = os.read(self.handle, _ROOM)
            except BlockingIOError:
                return
            at = 0
            while at < len(data):
                watch, mask, cookie, length = _EVENT.unpack_from(data, at)
                at += _EVENT.size
                name = data[at : at + length].rstrip(b"\0")
                at += length
                yield Change(watch, mask, cookie, os.fsdecode(name))

    def close(self) -> None:
        """End all watches."""
        os.close(self.handle)

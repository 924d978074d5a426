"""What the kernel tells of the store's folders: everything but our own way of placing a blob.

A placed blob is never changed, renamed, removed or given other rights by us: the one thing that
happens in a chart's folder is that a file of the same name comes in from `coming`. Reading tells
nothing. Watches reach new charts at once and old ones in random order, as far as the system lets
us; what they do not reach is the scrub's.
"""

import os
import re
import secrets
from collections import OrderedDict
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.store.guard import inotify
from chartkeep.store.guard.inotify import Change, Inotify

MOST: Final = 100_000
_MOST_MOVES: Final = 4_096
_SHELF: Final = re.compile(r"[0-9a-f]{2}\Z")
_NAME: Final = re.compile(r"[0-9a-f]{32}\Z")
_FOLDER: Final = (
    inotify.MODIFY | inotify.ATTRIB | inotify.MOVED_FROM | inotify.MOVED_TO | inotify.CREATE
    | inotify.DELETE | inotify.DELETE_SELF | inotify.MOVE_SELF
)  # fmt: skip
_FILE: Final = inotify.MODIFY | inotify.ATTRIB | inotify.DELETE_SELF | inotify.MOVE_SELF
_WORDS: Final = (
    (inotify.MODIFY, "was written to"),
    (inotify.DELETE | inotify.DELETE_SELF, "was removed"),
    (inotify.MOVED_FROM | inotify.MOVE_SELF, "was moved away"),
    (inotify.MOVED_TO | inotify.CREATE, "was put there by somebody else"),
    (inotify.ATTRIB, "was given other rights, times or links"),
)


class Kind(Enum):
    """What a watch is on."""

    ROOT = auto()
    COMING = auto()
    SHELF = auto()
    CHART = auto()
    FILE = auto()
    BOOK = auto()


class Sign(NamedTuple):
    """Something that was not us; an empty `thing` asks for a closer look at the database."""

    thing: str
    why: str


class Watching:
    """The watches on one store's folder; for one thread."""

    def __init__(self, folder: Path, watches: Inotify, most: int = MOST) -> None:
        self._folder = str(folder)
        self._watches = watches
        self._most = most
        self._on: dict[int, tuple[Kind, str]] = {}
        self._charts: list[int] = []
        self._moves: OrderedDict[int, str] = OrderedDict()

    @property
    def handle(self) -> int:
        """Give the descriptor that becomes readable when something happened."""
        return self._watches.handle

    def reach(self, files: list[Path]) -> Iterator[None]:
        """Set the watches, a few at each step: files nobody writes to, the folders, the charts."""
        self._add(Kind.BOOK, f"{self._folder}/store.db", _FILE)
        for path in files:
            self._add(Kind.FILE, str(path), _FILE)
        root = f"{self._folder}/blobs"
        self._add(Kind.ROOT, root, _FOLDER)
        self._add(Kind.COMING, f"{root}/coming", inotify.MOVED_FROM)
        shelves = [f"{root}/{name}" for name in os.listdir(root) if _SHELF.match(name)]  # noqa: PTH208 - names
        secrets.SystemRandom().shuffle(shelves)
        for shelf in shelves:
            self._add(Kind.SHELF, shelf, _FOLDER)
        yield
        for shelf in shelves:
            yield from self._reach_charts(shelf)

    def _reach_charts(self, shelf: str) -> Iterator[None]:
        for name in os.listdir(shelf):  # noqa: PTH208 - names
            if _NAME.match(name):
                self._add_chart(f"{shelf}/{name}", newer=False)
                yield

    def _add(self, kind: Kind, path: str, mask: int) -> int:
        watch = self._watches.add(path, mask)
        if watch >= 0:
            self._on[watch] = (kind, path)
        return watch

    def _add_chart(self, path: str, *, newer: bool) -> None:
        """Watch a chart's folder; a new one takes the place of some old one when all are taken."""
        if len(self._charts) >= self._most:
            if not newer:
                return
            at = secrets.randbelow(len(self._charts))
            self._watches.remove(self._charts[at])
            self._charts[at] = self._charts[-1]
            self._charts.pop()
        watch = self._add(Kind.CHART, path, _FOLDER)
        if watch >= 0:
            self._charts.append(watch)

    def signs(self) -> Iterator[Sign]:
        """Give what happened since the last time that was not us."""
        for change in self._watches.read():
            if change.mask & inotify.OVERFLOW:
                yield Sign("", "more happens in the store's folders than can be watched")
            elif change.mask & inotify.IGNORED:
                self._on.pop(change.watch, None)
            elif change.watch in self._on and (sign := self._judge(change)) is not None:
                yield sign

    def _judge(self, change: Change) -> Sign | None:
        kind, path = self._on[change.watch]
        new_folder = change.mask & inotify.CREATE and change.mask & inotify.IS_FOLDER
        match kind:
            case Kind.COMING:
                self._remember(change)
                return None
            case Kind.BOOK if change.mask & (inotify.MODIFY | inotify.ATTRIB):
                return Sign("", "")
            case Kind.ROOT if new_folder and (_SHELF.match(change.name) or change.name == "coming"):
                self._take_shelf(f"{path}/{change.name}")
                return None
            case Kind.SHELF if new_folder and _NAME.match(change.name):
                self._add_chart(f"{path}/{change.name}", newer=True)
                return None
            case Kind.CHART if change.mask & inotify.MOVED_TO and self._is_ours(change):
                return None
            case _:
                return self._say(path, change)

    def _take_shelf(self, path: str) -> None:
        if path.endswith("coming"):
            self._add(Kind.COMING, path, inotify.MOVED_FROM)
            return
        self._add(Kind.SHELF, path, _FOLDER)
        for _ in self._reach_charts(path):  # those made before the watch
            continue

    def _remember(self, change: Change) -> None:
        self._moves[change.cookie] = change.name
        if len(self._moves) > _MOST_MOVES:
            self._moves.popitem(last=False)

    def _is_ours(self, change: Change) -> bool:
        return self._moves.pop(change.cookie, None) == change.name

    def _say(self, path: str, change: Change) -> Sign:
        whole = f"{path}/{change.name}" if change.name else path
        thing = whole.removeprefix(f"{self._folder}/")
        if not all(c.isascii() and c.isprintable() for c in thing):
            thing = f"{path.removeprefix(self._folder)}: a file with an odd name"
        words = next((text for mask, text in _WORDS if change.mask & mask), "was touched")
        return Sign(thing, f"{thing} {words}")

    def close(self) -> None:
        """End all watches."""
        self._watches.close()


def room_for_watches() -> int:
    """Say how many watches we take: half of what the system gives a user, MOST at most."""
    try:
        given = int(Path("/proc/sys/fs/inotify/max_user_watches").read_text())
    except (OSError, ValueError):
        return 0
    return min(given // 2, MOST)

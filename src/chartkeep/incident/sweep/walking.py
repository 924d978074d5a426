"""What lies under folders: each file once, in an order that stays, nothing followed out of them.

Symbolic links lead elsewhere and are not followed; a file with several names is given under the
first. What may not be entered is said, not passed over.
"""

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from chartkeep.incident.sweep.readers import Readers, readers_of
from chartkeep.incident.trace.intake.reading import written_path


class Seen(NamedTuple):
    """A file as its folder shows it: `changed` is when its bytes, name or rights last changed.

    `modified`, `changed`: nanoseconds since 1970. `owner`: a name, or the number if it has none.
    """

    path: Path
    size: int
    modified: int
    changed: int
    inode: int
    owner: str
    readers: Readers

    @property
    def name(self) -> str:
        """The path as it is written in lists."""
        return written_path(self.path)

    @property
    def stamp(self) -> tuple[int, int, int, int]:
        """What stays the same while nobody touches the file."""
        return self.size, self.modified, self.changed, self.inode


class Shut(NamedTuple):
    """A folder or file that cannot be looked at, and why in a word of the system."""

    path: Path
    why: str


def under(name: str, folders: Iterable[Path]) -> bool:
    """Say whether a written path is one of folders, or lies under one."""
    tops = (written_path(folder.absolute()) for folder in folders)
    return any(name == top or name.startswith(f"{top.rstrip('/')}/") for top in tops)


def walk(paths: Iterable[Path], skip: frozenset[Path] = frozenset()) -> Iterator[Seen | Shut]:
    """Yield every ordinary file under paths, folder by folder, by name; not those in `skip`."""
    met: set[tuple[int, int]] = set()
    for path in paths:
        yield from _walk(path.absolute(), Readers.nobody_shut(), skip, met)


def _walk(
    path: Path, above: Readers, skip: frozenset[Path], met: set[tuple[int, int]]
) -> Iterator[Seen | Shut]:
    """Walk one path with a stack of its own: folders lie deeper than Python calls."""
    waiting = [(path, above)]
    while waiting:
        path, above = waiting.pop()
        try:
            about = path.lstat()
            if stat.S_ISDIR(about.st_mode):
                if path in skip:
                    continue
                readers = readers_of(path, about, above)
                names = sorted(os.listdir(path), reverse=True)  # noqa: PTH208 -- names, not paths
                waiting.extend((path / name, readers) for name in names)
            elif stat.S_ISREG(about.st_mode) and (about.st_dev, about.st_ino) not in met:
                if about.st_nlink > 1:
                    met.add((about.st_dev, about.st_ino))
                yield _seen(path, about, above)
        except OSError as error:
            yield Shut(path, error.strerror or "cannot be looked at")


def _seen(path: Path, about: os.stat_result, above: Readers) -> Seen:
    readers = readers_of(path, about, above)
    return Seen(
        path, about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino,
        readers.owner, readers,
    )  # fmt: skip

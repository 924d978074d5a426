"""Which files of a folder are complete: nobody writes into them any more.

A file is complete when its size and time were the same at two looks some seconds apart. Names that
begin with a dot, or end as unfinished ones do, are not looked at: who renames when he is done needs
not wait. A look is bounded: in a folder of any size it ends, the oldest files first.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from heapq import nsmallest
from typing import NamedTuple

from chartkeep.intake.folders.within import Mark, Within

DONE, REFUSED = "done", "refused"
UNFINISHED = (".part", ".tmp", ".partial", ".filepart", ".crdownload", "~")
MOST_SEEN, MOST_AT_ONCE, DEEPEST = 200_000, 500, 32
QUIET = 2.0
"""Seconds a file must stand still."""
ALONE = 60.0
"""Seconds a file waits for the one it belongs to, and an empty one for its content."""
LONGEST_ALONE = 3_600.0
"""Seconds a sidecar waits for its file."""
SIDECAR = ".json"
_SIDECARS = tuple(
    f".{each}{SIDECAR}"
    for each in (
        "pdf",
        "jpg",
        "jpeg",
        "png",
        "tif",
        "tiff",
        "dcm",
        "zip",
        "xml",
        "scp",
        "edf",
        "hea",
    )
)


NONE: Mapping[tuple[str, ...], Mark | None] = {}


class Seen(NamedTuple):
    """A file at a look; `mark` is None for what is no file, such as a link."""

    parts: tuple[str, ...]
    mark: Mark | None


class Scanner:
    """Remembers what it saw at the last looks."""

    def __init__(self, within: Within, quiet: float = QUIET) -> None:
        self._within = within
        self._quiet = quiet
        self._first: dict[tuple[str, ...], tuple[Mark, float]] = {}

    def look(self, now: float, stuck: Mapping[tuple[str, ...], Mark | None] = NONE) -> list[Seen]:
        """Give the files that are complete, the oldest first, and what is no file.

        `stuck`: what cannot be moved out of the way, and must not keep others from their turn.
        """
        seen, left = list(self._walk()), stuck.items()
        names = {each.parts for each in seen}
        known: dict[tuple[str, ...], tuple[Mark, float]] = {}
        ready = []
        for each in seen:
            if _belongs(each.parts, names) or (each.parts, each.mark) in left:
                continue
            if each.mark is None:
                ready.append(each)
                continue
            mark, since = self._first.get(each.parts, (each.mark, now))
            since = now if mark != each.mark else since
            known[each.parts] = each.mark, since
            if now - since >= self._patience(each, names):
                ready.append(each)
        self._first = known
        return nsmallest(
            MOST_AT_ONCE, ready, key=lambda each: each.mark.changed if each.mark else 0
        )

    def _patience(self, each: Seen, names: set[tuple[str, ...]]) -> float:
        """Say how long a file must stand still; longer when something of it is missing."""
        *folder, name = each.parts
        if name.lower().endswith(_SIDECARS):
            return LONGEST_ALONE  # its file comes, and then it belongs to that one
        waits = name.endswith(".dat") and (*folder, f"{name[:-4]}.hea") not in names
        empty = each.mark is not None and not each.mark.size
        return ALONE if waits or empty else self._quiet

    def _walk(self) -> Iterator[Seen]:
        left = MOST_SEEN
        folders: list[tuple[str, ...]] = [()]
        while folders and left > 0:
            parts = folders.pop()
            with suppress(OSError), self._within.folder(parts) as at, os.scandir(at) as entries:
                for entry in entries:
                    left -= 1
                    if left < 0:
                        break
                    if _is_passed(entry.name, parts):
                        continue
                    below = (*parts, entry.name)
                    if entry.is_dir(follow_symlinks=False):
                        folders += [below] if len(below) < DEEPEST else []
                    else:
                        yield Seen(below, _mark_of(entry))


def _is_passed(name: str, parts: tuple[str, ...]) -> bool:
    reserved = not parts and name in {DONE, REFUSED}
    return reserved or name.startswith(".") or name.lower().endswith(UNFINISHED)


def _mark_of(entry: "os.DirEntry[str]") -> Mark | None:
    """Say how a file stands; None for what is no plain file."""
    try:
        if not entry.is_file(follow_symlinks=False):
            return None
        found = entry.stat(follow_symlinks=False)
    except OSError:
        return None
    return Mark(found.st_ino, found.st_size, found.st_mtime_ns)


def _belongs(parts: tuple[str, ...], names: set[tuple[str, ...]]) -> bool:
    """Say whether a file only says something of another: it goes with that one."""
    *folder, name = parts
    if name.endswith(SIDECAR) and (*folder, name[: -len(SIDECAR)]) in names:
        return True
    return name.endswith(".dat") and (*folder, f"{name[:-4]}.hea") in names


def beside(parts: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Name what may belong to a file: its sidecar, and the signals of a WFDB header."""
    *folder, name = parts
    signals = [(*folder, f"{name[:-4]}.dat")] if name.endswith(".hea") else []
    return [(*folder, f"{name}{SIDECAR}"), *signals]

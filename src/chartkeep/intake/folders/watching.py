"""A watched folder: look, take what is complete, and leave nothing of it behind.

Promises: a file stays until what it says is durable, so a process killed at any step takes it again
and nothing is double; what was taken is deleted, or moved to `done`; what was refused lies in
`refused` beside a note that says why, and the rest goes on. Files in `refused` and `done` are in
clear: who configures a folder sees to them.
"""

import os
import re
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import BinaryIO, NamedTuple

from chartkeep.errors import BadInputError, ChartkeepError, RefusedError, UnavailableError
from chartkeep.intake.folders.kinds import HEAD
from chartkeep.intake.folders.saying import (
    LARGEST_SIDECAR,
    read_sidecar,
    said_by_name,
)
from chartkeep.intake.folders.scanning import DONE, REFUSED, Scanner, Seen, beside
from chartkeep.intake.folders.taking import LARGEST, Dropped, Feed, FolderTaker, Outcome, State
from chartkeep.intake.folders.whole import is_written
from chartkeep.intake.folders.within import Mark, Within

EVERY = 1.0
AGAIN = 5.0
"""Seconds until a keeper that did not answer is asked again."""
_ENDED = 30.0


class Watched(NamedTuple):
    """What is watched and how: `keep` moves what was taken to `done` and does not delete it."""

    path: Path
    feed: Feed
    pattern: re.Pattern[str] | None = None
    keep: bool = False


class Watcher:
    """One folder and the thread that watches it."""

    def __init__(
        self, watched: Watched, taker: FolderTaker, tell: Callable[[str], None]
    ) -> None:  # fmt: skip
        self._watched = watched
        self._taker = taker
        self._tell = tell
        self._within = Within(watched.path)
        self._scanner = Scanner(self._within)
        self._stuck: dict[tuple[str, ...], Mark | None] = {}
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="folder", daemon=True)

    def start(self) -> None:
        """Begin. Raises RefusedError when the folder is not there, or not ours to move in."""
        path = self._watched.path
        if not path.is_dir() or not os.access(path, os.R_OK | os.W_OK | os.X_OK):
            raise RefusedError(
                f"the folder of {self._watched.feed.name} cannot be read and written",
                hint=f"make {path}, owned by whom intake runs as",
            )
        self._thread.start()

    def stop(self) -> None:
        """Finish the file at work, and end."""
        self._ending.set()
        if self._thread.is_alive():
            self._thread.join(_ENDED)

    def look(self, now: float) -> Counter[State]:
        """Take what is complete now, the oldest first. Raises UnavailableError: nothing is lost."""
        done: Counter[State] = Counter()
        for seen in self._scanner.look(now, self._stuck):
            if self._ending.is_set():
                break
            outcome = self._take(seen)
            if outcome is not None:
                done[outcome.state] += 1
                self._dispose(seen, outcome)
        return done

    def _watch(self) -> None:
        wait = EVERY
        while not self._ending.wait(wait):
            try:
                done = self.look(time.monotonic())
                wait = EVERY
            except UnavailableError as error:
                self._tell(f"{self._watched.feed.name}: waits: {error}")
                wait = AGAIN
                continue
            if done:
                counts = ", ".join(f"{count} {state.value}" for state, count in done.items())
                self._tell(f"{self._watched.feed.name}: {counts}")

    def _take(self, seen: Seen) -> Outcome | None:
        """Take one file; None when it is gone, or changes since it was looked at."""
        if seen.mark is None:
            return Outcome(State.REFUSED, "a link or a device, not a file")
        try:
            with self._within.opened(seen.parts) as (descriptor, mark):
                if mark != seen.mark or is_written(descriptor):
                    return None
                return self._taker.take(self._dropped(seen, descriptor), self._watched.feed)
        except FileNotFoundError:
            return None
        except UnavailableError:
            raise
        except ChartkeepError as error:
            return Outcome(State.REFUSED, str(error))
        except Exception as error:  # noqa: BLE001 - a file of strangers must not end the watching
            return Outcome(State.REFUSED, f"the file cannot be read: {type(error).__name__}")

    def _dropped(self, seen: Seen, descriptor: int) -> Dropped:
        """Give a file with what came beside it. Raises BadInputError for a sidecar that is none."""
        name = seen.parts[-1]
        sidecar, *others = beside(seen.parts)
        told = self._beside(sidecar, LARGEST_SIDECAR)
        came = {parts[-1]: raw for parts in others if (raw := self._beside(parts, LARGEST))}
        said = read_sidecar(told) if told else said_by_name(name, self._watched.pattern)
        open_again = partial(_open_again, descriptor)
        with open_again() as file:
            head = file.read(HEAD)
        return Dropped(name, seen.mark.size if seen.mark else 0, head, open_again, said, came)

    def _beside(self, parts: tuple[str, ...], most: int) -> bytes:
        try:
            return self._within.read(parts, most)
        except FileNotFoundError:
            return b""

    def _dispose(self, seen: Seen, outcome: Outcome) -> None:
        """Put a file away whose outcome is durable, then what came with it.

        What was written into since it was taken stays, and is taken again as it is then.
        """
        into = REFUSED if outcome.state == State.REFUSED else DONE if self._watched.keep else ""
        why = outcome.why if outcome.state == State.REFUSED else ""
        try:
            if self._mark(seen.parts) != seen.mark:
                return
            self._put_away(seen.parts, into, why)
            for parts in beside(seen.parts):
                with suppress(FileNotFoundError):
                    self._put_away(parts, into, "")
        except (RefusedError, OSError):
            self._tell(f"{self._watched.feed.name}: a file cannot be moved out of the way")
            self._stuck[seen.parts] = seen.mark

    def _put_away(self, parts: tuple[str, ...], into: str, why: str) -> None:
        mark = self._mark(parts)
        if into:
            self._within.move(parts, into, why)
        elif mark is not None:
            self._within.remove(parts, mark)

    def _mark(self, parts: tuple[str, ...]) -> Mark | None:
        """Say how a file stands now; None for what is no file. Raises OSError when it is gone."""
        try:
            return self._within.mark(parts)
        except BadInputError:
            return None


def _open_again(descriptor: int) -> BinaryIO:
    """Open the very file of a descriptor from its start."""
    return open(f"/proc/self/fd/{descriptor}", "rb")  # noqa: PTH123 - the caller closes it

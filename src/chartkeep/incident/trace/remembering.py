"""A matcher that remembers what it matched, so that a trace that was cut does no row again.

    <folder>/<name>      what came of one batch of rows, sealed; its name is a keyed hash of them

A trace cut at any moment is run again as it was: files are read again, and batches known from
before are not weighed again. So the answer is the one it would have had, a file that changed
meanwhile is matched as it now is, and of a batch one at most is lost. No value of a row lies here;
what was changed or is of another index or trace is not found, and matched anew.
"""

import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

import msgspec

from chartkeep.errors import DamagedError, UnavailableError
from chartkeep.incident.desk import write_durably
from chartkeep.incident.trace.found import Row
from chartkeep.incident.trace.labelling import Labels
from chartkeep.incident.trace.matching import Matched, Matcher
from chartkeep.model import Millis
from chartkeep.sealing.box import BoxKey, open_box, seal_box
from chartkeep.sealing.keyed import derive, keyed_hash

FORMAT: Final = b"chartkeep-matched-1"
KEPT: Final = 7 * 86_400_000
"""So long (ms) what a trace that was cut remembers waits for it to be run again."""
_LOCK: Final = "lock"
_T = TypeVar("_T")


class Left(NamedTuple):
    """What a trace that was cut remembers: where, how many bytes, when it was last at it."""

    folder: Path
    size: int
    last: Millis


def left(folder: Path) -> list[Left]:
    """List what traces that were cut remember; what runs is none of them."""
    found = []
    for each in sorted(folder.iterdir()) if folder.is_dir() else ():
        with suppress(OSError, UnavailableError), _alone(each):
            sizes = [path.stat().st_size for path in each.iterdir()]
            last = Millis(each.stat().st_mtime_ns // 1_000_000)
            found.append(Left(each, sum(sizes), last))
    return found


def forget(folder: Path, now: Millis) -> None:
    """Clear what nobody came back to for a week."""
    for each in left(folder):
        if now - each.last > KEPT:
            with suppress(OSError, UnavailableError), _alone(each.folder):
                shutil.rmtree(each.folder)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold a memory. Raises UnavailableError while a run has it, or when it ended just now."""
    with (folder / _LOCK).open("ab") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise UnavailableError("this trace runs already", hint="wait for it") from error
        if not os.fstat(lock.fileno()).st_nlink:
            raise UnavailableError("this trace ended just now", hint="run it again")
        yield


@contextmanager
def open_memory(folder: Path, secret: bytes) -> Iterator["Memory"]:
    """Open what a trace remembers, for one run at a time; it is gone when the run ends well.

    Raises UnavailableError while another run of the same trace has it.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _alone(folder):
        yield Memory(folder, secret)
        shutil.rmtree(folder)


class Memory:
    """What came of what, by a keyed hash of what was asked."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        self._folder = folder
        self._names = derive(secret, b"names")
        self._key = BoxKey(secret, FORMAT)
        self.made = 0
        """How many answers were not remembered, and are now."""

    def recall(self, asked: object, kind: type[_T], make: Callable[[], _T]) -> _T:
        """Give what came of this before, else make it; durable when this returns."""
        name = keyed_hash(self._names, FORMAT, repr(asked).encode(errors="replace")).hex()
        with suppress(OSError, DamagedError, msgspec.MsgspecError):
            sealed = (self._folder / name).read_bytes()
            return msgspec.msgpack.decode(open_box(self._key, name.encode(), sealed), type=kind)
        made = make()
        sealed = seal_box(self._key, name.encode(), msgspec.msgpack.encode(made))
        write_durably(self._folder / name, sealed)
        self.made += 1
        return made


class Remembering(Matcher):
    """A matcher whose batches are remembered."""

    def __init__(self, matcher: Matcher, memory: Memory) -> None:
        super().__init__(matcher.index, matcher.key)
        self._memory = memory
        sizes = sorted((name, len(array)) for name, array in self.index.arrays.items())
        self._of = self.index.upto, sizes

    def share(self, rows: Sequence[Row], labels: Labels) -> float:
        """Estimate a share, once."""
        asked = (*self._of, "share", labels, rows)
        estimate = super().share
        return self._memory.recall(asked, float, lambda: estimate(rows, labels))

    def _match(self, rows: Sequence[Row], labels: Labels, share: float) -> Iterator[Matched]:
        """Match a batch, once."""
        if not rows:
            return iter(())
        asked = (*self._of, "match", labels, share, rows)
        match = super()._match
        return iter(
            self._memory.recall(asked, list[Matched], lambda: list(match(rows, labels, share)))
        )

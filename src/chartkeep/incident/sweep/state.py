"""What earlier sweeps found, sealed in the desk's own folder, so that only what is new is read.

    sweep/<name>/000001, 000002, …    batches of `Swept`, sealed; a later one of a path stands

Promises that no path and no patient is in clear there, that a batch changed or moved is an error
that names it, and that a crash costs the batch that was not yet written. A path that is not there
any more stays until `forget`: that it was there is worth knowing.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from hashlib import blake2b
from pathlib import Path
from typing import Final

import msgspec

from chartkeep.errors import SealBrokenError, UnavailableError, UnknownFormatError
from chartkeep.incident.desk import write_durably
from chartkeep.incident.sweep.finding import Swept
from chartkeep.sealing.box import BoxKey, open_box, seal_box

_INFO: Final = b"sweep"
NAME_BYTES: Final = 5
MOST_BATCHES: Final = 2_000
"""Batches after which they are written as one."""


class _Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag="chartkeep-sweep-1"):
    swept: list[Swept]


@contextmanager
def open_state(folder: Path, secret: bytes) -> Iterator["State"]:
    """Open what earlier sweeps found, for one sweep at a time: two would write over each other.

    Raises UnavailableError while another runs, and what `State` raises.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / "lock").open("ab") as lock:
        try:
            flock(lock, LOCK_EX | LOCK_NB)
        except BlockingIOError as error:
            raise UnavailableError("another sweep runs at this desk", hint="wait for it") from error
        yield State(folder, secret)


class State:
    """The newest of every file swept, by path."""

    def __init__(self, folder: Path, secret: bytes) -> None:
        """Read what is there. Raises SealBrokenError, UnknownFormatError, UnavailableError."""
        self._folder = folder
        self._key = BoxKey(secret, _INFO)
        self._names = blake2b(secret, person=b"sweep names").digest()
        self.files: dict[str, Swept] = {}
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        names = sorted(path.name for path in folder.iterdir() if path.name.isdigit())
        for name in names:
            for each in self._read(name):
                self.files[each.path] = each
        self._next = int(names[-1]) + 1 if names else 1
        self._old = names

    def name_of(self, path: str) -> str:
        """Name a file for those who need not know where it lies: the same for ever, at this desk.

        A path may name a patient; without the desk's key the name says nothing of it.
        """
        return blake2b(path.encode(), digest_size=NAME_BYTES, key=self._names).hexdigest()

    def add(self, swept: Iterable[Swept]) -> None:
        """Keep a batch; it is durable when this returns."""
        batch = list(swept)
        if not batch:
            return
        self.files.update((each.path, each) for each in batch)
        self._write(batch)
        if len(self._old) > MOST_BATCHES:
            self.tidy()

    def forget(self, paths: Iterable[str]) -> None:
        """Let go of files; what is left is written as one batch."""
        for path in paths:
            self.files.pop(path, None)
        self.tidy()

    def tidy(self) -> None:
        """Write everything as one batch, then remove those before it."""
        old = self._old
        self._old = []
        self._write(list(self.files.values()))
        for name in old:
            (self._folder / name).unlink(missing_ok=True)

    def _write(self, batch: list[Swept]) -> None:
        name = f"{self._next:06}"
        body = msgspec.msgpack.encode(_Batch(batch))
        write_durably(self._folder / name, seal_box(self._key, name.encode(), body))
        self._next += 1
        self._old.append(name)

    def _read(self, name: str) -> list[Swept]:
        path = self._folder / name
        try:
            body = open_box(self._key, name.encode(), path.read_bytes())
            return msgspec.msgpack.decode(body, type=_Batch).swept
        except OSError as error:
            raise UnavailableError(f"{path} cannot be read", hint="look at the disk") from error
        except SealBrokenError as error:
            raise SealBrokenError(f"{path} does not open: it was changed") from error
        except msgspec.MsgspecError as error:
            raise UnknownFormatError(f"{path} is not of a version known here") from error

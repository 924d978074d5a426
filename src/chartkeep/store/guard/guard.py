"""The thread that joins decoys, watches, scrub and vitals, and freezes the store on their word.

It costs a fiftieth of one processor, a little more where a round of the scrub would take longer
than a day. `doubt` is how a reader says that something did not open: the guard looks for itself.
"""

import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.errors import ChartkeepError
from chartkeep.store.blobs import Blobs
from chartkeep.store.book import Reading as Book
from chartkeep.store.guard.decoys import Decoys
from chartkeep.store.guard.frozen import Frozen
from chartkeep.store.guard.inotify import Inotify
from chartkeep.store.guard.scrubbing import Scrub
from chartkeep.store.guard.vitals import Reading, Vitals, read_room
from chartkeep.store.guard.watching import Watching, room_for_watches
from chartkeep.store.sequencer import LedgerHead

BEAT: Final = 1.0
_SLICE: Final = 0.005
"""Seconds of scrubbing, or of setting watches, in one go: a caller may have to wait for them."""


class Writer(NamedTuple):
    """What the guard sees of the writer: its head, how often it served, how to ask for a look."""

    head: Callable[[], LedgerHead]
    served: Callable[[], int]
    ask: Callable[[], None]


class Guard:
    """Runs from its making until `close`."""

    def __init__(
        self,
        folder: Path,
        book: Book,
        blobs: Blobs,
        *,
        frozen: Frozen,
        decoys: Decoys,
        writer: Writer,
        clock: Callable[[], Reading],
        tell: Callable[[str], None],
        whole: bool = True,
    ) -> None:
        """Begin to look. `whole`: the folder is a store's, not one that is being restored into."""
        self._whole = whole
        self._book = book
        self._tell = tell
        self._frozen = frozen
        self._decoys = decoys
        self._writer = writer
        self._vitals = Vitals(lambda: read_room(folder), clock)
        self._scrub = Scrub(book, blobs, writer.head, frozen.freeze)
        watches = Inotify.open() if whole else None
        self._watching = Watching(folder, watches, room_for_watches()) if watches else None
        self._reaching = self._reach()
        self._wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._poll = select.poll()
        self._poll.register(self._wake, select.POLLIN)
        if self._watching is not None:
            self._poll.register(self._watching.handle, select.POLLIN)
        self._ending = False
        self._next_beat = 0.0
        self._red: list[str] = []
        if whole:
            decoys.lay()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def rounds(self) -> int:
        """Count the whole rounds of the scrub."""
        return self._scrub.rounds

    def alarms(self) -> list[str]:
        """Say what is wrong now and passes by itself."""
        return list(self._red)

    def doubt(self, chart: bytes) -> None:
        """Look at a chart soon: somebody says that something of it does not open."""
        self._scrub.doubt(chart)

    def close(self) -> None:
        """End; what is being checked is not waited for long."""
        self._ending = True
        os.eventfd_write(self._wake, 1)
        self._thread.join(timeout=5)

    def _reach(self) -> Iterator[None]:
        if self._watching is not None:
            yield from self._watching.reach(self._decoys.paths)

    def _run(self) -> None:
        rest = 0.0
        while not self._ending:
            until_beat = max(0.0, self._next_beat - time.monotonic())
            for handle, _ in self._poll.poll(1000 * min(rest, until_beat)):
                if handle == self._wake:
                    os.eventfd_read(self._wake)
            try:
                rest = self._turn()
            except ChartkeepError as error:
                self._frozen.freeze("guard", f"the guard cannot look: {error}")
                rest = BEAT
            except OSError as error:
                self._red = [f"the guard cannot look: {type(error).__name__}"]
                rest = BEAT
        if self._watching is not None:
            self._watching.close()
        os.close(self._wake)
        self._book.close()

    def _turn(self) -> float:
        """Hear what happened, look once a second, check a little; gives the seconds to rest."""
        self._hear()
        if time.monotonic() >= self._next_beat:
            self._next_beat = time.monotonic() + BEAT
            self._beat()
        began = time.monotonic()
        for _ in self._reaching:
            if time.monotonic() - began > _SLICE:
                return _SLICE
        return self._scrub.work(_SLICE) if self._whole else BEAT

    def _hear(self) -> None:
        if self._watching is None:
            return
        closer = False
        for sign in self._watching.signs():
            if sign.thing:
                self._frozen.freeze(sign.thing, sign.why)
            closer = closer or not sign.thing
        if closer:
            self._writer.ask()

    def _beat(self) -> None:
        """Look at everything that costs little."""
        self._frozen.look()
        for thing in self._decoys.changed() if self._whole else ():
            self._frozen.freeze(thing, f"{thing} was changed or removed")
        if (sign := self._vitals.clock()) is not None:
            self._frozen.freeze(sign.thing, sign.why)
        self._vitals.room()
        self._frozen.hold(self._vitals.full)
        served, head = self._writer.served(), self._writer.head()
        if self._book.size() < head.size:
            self._frozen.freeze("ledger", "lines of the records ledger are gone")
        still = self._vitals.pulse(served)
        red = self._vitals.red + ([still] if still else [])
        for sentence in red:
            if sentence not in self._red:
                self._tell(sentence)
        self._red = red
        if self._vitals.may_ask(served):
            self._writer.ask()

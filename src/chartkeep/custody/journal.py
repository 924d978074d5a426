"""The journal: single reads and searches inside a lease, written down as sealed entries.

    journal = Journal(house)            # one a worker, after it forked; starts a thread
    journal.note(Note(time, session, person, purpose, chart, "read", "Observation", ident, line=n))
    journal.close()                     # writes what waits

`note` comes before the answer leaves, from any thread, and returns at once. What waits is written
within a second. A crash loses the notes of its last second, never a line of `releases`. While the
store does not answer, `note` raises UnavailableError as soon as the oldest note has waited five
seconds: what cannot be written down is not shown. Reading it back is `custody.journal_pages`.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from chartkeep.custody.deposit import deposit_own
from chartkeep.custody.draft import Draft
from chartkeep.custody.envelope import Envelope
from chartkeep.custody.house import House
from chartkeep.custody.note import MOST_NOTES, Note, encode_note, pack_group
from chartkeep.errors import ChartkeepError, ConflictError, UnavailableError
from chartkeep.model import EntryId, Section, to_text
from chartkeep.sealing.keys import fresh_id

KIND = "Journal"
SOURCE = "journal"
EVERY = 1.0
PATIENCE = 5.0
"""Seconds the oldest note may wait before nothing more is shown."""
MOST_WAITING = 20_000
"""Notes, of at most 2 KiB each: what a store that stands still can cost in memory."""


class Waiting(NamedTuple):
    """An encoded note, and when it came."""

    since: float
    raw: bytes


class Journal:
    """One worker's journal: notes wait in memory for at most a second."""

    def __init__(
        self, house: House, *, every: float = EVERY, tick: Callable[[], float] = time.monotonic
    ) -> None:
        # A House of its own: its leased keys are used by this thread only.
        self._house = House(
            house.facility, house.writer, house.keyholder, house.store, house.clock,
            house.instance, house.worker,
        )  # fmt: skip
        self._tick = tick
        self._every = every
        self._room = threading.Lock()
        self._writing = threading.Lock()
        self._waiting: deque[Waiting] = deque()
        self._group: tuple[EntryId, int] | None = None
        self._number = 1
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def note(self, note: Note) -> None:
        """Take a note, to be written within a second.

        Raises UnavailableError when it could not be: then nothing may be shown. Raises
        BadInputError for a note that cannot be written at all.
        """
        raw, now = encode_note(note), self._tick()
        with self._room:
            late = self._waiting and now - self._waiting[0].since > PATIENCE
            if late or len(self._waiting) >= MOST_WAITING or self._ended.is_set():
                raise UnavailableError(
                    "the journal cannot be written, so nothing is shown",
                    hint="is chartkeep store up? new releases go on when it is",
                )
            self._waiting.append(Waiting(now, raw))

    def flush(self) -> None:
        """Write down what waits. Raises what the keepers say; then it waits on."""
        with self._writing:
            while self._waiting:
                self._write_group()

    def close(self) -> None:
        """Take no more notes and write what waits. Raises when that cannot be written."""
        with self._room:
            self._ended.set()
        self._thread.join()
        self.flush()

    def _run(self) -> None:
        """Flush every second; whatever fails is seen by `note`, because the oldest note waits."""
        while not self._ended.wait(self._every):
            with suppress(ChartkeepError):
                self.flush()

    def _write_group(self) -> None:
        """Write the oldest notes as one entry: it is durable when this returns."""
        # 1. Named: the same notes under the same id until they are written, however often it
        #    takes. A lost answer makes no second entry.
        if self._group is None:
            self._group = EntryId(fresh_id()), min(len(self._waiting), MOST_NOTES)
        entry, count = self._group
        notes = [each.raw for each in islice(self._waiting, count)]
        raw = pack_group(self._house.instance, self._house.worker, self._number, notes)
        # 2. Written: sealed and committed like any entry of the facility's chart.
        self._commit(entry, raw)
        # 3. Forgotten: only now.
        with self._room:
            for _ in range(count):
                self._waiting.popleft()
            self._group = None
            self._number += 1

    def _commit(self, entry: EntryId, raw: bytes) -> None:
        house = self._house
        envelope, content = Envelope(SOURCE, to_text(entry)), house.content(entry, raw)
        draft = Draft(entry, 1, KIND, Section.JOURNAL, envelope, raw, content, house.clock())
        try:
            deposit_own(draft, house)
        except ConflictError:
            # Committed before, and its answer lost: then the very same notes stand there.
            if house.heads([entry])[0].content != content:
                raise

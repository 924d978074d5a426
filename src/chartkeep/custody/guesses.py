"""Where entries stand, as far as this worker can guess: it saves the question before a deposit.

Promises nothing: the store takes no version that does not follow the one it has, and a deposit that
was refused so asks and decides again. A wrong guess costs time and nothing else, so it is for
things that come once. Whether something came before is asked, not guessed.
"""

import threading
from collections.abc import Sequence

from chartkeep.custody.deposit import Parcel, Receipt
from chartkeep.model import EntryId
from chartkeep.store.protocol import Head

NEW = Head(b"", 0, 0, "", b"")
"""Where an entry stands that nobody has sent."""
MOST = 20_000


class Guesses:
    """What one worker has deposited lately, for all its threads; the rest is guessed to be new."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._heads: dict[EntryId, Head] = {}
        self._lock = threading.Lock()

    def knows(self, entry: EntryId) -> bool:
        """Say whether this worker has deposited an entry lately."""
        return entry in self._heads

    def heads(self, entries: Sequence[EntryId]) -> list[Head]:
        """Guess where entries stand."""
        return [self._heads.get(entry, NEW) for entry in entries]

    def learn(self, parcel: Parcel, receipt: Receipt) -> None:
        """Remember what a deposit made of a parcel."""
        with self._lock:
            if len(self._heads) > self._most:
                self._heads = {}
            for item, taken in zip(parcel.items, receipt.taken, strict=True):
                self._heads[taken.entry] = Head(
                    parcel.chart, item.section, taken.version, item.kind, taken.content
                )

"""The keyholder's errands at the store: labels to settle or delete, shreddings, old keys.

An errand stays in the book until the store has done it, so a crash or a closed store delays it
and loses nothing; each may be done twice. It runs in a thread of its own, with its own reader.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import msgspec

from chartkeep.errors import ChartkeepError, DamagedError, RefusedError
from chartkeep.keyholder.book import Book, Change
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.turn import Turn
from chartkeep.keyholder.verbs.labelling import Settling, settle_labels
from chartkeep.keyholder.verbs.rotating import check_retirable

LABEL = 16
MOST_AT_ONCE = 500
WAITING = """SELECT id, verb, chart, labels FROM errand WHERE verb != 'settle'
  ORDER BY verb = 'drop', id LIMIT ?"""
"""Labels last: a writer can make any number of such errands."""
UNSETTLED = """SELECT id, chart, labels FROM errand WHERE verb = 'settle' AND id > ?
  ORDER BY id LIMIT ?"""
Done = Callable[[Keyholder, Turn], None]
"""What is to be done in the main lane when the store has answered."""

_settling = msgspec.msgpack.Decoder(Settling)


class StoreLink(Protocol):
    """What the keyholder asks of the store; `wiring` gives it the store's client."""

    def find(self, labels: list[bytes]) -> list[bytes]:
        """Tell which chart stands under each label, empty where there is none."""

    def drop_labels(self, chart: bytes, labels: list[bytes]) -> None:
        """Delete labels of a chart."""

    def shred(self, chart: bytes) -> None:
        """Write down that a chart's key is gone."""

    def wraps(self, chart: bytes) -> list[bytes]:
        """Give every wrap of a chart."""

    def shreds(self) -> list[bytes]:
        """Give every shredded chart."""


class Errands:
    """Runs what waits in a book; remembers how far it asked about labels that are not there yet."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._asked = 0

    def run(self, store: StoreLink, now: int) -> Iterator[Done]:
        """Do the waiting errands; gives what follows from each. `now`: wall clock in ms.

        Raises the first trouble at the end: one errand that cannot be done holds up no other.
        """
        trouble: ChartkeepError | None = None
        for ident, verb, chart, value in self._book.rows(WAITING, (MOST_AT_ONCE,)):
            try:
                changes = _do(store, verb, chart, value)
            except (DamagedError, RefusedError) as error:
                trouble = trouble or error
            else:
                yield partial(_note_done, [*changes, ("errand_done", (ident,))])
        yield from self._settle(store, now)
        if trouble is not None:
            raise trouble

    def _settle(self, store: StoreLink, now: int) -> Iterator[Done]:
        """Ask for labels that wait to be stored, a page of them a round, in turns."""
        rows = self._book.rows(UNSETTLED, (self._asked, MOST_AT_ONCE))
        self._asked = rows[-1][0] if len(rows) == MOST_AT_ONCE else 0
        waiting = [(ident, chart, _settling.decode(raw)) for ident, chart, raw in rows]
        there = store.find([errand.probe for _, _, errand in waiting]) if waiting else []
        for (ident, chart, errand), found in zip(waiting, there, strict=True):
            stored = found == chart
            if stored or errand.until <= now:
                yield partial(_note_settled, ident, chart, errand, stored)


def _note_done(changes: list[Change], _: Keyholder, turn: Turn) -> None:
    turn.changes += changes


def _note_settled(
    ident: int, chart: bytes, errand: Settling, stored: bool, keyholder: Keyholder, turn: Turn  # noqa: FBT001 - bound by position
) -> None:  # fmt: skip
    settle_labels(keyholder, turn, chart, errand, stored=stored)
    turn.change("errand_done", ident)


def _do(store: StoreLink, verb: str, chart: bytes, value: bytes) -> list[Change]:
    match verb:
        case "drop":
            labels = [value[at : at + LABEL] for at in range(0, len(value), LABEL)]
            store.drop_labels(chart, labels)
        case "shred":
            store.shred(chart)
        case "retire":
            generation = int.from_bytes(value)
            check_retirable(store.wraps(chart), chart, generation)
            return [("retire", (chart, generation))]
        case _:
            assert verb in ("drop", "shred", "retire")
    return []

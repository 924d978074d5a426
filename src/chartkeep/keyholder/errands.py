"""The keyholder's errands at the store: labels to delete, shreddings to write down, old keys.

An errand stays in the book until the store has done it, so a crash or a closed store delays it
and loses nothing; each may be done twice. It runs in a thread of its own, with its own reader.
"""

from collections.abc import Iterator
from typing import Protocol

from chartkeep.errors import ChartkeepError, DamagedError, RefusedError
from chartkeep.keyholder.book import Book, Change
from chartkeep.keyholder.verbs.rotating import check_retirable

LABEL = 16


class StoreLink(Protocol):
    """What the keyholder asks of the store; `wiring` gives it the store's client."""

    def drop_labels(self, chart: bytes, labels: list[bytes]) -> None:
        """Delete labels of a chart."""

    def shred(self, chart: bytes) -> None:
        """Write down that a chart's key is gone."""

    def wraps(self, chart: bytes) -> list[bytes]:
        """Give every wrap of a chart."""

    def shreds(self) -> list[bytes]:
        """Give every shredded chart."""


def run_errands(store: StoreLink, book: Book) -> Iterator[list[Change]]:
    """Do the waiting errands; gives what to change in the book after each.

    Raises the first trouble at the end: one errand that cannot be done holds up no other.
    """
    trouble: ChartkeepError | None = None
    query = "SELECT id, verb, chart, labels FROM errand ORDER BY id LIMIT 500"
    for ident, verb, chart, value in book.rows(query):
        try:
            changes = _do(store, verb, chart, value)
        except (DamagedError, RefusedError) as error:
            trouble = trouble or error
        else:
            yield [*changes, ("errand_done", (ident,))]
    if trouble is not None:
        raise trouble


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

"""What a restore says: how far it is, and at its end what came back and what did not."""

from collections.abc import Callable
from typing import NamedTuple

from chartkeep.store.refilling import Lost
from chartkeep.store.sequencer import LedgerHead


class Progress(NamedTuple):
    """How far one stretch of the work is; `bytes` are those of blobs."""

    what: str
    done: int
    total: int
    bytes: int = 0


Tell = Callable[[Progress], None]


class Outcome(NamedTuple):
    """What came back, and by name what did not."""

    head: LedgerHead
    later: int
    """Lines taken in while the rest was on its way."""
    lost: list[Lost]
    blobs_lost: list[tuple[bytes, bytes]]
    """(chart, blob) whose sealed file is missing or changed."""
    damaged: list[str]
    """Names of segments that were passed over or read around."""
    beyond: list[tuple[int, int]]
    """Runs of lines that are there behind a gap: nothing carries the ledger to them."""

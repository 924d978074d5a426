"""From the ledger into columns: what it has since they were last read, each line opened and proved.

Each step is a window of its own, an `audit` line and a save: cut short, it goes on where it was.
What was read before is held against the ledger too: its tree must be a beginning of this one.
"""

from collections.abc import Callable

from chartkeep.custody.house import House
from chartkeep.custody.lines import Window
from chartkeep.errors import LedgerBrokenError
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.rows import rows_of
from chartkeep.ledger.note import VerifierKey

STEP = 1 << 20
"""Lines read between two saves."""

Told = Callable[[int, int], None]
"""Hears how many lines are read, and of how many."""


def fill(
    columns: Columns,
    house: House,
    log: VerifierKey,
    token: bytes,
    until: int,
    told: Told = lambda _read, _size: None,
    step: int = STEP,
) -> None:
    """Read on to a time, at most the present.

    Raises LedgerBrokenError when the ledger is not what was signed, or not the one the columns were
    read from; NotAllowedError for a role that does not audit.
    """
    until = max(until, columns.until)  # so that the head shown covers what was read before
    is_checked, is_there = False, False
    while not is_there:
        far = next(house.keyholder.lines(columns.size + step, columns.size + step + 1), None)
        upto = until if far is None else min(until, max(far[1].time + 1, columns.until))
        window = Window(house.keyholder, log, token, columns.until, upto)
        if not is_checked:
            _check(columns, window)
            is_checked = True
        size = columns.size
        if window.end > size:
            _read(columns, window)
        told(columns.size, window.size)
        # The present is reached, or a keyholder gives no more: then the estimate will say so.
        is_there = columns.until >= until or window.until < upto or columns.size == size


def _check(columns: Columns, window: Window) -> None:
    """Hold what was read before against the ledger as it is."""
    if columns.size and window.peaks(columns.size) != columns.peaks:
        raise LedgerBrokenError(
            "the ledger is not the one these columns were read from",
            hint="keep both: one of them was rolled back or replaced",
        )


def _read(columns: Columns, window: Window) -> None:
    first = columns.size
    if window.first > first:
        raise LedgerBrokenError("the keyholder leaves lines out before the window")
    for rows in window.read(first, window.end, rows_of):
        columns.append(rows)
    if window.end < window.size and columns.newest < window.until:
        raise LedgerBrokenError("the lines do not reach to the end of the window")
    columns.save(window.until, window.peaks(window.end))

"""The exposure list of a window: asked of the ledger, written with its proofs, read back.

The file is for an outsider (verify/verify.py checks it without this software); the answer given
here is what reading that very file back gave, not what was meant to be written.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from chartkeep.custody.lines import Window
from chartkeep.incident.exposure import Exposure, widen
from chartkeep.ledger.exposure_list import Place, Question, verify_list, write_list
from chartkeep.ledger.line import Line
from chartkeep.ledger.note import VerifierKey


def list_exposure(window: Window, question: Question, log: VerifierKey, out: Path) -> Exposure:
    """Write the list of what the question's one could have seen, and give it, proved.

    Raises LedgerBrokenError when the ledger does not prove what it says.
    """
    bounded = msgspec.structs.replace(question, until=window.until)
    widened = widen(_lines(window), bounded)
    start = max(window.first, window.place(widened.since) - 1)
    end = min(window.end, window.place(widened.until) + 1)
    bodies = (body.body for body in window.bodies(start, end))
    with out.open("wb") as file:
        for piece in write_list(widened, window.checkpoint, window.prove(start, end), bodies):
            file.write(piece)
    return read_exposure(out, widened, log)


def read_exposure(path: Path, question: Question, log: VerifierKey) -> Exposure:
    """Check a list against its ledger's key, and give what it proves."""
    exposure = Exposure(question)

    def take(_index: int, line: Line, _place: Place) -> None:
        exposure.add(line)

    with path.open("rb") as file:
        verify_list(file, log, found=take)
    return exposure


def _lines(window: Window) -> Iterator[Line]:
    return (body.line for body in window.bodies(window.first, window.end))

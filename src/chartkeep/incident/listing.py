"""The exposure of a window: asked of the ledger, or written with its proofs and read back.

The file is for an outsider (verify/verify.py checks it without this software); the answer given
with it is what reading that very file back gave, not what was meant to be written.
"""

from functools import partial
from pathlib import Path

import msgspec

from chartkeep.custody.lines import Window
from chartkeep.errors import LedgerBrokenError
from chartkeep.incident.exposure import Exposure
from chartkeep.incident.glance import glance
from chartkeep.keyholder.protocol import WIDEN
from chartkeep.ledger.exposure_list import Place, Question, verify_list, write_list, write_records
from chartkeep.ledger.line import Line
from chartkeep.ledger.note import VerifierKey


def find_exposure(window: Window, question: Question) -> Exposure:
    """Say what the question's one could have seen: every line of the window opened and proved.

    Raises LedgerBrokenError when the ledger does not prove what it says, or may hold more.
    """
    bounded = msgspec.structs.replace(question, until=window.until)
    glances = window.read(window.first, window.end, partial(glance, bounded))
    found = next(glances, None)
    if found is None:
        raise LedgerBrokenError("the keyholder shows no line of the window")
    for later in glances:
        found.merge(later)
    if window.first and found.first >= question.since - WIDEN:
        raise LedgerBrokenError("the lines do not reach back to before the window")
    if window.end < window.size and found.last < window.until:
        raise LedgerBrokenError("the lines do not reach to the end of the window")
    return found.answer()


def list_exposure(window: Window, question: Question, log: VerifierKey, out: Path) -> Exposure:
    """Write the list of what the question's one could have seen, and give it, proved.

    Raises LedgerBrokenError when the ledger does not prove what it says.
    """
    widened = find_exposure(window, question).question
    start = max(window.first, window.place(widened.since) - 1)
    end = min(window.end, window.place(widened.until) + 1)
    records = window.read(start, end, partial(write_records, widened))
    with out.open("wb") as file:
        for piece in write_list(widened, window.checkpoint, window.prove(start, end), records):
            file.write(piece)
    return read_exposure(out, widened, log)


def read_exposure(path: Path, question: Question, log: VerifierKey) -> Exposure:
    """Check a list against its ledger's key, and give what it proves.

    Raises LedgerBrokenError or UnknownFormatError, also for a list that answers another question.
    """
    exposure = Exposure(question)

    def take(_index: int, line: Line, place: Place) -> None:
        exposure.add_placed(line, place)

    with path.open("rb") as file:
        verdict = verify_list(file, log, found=take)
    if verdict.question != question:
        raise LedgerBrokenError("the list answers another question", hint="write it again")
    return exposure

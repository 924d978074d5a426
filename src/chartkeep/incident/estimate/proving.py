"""The proof of one suspect's exposure, as a file for an outsider (verify/verify.py checks it).

Written from the ledger itself and read back; an answer of the columns that the file does not prove
is refused, so that no number is told that a stranger could not find again.
"""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.custody.house import House
from chartkeep.custody.lines import Window
from chartkeep.errors import LedgerBrokenError
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.estimate.suspect import Kind
from chartkeep.ledger.exposure_list import (
    Asked,
    Place,
    Question,
    verify_list,
    write_list,
    write_records,
)
from chartkeep.ledger.line import Line
from chartkeep.ledger.note import VerifierKey

PROVED: Final = {
    Kind.PERSON: Asked.PERSON, Kind.SESSION: Asked.SESSION, Kind.INSTANCE: Asked.INSTANCE,
}  # fmt: skip
"""Whom a list can be about: whoever a line names by itself."""


class Listed(NamedTuple):
    """What a list proves of one chart: sections as bits for each way, first and last time."""

    how: dict[How, int]
    first: int
    last: int


class Proof(NamedTuple):
    """What a list proves: of each chart how it was exposed; and how many lines are lost."""

    charts: dict[bytes, Listed]
    gaps: int


def prove(
    found: Estimate, house: House, log: VerifierKey, token: bytes, folder: Path
) -> Iterator[Path]:
    """Write the list of each suspect of an estimate that a list can be about; gives each file.

    Raises LedgerBrokenError when the ledger does not prove what the estimate says of them.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for number, (one, since) in enumerate(zip(found.suspects, found.widened, strict=True)):
        if one.kind in PROVED:
            out = folder / f"{number:02}-{one.kind}.list"
            window = Window(house.keyholder, log, token, since, one.until)
            question = Question(PROVED[one.kind], one.value, since, min(one.until, window.until))
            _hold(write_proof(window, question, log, out), found, number)
            yield out


def write_proof(window: Window, question: Question, log: VerifierKey, out: Path) -> Proof:
    """Write the list of what one could have seen, and read it back.

    Raises LedgerBrokenError when the ledger does not prove what it says.
    """
    start = max(window.first, window.place(question.since) - 1)
    end = min(window.end, window.place(question.until) + 1)
    records = window.read(start, end, partial(write_records, question))
    with out.open("wb") as file:
        for piece in write_list(question, window.checkpoint, window.prove(start, end), records):
            file.write(piece)
    return read_proof(out, question, log)


def read_proof(path: Path, question: Question, log: VerifierKey) -> Proof:
    """Check a list against its ledger's key, and give what it proves.

    Raises LedgerBrokenError or UnknownFormatError, also for a list that answers another question.
    """
    charts: dict[bytes, Listed] = {}

    def take(_index: int, line: Line, place: Place) -> None:
        if place is Place.LISTED and line.chart:
            known = charts.setdefault(line.chart, Listed({}, line.time, line.time))
            charts[line.chart] = known._replace(last=line.time)
            if line.sections:
                way = How.RELEASED if line.verb == "release" else How.WRITTEN
                known.how[way] = known.how.get(way, 0) | line.sections

    with path.open("rb") as file:
        verdict = verify_list(file, log, found=take)
    if verdict.question != question:
        raise LedgerBrokenError("the list answers another question", hint="write it again")
    return Proof(charts, verdict.gaps)


def _hold(proof: Proof, found: Estimate, number: int) -> None:
    """Hold what is proved of one suspect against the estimate of all of them."""
    said = {each.chart: each for each in found if number in each.by}
    is_same = said.keys() == proof.charts.keys() and not (proof.gaps and found.is_exact)
    for chart, listed in proof.charts.items() if is_same else ():
        each = said[chart]
        is_same &= each.first <= listed.first and listed.last <= each.last
        is_same &= all(not mask & ~each.how.get(way, 0) for way, mask in listed.how.items())
    if not is_same:
        raise LedgerBrokenError(
            "the ledger proves another answer than the desk's columns gave",
            hint="remove the folder `columns` of the desk and ask again; keep the list",
        )

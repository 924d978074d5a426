"""Ledgers of a few lines in columns, without a house: for what is arithmetic."""

from collections.abc import Sequence
from pathlib import Path

from chartkeep.incident.estimate.asking import ask
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.estimate import Estimate, How
from chartkeep.incident.estimate.rows import rows_of
from chartkeep.incident.estimate.suspect import Suspect
from chartkeep.ledger.body import LINE_SALT_BYTES, Whole, write
from chartkeep.ledger.line import Line
from chartkeep.model import Millis

SECRET = b"k" * 32
ORIGIN = "chartkeep.example/here/releases"
FACILITY = b"f" * 16
EVER = 1 << 60


def whole(line: Line) -> Whole:
    return Whole.parse(write(line, bytes(LINE_SALT_BYTES))[1])


def written(folder: Path, lines: Sequence[Line], pages: int = 1_000, saves: int = 1) -> Columns:
    """Columns of these lines, appended some at a time, saved and opened again now and then."""
    columns = Columns(folder, SECRET, ORIGIN)
    for at in range(0, len(lines), pages):
        columns.append(rows_of(map(whole, lines[at : at + pages])))
        if at // pages % saves == 0:
            columns.save(lines[min(at + pages, len(lines)) - 1].time, ())
            columns = Columns(folder, SECRET, ORIGIN)
    columns.save(EVER, ())
    return Columns(folder, SECRET, ORIGIN)


def asked(columns: Columns, *suspects: Suspect) -> Estimate:
    return ask(columns, suspects, FACILITY, Millis(0))


def told(estimate: Estimate, *ways: How) -> dict[bytes, int]:
    """Sections as bits of each chart, of the ways named, or all."""
    found = {}
    for each in estimate:
        mask = 0
        for way, bits in each.how.items():
            mask |= bits if way in ways or not ways else 0
        if mask or not ways:
            found[each.chart] = mask
    return found

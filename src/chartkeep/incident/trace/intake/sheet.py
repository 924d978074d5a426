"""Spreadsheets: XLSX, XLSB, XLS and ODS, each sheet a table. Formulas and macros are not run."""

from io import BytesIO

from python_calamine import CalamineError, PasswordError, load_workbook

from chartkeep.incident.trace.intake.layout import columns_of
from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError
from chartkeep.incident.trace.intake.tree import written

_SAMPLE = 50
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")


def read_sheets(data: bytes, out: Out) -> None:  # noqa: C901 -- a book, its sheets, their rows
    """Read the rows of every sheet. Raises TroubleError if it is none, or locked."""
    if ENCRYPTED in data[: 1 << 20] or ENCRYPTED in data[-(1 << 20) :]:
        raise TroubleError(Trouble.PASSWORD)
    try:
        book = load_workbook(BytesIO(data))
        names = book.sheet_names
    except PasswordError as error:
        raise TroubleError(Trouble.PASSWORD) from error
    except CalamineError as error:
        raise TroubleError(Trouble.BROKEN) from error
    for name in names:
        try:
            rows = book.get_sheet_by_name(name).iter_rows()
        except CalamineError:  # a sheet of charts, or a broken one: the others go on
            out.trouble = Trouble.BROKEN
            continue
        waiting: list[list[str]] = []
        begun = False
        for cells in rows:
            values = [written(cell) for cell in cells]
            if not any(values):
                continue
            if begun:
                out.row(values)
                continue
            waiting.append(values)
            if len(waiting) >= _SAMPLE:
                _begin(name, waiting, out)
                begun = True
        if waiting and not begun:
            _begin(name, waiting, out)


def _begin(name: str, rows: list[list[str]], out: Out) -> None:
    """Begin a sheet's table; rows above its widest ones, a title perhaps, are rows too."""
    width = max(len(row) for row in rows)
    most = max(sum(map(bool, row)) for row in rows)
    top = next(at for at, row in enumerate(rows) if 2 * sum(map(bool, row)) > most)
    columns = columns_of(rows[top], rows[top + 1 :])
    out.table(name, columns or ("",) * width)
    for at, row in enumerate(rows):
        if not (columns and at == top):
            out.row(row)

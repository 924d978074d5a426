"""PDF: the text of its pages as running text. Nothing in it is run, nothing is fetched."""

from io import BytesIO

from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from chartkeep.incident.trace.found import Clock
from chartkeep.incident.trace.intake.limits import Budget
from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError

MOST_PAGES = 20_000
_PAGE = 512 << 10
"""A page is given processor time as if it were so many bytes."""


def load() -> None:
    """Read a PDF once, so that everything is loaded."""
    writer = PdfWriter()
    writer.add_blank_page(72, 72)
    writer.add_metadata({"/CreationDate": "D:20200101000000Z"})
    written = BytesIO()
    writer.write(written)
    reader = PdfReader(written)
    _ = reader.pages[0].extract_text(), reader.metadata


def read_pdf(data: bytes, budget: Budget, out: Out) -> None:
    """Read the text of every page. Raises TroubleError if it is locked or no PDF."""
    try:
        reader = PdfReader(BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise TroubleError(Trouble.PASSWORD)
        count = len(reader.pages)
    except PyPdfError as error:
        raise TroubleError(Trouble.BROKEN) from error
    _note_times(reader, out)
    silent = True
    for number in range(min(count, MOST_PAGES)):
        budget.pass_bytes(_PAGE)
        try:
            text = reader.pages[number].extract_text()
        except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
            out.trouble = Trouble.BROKEN  # this page; the others go on
            continue
        for line in text.splitlines():
            silent = silent and not line.strip()
            out.text(line)
    if silent:
        out.trouble = out.trouble or Trouble.NO_TEXT


def _note_times(reader: PdfReader, out: Out) -> None:
    try:
        told = reader.metadata
        times = (told.modification_date, told.creation_date) if told else ()
        for time in times:
            if time is not None:
                out.clock(Clock.AUTHORED, int(time.timestamp() * 1000))
    except (PyPdfError, ValueError, OverflowError, AttributeError, TypeError):
        return

"""PDF: the text of its pages as running text, of scanned ones by OCR.

Nothing in it is run, nothing is fetched.
"""

from io import BytesIO
from itertools import islice

from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.errors import PyPdfError

from chartkeep.incident.trace.found import Clock
from chartkeep.incident.trace.intake import ocr
from chartkeep.incident.trace.intake.limits import Budget
from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.picture import see
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError

MOST_PAGES = 20_000
MOST_PICTURES = 50
"""Of one page."""
_FAULTS = (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError, OSError)
_PAGE = 512 << 10
"""A page is given processor time as if it were so many bytes."""


def load() -> None:
    """Read a PDF once, so that everything is loaded."""
    scanned = BytesIO()
    Image.new("L", (8, 8)).save(scanned, "PDF")
    writer = PdfWriter(PdfReader(scanned))
    writer.add_metadata({"/CreationDate": "D:20200101000000Z"})
    written = BytesIO()
    writer.write(written)
    reader = PdfReader(written)
    _ = reader.pages[0].extract_text(), list(reader.pages[0].images), reader.metadata


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
        except _FAULTS:
            out.trouble = Trouble.BROKEN  # this page; the others go on
            continue
        for line in text.splitlines():
            out.text(line)
        silent = not (text.strip() or _see(reader, number, budget, out)) and silent
    if silent:
        out.trouble = out.trouble or (Trouble.NO_TEXT if ocr.is_there() else Trouble.NO_OCR)


def _see(reader: PdfReader, number: int, budget: Budget, out: Out) -> int:
    """Say the text in a page's pictures; gives its lines."""
    seen = 0
    if ocr.is_there():
        try:
            for image in islice(reader.pages[number].images, MOST_PICTURES):
                if image.image is not None:
                    seen += see(image.image, budget, out)
        except _FAULTS:
            out.trouble = Trouble.BROKEN  # this page; the others go on
    return seen


def _note_times(reader: PdfReader, out: Out) -> None:
    try:
        told = reader.metadata
        times = (told.modification_date, told.creation_date) if told else ()
        for time in times:
            if time is not None:
                out.clock(Clock.AUTHORED, int(time.timestamp() * 1000))
    except (PyPdfError, ValueError, OverflowError, AttributeError, TypeError):
        return

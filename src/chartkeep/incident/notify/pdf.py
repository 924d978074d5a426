"""Letters drawn as one PDF for a print shop: each begins a sheet, and its place is told.

Says nothing of a person in the file's own data. Readable by whoever has it: the caller seals it.
"""

from functools import lru_cache
from io import BytesIO
from typing import NamedTuple

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from chartkeep.incident.notify.fonts import Fonts
from chartkeep.incident.notify.layout import PAGE, Measure, Page, lay_out, wrap
from chartkeep.incident.notify.letter import Letter, Style
from chartkeep.incident.notify.words import words_of

rl_config.useA85 = 0  # pages as plain compressed bytes: a fifth smaller, and sooner done
_REMEMBERED = 512
"""Texts whose broken lines are kept: most paragraphs of a batch are the same in every letter."""


class Sheet(NamedTuple):
    """Where a letter stands in its batch: its first page, counted from one, and how many."""

    first: int
    pages: int


class Printer:
    """A PDF being drawn."""

    def __init__(self, fonts: Fonts) -> None:
        self._fonts = fonts
        self._wrap = lru_cache(_REMEMBERED)(self._broken)
        self._runs = lru_cache(_REMEMBERED)(fonts.runs)
        self._into = BytesIO()
        self._canvas = Canvas(self._into, pagesize=PAGE, pageCompression=1, invariant=1)
        self._canvas.setTitle("letters")
        self._next = 1

    def add(self, letter: Letter) -> Sheet:
        """Draw a letter; one that cannot be set whole is not begun. Raises BadInputError."""
        pages = lay_out(letter, words_of(letter.language), Measure(self._fonts.width, self._wrap))
        for page in pages:
            self._draw(page)
        sheet = Sheet(self._next, len(pages))
        self._next += len(pages)
        return sheet

    def close(self) -> bytes:
        """Give the PDF, empty bytes when nothing was drawn."""
        if self._next == 1:
            return b""
        self._canvas.save()
        return self._into.getvalue()

    def _draw(self, page: Page) -> None:
        for piece in page:
            text = self._canvas.beginText()
            width = self._fonts.width(piece.text, piece.size, piece.style) if piece.right else 0.0
            text.setTextOrigin(piece.x - width, piece.y)
            for font, run in self._runs(piece.text, piece.style):
                text.setFont(font, piece.size)
                text.textOut(run)
            self._canvas.drawText(text)
        self._canvas.showPage()

    def _broken(self, text: str, size: float, style: Style, room: float) -> tuple[str, ...]:
        return tuple(wrap(text, room, lambda part: self._fonts.width(part, size, style)))

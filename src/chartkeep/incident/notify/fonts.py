"""Fonts of a letter: which one has a character, how wide a text is.

Without a font file: Times and Helvetica for Latin, and the Asian fonts every PDF reader and printer
brings along, which are named and not embedded; of those only what a Japanese, Korean or Chinese
character set of two bytes has is trusted. With a file (TrueType), it is embedded and asked first.
What no font has is refused: an empty box in a name is a letter to nobody.
"""

from collections.abc import Iterable
from functools import cache
from itertools import groupby
from pathlib import Path

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFError, TTFont

from chartkeep.errors import BadInputError
from chartkeep.incident.notify.letter import Style

_EMBEDDED = "Chartkeep-Given"
_ASIAN = (
    "HeiseiMin-W3", "HeiseiKakuGo-W5", "HYSMyeongJo-Medium", "STSong-Light", "MSung-Light",
)  # fmt: skip
_HEADS = frozenset({Style.TITLE, Style.HEAD})
_CHOICES = (
    ("cp1252", "Times-Roman", "Helvetica-Bold"),
    ("cp932", "HeiseiMin-W3", "HeiseiKakuGo-W5"),
    ("cp949", "HYSMyeongJo-Medium", "HYSMyeongJo-Medium"),
    ("gbk", "STSong-Light", "STSong-Light"),
    ("big5", "MSung-Light", "MSung-Light"),
)
"""A character set and the fonts (body, head) that have all of it; the first that fits."""


class Fonts:
    """Gives each character's font. Use in one thread."""

    def __init__(self, file: Path | None = None) -> None:
        """`file`: a TrueType font to embed. Raises BadInputError if it is none."""
        for face in _ASIAN:
            pdfmetrics.registerFont(UnicodeCIDFont(face))
        self._given: TTFont | None = None
        if file is not None:
            try:
                self._given = TTFont(_EMBEDDED, str(file))
            except (TTFError, OSError) as error:
                raise BadInputError(
                    f"no TrueType font: {file}", hint="one with TrueType outlines, .ttf or .ttc"
                ) from error
            pdfmetrics.registerFont(self._given)
        self._known: dict[tuple[str, bool], tuple[str, float]] = {}

    def runs(self, text: str, style: Style) -> list[tuple[str, str]]:
        """Split a text into runs of one font. Raises BadInputError for what none of them has."""
        head = style in _HEADS
        found = groupby(text, lambda char: self._char(char, head=head)[0])
        return [(font, "".join(chars)) for font, chars in found]

    def width(self, text: Iterable[str], size: float, style: Style) -> float:
        """Give a text's width in points."""
        head = style in _HEADS
        return size * sum(self._char(char, head=head)[1] for char in text)

    def _char(self, char: str, *, head: bool) -> tuple[str, float]:
        found = self._known.get((char, head))
        if found is None:
            font = self._choose(char, head=head)
            found = self._known[char, head] = font, pdfmetrics.stringWidth(char, font, 1)
        return found

    def _choose(self, char: str, *, head: bool) -> str:
        if self._given is not None and ord(char) in self._given.face.charToGlyph:
            return _EMBEDDED
        return _standard(char, head=head)


@cache
def _standard(char: str, *, head: bool) -> str:
    for charset, body, bold in _CHOICES:
        try:
            char.encode(charset)
        except UnicodeEncodeError:
            continue
        return bold if head else body
    raise BadInputError(
        "a letter has a character that no font here has", hint="give a font file that has it"
    )

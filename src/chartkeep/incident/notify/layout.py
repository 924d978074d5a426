"""A letter laid out: which words stand where on which page, in points from the lower left corner.

Pure; `pdf` draws it. The address stands where a window envelope shows it, on the first page. Every
page carries the letter's code and how many pages there are: two people's sheets must not be mixed.
Right-to-left languages are mirrored here; joining their letters is the font's work.
"""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from chartkeep.errors import BadInputError
from chartkeep.incident.notify.letter import Letter, Paragraph, Style
from chartkeep.incident.notify.words import Words

PAGE = (595.28, 841.89)
LEFT, RIGHT = 62.0, 62.0
TOP, BOTTOM = 785.0, 70.0
MOST_PAGES = 8
_ADDRESS_TOP = 722.0
_BODY_TOP = 590.0
_WINDOW = 235.0
"""Width of an envelope's window, and of the address in it."""
_SIZES = {
    Style.TITLE: 13.0, Style.HEAD: 11.0, Style.BODY: 10.5, Style.POINT: 10.5, Style.APART: 10.5,
}  # fmt: skip
_ABOVE = {Style.TITLE: 4.0, Style.HEAD: 8.0, Style.BODY: 3.0, Style.POINT: 1.0, Style.APART: 9.0}
_TIGHTER = (0.96, 0.92)
"""How much smaller a letter may be set where that saves a sheet."""
_LEADING = 1.4
_TIGHT = 1.3
_SMALL = 8.0
_INDENT = 14.0
_NO_START = "、。，．・：；？！）」』】〕ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ,.:;?!)]}»%"  # noqa: RUF001
_NO_END = "（「『【〔([{«"  # noqa: RUF001
_TOKEN = re.compile(r"[^\s⺀-鿿가-힯豈-﫿＀-￯\U00020000-\U0003ffff　-〿぀-ヿ]+|\s+|.", re.DOTALL)


class Measure(NamedTuple):
    """How wide a text is (size, style), and its lines in a room of so many points."""

    width: Callable[[str, float, Style], float]
    wrap: Callable[[str, float, Style, float], tuple[str, ...]]


class Piece(NamedTuple):
    """A text at a place; `right`: x is where it ends."""

    x: float
    y: float
    text: str
    size: float
    style: Style
    right: bool


Page = list[Piece]


def lay_out(letter: Letter, words: Words, measure: Measure) -> list[Page]:
    """Lay a letter out.

    Raises BadInputError for one longer than `MOST_PAGES`, or whose address does not fit the window.
    """
    pages = _set(letter, words, measure, 1.0)
    for scale in _TIGHTER if len(pages) > 1 else ():
        tighter = _set(letter, words, measure, scale)
        if len(tighter) < len(pages):
            pages = tighter
            break
    if len(pages) > MOST_PAGES:
        raise BadInputError("a letter is too long", hint="say less in the notice")
    for number, page in enumerate(pages, 1):
        said = words.page.format(page=number, pages=len(pages))
        foot = f"{words.code} {letter.code}   {said}"
        page.append(_piece(words, 0, BOTTOM - 30, foot, _SMALL, Style.BODY))
    return pages


def _set(letter: Letter, words: Words, measure: Measure, scale: float) -> list[Page]:
    setter = _Setter(measure, words, scale)
    setter.front(letter)
    for paragraph in letter.paragraphs:
        setter.paragraph(paragraph)
    return setter.pages


def _piece(words: Words, x: float, y: float, text: str, size: float, style: Style) -> Piece:
    """Make a piece `x` points from the side a line begins on."""
    if words.right_to_left:
        return Piece(PAGE[0] - RIGHT - x, y, text, size, style, right=True)
    return Piece(LEFT + x, y, text, size, style, right=False)


class _Setter:
    """Sets paragraphs one below the other, and begins pages."""

    def __init__(self, measure: Measure, words: Words, scale: float) -> None:
        self.pages: list[Page] = [[]]
        self._width, self._wrap = measure
        self._words = words
        self._scale = scale
        self._y = _BODY_TOP

    def front(self, letter: Letter) -> None:
        """Set what the envelope's window shows, and the day."""
        back = " · ".join(filter(None, (letter.sender, *letter.sender_address)))
        for at, line in enumerate(self._wrap(back, _SMALL, Style.BODY, _WINDOW)[:4]):
            self._put(0, TOP - at * _SMALL * 1.3, line, _SMALL, Style.BODY)
        lines, size = self._address(letter.address)
        for at, line in enumerate(lines):
            self._put(0, _ADDRESS_TOP - at * size * _TIGHT, line, size, Style.BODY)
        room = PAGE[0] - LEFT - RIGHT
        day_width = self._width(letter.day, 10.5, Style.BODY)
        self._put(room - day_width, _BODY_TOP + 14, letter.day, 10.5, Style.BODY)

    def _address(self, address: tuple[str, ...]) -> tuple[list[str], float]:
        """Break an address for the window, smaller where it must be: a cut one goes astray."""
        for size in (11.0, 9.0, 8.0):
            broken = [
                line for text in address for line in self._wrap(text, size, Style.BODY, _WINDOW)
            ]
            if len(broken) * size * _TIGHT <= _ADDRESS_TOP - _BODY_TOP - 30:
                return broken, size
        raise BadInputError("an address does not fit the envelope", hint="write it by hand")

    def paragraph(self, paragraph: Paragraph) -> None:
        """Set a paragraph; a head goes to the next page with what follows it."""
        style, size = paragraph.style, _SIZES[paragraph.style] * self._scale
        indent = _INDENT if style is Style.POINT else 0.0
        room = PAGE[0] - LEFT - RIGHT - indent
        self._y -= _ABOVE[style]
        keep = 3 if style is Style.HEAD else 1
        if self._y - size * _LEADING * keep < BOTTOM:
            self._turn()
        for at, line in enumerate(self._wrap(paragraph.text, size, style, room)):
            if self._y - size * _LEADING < BOTTOM:
                self._turn()
            self._y -= size * _LEADING
            if style is Style.POINT and not at:
                self._put(2, self._y, "•", size, style)
            self._put(indent, self._y, line, size, style)

    def _put(self, x: float, y: float, text: str, size: float, style: Style) -> None:
        self.pages[-1].append(_piece(self._words, x, y, text, size, style))

    def _turn(self) -> None:
        self.pages.append([])
        self._y = TOP


def wrap(text: str, room: float, width: Callable[[str], float]) -> Iterator[str]:
    """Break a text into lines of at most `room` points.

    At spaces, and between characters of scripts that have none (JIS X 4051: no line begins with a
    closing mark or a small kana, none ends with an opening bracket); a longer word is cut.
    """
    line, used = "", 0.0
    for token in _tokens(text, room, width):
        need = width(token.rstrip())
        hangs = token[0] in _NO_START  # it may stand a little into the margin instead
        if line and used + need > room and not hangs:
            kept = line.rstrip()
            carried = ""
            while kept and kept[-1] in _NO_END:
                kept, carried = kept[:-1], kept[-1] + carried
            yield kept
            line, used = carried, width(carried)
            token = token.lstrip()  # noqa: PLW2901 - a line does not begin with a space
        line += token
        used += width(token)
    if line.strip():
        yield line.rstrip()


def _tokens(text: str, room: float, width: Callable[[str], float]) -> Iterator[str]:
    for token in _TOKEN.findall(" ".join(text.split("\n"))):
        if token.isspace() or width(token) <= room:
            yield token
            continue
        yield from token

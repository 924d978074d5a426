"""What a ward PC wrote down about packs while the house was away (docs/formats/pack.md).

Promises that a line changed, moved or left out between two others is noticed by whoever has the
ward's key. Cannot notice lines cut off at the end, or a PC whose storage was emptied: a page
without a server keeps no better book than its browser does.
"""

import hmac
from typing import Annotated, Final

import msgspec

from chartkeep.continuity.sheet import Shown
from chartkeep.errors import BadInputError, SealBrokenError
from chartkeep.sealing.pack import SALT_BYTES, WardKey, mark_line

_MAGIC: Final = "chartkeep-openings-1 "
_MARK: Final = 16
_MOST: Final = 8 << 20
"""Characters; a browser keeps five million."""
_Time = Annotated[int, msgspec.Meta(ge=0, lt=1 << 53)]
_Word = Annotated[str, msgspec.Meta(max_length=200)]


class PackLine(Shown, frozen=True, kw_only=True):
    """One line: at what time (Millis, by the PC's clock) who did what with which pack.

    `act`: opened, printed or form. `pack`: hex. Of a form: its `number`, kind (`form`), and the
    `bed` and `chart` it was printed for, empty for a blank one.
    """

    at: _Time
    who: _Word
    pack: _Word
    act: _Word
    expired: bool = False
    what: _Word = ""
    count: int = 0
    number: _Word = ""
    form: int = 0
    bed: _Word = ""
    chart: _Word = ""


def salt_of(text: str) -> bytes:
    """Read whose lines these are: the salt of the ward's code. Raises BadInputError."""
    head = text[:_MOST].partition("\n")[0].strip()
    try:
        salt = bytes.fromhex(head.removeprefix(_MAGIC))
    except ValueError:
        salt = b""
    if not head.startswith(_MAGIC) or len(salt) != SALT_BYTES:
        raise BadInputError(
            "this is no text a ward pack's page has saved", hint="give the file as it was saved"
        )
    return salt


def read_lines(text: str, key: WardKey) -> list[PackLine]:
    """Read and prove a PC's lines, oldest first.

    Raises BadInputError for another text or another ward's, SealBrokenError naming the first line
    that is not what the page wrote there.
    """
    if len(text) > _MOST:
        raise BadInputError("the text is longer than any browser keeps")
    if salt_of(text) != key.salt:
        raise BadInputError("these lines are of another ward, or of an older code")
    last, lines = "", []
    for at, line in enumerate(text.replace("\r\n", "\n").strip().split("\n")[1:], start=1):
        mark, body = line[:_MARK], line[_MARK + 1 :]
        if not hmac.compare_digest(mark.encode(), mark_line(key, last, body).encode()):
            raise SealBrokenError(f"line {at} was changed, or one before it is missing")
        lines.append(_read(body, at))
        last = mark
    return lines


def _read(body: str, at: int) -> PackLine:
    try:
        return msgspec.json.decode(body, type=PackLine)
    except msgspec.DecodeError as error:
        raise SealBrokenError(f"line {at} is none a page of this version writes") from error

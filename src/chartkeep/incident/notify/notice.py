"""What the hospital itself says in its letters: one TOML file a case, in as many languages.

Nothing is invented here and nothing is translated by a program: a language whose text no person has
read and signed for is not used, and its readers get the authoritative one.
"""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from chartkeep.errors import BadInputError
from chartkeep.incident.notify.words import LANGUAGES

_Line = Annotated[str, Meta(min_length=1, max_length=120)]
_Text = Annotated[str, Meta(min_length=1, max_length=3_000)]


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The hospital's own words in one language.

    `happened` and `did` stand in the letter as they are; `advice` after ours. `reviewed`: who read
    the whole letter in this language and answers for it, empty while nobody has.
    """

    sender: _Line
    signed: _Line
    phone: _Line
    hours: _Line
    happened: _Text
    did: _Text
    advice: Annotated[str, Meta(max_length=3_000)] = ""
    reviewed: Annotated[str, Meta(max_length=120)] = ""


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it. `address`: the sender's on the envelope; `discreet`: the one that names nobody.

    `always_discreet`: for a house whose name alone tells something, as a psychiatric one's does.
    `adult`: years from which a person is of age. `zone`: whose days the letters name.
    """

    authoritative: str
    zone: str
    address: Annotated[list[_Line], Meta(min_length=1, max_length=4)]
    discreet: Annotated[list[_Line], Meta(min_length=1, max_length=4)]
    text: dict[str, Told]
    adult: Annotated[int, Meta(ge=1, le=30)] = 18
    always_discreet: bool = False
    email: Annotated[str, Meta(max_length=120)] = ""
    """Whom e-mails are from; with none, none are written."""
    page: Annotated[str, Meta(max_length=120)] = ""
    """Where people see what concerns them, as letters print it; with none, they do not."""

    @property
    def clock(self) -> ZoneInfo:
        """Give the zone whose days are named."""
        return ZoneInfo(self.zone)

    def choose(self, asked: str) -> str:
        """Choose a reader's language: theirs where a person answers for it, or else the other."""
        told = self.text.get(asked)
        return asked if told is not None and told.reviewed else self.authoritative

    def unread(self) -> list[str]:
        """List languages nobody answers for, which are not used."""
        return [language for language, told in self.text.items() if not told.reviewed]


def read_notice(raw: bytes) -> Notice:
    """Read a notice. Raises BadInputError naming what is missing or wrong."""
    try:
        notice = msgspec.toml.decode(raw, type=Notice)
        _ = notice.clock
    except (msgspec.MsgspecError, ValueError, OSError, ZoneInfoNotFoundError) as error:
        raise BadInputError(f"the notice: {error}", hint="see docs/incident/notify.md") from error
    for language in (notice.authoritative, *notice.text):
        if language not in LANGUAGES:
            raise BadInputError(
                f"there are no letters in {language}", hint=f"some of {', '.join(LANGUAGES)}"
            )
    told = notice.text.get(notice.authoritative)
    if told is None or not told.reviewed:
        raise BadInputError(
            "nobody has read and signed for the authoritative text",
            hint=f"write [text.{notice.authoritative}] and in it who reviewed it",
        )
    return notice

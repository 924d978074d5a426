"""The words of a letter in one language: one TOML file each in `words/`, plain and short.

They are the frame alone; what happened and what was done the hospital says (`notice`). Promises
that every language says the same things with the same places to fill in.
"""

from datetime import date
from functools import cache
from importlib.resources import files
from string import Formatter

import msgspec

from chartkeep.errors import BadInputError
from chartkeep.incident.notify.affected import Sure
from chartkeep.incident.notify.recipient import To
from chartkeep.model import Section


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A language's words. Tables whose keys are `To` or `Sure` say each thing for each of them.

    `right_to_left`: how its letters are laid out. `months`: twelve names, empty where a date is
    written in numbers. `authoritative` names another language by `names`. `own_page`: the words
    around what a person is told on the page of their own (`bureau.page`).
    """

    name: str
    title: str
    addressed: dict[To, str]
    greeting: dict[To, str]
    opening: dict[Sure, str]
    opening_other: dict[Sure, str]
    happened: str
    which: dict[To, str]
    sections: dict[str, str]
    discreet: str
    between: str
    on: str
    did: str
    advice: str
    advised: list[str]
    treated: str
    call: str
    called: str
    online: str
    apology: str
    authoritative: str
    nothing: str
    code: str
    page: str
    day: str
    names: dict[str, str]
    own_page: dict[str, str]
    months: list[str] = []
    right_to_left: bool = False

    @property
    def direction(self) -> str:
        """Give which way it is read, as HTML says it."""
        return "rtl" if self.right_to_left else "ltr"

    def section(self, section: Section) -> str:
        """Say in plain words what lies in a section."""
        return self.sections[section.name.lower()]

    def date(self, day: date) -> str:
        """Write a day."""
        month = self.months[day.month - 1] if self.months else str(day.month)
        return self.day.format(year=day.year, month=month, day=day.day)


LANGUAGES = ("ja", "en", "id", "fr")


@cache
def words_of(language: str) -> Words:
    """Read a language's words. Raises BadInputError for one there is none of."""
    if language not in LANGUAGES:
        raise BadInputError(
            f"there are no letters in {language}", hint=f"some of {', '.join(LANGUAGES)}"
        )
    raw = files(__package__).joinpath("words", f"{language}.toml").read_bytes()
    return msgspec.toml.decode(raw, type=Words)


def places(text: str) -> set[str]:
    """List the places to fill in of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(text) if name}

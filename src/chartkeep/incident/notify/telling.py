"""What a person is told about themselves, on the phone or on their own page, in their language.

The same words as their letter's, and how far the letter is. Pure: it is for whoever has proved who
they are, and opens nothing.
"""

from typing import NamedTuple

from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.letter import About, Occasion, Paragraph, Style, say, which
from chartkeep.incident.notify.register import Register, Row
from chartkeep.incident.notify.words import words_of


class Telling(NamedTuple):
    """What to say, paragraph by paragraph. `state` is None for whom no letter is known."""

    language: str
    paragraphs: list[Paragraph]
    state: State | None


def tell_rows(
    rows: list[Row], register: Register, occasion: Occasion, language: str, name: str
) -> Telling:
    """Tell a person about all their charts that are concerned; of none, that none is known.

    `name`: as they said it, once it is confirmed: what a child's parents hear names the child.
    """
    notice = occasion.notice
    language = notice.choose(language or (rows[0].language if rows else ""))
    words = words_of(language)
    if not rows:
        known = words.nothing.format(day=words.date(occasion.on))
        return Telling(language, [Paragraph(Style.BODY, known)], None)
    surest = min((row.affected.sure for row in rows), key=list(words.opening).index)
    shown = [each for row in rows for each in which(row.affected, words, notice)]
    about = About(rows[0].to, name, surest, shown, rows[0].code)
    return Telling(language, say(about, notice, language), register.states[rows[0].code])

"""What a person is told about themselves, on the phone or on their own page, in their language.

The same words as their letter's, and how far the letter is. Pure: it is for whoever has proved who
they are, and opens nothing.
"""

from typing import NamedTuple

from chartkeep.incident.notify.delivery import State
from chartkeep.incident.notify.letter import Occasion, Paragraph, Style, which
from chartkeep.incident.notify.recipient import To
from chartkeep.incident.notify.register import Register, Row
from chartkeep.incident.notify.words import words_of


class Telling(NamedTuple):
    """What to say, paragraph by paragraph. `state` is None for whom no letter is known."""

    language: str
    paragraphs: list[Paragraph]
    state: State | None


def tell_rows(rows: list[Row], register: Register, occasion: Occasion, language: str) -> Telling:
    """Tell a person about all their charts that are concerned; of none, that none is known."""
    notice = occasion.notice
    language = notice.choose(language or (rows[0].language if rows else ""))
    words, told = words_of(language), notice.text[language]
    if not rows:
        known = words.nothing.format(day=words.date(occasion.on))
        return Telling(language, [Paragraph(Style.BODY, known)], None)
    surest = min((row.affected.sure for row in rows), key=list(words.opening).index)
    said = [Paragraph(Style.BODY, words.opening[surest])]
    said += [Paragraph(Style.HEAD, words.which[To.PERSON])]
    for row in rows:
        said += which(row.affected, words, notice)
    said += [Paragraph(Style.HEAD, words.happened), Paragraph(Style.BODY, told.happened)]
    said += [Paragraph(Style.HEAD, words.did), Paragraph(Style.BODY, told.did)]
    said += [Paragraph(Style.HEAD, words.advice)]
    points = filter(None, [*words.advised, words.treated, told.advice.strip()])
    said += [Paragraph(Style.POINT, text) for text in points]
    return Telling(language, said, register.states[rows[0].code])

"""One person's letter as paragraphs; the same words whether they are printed, mailed, or read out.

It says which of their data, when, what was done, what they can do, whom to call, and an apology.
Pure.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from chartkeep.incident.notify.affected import Affected, Sure
from chartkeep.incident.notify.notice import Notice, Told
from chartkeep.incident.notify.recipient import Recipient, To
from chartkeep.incident.notify.words import Words, words_of
from chartkeep.model import Millis, Section


class Style(StrEnum):
    """How a paragraph is set."""

    TITLE = "title"
    HEAD = "head"
    BODY = "body"
    POINT = "point"
    APART = "apart"
    """What stands a little below the rest: who signs, and which version is authoritative."""


class Paragraph(NamedTuple):
    """A paragraph of a letter."""

    style: Style
    text: str


class Letter(NamedTuple):
    """A letter: what stands on the envelope, and what in it. `sender` is empty on a discreet one.

    `code`: as printed on every sheet; `language` that it is in; `address` with the name.
    """

    code: str
    language: str
    sender: str
    sender_address: tuple[str, ...]
    address: tuple[str, ...]
    day: str
    paragraphs: list[Paragraph]


class About(NamedTuple):
    """What is said of one person. `to`: who is told; `name`: whose data it is; `which` of it."""

    to: To
    name: str
    sure: Sure
    which: list[Paragraph]
    code: str


class Occasion(NamedTuple):
    """When letters are dated, and by what notice."""

    notice: Notice
    on: date


def compose(
    code: str, affected: Affected, to: Recipient, occasion: Occasion, *, discreet: bool = False
) -> Letter:
    """Write the letter of one person; `discreet` even where data and house would allow more."""
    notice, language = occasion.notice, occasion.notice.choose(to.language)
    told, words = notice.text[language], words_of(language)
    discreet = discreet or is_discreet(affected, notice)
    shown = [Paragraph(Style.BODY, words.discreet)] if discreet else which(affected, words, notice)
    about = About(to.to, to.subject, affected.sure, shown, code)
    paragraphs = [
        Paragraph(Style.TITLE, words.title),
        Paragraph(Style.BODY, words.greeting[to.to].format(name=to.subject)),
        *say(about, notice, language, page=notice.page),
    ]
    sender = "" if discreet else told.sender
    address = tuple(notice.discreet if discreet else notice.address)
    day = words.date(occasion.on)
    return Letter(code, language, sender, address, envelope(to, words), day, paragraphs)


def say(about: About, notice: Notice, language: str, *, page: str = "") -> list[Paragraph]:
    """Say it all, from what happened to whom to call: the same on paper, on a page, on the phone.

    `page`: where the person can see it too; relatives call, who know less of a chart.
    """
    told, words = notice.text[language], words_of(language)
    opening = words.opening if about.to is To.PERSON else words.opening_other
    online = words.online.format(page=page) if page and about.to is To.PERSON else ""
    called = words.called.format(phone=told.phone, hours=told.hours, code=about.code)
    parts = [
        Paragraph(Style.BODY, opening[about.sure].format(name=about.name)),
        *_section(words.happened, told.happened),
        Paragraph(Style.HEAD, words.which[about.to].format(name=about.name)),
        *about.which,
        *_section(words.did, told.did),
        *_advice(about.to, words, told),
        *_section(words.call, f"{called}\n\n{online}\n\n{words.apology}"),
        Paragraph(Style.APART, told.signed),
    ]
    if language != notice.authoritative:
        named = words.names[notice.authoritative]
        parts.append(Paragraph(Style.APART, words.authoritative.format(language=named)))
    return parts


def envelope(to: Recipient, words: Words) -> tuple[str, ...]:
    """Write the name and the address: in Japan the address comes first."""
    named = to.name != to.subject or to.to is To.PERSON
    name = (words.addressed[To.PERSON] if named else words.addressed[to.to]).format(name=to.name)
    return (*to.address, name) if to.is_japanese else (name, *to.address)


def is_discreet(affected: Affected, notice: Notice) -> bool:
    """Say whether the envelope names nobody and the letter does not say which data."""
    return notice.always_discreet or bool(affected.sections >> Section.RESTRICTED & 1)


def which(affected: Affected, words: Words, notice: Notice) -> list[Paragraph]:
    """Say which data it is, in plain words, and of which days."""
    points = [Paragraph(Style.POINT, words.section(one)) for one in affected.named()]
    first, last = (_day(at, words, notice) for at in (affected.first, affected.last))
    span = (words.on if first == last else words.between).format(first=first, last=last)
    return [*points, Paragraph(Style.BODY, span)]


def _section(head: str, text: str) -> list[Paragraph]:
    parts = [part.strip() for part in text.split("\n\n")]
    return [Paragraph(Style.HEAD, head), *(Paragraph(Style.BODY, p) for p in parts if p)]


def _advice(to: To, words: Words, told: Told) -> list[Paragraph]:
    points = [*words.advised, *([] if to is To.FAMILY else [words.treated])]
    own = [told.advice.strip()] if told.advice.strip() else []
    return [
        Paragraph(Style.HEAD, words.advice),
        *(Paragraph(Style.POINT, text) for text in [*points, *own]),
    ]


def _day(at: Millis, words: Words, notice: Notice) -> str:
    return words.date(datetime.fromtimestamp(at / 1000, notice.clock).date())

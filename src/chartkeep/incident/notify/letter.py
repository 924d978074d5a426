"""One person's letter as paragraphs; the same words whether they are printed, mailed, or read out.

It says which of their data, when, what was done, what they can do, whom to call, and an apology.
Pure.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import NamedTuple

from chartkeep.incident.notify.affected import Affected
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


class Occasion(NamedTuple):
    """When letters are dated, and by what notice."""

    notice: Notice
    on: date


def compose(
    code: str, affected: Affected, to: Recipient, occasion: Occasion, *, discreet: bool = False
) -> Letter:
    """Write the letter of one person; `discreet` even where data and house would allow more."""
    notice, words = occasion.notice, words_of(occasion.notice.choose(to.language))
    language = notice.choose(to.language)
    told = notice.text[language]
    discreet = discreet or is_discreet(affected, notice)
    paragraphs = [
        Paragraph(Style.TITLE, words.title),
        Paragraph(Style.BODY, words.greeting[to.to].format(name=to.subject)),
        *_opening(affected, to, words),
        *_section(words.happened, told.happened),
        Paragraph(Style.HEAD, words.which[to.to].format(name=to.subject)),
        *(_discreet(words) if discreet else which(affected, words, notice)),
        *_section(words.did, told.did),
        *_advice(to.to, words, told),
        Paragraph(Style.HEAD, words.call),
        Paragraph(
            Style.BODY, words.called.format(phone=told.phone, hours=told.hours, code=code)
        ),
        *_online(to, words, notice),
        Paragraph(Style.BODY, words.apology),
        Paragraph(Style.BODY, told.signed),
    ]  # fmt: skip
    if language != notice.authoritative:
        named = words.names[notice.authoritative]
        paragraphs.append(Paragraph(Style.BODY, words.authoritative.format(language=named)))
    sender = "" if discreet else told.sender
    address = tuple(notice.discreet if discreet else notice.address)
    day = words.date(occasion.on)
    return Letter(code, language, sender, address, envelope(to, words), day, paragraphs)


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


def _online(to: Recipient, words: Words, notice: Notice) -> list[Paragraph]:
    """Say where the person sees it themselves: relatives call, who know less of a chart."""
    there = notice.page and to.to is To.PERSON
    return [Paragraph(Style.BODY, words.online.format(page=notice.page))] if there else []


def _discreet(words: Words) -> list[Paragraph]:
    return [Paragraph(Style.BODY, words.discreet)]


def _opening(affected: Affected, to: Recipient, words: Words) -> list[Paragraph]:
    opening = words.opening if to.to is To.PERSON else words.opening_other
    return [Paragraph(Style.BODY, opening[affected.sure].format(name=to.subject))]


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

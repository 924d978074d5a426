"""Labels of keywords, for who writes and for who searches."""

from typing import Annotated

from msgspec import Meta

from chartkeep.keyholder.protocol.people import Token
from chartkeep.wire.frames import Id, Message, Name

Keywords = Annotated[list[str], Meta(max_length=1_000)]


class Labelled(Message, frozen=True, array_like=True, tag=True):
    """An entry and all its keywords; none drops the labels it has."""

    about: Id
    keywords: Keywords


class WriteLabels(Message, frozen=True, array_like=True, tag=True):
    """Ask for labels for all keywords of entries, in the place of those they had."""

    chart: Id
    labelled: Annotated[list[Labelled], Meta(max_length=1_000)]


class LabelList(Message, frozen=True, array_like=True, tag=True):
    """Fresh labels for new keywords, padded with labels of nothing to a multiple of 16."""

    labels: list[bytes]


class ReadLabels(Message, frozen=True, array_like=True, tag=True):
    """Ask for the existing labels of keywords, at most 500 each: a budgeted line."""

    token: Token
    purpose: Name
    keywords: Annotated[list[str], Meta(min_length=1, max_length=12)]


class Labels(Message, frozen=True, array_like=True, tag=True):
    """A keyword's labels; `more` says that there are over 500 and none is given."""

    labels: list[bytes]
    more: bool


class FoundLabels(Message, frozen=True, array_like=True, tag=True):
    """One `Labels` a keyword, in the order asked."""

    found: list[Labels]


class MatchNumber(Message, frozen=True, array_like=True, tag=True):
    """Ask for the labels of one exact number, without a person: a budgeted line.

    Answered by `Labels`; `more` says that there are over 8 and none is given.
    """

    keyword: Annotated[str, Meta(max_length=1_000)]


class SamePerson(Message, frozen=True, array_like=True, tag=True):
    """Ask whether a chart's Patient has a birth date and any part of a name: yes or no, a line.

    After five different answers no about a chart within an hour no other question is answered.
    """

    chart: Id
    keywords: Annotated[list[str], Meta(max_length=9)]


class Same(Message, frozen=True, array_like=True, tag=True):
    """The answer to `SamePerson`."""

    same: bool

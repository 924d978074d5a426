"""What a restore asks: who lies in a bed, which charts have no key, which were written to."""

from typing import Annotated

from msgspec import Meta

from chartkeep.wire.frames import Id, Message, Number


class AskBeds(Message, frozen=True, array_like=True, tag=True):
    """Ask which charts have a bed now: a program on this host only. Answered by `Beds`."""


class Bed(Message, frozen=True, array_like=True, tag=True):
    """A current inpatient: chart, ward, bed."""

    chart: bytes
    ward: str
    bed: str


class Beds(Message, frozen=True, array_like=True, tag=True):
    """The answer to `AskBeds`, by ward and bed."""

    beds: list[Bed]


class AskKeyless(Message, frozen=True, array_like=True, tag=True):
    """Ask which of these charts have no key here: a program on this host only: `ChartList`."""

    charts: Annotated[list[Id], Meta(max_length=10_000)]


class AskWritten(Message, frozen=True, array_like=True, tag=True):
    """Ask for which charts keys or labels went out since a time: same program: `ChartList`."""

    since: Number


class ChartList(Message, frozen=True, array_like=True, tag=True):
    """Charts, each once."""

    charts: list[bytes]

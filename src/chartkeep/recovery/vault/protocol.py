"""What may be asked of a vault over the wire: how it is, and to read. Nothing else exists.

docs/formats/segment.md has the page. No message overwrites, deletes, shortens or sets a clock.
"""

from typing import Annotated

from msgspec import Meta

from chartkeep.wire.frames import Message, Number, union

MAX_PART = 8 << 20
MAX_NAMES = 1_000
ObjectName = Annotated[str, Meta(max_length=256)]


class Status(Message, frozen=True, array_like=True, tag=True):
    """Ask how the vault is. Answered by `Health`."""


class LedgerHealth(Message, frozen=True, array_like=True, tag=True):
    """One ledger: lines kept; for how many ms they were not known to be all; what is wrong."""

    ledger: str
    size: int
    behind: int
    trouble: str
    refused: str


class Health(Message, frozen=True, array_like=True, tag=True):
    """The vault's state; `red` are sentences that need a person."""

    ledgers: list[LedgerHealth]
    red: list[str]


class Names(Message, frozen=True, array_like=True, tag=True):
    """Ask for names that begin with `prefix` and come after `after`. Answered by `NameList`."""

    prefix: ObjectName
    after: ObjectName


class NameList(Message, frozen=True, array_like=True, tag=True):
    """At most a thousand names, in order; none when there are no more."""

    names: list[str]


class ReadPart(Message, frozen=True, array_like=True, tag=True):
    """Ask for at most 8 MiB of an object. Answered by `Part`."""

    name: ObjectName
    start: Number
    length: Number


class Part(Message, frozen=True, array_like=True, tag=True):
    """Bytes of an object; fewer than were asked for at its end."""

    data: bytes


class AskSize(Message, frozen=True, array_like=True, tag=True):
    """Ask how long an object is. Answered by `Size`."""

    name: ObjectName


class Size(Message, frozen=True, array_like=True, tag=True):
    """An object's length in bytes."""

    size: int


REQUESTS = union([Status, Names, ReadPart, AskSize])

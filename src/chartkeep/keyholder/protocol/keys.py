"""Keys of sections, to write with and to open, and of charts."""

from typing import Annotated

from msgspec import Meta

from chartkeep.keyholder.protocol.people import Token
from chartkeep.wire.frames import Id, Mask, Message, Name

Grant = Annotated[bytes, Meta(max_length=16)]


class SealWant(Message, frozen=True, array_like=True, tag=True):
    """A chart and the sections a writer wants fresh keys for; `new` may make the chart."""

    chart: Id
    sections: Annotated[list[int], Meta(min_length=1, max_length=9)]
    new: bool


class SealKeys(Message, frozen=True, array_like=True, tag=True):
    """Ask for section keys to write with; each is handed out this once."""

    wants: Annotated[list[SealWant], Meta(max_length=1_000)]


class SealedKey(Message, frozen=True, array_like=True, tag=True):
    """One section key, in clear for its writer and wrapped for the store."""

    chart: bytes
    section: int
    key: bytes
    wrap: bytes


class SealedKeys(Message, frozen=True, array_like=True, tag=True):
    """The keys, the ledger line that says so, and the end of the write lease."""

    line: int
    lease_end: int
    keys: list[SealedKey]


class ReadGrant(Message, frozen=True, array_like=True, tag=True):
    """Ask what a grant of one's own lets, and for charts it lets, in order after one: no line.

    Answered by `GrantTerms`.
    """

    token: Token
    grant: Grant
    after: Grant
    limit: Annotated[int, Meta(ge=0, le=10_000)]


class GrantTerms(Message, frozen=True, array_like=True, tag=True):
    """A grant's words; of the first `charts` charts there are, up to `limit` come after `after`.

    `beyond`: there are more charts than the grant lets.
    """

    purpose: str
    sections: int
    until: int
    charts: int
    used: int
    roll: list[bytes]
    beyond: bool


class ChartWraps(Message, frozen=True, array_like=True, tag=True):
    """The sections wanted of a chart and the wraps of their keys."""

    chart: Id
    sections: Mask
    wraps: list[bytes]


class OpenKeys(Message, frozen=True, array_like=True, tag=True):
    """Ask to open charts: one line each, one commit for all."""

    token: Token
    purpose: Name
    reason: Annotated[str, Meta(max_length=2_000)]
    grant: Grant
    charts: Annotated[list[ChartWraps], Meta(max_length=1_000)]


class OpenedChart(Message, frozen=True, array_like=True, tag=True):
    """A chart's keys in the order of its wraps, or why not (`error` is a class of errors.py)."""

    line: int
    keys: list[bytes]
    error: str
    message: str
    hint: str
    withheld: int
    """Sections asked and not opened: the patient's consent denies them. Their keys are empty."""


class OpenedKeys(Message, frozen=True, array_like=True, tag=True):
    """The answer to `OpenKeys`; `lease_end` is when the keys must be forgotten."""

    lease_end: int
    charts: list[OpenedChart]


class Sameness(Message, frozen=True, array_like=True, tag=True):
    """Ask for the key that hashes (source, key) pairs; writers only. Answered by `Key`."""


class Key(Message, frozen=True, array_like=True, tag=True):
    """A key of 32 bytes."""

    key: bytes


class RotateChart(Message, frozen=True, array_like=True, tag=True):
    """Give a chart a new key: all its wraps go in, the same under the new key come back."""

    chart: Id
    wraps: list[bytes]


class Rotated(Message, frozen=True, array_like=True, tag=True):
    """The wraps under the chart's new key, whose generation is named."""

    generation: int
    wraps: list[bytes]


class RetireKey(Message, frozen=True, array_like=True, tag=True):
    """Forget chart keys older than a generation: every wrap has been replaced."""

    chart: Id
    generation: Annotated[int, Meta(ge=1, le=(1 << 32) - 1)]

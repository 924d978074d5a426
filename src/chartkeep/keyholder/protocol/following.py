"""Between a primary and its follower. docs/formats/follower.md."""

from typing import Any

from chartkeep.wire.frames import Message


class Where(Message, frozen=True, array_like=True, tag=True):
    """Ask a follower where it stands. Answered by `Followed`."""


class Follow(Message, frozen=True, array_like=True, tag=True):
    """From a primary to its follower: one group, in order. docs/formats/follower.md."""

    epoch: int
    number: int
    group: bytes


class Followed(Message, frozen=True, array_like=True, tag=True):
    """From a follower: it is durable up to `number` at `epoch`; its ledger's size and root."""

    epoch: int
    number: int
    lines: int
    root: bytes


class Fetch(Message, frozen=True, array_like=True, tag=True):
    """Ask a follower for the group it holds and has not taken in. Answered by `Follow`."""

    number: int


class Seed(Message, frozen=True, array_like=True, tag=True):
    """From a primary to an empty follower: a page of its book. Answered by `Followed`."""

    epoch: int
    first: bool
    table: str
    rows: list[tuple[Any, ...]]
    last: bool


class Copy(Message, frozen=True, array_like=True, tag=True):
    """Ask a follower for its whole book, a page a time. Answered by `Page`."""

    first: bool


class Page(Message, frozen=True, array_like=True, tag=True):
    """A page of a follower's book."""

    table: str
    rows: list[tuple[Any, ...]]
    last: bool

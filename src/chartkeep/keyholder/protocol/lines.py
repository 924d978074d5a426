"""The `releases` ledger as its readers see it: lines, tiles, heads."""

from typing import Annotated

import msgspec
from msgspec import Meta

from chartkeep.errors import DamagedError
from chartkeep.keyholder.protocol.people import Token
from chartkeep.wire.frames import Message, Number


class ReadLines(Message, frozen=True, array_like=True, tag=True):
    """Ask for sealed lines of `releases` from an index on. Answered by `LineList`."""

    start: Number
    limit: Number


class SealedLine(Message, frozen=True, array_like=True, tag=True):
    """A line as it lies on disk: its time, its 32-byte tlog entry, its sealed body."""

    time: int
    entry: bytes
    body: bytes


class LineList(Message, frozen=True, array_like=True, tag=True):
    """The answer to `ReadLines`."""

    lines: list[SealedLine]


_read_page = msgspec.msgpack.Decoder(list[SealedLine]).decode


def read_page(raw: bytes) -> list[SealedLine]:
    """Read the lines of a `LineList` that were left unread. Raises DamagedError if it is none."""
    try:
        return _read_page(raw)
    except msgspec.MsgspecError as error:
        raise DamagedError("the keyholder answered something else") from error


WIDEN = 12 * 3_600_000
"""The longest a session lives; a worker lives shorter. What was opened before is forgotten."""


class OpenLines(Message, frozen=True, array_like=True, tag=True):
    """Ask for the keys of the lines of a time window: audit roles only, itself a line.

    The window is widened to the earliest worker, or log-in, that was live at `since`.
    """

    token: Token
    since: Number
    until: Number


class LineKeys(Message, frozen=True, array_like=True, tag=True):
    """Keys of the bundles of 256 lines that cover `first` to `end` (exclusive).

    `until` is the window's end, at the latest the present: what is to come cannot be listed.
    """

    origin: str
    until: int
    first: int
    end: int
    keys: list[bytes]


class ReadTile(Message, frozen=True, array_like=True, tag=True):
    """Ask for a tile of the `releases` ledger. Answered by `TileHashes`."""

    level: Annotated[int, Meta(ge=0, le=8)]
    index: Number
    width: Annotated[int, Meta(ge=1, le=256)]


class TileHashes(Message, frozen=True, array_like=True, tag=True):
    """A tile's hashes, 32 bytes each."""

    hashes: bytes


class ReadCheckpoint(Message, frozen=True, array_like=True, tag=True):
    """Ask for a signed checkpoint of `releases` as it stands. Answered by `Head`."""


class Head(Message, frozen=True, array_like=True, tag=True):
    """A fresh checkpoint, the verifier key of its signer, and the last one a witness cosigned."""

    note: str
    verifier: str
    cosigned: str

"""A note of the journal: one read or search inside a lease, and how notes lie in a group.

docs/formats/journal.md. Pure. A note holds names, ids and counts; nothing of what was read.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from chartkeep.errors import BadInputError, DamagedError, UnknownFormatError

MAGIC = b"CKJ1"
MOST_BYTES = 2_048
MOST_NOTES = 1_000
"""In one group: what one entry holds and a reader has in memory at a time."""


class Note(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """Who read what of which chart: one interaction, seen by the application.

    `session` is the session's id, never its token. `chart` is empty for a search across charts.
    `interaction`: read, vread, history, search, page, everything, summary, export, create,
    update, patch, delete, transaction.
    `kind` is the resource type, `ident` its id, both empty when there is none. `query` has the
    names of the search parameters, joined by commas, without their values. `count` is how many
    resources were shown. `line` is the line of `releases` it rests on, -1 without one.
    """

    time: int
    session: bytes
    person: str
    purpose: str
    chart: bytes
    interaction: str
    kind: str = ""
    ident: str = ""
    version: int = 0
    query: str = ""
    count: int = 0
    line: int = -1
    refused: str = ""
    """The name of the error when the application itself said no, empty when it showed."""
    role: str = ""
    first: int = -1
    last: int = -1
    """The lines of `records` this wrote, of its receipt; -1 when it wrote nothing."""


class Noted(NamedTuple):
    """A note as it is read back: the entry it lies in, its place there, and who wrote it.

    `writer` is the instance the keyholder gave the entry's key to; the rest it says itself.
    """

    entry: bytes
    at: int
    writer: bytes
    instance: str
    worker: bytes
    note: Note


class Group(msgspec.Struct, frozen=True, array_like=True):
    """The notes of about a second; `number` counts a worker's groups from 1, without a gap."""

    instance: str
    worker: bytes
    number: int
    notes: list[Note]


class _Encoded(msgspec.Struct, frozen=True, array_like=True):
    """A group whose notes are encoded already."""

    instance: str
    worker: bytes
    number: int
    notes: list[msgspec.Raw]


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Group)
_one = msgspec.msgpack.Decoder(Note)


def encode_note(note: Note) -> bytes:
    """Write one note. Raises BadInputError when it cannot be written, or is too long."""
    try:
        raw = _encoder.encode(note)
        _one.decode(raw)  # one that cannot be read back would take its whole group with it
    except (UnicodeEncodeError, OverflowError, TypeError, msgspec.MsgspecError) as error:
        raise BadInputError("a note for the journal cannot be written") from error
    if len(raw) > MOST_BYTES:
        raise BadInputError("a note for the journal is too long", hint="ask for less at once")
    return raw


def pack_group(instance: str, worker: bytes, number: int, notes: Sequence[bytes]) -> bytes:
    """Join encoded notes into the bytes of an entry."""
    raws = [msgspec.Raw(note) for note in notes]
    return MAGIC + _encoder.encode(_Encoded(instance, worker, number, raws))


def read_group(raw: bytes) -> Group:
    """Read a group. Raises UnknownFormatError or DamagedError when it is none."""
    if raw[: len(MAGIC)] != MAGIC:
        raise UnknownFormatError("an entry of the journal has an unknown format")
    try:
        return _decoder.decode(raw[len(MAGIC) :])
    except msgspec.MsgspecError as error:
        raise DamagedError("an entry of the journal opens but holds no notes") from error

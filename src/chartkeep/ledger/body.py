"""Lines as bytes, whole or in part: what an entry commits to, and what can be shown of it.

Format: docs/formats/line.md. Promises that an entry commits to every field, and that a part can be
shown without the others. Every version ever written is read; only the newest is written. Seals
nothing (bodies are kept sealed by `sealing.lines`) and draws no salt.
"""

import struct
from collections.abc import Iterable, Sequence
from hashlib import sha256, shake_128
from typing import NamedTuple, Self

import msgspec

from chartkeep.errors import UnknownFormatError
from chartkeep.ledger.line import FIELDS, Line, read_fields

_SALT = 16
_VALUE_AT = _SALT + 4  # an opened part: salt, u32 length, value
_COMMITMENT = 32
_FIRST_BODY = b"CKV1"
_FIRST_SALT = slice(4, 36)
_FIRST_SIZES = struct.Struct(">9I")
_FIRST_HEAD = 36 + _FIRST_SIZES.size

_from_bytes = int.from_bytes


class Version(NamedTuple):
    """Which fields are hidden or shown together: those of a part; `clear` ones are never hidden."""

    magic: bytes
    name: bytes
    clear: tuple[str, ...]
    parts: tuple[tuple[str, ...], ...]

    def bind(self, commitments: Iterable[bytes], clear: bytes) -> bytes:
        """Make the 32-byte ledger entry."""
        return sha256(b"".join((self.name, b"\0", *commitments, clear))).digest()

    def commit(self, opened: Iterable[bytes]) -> list[bytes]:
        """Make the commitments of opened parts."""
        if self is FIRST:  # it does not commit to lengths: each part is one field
            opened = (part[:_SALT] + part[_VALUE_AT:] for part in opened)
        return [sha256(part).digest() for part in opened]


FIRST = Version(b"CKO1", b"chartkeep-line-1", (), tuple((field,) for field in FIELDS))
NEWEST = Version(
    b"CKV2",
    b"chartkeep-line-2",
    ("verb",),
    (("time",), ("person",), ("session",), ("instance",), FIELDS[5:]),
)
"""What a list shows of other people's lines stands apart; what it never shows is one part."""

_ALONE = {names[0]: place for place, names in enumerate(NEWEST.parts) if len(names) == 1}

LINE_SALT_BYTES = _SALT * len(NEWEST.parts)

_TIME = struct.Struct(">Q")
_SIZE = struct.Struct(">I")
_SALTS = struct.Struct("16s" * len(NEWEST.parts))
_ALL = (1 << len(NEWEST.parts)) - 1
_HEAD = NEWEST.magic + _ALL.to_bytes(2, "big")
_REST = b"%c%b%c%b\x04%b%b"
_VERSIONS = {version.magic: version for version in (FIRST, NEWEST)}


class Opening(msgspec.Struct, frozen=True, gc=False):
    """Some parts of a line (bits of `mask`) as salt, length, value; commitments of the others."""

    version: Version
    clear: bytes
    mask: int
    parts: Sequence[bytes]

    def shown(self) -> dict[str, bytes]:
        """Give the opened fields' values by name. Raises UnknownFormatError."""
        fields = dict.fromkeys(self.version.clear, self.clear)
        for place, names in enumerate(self.version.parts):
            if self.mask >> place & 1:
                values = _split(self.parts[place][_VALUE_AT:], len(names))
                fields |= zip(names, values, strict=True)
        return fields

    def commitments(self) -> list[bytes]:
        """Give the commitment of each part."""
        opened = [part for place, part in enumerate(self.parts) if self.mask >> place & 1]
        made = iter(self.version.commit(opened))
        return [
            next(made) if self.mask >> place & 1 else part for place, part in enumerate(self.parts)
        ]

    def entry(self) -> bytes:
        """Make the ledger entry this opening belongs to."""
        return self.version.bind(self.commitments(), self.clear)

    def raw(self) -> bytes:
        """Write the opening."""
        sizes = [len(self.clear)] if self.version.clear else []
        head = (self.version.magic, self.mask.to_bytes(2, "big"), bytes(sizes), self.clear)
        return b"".join((*head, *self.parts))

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read an opening. Raises UnknownFormatError if it is none."""
        version = _VERSIONS.get(raw[:4])
        if version is None:
            raise UnknownFormatError("this is not a line, nor an opening of one")
        mask, at, parts = _from_bytes(raw[4:6], "big"), 6, []
        if version.clear:
            at = 7 + _from_bytes(raw[6:7], "big")
        clear = raw[7:at]
        for place in range(len(version.parts)):
            start = at
            if mask >> place & 1:
                at += _VALUE_AT + _from_bytes(raw[at + _SALT : at + _VALUE_AT], "big")
            else:
                at += _COMMITMENT
            parts.append(raw[start:at])
        if at != len(raw) or mask >> len(parts):
            raise UnknownFormatError("an opening of a line has a wrong length")
        return cls(version, clear, mask, parts)


class Whole(msgspec.Struct, frozen=True, gc=False):
    """A body taken apart once: all its parts opened, and their commitments.

    Its line is read when it is asked for, each time: of most lines one field tells enough.
    """

    body: bytes
    opened: Opening
    commitments: list[bytes]

    @classmethod
    def parse(cls, body: bytes) -> Self:
        """Take a body apart. Raises UnknownFormatError if it is none."""
        if body[:6] == _HEAD:
            opened = _newest(body)
            return cls(body, opened, [sha256(part).digest() for part in opened.parts])
        opened = _first(body)
        return cls(body, opened, opened.version.commit(opened.parts))

    @property
    def line(self) -> Line:
        """Read the line. Raises UnknownFormatError for a field that is malformed."""
        return read_fields(_values(self.opened))

    def value(self, name: str) -> bytes:
        """Give one field as the format has it, of those a list shows of other people's lines."""
        if self.opened.version is FIRST:
            return self.opened.parts[FIELDS.index(name)][_VALUE_AT:]
        return self.opened.clear if name == "verb" else self.opened.parts[_ALONE[name]][_VALUE_AT:]

    def entry(self) -> bytes:
        """Make the 32-byte ledger entry."""
        return self.opened.version.bind(self.commitments, self.opened.clear)

    def open(self, names: Iterable[str]) -> Opening:
        """Open the parts the named fields are in, and no other."""
        mask, parts, wanted = 0, [*self.commitments], frozenset(names)
        for place, fields in enumerate(self.opened.version.parts):
            if not wanted.isdisjoint(fields):
                mask |= 1 << place
                parts[place] = self.opened.parts[place]
        return Opening(self.opened.version, self.opened.clear, mask, parts)


# What follows runs for every line of every turn or answer, and is written out for that.


def write(line: Line, salts: bytes) -> tuple[bytes, bytes]:
    """Make the ledger entry of a line, and its body; `salts` are LINE_SALT_BYTES random ones."""
    verb, worker, chart = line.verb.encode("ascii"), line.worker, line.chart
    values = (
        _TIME.pack(line.time),
        line.person.encode(),
        line.session,
        line.instance.encode(),
        _REST % (len(worker), worker, len(chart), chart, _SIZE.pack(line.sections), line.detail),
    )
    parts = [
        b"".join((salt, _SIZE.pack(len(value)), value))
        for salt, value in zip(_SALTS.unpack(salts), values, strict=True)
    ]
    body = b"".join((_HEAD, bytes((len(verb),)), verb, *parts))
    return NEWEST.bind(NEWEST.commit(parts), verb), body


def _newest(body: bytes) -> Opening:
    """Read a body of the newest version: an opening of all."""
    at, parts, size_at = 7 + _from_bytes(body[6:7], "big"), [], _SIZE.unpack_from
    clear = body[7:at]
    try:
        for _ in NEWEST.parts:
            start = at
            at += _VALUE_AT + size_at(body, at + _SALT)[0]
            parts.append(body[start:at])
    except struct.error as error:
        raise UnknownFormatError("a line's body has a wrong length") from error
    if at != len(body):
        raise UnknownFormatError("a line's body has a wrong length")
    return Opening(NEWEST, clear, _ALL, parts)


def _values(whole: Opening) -> list[bytes]:
    """Give the nine values in order."""
    if whole.version is FIRST:
        return [part[_VALUE_AT:] for part in whole.parts]
    time, person, session, instance, rest = [part[_VALUE_AT:] for part in whole.parts]
    return [time, whole.clear, person, session, instance, *_split(rest, 4)]


def _split(value: bytes, count: int) -> list[bytes]:
    """Take a part's value apart: fields, each but the last after its length in one byte."""
    found, start = [], 0
    try:
        for _ in range(count - 1):
            end = start + 1 + value[start]
            found.append(value[start + 1 : end])
            start = end
    except IndexError as error:
        raise UnknownFormatError("a part of a line has a wrong length") from error
    if start > len(value):
        raise UnknownFormatError("a part of a line has a wrong length")
    return [*found, value[start:]]


def _first(body: bytes) -> Opening:
    """Read a body of version 1, where salts are derived and lengths stand first."""
    if body[:4] != _FIRST_BODY or len(body) < _FIRST_HEAD:
        raise UnknownFormatError("this is not the body of a line")
    salts = shake_128(body[_FIRST_SALT] + FIRST.name).digest(_SALT * len(FIELDS))
    parts, at = [], _FIRST_HEAD
    for place, size in enumerate(_FIRST_SIZES.unpack_from(body, _FIRST_SALT.stop)):
        salt = salts[_SALT * place : _SALT * (place + 1)]
        parts.append(salt + size.to_bytes(4, "big") + body[at : at + size])
        at += size
    if at != len(body):
        raise UnknownFormatError("a line's body has a wrong length")
    return Opening(FIRST, b"", (1 << len(parts)) - 1, parts)

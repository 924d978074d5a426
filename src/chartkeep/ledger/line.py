"""The body of one line of the `releases` ledger, and openings of single fields of it.

Format: docs/formats/line.md. Promises that an entry commits to every field, and that a field can be
shown without the others. Seals nothing (bodies are kept sealed by `sealing.lines`), takes no clock,
draws no salt, and does not look into `detail`.
"""

import struct
from collections.abc import Iterable
from hashlib import sha256, shake_128
from operator import add
from typing import Self

import msgspec

from chartkeep.errors import LedgerBrokenError, UnknownFormatError
from chartkeep.model import ID_BYTES, Section

EXPOSING_VERBS = frozenset({"release", "seal_key", "search", "labels"})
"""Verbs by which content, or a key to it, leaves: what an exposure list lists."""
GAP_VERB = "gap"
"""The verb of a line that stands for lost ones: what was in them is unknown."""

LINE_SALT_BYTES = 32

_BODY = b"CKV1"
_OPENING = b"CKO1"
_NAME = b"chartkeep-line-1"
_SALT = 16
_TIME = struct.Struct(">Q")
_MASK = struct.Struct(">I")
_SIZES = struct.Struct(">9I")
_SALTS = struct.Struct("16s" * 9)
_SIZES_AT = len(_BODY) + LINE_SALT_BYTES
_HEAD = _SIZES_AT + _SIZES.size
_ID_SIZES = (0, ID_BYTES)

_entry = sha256(_NAME + b"\0").copy


class Line(msgspec.Struct, frozen=True):
    """Who did what, when, from where: fields in the order of the format.

    `time` in milliseconds; `session`, `worker`, `chart` 16 bytes or empty; `sections` a bit mask
    (`section_mask`); `detail` MessagePack.
    """

    time: int
    verb: str
    person: str = ""
    session: bytes = b""
    instance: str = ""
    worker: bytes = b""
    chart: bytes = b""
    sections: int = 0
    detail: bytes = b""


FIELDS: tuple[str, ...] = Line.__struct_fields__


def section_mask(sections: Iterable[Section]) -> int:
    """Write sections as a line's bit mask."""
    mask = 0
    for section in sections:
        mask |= 1 << section
    return mask


def mask_sections(mask: int) -> list[Section]:
    """Read a bit mask back. Raises UnknownFormatError for a bit without a section."""
    sections = [section for section in Section if mask >> section & 1]
    if section_mask(sections) != mask:
        raise UnknownFormatError("a line names a section we do not know")
    return sections


def field_value(line: Line, name: str) -> bytes:
    """Write one field as the format has it."""
    value: bytes | str | int = getattr(line, name)
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return (_TIME if name == "time" else _MASK).pack(value)


def commit(line: Line, salt: bytes) -> bytes:
    """Make the 32-byte ledger entry of a line."""
    return _bind(_commit(_salts(salt), _values(line)))


def encode(line: Line, salt: bytes) -> bytes:
    """Write the body: the whole line and its 32-byte salt."""
    return _body(salt, _values(line))


def write(line: Line, salt: bytes) -> tuple[bytes, bytes]:
    """Make entry and body in one pass: for whoever writes many."""
    values = _values(line)
    return _bind(_commit(_salts(salt), values)), _body(salt, values)


def decode(body: bytes) -> tuple[Line, bytes]:
    """Read a body: the line and its salt. Raises UnknownFormatError if it is none."""
    return Whole.parse(body).line, body[len(_BODY) : _SIZES_AT]


def entry_of(body: bytes) -> bytes:
    """Make the ledger entry of a body. Raises UnknownFormatError if it is none."""
    return Whole.parse(body).entry()


class Whole(msgspec.Struct, frozen=True, gc=False):
    """A body taken apart once: its line, and each field's salt, value and commitment in order."""

    body: bytes
    line: Line
    salts: tuple[bytes, ...]
    values: tuple[bytes, ...]
    commitments: list[bytes]

    @classmethod
    def parse(cls, body: bytes) -> "Whole":
        """Read a body. Raises UnknownFormatError if it is none."""
        values = _split(body)
        salts = _salts(body[len(_BODY) : _SIZES_AT])
        return cls(body, _line(values), salts, values, _commit(salts, values))

    def entry(self) -> bytes:
        """Make the 32-byte ledger entry."""
        return _bind(self.commitments)

    def open(self, names: Iterable[str]) -> "Opening":
        """Open the named fields and no other."""
        parts: list[tuple[bytes, bytes] | bytes] = [*self.commitments]
        for place in map(FIELDS.index, names):
            parts[place] = (self.salts[place], self.values[place])
        return Opening(tuple(parts))


class Opening(msgspec.Struct, frozen=True):
    """Some fields of a line as (salt, value); the others as commitments only."""

    parts: tuple[tuple[bytes, bytes] | bytes, ...]

    def shown(self) -> dict[str, bytes]:
        """Give the opened fields' values by name."""
        pairs = zip(FIELDS, self.parts, strict=True)
        return {name: part[1] for name, part in pairs if isinstance(part, tuple)}

    def entry(self) -> bytes:
        """Make the ledger entry this opening belongs to."""
        return _bind(
            [
                sha256(part[0] + part[1]).digest() if isinstance(part, tuple) else part
                for part in self.parts
            ]
        )

    def raw(self) -> bytes:
        """Write the opening."""
        mask, out = 0, [b""]
        for place, part in enumerate(self.parts):
            if isinstance(part, tuple):
                mask |= 1 << place
                out += (part[0], _MASK.pack(len(part[1])), part[1])
            else:
                out.append(part)
        out[0] = _OPENING + mask.to_bytes(2, "big")
        return b"".join(out)

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """Read an opening. Raises UnknownFormatError if it is none."""
        mask, at = int.from_bytes(raw[4:6], "big"), 6
        parts: list[tuple[bytes, bytes] | bytes] = []
        for place in range(len(FIELDS)):
            if mask >> place & 1:
                start = at + _SALT + _MASK.size
                end = start + int.from_bytes(raw[at + _SALT : start], "big")
                parts.append((raw[at : at + _SALT], raw[start:end]))
            else:
                end = at + 32
                parts.append(raw[at:end])
            at = end
        if raw[:4] != _OPENING or mask >> len(FIELDS) or at != len(raw):
            raise UnknownFormatError("this is not an opening of a line")
        return cls(tuple(parts))


def open_fields(body: bytes, names: Iterable[str]) -> Opening:
    """Open the named fields of a body and no other."""
    return Whole.parse(body).open(names)


def check_opening(opening: Opening, entry: bytes) -> None:
    """Return if the opening belongs to the entry; raises LedgerBrokenError otherwise."""
    if opening.entry() != entry:
        raise LedgerBrokenError("an opening does not belong to its ledger entry")


def read_time(value: bytes) -> int:
    """Read an opened `time`. Raises UnknownFormatError if it is none."""
    if len(value) != _TIME.size:
        raise UnknownFormatError("a line's time is not 8 bytes")
    return int.from_bytes(value, "big")


def _values(line: Line) -> tuple[bytes, ...]:
    return (
        _TIME.pack(line.time),
        line.verb.encode("ascii"),
        line.person.encode(),
        line.session,
        line.instance.encode(),
        line.worker,
        line.chart,
        _MASK.pack(line.sections),
        line.detail,
    )


def _body(salt: bytes, values: tuple[bytes, ...]) -> bytes:
    return b"".join((_BODY, salt, _SIZES.pack(*map(len, values)), *values))


def _line(values: tuple[bytes, ...]) -> Line:
    time, verb, person, session, instance, worker, chart, sections, detail = values
    if len(sections) != _MASK.size:
        raise UnknownFormatError("a line's sections are not 4 bytes")
    if not (len(session) in _ID_SIZES and len(worker) in _ID_SIZES and len(chart) in _ID_SIZES):
        raise UnknownFormatError("a line's id is not 16 bytes")
    if not 0 < len(verb) <= 32 or verb.strip(b"abcdefghijklmnopqrstuvwxyz_"):
        raise UnknownFormatError("a line's verb is malformed")
    try:
        return Line(
            read_time(time),
            verb.decode("ascii"),
            person.decode(),
            session,
            instance.decode(),
            worker,
            chart,
            int.from_bytes(sections, "big"),
            detail,
        )
    except UnicodeDecodeError as error:
        raise UnknownFormatError("a line's name is not UTF-8") from error


# What follows runs for every line of every answer, and is written out for that.


def _split(body: bytes) -> tuple[bytes, ...]:
    if body[:4] != _BODY or len(body) < _HEAD:
        raise UnknownFormatError("this is not the body of a line")
    a, b, c, d, e, f, g, h, last = _SIZES.unpack_from(body, _SIZES_AT)
    b += (a := a + _HEAD)
    h += (g := g + (f := f + (e := e + (d := d + (c := c + b)))))
    if h + last != len(body):
        raise UnknownFormatError("a line's body has a wrong length")
    return (
        body[_HEAD:a], body[a:b], body[b:c], body[c:d], body[d:e], body[e:f], body[f:g],
        body[g:h], body[h:],
    )  # fmt: skip


def _salts(salt: bytes) -> tuple[bytes, ...]:
    return _SALTS.unpack(shake_128(salt + _NAME).digest(_SALTS.size))


def _commit(salts: tuple[bytes, ...], values: tuple[bytes, ...]) -> list[bytes]:
    return [context.digest() for context in map(sha256, map(add, salts, values))]


def _bind(commitments: list[bytes]) -> bytes:
    context = _entry()
    context.update(b"".join(commitments))
    return context.digest()

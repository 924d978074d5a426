"""What one line of the `releases` ledger says: nine fields, and what each looks like as bytes.

Format: docs/formats/line.md. How a line is committed to and shown is `ledger.body`'s. Takes no
clock, and does not look into `detail`.
"""

import struct
from collections.abc import Iterable

import msgspec

from chartkeep.errors import UnknownFormatError
from chartkeep.model import ID_BYTES, Section

EXPOSING_VERBS = frozenset({"release", "seal_key", "search", "labels"})
"""Verbs by which content, or a key to it, leaves: what an exposure list lists."""
GAP_VERB = "gap"
"""The verb of a line that stands for lost ones: what was in them is unknown."""

_TIME = struct.Struct(">Q")
_MASK = struct.Struct(">I")
_ID_SIZES = (0, ID_BYTES)


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


def read_time(value: bytes) -> int:
    """Read the value of `time`. Raises UnknownFormatError if it is none."""
    if len(value) != _TIME.size:
        raise UnknownFormatError("a line's time is not 8 bytes")
    return int.from_bytes(value, "big")


def read_fields(values: Iterable[bytes]) -> Line:
    """Read the nine values in order. Raises UnknownFormatError for one that is malformed."""
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

"""MongoDB dumps: documents in a row, and `mongodump --archive`; one is held at a time."""

import struct
from collections.abc import Iterator
from io import BufferedReader

import bson

from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.telling import Trouble
from chartkeep.incident.trace.intake.tree import tell_documents

ARCHIVE = b"\x6d\xe2\x99\x81"
_MOST = (16 << 20) + 16_384
_TERMINATOR = 0xFFFFFFFF
_LENGTH = struct.Struct("<I")


def looks_like(head: bytes) -> bool:
    """Say whether bytes begin like a BSON document: its length, a type, a name."""
    if len(head) < 8 or head[4] not in range(1, 20):
        return False
    (length,) = _LENGTH.unpack_from(head)
    end = head.find(b"\0", 5, 200)
    if not (5 <= length <= _MOST and end > 5 and head[5:end].isascii()):
        return False
    return length > len(head) or head[length - 1 : length] == b"\0"


def read_bson(file: BufferedReader, out: Out) -> None:
    """Read every document as a row."""
    if file.peek(4)[:4] == ARCHIVE:
        file.read(4)
    tell_documents(_documents(file, out), "", out)


def _documents(file: BufferedReader, out: Out) -> Iterator[object]:
    while start := file.read(4):
        length = _LENGTH.unpack(start)[0] if len(start) == 4 else 0
        if length == _TERMINATOR:
            continue
        rest = file.read(length - 4) if 5 <= length <= _MOST else b""
        if len(rest) != length - 4:
            out.trouble = Trouble.CUT if rest else Trouble.BROKEN
            return
        try:
            yield bson.decode(start + rest)
        except Exception:  # noqa: BLE001 -- bson raises errors of its own and of codecs
            out.trouble = Trouble.BROKEN

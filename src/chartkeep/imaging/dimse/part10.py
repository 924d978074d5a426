"""The beginning of a file made from a C-STORE: preamble and file meta (PS3.10 7.1).

The data set follows as it comes. Says nothing that changes from one sending to the next, not even
who sent it: the same object sent again is the same file.
"""

from chartkeep.errors import BadInputError
from chartkeep.imaging.dimse.negotiating import IMPLEMENTATION, VERSION, Context

_PREAMBLE = bytes(128) + b"DICM"
LONGEST_UID = 64


def file_head(context: Context, instance: str) -> bytes:
    """Write the head of the file of one instance. Raises BadInputError for a UID that is none."""
    if not is_uid(instance):
        raise BadInputError("the instance has no UID", hint="send it with AffectedSOPInstanceUID")
    elements = (
        b"\x02\x00\x01\x00OB\x00\x00\x02\x00\x00\x00\x00\x01"
        + _text(0x0002, b"UI", context.abstract, b"\0")
        + _text(0x0003, b"UI", instance, b"\0")
        + _text(0x0010, b"UI", context.syntax, b"\0")
        + _text(0x0012, b"UI", IMPLEMENTATION, b"\0")
        + _text(0x0013, b"SH", VERSION, b" ")
    )
    length = b"\x02\x00\x00\x00UL\x04\x00" + len(elements).to_bytes(4, "little")
    return _PREAMBLE + length + elements


def is_uid(text: str) -> bool:
    """Say whether this is a UID: digits and dots, at most 64 (PS3.5 9.1)."""
    return 0 < len(text) <= LONGEST_UID and not text.strip("0123456789.")


def _text(element: int, kind: bytes, text: str, pad: bytes) -> bytes:
    raw = text.encode("ascii")
    raw += pad * (len(raw) % 2)
    return b"\2\0" + element.to_bytes(2, "little") + kind + len(raw).to_bytes(2, "little") + raw

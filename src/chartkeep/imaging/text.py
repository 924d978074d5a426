"""Text of a dataset in its character sets (PS3.3 C.12.1.1.2, PS3.5 6.1.2).

Never fails: what a set cannot spell becomes U+FFFD, an unknown set is read as ISO-IR 6/100, as
pydicom does. The tables are pydicom's.
"""

import re
from functools import lru_cache

from pydicom.charset import CODES_TO_ENCODINGS, python_encoding

DEFAULT = ("latin_1",)
_ESCAPE = b"\x1b"
_PARTS = re.compile(rb"(^[^\x1b]+|\x1b[^\x1b]*)")
_DELIMITER = re.compile(rb"[\\^=\r\n\t\f]")
_SPLIT_BY_PYTHON = frozenset({"iso2022_jp", "iso2022_jp_2"})
"""Codecs that read the escape sequences themselves."""


@lru_cache(256)
def encodings_of(value: bytes) -> tuple[str, ...]:
    """Give the Python codecs a Specific Character Set names, the one in force at first first."""
    terms = value.decode("ascii", "replace").split("\\")
    names = tuple(_codec(term.strip(" \0")) for term in terms)
    return names if value.strip(b" \0") else DEFAULT


def decode(value: bytes, encodings: tuple[str, ...]) -> str:
    """Read text, all values of it: split afterwards, for a backslash may be half a letter."""
    if _ESCAPE not in value:
        return value.decode(encodings[0], "replace")
    return "".join(_fragment(part, encodings) for part in _PARTS.findall(value))


def _codec(term: str) -> str:
    """Name the codec of a term; a common misspelling is forgiven."""
    known = python_encoding.get(term) or python_encoding.get(term.replace("IR_", "IR ", 1))
    if known is None and (spelled := re.fullmatch(r"ISO[ _-]?IR[ _-]?(\d+)", term)):
        known = python_encoding.get(f"ISO_IR {spelled[1]}")
    return known if known and known != "iso8859" else DEFAULT[0]


def _fragment(part: bytes, encodings: tuple[str, ...]) -> str:
    """Read up to the next escape; a delimiter ends what an escape began (PS3.5 6.1.2.5.3)."""
    if not part.startswith(_ESCAPE):
        return part.decode(encodings[0], "replace")
    size = 4 if part[1:3] in {b"$(", b"$)"} else 3
    codec = CODES_TO_ENCODINGS.get(part[:size], "")
    if codec in _SPLIT_BY_PYTHON:
        return part.decode(codec, "replace")
    part = part[size:]
    if not codec:
        return part.decode(encodings[0], "replace")
    end = _DELIMITER.search(part)
    stop = end.start() if end else len(part)
    return part[:stop].decode(codec, "replace") + part[stop:].decode(encodings[0], "replace")

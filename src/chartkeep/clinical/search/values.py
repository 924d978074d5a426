"""What is written after `=`: alternatives, escapes, prefixes; and how long it may be.

Source: R4 search.html 3.1.1.4.1 (escaping), 3.1.1.4.3 (prefixes). Messages never repeat a value.
"""

import re
from enum import StrEnum

from chartkeep.errors import BadInputError

LONGEST_VALUE = 8_192
"""Letters of one parameter's value, alternatives and all."""
MOST_ALTERNATIVES = 200
_ESCAPED = re.compile(r"\\([\\,|$])")


class Prefix(StrEnum):
    """How an ordered value is compared."""

    EQ = "eq"
    NE = "ne"
    GT = "gt"
    LT = "lt"
    GE = "ge"
    LE = "le"
    SA = "sa"
    EB = "eb"
    AP = "ap"


def alternatives(name: str, text: str) -> list[str]:
    """Split a value at its commas; escapes stay. Raises BadInputError past the bounds."""
    if len(text) > LONGEST_VALUE:
        raise BadInputError(f"{name}: the value is longer than {LONGEST_VALUE} characters")
    parts = split(text, ",")
    if len(parts) > MOST_ALTERNATIVES:
        raise BadInputError(
            f"{name}: more than {MOST_ALTERNATIVES} alternatives", hint="search several times"
        )
    if not all(parts):
        raise BadInputError(f"{name}: a value is empty")
    return parts


def split(text: str, sign: str) -> list[str]:
    """Split at a sign that stands behind no backslash; escapes stay."""
    if "\\" not in text:
        return text.split(sign)
    parts, start, place = [], 0, 0
    while place < len(text):
        if text[place] == sign:
            parts.append(text[start:place])
            start = place + 1
        place += 2 if text[place] == "\\" else 1
    return [*parts, text[start:]]


def unescape(text: str) -> str:
    r"""Undo `\,` `\|` `\$` and `\\`; any other backslash stays."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def prefixed(text: str) -> tuple[Prefix, str]:
    """Take the prefix off an ordered value; without one it is `eq`."""
    if text[:2] in _PREFIXES:
        return Prefix(text[:2]), text[2:]
    return Prefix.EQ, text


_PREFIXES = frozenset(Prefix)

"""Identifiers: the small data sets of queries, their answers and reports, as rows (`imaging.tags`).

Reading is bounded: depth, elements, and what is no grammar of DICOM is a BadInputError. Writing
chooses the smallest character set that can spell a row, since old machines know no Unicode.
"""

import struct
from collections.abc import Iterator
from typing import Any

from chartkeep.errors import BadInputError
from chartkeep.imaging.elements import (
    IMPLICIT_LITTLE,
    LONG,
    Encoding,
    each_element,
    each_item,
)
from chartkeep.imaging.matching import Key
from chartkeep.imaging.tags import Row, vr_of
from chartkeep.imaging.text import DEFAULT, decode, encodings_of

CHARSET = "00080005"
LEVEL = "00080052"
MOST_DEEP = 6
MOST_ELEMENTS = 20_000
"""All items counted; a request to commit 10,000 instances has so many pairs."""
_SETS = (("", "ascii"), ("ISO_IR 100", "latin_1"), ("ISO_IR 192", "utf_8"))
_NUMBERS = {"US": "<H", "SS": "<h", "UL": "<I", "SL": "<i", "FL": "<f", "FD": "<d"}
_PARTS = ("Alphabetic", "Ideographic", "Phonetic")
_NOT_ASKED = frozenset({CHARSET, LEVEL, "00080201"})
"""Elements of a query that say how it is meant and are no keys: character set, level, time zone."""
_LENGTHS = "0000"
"""The element of a group's length, long retired."""


class _Reading:
    """Reads one identifier; counts its elements."""

    def __init__(self, raw: bytes, syntax: str) -> None:
        self._raw = raw
        self._encoding = Encoding(implicit=syntax == IMPLICIT_LITTLE)
        self._left = MOST_ELEMENTS

    def row(self, at: int, stop: int, charset: tuple[str, ...], deep: int) -> Row:
        if deep > MOST_DEEP:
            raise BadInputError("an identifier nests too deep")
        found: Row = {}
        for head in each_element(self._raw, at, stop, self._encoding):
            self._left -= 1
            if self._left < 0:
                raise BadInputError("an identifier has too many elements", hint="ask for less")
            tag = f"{head.tag:08X}"
            kind = head.vr.decode() if head.vr else vr_of(tag)
            end = head.at + head.length
            if kind == "SQ":
                items = each_item(self._raw, head.at, end, head.tag, self._encoding)
                values: list[Any] = [self.row(*item, charset, deep + 1) for item in items]
            else:
                value = self._raw[head.at : end]
                charset = encodings_of(value) if tag == CHARSET else charset
                values = _read_values(kind, value, charset)
            if not tag.endswith(_LENGTHS):
                found[tag] = {"vr": kind, "Value": values}
        return found


def read_row(raw: bytes, syntax: str) -> Row:
    """Read an identifier. Raises BadInputError."""
    return _Reading(raw, syntax).row(0, len(raw), DEFAULT, 0)


def write_row(row: Row, syntax: str) -> bytes:
    """Write a row, with the character set it needs."""
    for name, codec in _SETS:
        try:
            body = row | {CHARSET: {"vr": "CS", "Value": [name]}} if name else row
            return _write(body, codec, implicit=syntax == IMPLICIT_LITTLE)
        except UnicodeEncodeError:
            continue
    raise BadInputError("a row holds what no character set can spell")


def keys_of(row: Row, path: tuple[str, ...] = ()) -> list[Key]:
    """Give what is asked for, the keys within sequences too; of several items the first."""
    found = []
    for tag, each in row.items():
        values = each.get("Value", [])
        here = (*path, tag)
        if each["vr"] == "SQ":
            found += keys_of(values[0], here) if values else [Key(here, "")]
        elif tag not in _NOT_ASKED:
            found.append(Key(here, "\\".join(map(str, values))))
    return found


def choose(row: Row, asked: Row) -> Row:
    """Give of a row what was asked for, empty where it has nothing."""
    found: Row = {}
    for tag, each in asked.items():
        if tag in _NOT_ASKED:
            continue
        have = row.get(tag, {"vr": each["vr"], "Value": []})
        inner = each.get("Value", [])
        if each["vr"] == "SQ" and inner:
            items = [choose(item, inner[0]) for item in have.get("Value", [])]
            have = {"vr": "SQ", "Value": items}
        found[tag] = have
    return found


def _read_values(kind: str, value: bytes, charset: tuple[str, ...]) -> list[Any]:
    if form := _NUMBERS.get(kind):
        size = struct.calcsize(form)
        return [struct.unpack_from(form, value, at)[0] for at in range(0, len(value) // size, size)]
    if kind.encode() in LONG and kind not in {"UC", "UR", "UT"}:
        return []
    text = decode(value, charset).rstrip(" \0")
    return [each.strip(" \0") for each in text.split("\\")] if text else []


def _write(row: Row, codec: str, *, implicit: bool) -> bytes:
    return b"".join(
        _element(tag, each["vr"], each.get("Value", []), codec, implicit=implicit)
        for tag, each in sorted(row.items())
    )


def _element(tag: str, kind: str, values: list[Any], codec: str, *, implicit: bool) -> bytes:
    if kind == "SQ":
        raw = b"".join(_item(each, codec, implicit=implicit) for each in values)
    elif form := _NUMBERS.get(kind):
        raw = b"".join(struct.pack(form, each) for each in values)
    else:
        raw = "\\".join(_texts(values)).encode(codec)
        raw += (b"\0" if kind == "UI" else b" ") * (len(raw) % 2)
    head = struct.pack("<HH", int(tag[:4], 16), int(tag[4:], 16))
    if implicit:
        return head + struct.pack("<I", len(raw)) + raw
    if kind.encode() in LONG:
        return head + kind.encode() + struct.pack("<HI", 0, len(raw)) + raw
    return head + kind.encode() + struct.pack("<H", len(raw)) + raw


def _item(row: Row, codec: str, *, implicit: bool) -> bytes:
    raw = _write(row, codec, implicit=implicit)
    return b"\xfe\xff\x00\xe0" + struct.pack("<I", len(raw)) + raw


def _texts(values: list[Any]) -> Iterator[str]:
    for value in values:
        if isinstance(value, dict):
            yield "=".join(value.get(part, "") for part in _PARTS).rstrip("=")
        else:
            yield str(value)

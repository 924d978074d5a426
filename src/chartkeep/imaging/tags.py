"""Attributes by keyword and by tag, and rows of them in the DICOM JSON model (PS3.18 Annex F).

A `Row` maps a tag of eight hexadecimal digits to its element: `{"vr": "PN", "Value": [...]}`.
"""

import re
from collections.abc import Sequence
from typing import Any

from pydicom.datadict import dictionary_VR, tag_for_keyword

from chartkeep.errors import BadInputError

Element = dict[str, Any]
Row = dict[str, Element]

_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_PARTS = ("Alphabetic", "Ideographic", "Phonetic")
MOST_DEEP = 5


def read_tag(name: str) -> str:
    """Read a keyword or tag as a tag. Raises BadInputError for a keyword the standard has not."""
    if _TAG.fullmatch(name):
        return name.upper()
    tag = tag_for_keyword(name) if name.isidentifier() and len(name) < 100 else None
    if tag is None:
        raise BadInputError("an attribute is named that DICOM has not", hint="its keyword or tag")
    return f"{tag:08X}"


def read_path(name: str) -> tuple[str, ...]:
    """Read an attribute inside sequences: `RequestAttributesSequence.AccessionNumber`."""
    parts = name.split(".")
    if len(parts) > MOST_DEEP:
        raise BadInputError(f"an attribute lies deeper than {MOST_DEEP}")
    return tuple(map(read_tag, parts))


def vr_of(tag: str) -> str:
    """Give the VR of an attribute; UN for one nobody but its maker knows."""
    try:
        return dictionary_VR(int(tag, 16))[:2]
    except KeyError:
        return "UN"


def element(tag: str, *values: Any) -> Element:
    """Make an element of values as the JSON model has them; those that are empty are left out."""
    kept = [value for value in values if value not in ("", None)]
    return {"vr": vr_of(tag), "Value": kept} if kept else {"vr": vr_of(tag)}


def person_name(text: str) -> dict[str, str] | None:
    """Write a PN of up to three representations as the JSON model does (F.2.2)."""
    found = {part: each for part, each in zip(_PARTS, text.split("="), strict=False) if each}
    return found or None


def texts(row: Row, tag: str) -> list[str]:
    """Give the values of an attribute as text; of a name each representation."""
    found: list[str] = []
    for value in row.get(tag, {}).get("Value", ()):
        if isinstance(value, dict):
            found += [value[part] for part in _PARTS if part in value]
        elif value is not None:
            found.append(str(value))
    return found


def text(row: Row, tag: str) -> str:
    """Give the first value of an attribute as text, empty when there is none."""
    return next(iter(texts(row, tag)), "")


def items(row: Row, path: Sequence[str]) -> list[Row]:
    """Give the items in which the last attribute of a path lies; the row itself for a short one."""
    found = [row]
    for tag in path[:-1]:
        found = [
            each
            for one in found
            for each in one.get(tag, {}).get("Value", ())
            if isinstance(each, dict)
        ]
    return found

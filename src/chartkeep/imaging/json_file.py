"""A DICOM file made of metadata as JSON and bulk values that came beside them (PS3.18 8.7, F).

What STOW-RS takes besides whole files. The file is explicit VR little endian in UTF-8, its pixel
data in the syntax they came in; it says what the JSON says. Bounded by the bytes given; nothing is
decoded. Whatever is no DICOM JSON is a BadInputError that names the element.
"""

import re
from base64 import b64decode
from collections.abc import Callable, Mapping
from struct import Struct, error, pack
from typing import Any, NamedTuple

from chartkeep.errors import BadInputError
from chartkeep.imaging.elements import EXPLICIT_LITTLE, LONG, SHORT, UNDEFINED, bad_element

DEEPEST = 24
_PIXELS, _CHARSET = 0x7FE00010, 0x00080005
_SYNTAX, _CLASS, _INSTANCE = "00083002", "00080016", "00080018"
_IMPLEMENTATION = "2.25.172091"
_TAG = re.compile(r"[0-9A-Fa-f]{8}")
_UID = re.compile(r"[0-9.]{1,64}")
_NATIVE = frozenset({"1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", ""})
_MEDIA = {
    "image/jpeg": "1.2.840.10008.1.2.4.50", "image/jls": "1.2.840.10008.1.2.4.80",
    "image/jp2": "1.2.840.10008.1.2.4.90", "image/dicom-rle": "1.2.840.10008.1.2.5",
    "video/mpeg": "1.2.840.10008.1.2.4.100", "video/mp4": "1.2.840.10008.1.2.4.102",
}  # fmt: skip
"""Transfer syntax of pixel data whose part names none."""
_NUMBERS = {
    vr: Struct("<" + form)
    for vr, form in {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H",
                     "UV": "Q"}.items()
}  # fmt: skip
_PARTS = ("Alphabetic", "Ideographic", "Phonetic")

Json = Mapping[str, Any]


class Part(NamedTuple):
    """A bulk value: bytes, their media type, and the transfer syntax its part named, if any."""

    data: bytes
    media_type: str = "application/octet-stream"
    syntax: str = ""


Bulk = Callable[[str], Part]


def make_file(metadata: Json, bulk: Bulk) -> bytes:
    """Make the file of an instance; `bulk` gives the part a BulkDataURI names.

    Raises BadInputError naming the element, and what `bulk` raises.
    """
    rest = {tag: each for tag, each in metadata.items() if tag not in (_SYNTAX, "7FE00010")}
    pixels, syntax = _pixels(metadata, bulk)
    dataset = _dataset(rest, bulk, 0) + pixels
    meta = _element(0x00020001, "OB", b"\0\1")
    for tag, uid in ((0x00020002, _uid(metadata, _CLASS)), (0x00020003, _uid(metadata, _INSTANCE)),
                     (0x00020010, syntax), (0x00020012, _IMPLEMENTATION)):  # fmt: skip
        meta += _element(tag, "UI", uid.encode())
    length = _element(0x00020000, "UL", pack("<I", len(meta)))
    return bytes(128) + b"DICM" + length + meta + dataset


def _dataset(json: object, bulk: Bulk, depth: int) -> bytes:
    if depth > DEEPEST:
        raise BadInputError(f"the metadata nest deeper than {DEEPEST}", hint="send the file itself")
    if not isinstance(json, Mapping) or not all(map(_TAG.fullmatch, json)):
        raise BadInputError("the metadata are no DICOM JSON", hint="PS3.18 Annex F")
    tags = sorted((int(tag, 16), each) for tag, each in json.items())
    charset = [] if depth else [(_CHARSET, {"vr": "CS", "Value": ["ISO_IR 192"]})]
    kept = [pair for pair in tags if pair[0] != _CHARSET and pair[0] >> 16 not in (0, 2, 0xFFFE)]
    return b"".join(
        _encoded(tag, each, bulk, depth) for tag, each in sorted([*charset, *kept], key=_first)
    )


def _first(pair: tuple[int, Any]) -> int:
    return pair[0]


def _encoded(tag: int, element: Any, bulk: Bulk, depth: int) -> bytes:
    try:
        vr = element["vr"]
        if vr.encode() not in LONG | SHORT:
            raise bad_element(tag, "has a VR that DICOM has not")
        return _element(tag, vr, _value(vr, element, bulk, depth))
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, error) as wrong:
        raise bad_element(tag, "is not written as PS3.18 Annex F says") from wrong


def _value(vr: str, element: Json, bulk: Bulk, depth: int) -> bytes:
    if "BulkDataURI" in element:
        return bulk(element["BulkDataURI"]).data
    if "InlineBinary" in element:
        return b64decode(element["InlineBinary"], validate=True)
    values = element.get("Value", [])
    if vr == "SQ":
        return b"".join(_item(_dataset(item or {}, bulk, depth + 1)) for item in values)
    if vr in _NUMBERS:
        return b"".join(_NUMBERS[vr].pack(_number(vr, value)) for value in values)
    if vr == "AT":
        return b"".join(pack("<HH", int(v[:4], 16), int(v[4:], 16)) for v in values)
    texts = (_text(vr, value) for value in values)
    return "\\".join(texts).encode()


def _text(vr: str, value: Any) -> str:
    if value is None:
        return ""
    if vr == "PN":
        return "=".join(value.get(part, "") for part in _PARTS).rstrip("=")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise TypeError
    if isinstance(value, float):
        short = repr(value)
        return short if len(short) <= 16 else f"{value:.10g}"
    return str(value)


def _number(vr: str, value: Any) -> float | int:
    if value is None:
        raise ValueError
    return float(value) if vr[0] == "F" else int(value)


def _pixels(metadata: Json, bulk: Bulk) -> tuple[bytes, str]:
    """Write the pixel data as they came; gives their transfer syntax too."""
    element = metadata.get("7FE00010")
    if element is None:
        return b"", EXPLICIT_LITTLE
    if not isinstance(element, Mapping) or not isinstance(element.get("BulkDataURI"), str):
        return _encoded(_PIXELS, element, bulk, 0), EXPLICIT_LITTLE
    part = bulk(element["BulkDataURI"])
    syntax = part.syntax or _MEDIA.get(part.media_type, "")
    if syntax in _NATIVE:
        vr = "OB" if element.get("vr") == "OB" else "OW"
        return _element(_PIXELS, vr, part.data), EXPLICIT_LITTLE
    if not _UID.fullmatch(syntax):
        raise bad_element(_PIXELS, "came in a transfer syntax that has no UID")
    if not part.media_type.startswith("video/") and _frames(metadata) > 1:
        raise BadInputError(
            "several compressed frames came in one part", hint="send the instance as a DICOM file"
        )
    head = pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, UNDEFINED)
    data = part.data + b"\0" * (len(part.data) % 2)
    return head + _item(b"") + _item(data) + pack("<HHI", 0xFFFE, 0xE0DD, 0), syntax


def _frames(metadata: Json) -> int:
    try:
        return int(metadata["00280008"]["Value"][0])
    except (KeyError, ValueError, TypeError, IndexError):
        return 1


def _uid(metadata: Json, tag: str) -> str:
    try:
        uid = metadata[tag]["Value"][0]
        if _UID.fullmatch(uid):
            return str(uid)
    except (KeyError, TypeError, IndexError):
        pass
    raise bad_element(int(tag, 16), "is missing, or holds no UID")


def _element(tag: int, vr: str, value: bytes) -> bytes:
    value += (b"\0" if vr in ("UI", "OB", "UN") else b" ") * (len(value) % 2)
    group, element = tag >> 16, tag & 0xFFFF
    if vr.encode() in LONG:
        return pack("<HH2sHI", group, element, vr.encode(), 0, len(value)) + value
    if len(value) > 0xFFFF:
        raise bad_element(tag, "is too long for its VR")
    return pack("<HH2sH", group, element, vr.encode(), len(value)) + value


def _item(value: bytes) -> bytes:
    return pack("<HHI", 0xFFFE, 0xE000, len(value)) + value

"""The DICOM JSON model of a head (PS3.18 Annex F), made only when somebody reads it.

Text is UTF-8 whatever the file's character set; group lengths are left out (F.2.2); DS and IS are
numbers where they are numbers, else as written. A binary value over INLINE bytes is a BulkDataURI:
the caller's base, then the tag, or tags and item numbers from 0 between them. A sequence that
breaks the grammar is shown as UN with its BulkDataURI: the rest of the instance stays readable.
"""

from base64 import b64encode
from collections.abc import Callable
from functools import partial
from struct import Struct, iter_unpack
from typing import Any, Final

from chartkeep.errors import BadInputError
from chartkeep.imaging.elements import (
    DEEPEST,
    ITEM,
    ITEM_END,
    READERS,
    SEQUENCE_END,
    SHORT,
    UNDEFINED,
    Encoding,
    bad_element,
    end_of_undefined,
    inside,
    read_header,
)
from chartkeep.imaging.facts import CHARSET
from chartkeep.imaging.head import is_bulk
from chartkeep.imaging.text import DEFAULT, decode, encodings_of
from chartkeep.imaging.vrs import vr_of

INLINE: Final = 1_024
"""Bytes of a binary value that stand in the JSON."""

Element = dict[str, Any]
Row = dict[str, Element]
Make = Callable[[bytes, tuple[str, ...]], Element]

_NUMBERS = {"FD": "d", "FL": "f", "SL": "i", "SS": "h", "SV": "q", "UL": "I", "US": "H", "UV": "Q"}
_WORDS = {"OW": 2, "OF": 4, "OL": 4, "OD": 8, "OV": 8}
_BINARY = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_SEVERAL_TEXTS = ("AE", "AS", "CS", "DA", "DT", "LO", "SH", "TM", "UC", "UI")
_UNSAID = frozenset({b"", b"UN"})
_PARTS = ("Alphabetic", "Ideographic", "Phonetic")
_PIXEL_REPRESENTATION = 0x00280103
_KEYS: dict[int, str] = {}


def encode_head(data: bytes, encoding: Encoding, base: str) -> Row:
    """Make the JSON model of a head: tag in eight digits -> element. `base` ends without slash.

    Raises BadInputError where the top level breaks the grammar.
    """
    return _Writer(data, base).dataset(0, len(data), encoding, "", DEFAULT, 0, signed=False)[0]


class _Writer:
    """Walks one head once; `path` is where it is, as it stands in URIs."""

    def __init__(self, data: bytes, base: str) -> None:
        self._data = data
        self._base = base

    def dataset(
        self,
        at: int,
        stop: int,
        encoding: Encoding,
        path: str,
        charset: tuple[str, ...],
        depth: int,
        *,
        signed: bool,
        delimited: bool = False,
    ) -> tuple[Row, int]:
        """Encode the elements up to `stop`, or to the delimiter of their item; gives the end."""
        data = self._data
        row: Row = {}
        whole = READERS[encoding.big].whole
        names = {} if encoding.implicit else _SHORT
        makers = _MAKERS[encoding.big]
        creators: dict[int, str] = {}
        while at + 8 <= stop:
            group, number, code, length = whole(data, at)
            tag = group << 16 | number
            vr = names.get(code)
            if vr is None:
                if tag == ITEM_END and delimited:
                    return row, at + 8
                creator = creators.get(tag >> 8, "") if group & 1 else ""
                here = f"{path}/{_key(tag)}" if path else _key(tag)
                made, at = self._other(
                    at, stop, encoding, here, charset, depth, signed=signed, creator=creator
                )
            else:
                value, at = at + 8, at + 8 + length
                if at > stop:
                    raise bad_element(tag, "is cut short")
                made = makers[vr](data[value:at], charset) if length else {"vr": vr}
            if number:
                row[_KEYS.get(tag) or _key(tag)] = made
            if group & 1 and 0x10 <= number < 0x100:
                creators[group << 8 | number] = _first(made)
            elif tag == CHARSET:
                charset = encodings_of("\\".join(map(str, made.get("Value", []))).encode())
                row["00080005"] = {"vr": "CS", "Value": ["ISO_IR 192"]}
            elif tag == _PIXEL_REPRESENTATION:
                signed = made.get("Value") == [1]
        if at < stop or delimited:
            raise BadInputError("a dataset ends inside a header", hint="the file is damaged")
        return row, at

    def _other(
        self,
        at: int,
        stop: int,
        encoding: Encoding,
        path: str,
        charset: tuple[str, ...],
        depth: int,
        *,
        signed: bool,
        creator: str,
    ) -> tuple[Element, int]:
        """Encode what has a long header, no VR, items, or no bytes here; gives its end too."""
        head = read_header(self._data, at, encoding)
        if head is None or head.at > stop:
            raise BadInputError("a dataset ends inside a header", hint="the file is damaged")
        tag, code, length, value = head
        if tag >> 16 == 0xFFFE:
            raise bad_element(tag, "is a delimiter out of place")
        vr = code.decode() if code not in _UNSAID else vr_of(tag, creator, signed=signed)
        uri: Element = {"vr": vr, "BulkDataURI": f"{self._base}/{path}"}
        if depth == 0 and is_bulk(tag, code, length):
            return uri | ({"vr": "OB"} if length == UNDEFINED and not code else {}), value
        if vr == "SQ" or length == UNDEFINED:
            written = inside(code or b"SQ", encoding)
            return self._sequence(
                tag, value, stop, length, written, path, charset, depth, signed=signed
            )
        end = value + length
        if end > stop:
            raise bad_element(tag, "is cut short")
        if not length:
            return {"vr": vr}, end
        if vr in _BINARY and length > INLINE:
            return uri, end
        make = _MAKERS[encoding.big].get(vr) or partial(_binary, "UN", 1)
        return make(self._data[value:end], charset), end

    def _sequence(
        self,
        tag: int,
        at: int,
        stop: int,
        length: int,
        encoding: Encoding,
        path: str,
        charset: tuple[str, ...],
        depth: int,
        *,
        signed: bool,
    ) -> tuple[Element, int]:
        """Encode a sequence; one of the top level that is broken is left to who reads bytes."""
        end = stop if length == UNDEFINED else at + length
        if end > stop:
            raise bad_element(tag, "is cut short")
        try:
            items, behind = self._items(
                tag, at, end, encoding, path, charset, depth + 1,
                signed=signed, delimited=length == UNDEFINED,
            )  # fmt: skip
        except BadInputError:
            if depth:
                raise
            behind = end_of_undefined(self._data, at, tag, encoding) if length == UNDEFINED else end
            return {"vr": "UN", "BulkDataURI": f"{self._base}/{path}"}, behind
        return ({"vr": "SQ", "Value": items} if items else {"vr": "SQ"}), behind

    def _items(
        self,
        tag: int,
        at: int,
        stop: int,
        encoding: Encoding,
        path: str,
        charset: tuple[str, ...],
        depth: int,
        *,
        signed: bool,
        delimited: bool,
    ) -> tuple[list[Row], int]:
        if depth > DEEPEST:
            raise bad_element(tag, f"nests deeper than {DEEPEST}")
        reader = READERS[encoding.big]
        items: list[Row] = []
        while at + 8 <= stop:
            group, number = reader.pair(self._data, at)
            kind, length = group << 16 | number, reader.long(self._data, at + 4)[0]
            at += 8
            if kind == SEQUENCE_END and delimited:
                return items, at
            if kind != ITEM:
                raise bad_element(tag, "has items that are not delimited")
            open_end = length == UNDEFINED
            end = stop if open_end else at + length
            if end > stop:
                raise bad_element(tag, "has an item that is cut short")
            here = f"{path}/{len(items)}"
            item, at = self.dataset(
                at, end, encoding, here, charset, depth, signed=signed, delimited=open_end
            )
            items.append(item)
        if delimited or at != stop:
            raise bad_element(tag, "is cut short")
        return items, at


def _key(tag: int) -> str:
    """Write a tag; those of the standard are kept."""
    key = _KEYS.get(tag)
    if key is None:
        key = f"{tag:08X}"
        if len(_KEYS) < 20_000:
            _KEYS[tag] = key
    return key


def _first(made: Element) -> str:
    return str(made.get("Value", [""])[0])


def _text(vr: str, raw: bytes, charset: tuple[str, ...]) -> Element:
    text = decode(raw, charset) if b"\x1b" in raw else raw.decode(charset[0], "replace")
    if "\\" not in text:
        text = text.strip(" \0")
        return {"vr": vr, "Value": [text]} if text else {"vr": vr}
    return {"vr": vr, "Value": [part.strip(" \0") or None for part in text.split("\\")]}


def _one_text(vr: str, raw: bytes, charset: tuple[str, ...]) -> Element:
    text = decode(raw, charset).rstrip(" \0")
    return {"vr": vr, "Value": [text]} if text else {"vr": vr}


def _names(vr: str, raw: bytes, charset: tuple[str, ...]) -> Element:
    """Write names: a representation that is empty is left out (F.2.2)."""
    values = []
    for name in decode(raw, charset).split("\\"):
        groups = zip(_PARTS, name.strip(" \0").split("="), strict=False)
        values.append({part: group for part, group in groups if group} or None)
    return {"vr": vr, "Value": values} if any(values) else {"vr": vr}


def _decimals(vr: str, raw: bytes, _: tuple[str, ...]) -> Element:
    """Read numbers; what is none stays as written."""
    values: list[float | str | None] = []
    for part in raw.split(b"\\"):
        try:
            number = int(part) if vr == "IS" and len(part) <= 12 else float(part)
            values.append(number if number - number == 0 else part.decode().strip())
        except ValueError:
            values.append(part.decode("latin_1").strip(" \0") or None)
    return {"vr": vr} if values == [None] else {"vr": vr, "Value": values}


def _tags(big: bool, vr: str, raw: bytes, _: tuple[str, ...]) -> Element:  # noqa: FBT001 - bound once
    pairs = iter_unpack(">HH" if big else "<HH", raw[: len(raw) // 4 * 4])
    return {"vr": vr, "Value": [f"{group:04X}{number:04X}" for group, number in pairs]}


def _numbers(one: Struct, vr: str, raw: bytes, _: tuple[str, ...]) -> Element:
    """Read binary numbers; JSON has no infinities, they are null."""
    size = one.size
    if len(raw) == size:
        value = one.unpack(raw)[0]
        return {"vr": vr, "Value": [value if value - value == 0 else None]}
    values = [value for (value,) in one.iter_unpack(raw[: len(raw) // size * size])]
    if vr[0] == "F":
        values = [value if value - value == 0 else None for value in values]
    return {"vr": vr, "Value": values} if values else {"vr": vr}


def _binary(vr: str, size: int, raw: bytes, _: tuple[str, ...]) -> Element:
    """Write bytes; words of big endian files are turned around: JSON has little endian (F.2.7)."""
    if size > 1:
        raw = b"".join(raw[at : at + size][::-1] for at in range(0, len(raw) // size * size, size))
    return {"vr": vr, "InlineBinary": b64encode(raw).decode("ascii")}


def _makers(*, big: bool) -> dict[str, Make]:
    """Say for each VR how its bytes are written."""
    order = ">" if big else "<"
    makers: dict[str, Make] = {vr: partial(_text, vr) for vr in _SEVERAL_TEXTS}
    makers |= {vr: partial(_one_text, vr) for vr in ("LT", "ST", "UR", "UT")}
    makers |= {vr: partial(_decimals, vr) for vr in ("DS", "IS")}
    makers |= {vr: partial(_numbers, Struct(order + form), vr) for vr, form in _NUMBERS.items()}
    makers |= {vr: partial(_binary, vr, _WORDS.get(vr, 1) if big else 1) for vr in _BINARY}
    return makers | {"AT": partial(_tags, big, "AT"), "PN": partial(_names, "PN")}


_MAKERS: Final = {big: _makers(big=big) for big in (False, True)}
_SHORT: Final = {vr: vr.decode() for vr in SHORT}

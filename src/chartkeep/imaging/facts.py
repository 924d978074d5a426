"""What this house reads in a head: which study, whose, of what kind, and how its pixels lie.

Promises UIDs that are UIDs; the rest is as found, empty when it is not there, and never longer
than its VR allows. Reads no more than this.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from chartkeep.errors import BadInputError
from chartkeep.imaging.elements import each_element, each_item, inside, name_of
from chartkeep.imaging.head import Head
from chartkeep.imaging.text import decode, encodings_of

STUDY, SERIES, INSTANCE, SOP_CLASS = 0x0020000D, 0x0020000E, 0x00080018, 0x00080016
CHARSET = 0x00080005
PATIENT_ID, ISSUER, ISSUER_QUALIFIERS = 0x00100020, 0x00100021, 0x00100024
OTHER_IDS, UNIVERSAL_ID = 0x00101002, 0x00400032
CONSTRAINT = 0x00403001
_UID = re.compile(rb"[0-9]+(\.[0-9]+)*")
_DAY = re.compile(r"(\d{4})\.?(\d{2})\.?(\d{2})")
_TIME = re.compile(r"(\d{2}):?(\d{2})?:?(\d{2})?(\.\d{1,6})?")
_MODALITY = re.compile(r"[A-Z0-9_]{1,16}")
_RESTRICTING = frozenset({"R", "V"})
"""HL7 Confidentiality codes above normal, which IHE copies into (0040,3001); other text is no
code, and is not guessed at.
"""
MOST_NUMBERS = 20


class Subject(NamedTuple):
    """Whose the file says it is. `numbers`: (authority, number), authority empty when not named.

    `names`: family and given as text, for each of the up to three scripts.
    """

    numbers: tuple[tuple[str, str], ...]
    names: tuple[str, ...]
    birth_date: str


class Pixels(NamedTuple):
    """How many frames there are, and the bits of one when they are not encapsulated."""

    frames: int
    frame_bits: int


class Facts(NamedTuple):
    """What a head says: `day` YYYY-MM-DD, `time` HH:MM:SS, empty when not there or not readable."""

    study: str
    series: str
    instance: str
    sop_class: str
    modality: str
    day: str
    time: str
    accession: str
    restricted: bool
    description: str = ""
    series_description: str = ""
    series_number: int = 0
    number: int = 0


def read_facts(head: Head) -> Facts:
    """Read what places and names an instance. Raises BadInputError naming what is missing."""
    modality = _MODALITY.fullmatch(text(head, 0x00080060, 16).upper())
    return Facts(
        uid(head, STUDY),
        uid(head, SERIES),
        uid(head, INSTANCE),
        uid(head, SOP_CLASS),
        modality[0] if modality else "OT",
        _iso_day(text(head, 0x00080020, 10)),
        _iso_time(text(head, 0x00080030, 16)),
        text(head, 0x00080050, 64),
        text(head, CONSTRAINT, 64) in _RESTRICTING,
        text(head, 0x00081030, 64),
        text(head, 0x0008103E, 64),
        _whole(head, 0x00200011),
        _whole(head, 0x00200013),
    )


def read_subject(head: Head) -> Subject:
    """Read whose the file says it is; nothing in it is believed before the house has matched it."""
    numbers = dict.fromkeys(_numbers(head))
    names = (" ".join(part.replace("^", " ").split()) for part in _names(head))
    birth = _iso_day(text(head, 0x00100030, 10))
    return Subject(tuple(numbers)[:MOST_NUMBERS], tuple(dict.fromkeys(filter(None, names))), birth)


def read_pixels(head: Head) -> Pixels:
    """Read the geometry of frames; what is not there counts as one frame of no size."""
    bits = _short(head, 0x00280100)
    samples = _short(head, 0x00280002) or 1
    size = _short(head, 0x00280010) * _short(head, 0x00280011) * samples * bits
    if text(head, 0x00280004, 16) in {"YBR_FULL_422", "YBR_PARTIAL_422"}:
        size = size * 2 // 3
    return Pixels(_whole(head, 0x00280008) or 1, size)


def uid(head: Head, tag: int) -> str:
    """Give a UID. Raises BadInputError naming the element when it is none (PS3.5 9.1)."""
    value = head.value(tag).rstrip(b"\0 ")
    if len(value) > 64 or not _UID.fullmatch(value):
        why = "holds no UID" if value else "is missing"
        raise BadInputError(f"element {name_of(tag)} {why}", hint="the instance needs it")
    return value.decode()


def text(head: Head, tag: int, longest: int) -> str:
    """Give the first value of a text, without its padding."""
    return _first(head.value(tag), head.value(CHARSET), longest)


def _first(value: bytes, charset: bytes, longest: int) -> str:
    if not value:
        return ""
    read = decode(value[: 8 * longest], encodings_of(charset))
    return read.split("\\", 1)[0].strip(" \0")[:longest]


def _names(head: Head) -> list[str]:
    """Give the component groups of Patient's Name (PS3.5 6.2.1), family and given of each."""
    groups = text(head, 0x00100010, 3 * 64 + 2).split("=")[:3]
    return ["^".join(group.split("^")[:3]) for group in groups]


def _numbers(head: Head) -> Iterator[tuple[str, str]]:
    if number := text(head, PATIENT_ID, 64):
        authority = text(head, ISSUER, 64) or _qualifier(head)
        yield authority, number
    charset = head.value(CHARSET)
    for item in _items(head, OTHER_IDS):
        own = {tag: _first(value, charset, 64) for tag, value in item.items()}
        if other := own.get(PATIENT_ID):
            yield own.get(ISSUER, ""), other


def _qualifier(head: Head) -> str:
    """Give the OID or name of the issuer where only its qualifiers are sent."""
    for item in _items(head, ISSUER_QUALIFIERS):
        return _first(item.get(UNIVERSAL_ID, b""), b"", 64)
    return ""


def _items(head: Head, tag: int) -> Iterator[dict[int, bytes]]:
    """Give the items of a short sequence: their values by tag."""
    vr, at, length = head.found.get(tag, (b"", 0, 0))
    written = inside(vr, head.encoding)
    for start, stop in each_item(head.data, at, at + length, tag, written):
        elements = each_element(head.data, start, stop, written)
        yield {each.tag: head.data[each.at : each.at + each.length] for each in elements}


def _whole(head: Head, tag: int) -> int:
    """Give a number of an IS; 0 when it is not there, not one, or below 0."""
    number = text(head, tag, 12)
    return int(number) if number.isascii() and number.isdigit() else 0


def _short(head: Head, tag: int) -> int:
    value = head.value(tag)[:2]
    return int.from_bytes(value, "big" if head.encoding.big else "little")


def _iso_day(value: str) -> str:
    day = _DAY.fullmatch(value)
    return f"{day[1]}-{day[2]}-{day[3]}" if day else ""


def _iso_time(value: str) -> str:
    found = _TIME.fullmatch(value)
    return f"{found[1]}:{found[2] or '00'}:{found[3] or '00'}" if found else ""

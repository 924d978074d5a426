"""Invented DICOM objects, byte by byte (PS3.5, PS3.10): X-ray, cine, ECG, document, video.

Explicit VR little endian, no library. What is in a picture is a pattern; whose it is, is given.
"""

from collections.abc import Mapping, Sequence
from struct import pack
from typing import NamedTuple

EXPLICIT_LITTLE = "1.2.840.10008.1.2.1"
JPEG_BASELINE = "1.2.840.10008.1.2.4.50"
MPEG4 = "1.2.840.10008.1.2.4.102"
XRAY, CT_IMAGE = "1.2.840.10008.5.1.4.1.1.1", "1.2.840.10008.5.1.4.1.1.2"
ULTRASOUND_CINE = "1.2.840.10008.5.1.4.1.1.3.1"
ECG_12_LEAD, PDF = "1.2.840.10008.5.1.4.1.1.9.1.1", "1.2.840.10008.5.1.4.1.1.104.1"
VIDEO_ENDOSCOPY = "1.2.840.10008.5.1.4.1.1.77.1.1.1"

ROOT = "2.25"
UID_VRS, LONG_VRS = frozenset({"UI"}), frozenset("OB OD OF OL OV OW SQ UC UN UR UT".split())  # noqa: SIM905

Value = str | int | bytes | Sequence["Elements"]
Elements = Mapping[int, tuple[str, Value]]
_LEADS = ("I", "II", "III", "aVR", "aVL", "aVF", "V1", "V2", "V3", "V4", "V5", "V6")
_LEAD_CODES = (1, 2, 61, 62, 63, 64, 3, 4, 5, 6, 7, 8)


class Whose(NamedTuple):
    """Whose the object is: a number and who gave it, a DICOM name, birth date YYYYMMDD, sex."""

    number: str
    issuer: str
    name: str
    birth: str
    sex: str = "O"


class Where(NamedTuple):
    """In which study it lies, and when it was made: day YYYYMMDD, time HHMMSS."""

    study: str
    series: str
    instance: str
    day: str
    time: str
    accession: str = ""
    number: int = 1


def invent_uid(*words: str | int) -> str:
    """Make a UID of words, the same each time (PS3.5 B.2)."""
    number = 0
    for sign in "|".join(map(str, words)).encode():
        number = (number * 0x100000001B3 ^ sign * 0x9E3779B97F4A7C15) % (1 << 120)
    return f"{ROOT}.{number}"


def write_elements(elements: Elements) -> bytes:
    """Write elements in the order of their tags."""
    return b"".join(_element(tag, *elements[tag]) for tag in sorted(elements))


def write_file(dataset: Elements, syntax: str, pixels: bytes = b"") -> bytes:
    """Write a file of PS3.10; `pixels` is an element written already, the last one."""
    meta = write_elements(
        {
            0x00020001: ("OB", b"\0\1"),
            0x00020002: ("UI", dataset[0x00080016][1]),
            0x00020003: ("UI", dataset[0x00080018][1]),
            0x00020010: ("UI", syntax),
            0x00020012: ("UI", f"{ROOT}.1"),
        }
    )
    group = _element(0x00020000, "UL", len(meta))
    return bytes(128) + b"DICM" + group + meta + write_elements(dataset) + pixels


def encapsulate(parts: Sequence[bytes]) -> bytes:
    """Write encapsulated pixel data, a fragment for each frame (PS3.5 A.4)."""
    padded = [part + b"\0" * (len(part) % 2) for part in parts]
    offsets, at = [], 0
    for part in padded:
        offsets.append(at)
        at += 8 + len(part)
    table = b"".join(pack("<I", each) for each in offsets)
    items = b"".join(_item(each) for each in (table, *padded))
    head = pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)
    return head + items + pack("<HHI", 0xFFFE, 0xE0DD, 0)


def xray(whose: Whose, where: Where, size: int = 256) -> bytes:
    """Invent a chest X-ray of `size` by `size`, 12 bits: bright ribs before a dark field."""
    rows = []
    for y in range(size):
        rib = 900 if (y * 16 // size) % 2 else 0
        row = [min(4095, abs(2 * x - size) * 3000 // size + rib) for x in range(size)]
        rows.append(pack(f"<{size}H", *row))
    dataset = {**_common(whose, where, XRAY, "CR"), **_image(size, size, 16, 12, "MONOCHROME2")}
    dataset |= {
        0x00181164: ("DS", "0.14\\0.14"), 0x00185101: ("CS", "PA"), 0x00180015: ("CS", "CHEST"),
        0x00281050: ("DS", "2048"), 0x00281051: ("DS", "4096"), 0x7FE00010: ("OW", b"".join(rows)),
    }  # fmt: skip
    return write_file(dataset, EXPLICIT_LITTLE)


def cine(whose: Whose, where: Where, frames: int = 12, size: int = 96) -> bytes:
    """Invent an ultrasound cine: a bright ring that opens and closes."""
    pictures = []
    for frame in range(frames):
        radius = size // 4 + abs(frame - frames // 2) * size // (3 * frames)
        near = [(x - size / 2) ** 2 for x in range(size)]
        pictures += [
            bytes(220 if abs(dx + dy - radius * radius) < size * 4 else 24 for dx in near)
            for dy in near
        ]
    dataset = {**_common(whose, where, ULTRASOUND_CINE, "US"), **_image(size, size, 8, 8)}
    dataset |= {
        0x00080008: ("CS", "ORIGINAL\\PRIMARY"), 0x00180015: ("CS", "HEART"),
        0x00181063: ("DS", "40"),
        0x00280008: ("IS", str(frames)),
        0x00280009: ("AT", pack("<HH", 0x0018, 0x1063)), 0x7FE00010: ("OB", b"".join(pictures)),
    }  # fmt: skip
    return write_file(dataset, EXPLICIT_LITTLE)


def document(whose: Whose, where: Where, pdf: bytes, title: str = "Report") -> bytes:
    """Put a PDF into DICOM (PS3.3 A.45.1)."""
    dataset = _common(whose, where, PDF, "DOC") | {
        0x0008002A: ("DT", ""), 0x00080064: ("CS", "WSD"), 0x00280301: ("CS", "YES"),
        0x0040A043: ("SQ", []), 0x00420010: ("ST", title),
        0x00420011: ("OB", pdf), 0x00420012: ("LO", "application/pdf"),
    }  # fmt: skip
    return write_file(dataset, EXPLICIT_LITTLE)


def video(whose: Whose, where: Where, stream: bytes, frames: int, syntax: str = MPEG4) -> bytes:
    """Put an MPEG stream of 128 by 96 into DICOM (PS3.5 8.2.5 to 8.2.8): one fragment, no table."""
    dataset = {**_common(whose, where, VIDEO_ENDOSCOPY, "ES"), **_image(96, 128, 8, 8, samples=3)}
    dataset |= {
        0x00080008: ("CS", "ORIGINAL\\PRIMARY"),
        0x00082218: ("SQ", [_code("69536005", "SCT", "Head")]),
        0x00282110: ("CS", "01"), 0x00400555: ("SQ", []),
        0x00280004: ("CS", "YBR_PARTIAL_420"), 0x00280006: ("US", 0),
        0x00280008: ("IS", str(frames)), 0x00181063: ("DS", "40"),
        0x00280009: ("AT", pack("<HH", 0x0018, 0x1063)),
    }  # fmt: skip
    head = pack("<HH2sHI", 0x7FE0, 0x0010, b"OB", 0, 0xFFFFFFFF)
    padded = stream + b"\0" * (len(stream) % 2)
    pixels = head + _item(b"") + _item(padded) + pack("<HHI", 0xFFFE, 0xE0DD, 0)
    return write_file(dataset, syntax, pixels)


def ecg(
    whose: Whose, where: Where, leads: Sequence[Sequence[int]], rate: int = 500, microvolt: int = 5
) -> bytes:
    """Write a 12-lead ECG: samples of each lead, `microvolt` each (PS3.3 A.34.3)."""
    samples = len(leads[0])
    channels = [
        _channel(name, code, microvolt) for name, code in zip(_LEADS, _LEAD_CODES, strict=True)
    ]
    data = b"".join(pack("<12h", *each) for each in zip(*leads, strict=True))
    group: Elements = {
        0x003A0004: ("CS", "ORIGINAL"), 0x003A0005: ("US", 12), 0x003A0010: ("UL", samples),
        0x003A001A: ("DS", str(rate)), 0x003A0200: ("SQ", channels),
        0x54001004: ("US", 16), 0x54001006: ("CS", "SS"), 0x54001010: ("OW", data),
    }  # fmt: skip
    dataset = _common(whose, where, ECG_12_LEAD, "ECG") | {
        0x0008002A: ("DT", where.day + where.time), 0x00400555: ("SQ", []),
        0x54000100: ("SQ", [group]),
    }  # fmt: skip
    return write_file(dataset, EXPLICIT_LITTLE)


def _channel(lead: str, code: int, microvolt: int) -> Elements:
    source = _code(f"2:{code}", "MDC", f"Lead {lead}")
    return {
        0x003A0208: ("SQ", [source]), 0x003A0210: ("DS", str(microvolt)),
        0x003A0211: ("SQ", [_code("uV", "UCUM", "microvolt")]), 0x003A0212: ("DS", "1"),
        0x003A0213: ("DS", "0"), 0x003A0215: ("DS", "0"), 0x003A021A: ("US", 16),
    }  # fmt: skip


def _code(value: str, scheme: str, meaning: str) -> Elements:
    return {
        0x00080100: ("SH", value), 0x00080102: ("SH", scheme), 0x00080104: ("LO", meaning),
    }  # fmt: skip


def _common(
    whose: Whose, where: Where, sop_class: str, modality: str
) -> dict[int, tuple[str, Value]]:
    return {
        0x00080005: ("CS", "ISO_IR 192"), 0x00080016: ("UI", sop_class),
        0x00080018: ("UI", where.instance), 0x00080020: ("DA", where.day),
        0x00080023: ("DA", where.day), 0x00080030: ("TM", where.time),
        0x00080033: ("TM", where.time), 0x00080050: ("SH", where.accession),
        0x00080060: ("CS", modality), 0x00080070: ("LO", "Invented"), 0x00080090: ("PN", ""),
        0x00100010: ("PN", whose.name), 0x00100020: ("LO", whose.number),
        0x00100021: ("LO", whose.issuer), 0x00100030: ("DA", whose.birth),
        0x00100040: ("CS", whose.sex), 0x0020000D: ("UI", where.study),
        0x0020000E: ("UI", where.series), 0x00200010: ("SH", "1"),
        0x00200011: ("IS", "1"), 0x00200013: ("IS", str(where.number)),
    }  # fmt: skip


def _image(
    rows: int,
    columns: int,
    allocated: int,
    stored: int,
    shown: str = "MONOCHROME2",
    samples: int = 1,
) -> dict[int, tuple[str, Value]]:
    return {
        0x00200020: ("CS", ""), 0x00280002: ("US", samples), 0x00280004: ("CS", shown),
        0x00280010: ("US", rows), 0x00280011: ("US", columns), 0x00280100: ("US", allocated),
        0x00280101: ("US", stored), 0x00280102: ("US", stored - 1), 0x00280103: ("US", 0),
    }  # fmt: skip


def _element(tag: int, vr: str, value: Value) -> bytes:
    if vr == "SQ":
        assert not isinstance(value, (str, int, bytes))
        raw = b"".join(_item(write_elements(item)) for item in value)
    elif isinstance(value, int):
        raw = pack("<I" if vr == "UL" else "<H", value)
    elif isinstance(value, str):
        raw = value.encode()
        raw += (b"\0" if vr in UID_VRS else b" ") * (len(raw) % 2)
    else:
        assert isinstance(value, bytes)
        raw = value + b"\0" * (len(value) % 2)
    if vr in LONG_VRS:
        return pack("<HH2sHI", tag >> 16, tag & 0xFFFF, vr.encode(), 0, len(raw)) + raw
    return pack("<HH2sH", tag >> 16, tag & 0xFFFF, vr.encode(), len(raw)) + raw


def _item(value: bytes) -> bytes:
    return pack("<HHI", 0xFFFE, 0xE000, len(value)) + value

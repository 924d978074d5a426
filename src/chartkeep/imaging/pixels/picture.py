"""A picture as its header describes it: what decoding and showing need, and nothing of a person.

`read_picture` parses a head once; the last few are kept, so that a film is not parsed a frame. It
checks sizes, before a byte of pixels is looked at.
"""

from functools import lru_cache
from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset, dcmread, uid

MOST_SAMPLES = 64 << 20
"""Samples of one frame: a mammogram of 30 million pixels twice over."""
MOST_LUT = 1 << 16
_SHOWN_BY = ("WindowCenter", "WindowWidth", "VOILUTFunction", "VOILUTSequence")
_TAGS: list[Any] = [
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "PlanarConfiguration",
    "Rows",
    "Columns",
    "BitsAllocated",
    "BitsStored",
    "HighBit",
    "PixelRepresentation",
    "PixelPaddingValue",
    "RescaleSlope",
    "RescaleIntercept",
    "ModalityLUTSequence",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
    *_SHOWN_BY,
    *(
        f"{segmented}{color}PaletteColorLookupTable{what}"
        for color in ("Red", "Green", "Blue")
        for segmented, what in (("", "Descriptor"), ("", "Data"), ("Segmented", "Data"))
    ),
]


class TooLargeError(Exception):
    """More of a picture than is decoded here."""


class ImpossibleError(Exception):
    """The picture cannot be read, or written, in this syntax."""


class Lut(NamedTuple):
    """A table of values: `first` maps to its first entry, what lies outside to its ends."""

    first: int
    bits: int
    values: NDArray[np.float32]


class Picture(NamedTuple):
    """What stands in group 0028 about every frame."""

    rows: int
    columns: int
    samples: int
    photometric: str
    bits_allocated: int
    bits_stored: int
    signed: bool
    floating: bool
    planar: int
    header: Dataset

    @property
    def options(self) -> dict[str, Any]:
        """Return what pydicom's decoders and encoders are told."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "samples_per_pixel": self.samples,
            "photometric_interpretation": self.photometric,
            "bits_allocated": self.bits_allocated,
            "bits_stored": self.bits_stored,
            "pixel_representation": int(self.signed),
            "planar_configuration": self.planar,
            "number_of_frames": 1,
        }


class Shading(NamedTuple):
    """How stored values become grey: modality first, then window or table, of one frame."""

    slope: float
    intercept: float
    modality: Lut | None
    window: tuple[float, float, str] | None
    voi: Lut | None
    padding: int | None


@lru_cache(maxsize=8)
def read_picture(head: bytes) -> Picture:
    """Read the head of an instance, sizes checked.

    Raises TooLargeError; ValueError, TypeError, AttributeError, RecursionError and whatever else
    pydicom raises if it is no picture.
    """
    header = dcmread(BytesIO(head), force=True, stop_before_pixels=True, specific_tags=_TAGS)
    floating = header.get("BitsStored") is None and header.BitsAllocated in (32, 64)
    picture = Picture(
        rows=int(header.Rows),
        columns=int(header.Columns),
        samples=int(header.SamplesPerPixel),
        photometric=str(header.PhotometricInterpretation),
        bits_allocated=int(header.BitsAllocated),
        bits_stored=int(header.BitsAllocated if floating else header.BitsStored),
        signed=bool(header.get("PixelRepresentation", 0)),
        floating=floating,
        planar=int(header.get("PlanarConfiguration") or 0),
        header=header,
    )
    check_size(picture)
    return picture


def check_size(picture: Picture) -> None:
    """Refuse a frame that has no size, or too much of it."""
    samples = picture.rows * picture.columns * picture.samples
    if samples <= 0 or picture.samples not in (1, 3):
        raise ValueError("a picture has rows, columns and one or three samples")
    if not (picture.bits_allocated == 1 or picture.bits_allocated in (8, 16, 32, 64)):
        raise ValueError("bits allocated are 1, 8, 16, 32 or 64")
    if not 1 <= picture.bits_stored <= picture.bits_allocated:
        raise ValueError("bits stored are within those allocated")
    if samples > MOST_SAMPLES:
        raise TooLargeError


def read_shading(picture: Picture, frame: int) -> Shading:
    """Read how a frame (counted from 1) is shown: from its own functional groups, or for all."""
    header = picture.header
    values, voi = header, header
    for groups in _groups(header, frame):
        values = _first(groups, "PixelValueTransformationSequence") or values
        voi = _first(groups, "FrameVOILUTSequence") or voi
    modality = _first(header, "ModalityLUTSequence")
    table = _first(voi, "VOILUTSequence")
    padding = header.get("PixelPaddingValue")
    return Shading(
        slope=float(values.get("RescaleSlope") or 1),
        intercept=float(values.get("RescaleIntercept") or 0),
        modality=_read_lut(modality, header) if modality else None,
        window=_read_window(voi),
        voi=_read_lut(table, header) if table else None,
        padding=int(padding) if isinstance(padding, int) else None,
    )


def read_palette(picture: Picture) -> list[Lut]:
    """Read red, green and blue, each entry as it stands, for a picture that has no segments."""
    return [
        _lut(
            picture.header[f"{color}PaletteColorLookupTableDescriptor"].value,
            picture.header[f"{color}PaletteColorLookupTableData"].value,
            little=_is_little(picture.header),
        )
        for color in ("Red", "Green", "Blue")
    ]


def frame_of_deflated(head: bytes, frame: int) -> bytes:
    """Return a frame (counted from 1) of a file whose whole dataset is deflated (PS3.5 A.5).

    It inflates in full: what bounds it is this process's memory.
    """
    header = dcmread(BytesIO(head))
    picture = read_picture(head)
    bits = picture.rows * picture.columns * picture.samples * picture.bits_allocated
    start = (frame - 1) * bits // 8
    return bytes(header.PixelData[start : start + -(-bits // 8)])


def is_deflated(syntax: str) -> bool:
    """Say whether nothing of the dataset can be read without inflating all of it."""
    return syntax == uid.DeflatedExplicitVRLittleEndian


def _groups(header: Dataset, frame: int) -> list[Dataset]:
    shared = header.get("SharedFunctionalGroupsSequence") or []
    each = header.get("PerFrameFunctionalGroupsSequence") or []
    return [*shared[:1], *each[frame - 1 : frame]]


def _first(header: Dataset, keyword: str) -> Dataset | None:
    sequence = header.get(keyword)
    return sequence[0] if sequence else None


def _read_window(voi: Dataset) -> tuple[float, float, str] | None:
    center, width = voi.get("WindowCenter"), voi.get("WindowWidth")
    if center is None or width is None or center == "" or width == "":
        return None
    pair = float(np.atleast_1d(center)[0]), float(np.atleast_1d(width)[0])
    curve = str(voi.get("VOILUTFunction") or "LINEAR").lower().replace("_", "-")
    return (*pair, curve) if pair[1] > 0 else None


def _read_lut(item: Dataset, header: Dataset) -> Lut:
    return _lut(item.LUTDescriptor, item.LUTData, little=_is_little(header))


def _is_little(header: Dataset) -> bool:
    return header.original_encoding[1] is not False


def _lut(descriptor: Any, data: Any, *, little: bool) -> Lut:
    """Take a table apart (PS3.3 C.11.1.1.1): number of entries, first value mapped, bits."""
    entries, first, bits = (int(each) for each in descriptor)
    entries = entries or MOST_LUT
    if isinstance(data, bytes):
        wide = len(data) >= 2 * entries
        kind = ("<u2" if little else ">u2") if wide else "u1"
        values = np.frombuffer(data[: entries * (1 + wide)], kind)
    else:
        values = np.asarray(data).astype(np.uint16)[:entries]
    if not len(values) or not 8 <= bits <= 16:
        raise ValueError("a table has entries of 8 to 16 bits")
    return Lut(first, bits, values.astype(np.float32))

"""A frame, or what stands before the pixels, in another transfer syntax.

Samples are decoded and written again, without loss, in little endian, RLE, JPEG-LS or JPEG 2000;
JPEG baseline only for single frames, since a lossy copy of an instance is another instance
(PS3.3 C.7.6.1.1.5). A lossy JPEG comes out as RGB, all else in the colours it was stored in.
"""

from io import BytesIO
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom import Dataset, dcmread, dcmwrite, uid
from rle.utils import encode_pixel_data

from chartkeep.imaging.pixels.decoding import as_bytes, as_rgb, decode
from chartkeep.imaging.pixels.picture import (
    ImpossibleError,
    Picture,
    is_deflated,
    read_picture,
)
from chartkeep.imaging.pixels.syntaxes import (
    LOSSLESS,
    LOSSY_JPEG,
    PLAIN,
    WRITTEN_PLAIN,
    encoder_of,
)

_JPEG_QUALITY = 92
_UNBOUND = {"YBR_ICT": "RGB", "YBR_RCT": "RGB", "YBR_FULL_422": "YBR_FULL"}


def recode(picture: Picture, syntax: str, frame: bytes, to: str, number: int = 1) -> bytes:
    """Write one frame (the `number`th, from 1) in another syntax, or as it is in its own."""
    if stands_the_same(picture, syntax, to):
        return frame
    samples, photometric = decode(picture, syntax, frame, number)
    if syntax in LOSSY_JPEG and picture.samples == 3:
        samples, photometric = as_rgb(samples, photometric), "RGB"
    if to in WRITTEN_PLAIN:
        return _packed(samples) if picture.bits_allocated == 1 else as_bytes(samples)
    if picture.floating or not 8 <= picture.bits_allocated <= 32:
        raise ImpossibleError
    if to == uid.JPEGBaseline8Bit:
        return _write_jpeg(picture, samples, photometric)
    if to == uid.RLELossless:
        return _write_rle(samples)
    return _write_lossless(picture, samples, photometric, to)


def rehead(head: bytes, syntax: str, to: str) -> bytes:
    """Write all that stands before the pixels as it stands in another, lossless syntax.

    The preamble and every element stay; transfer syntax, colours and planes follow the pixels.
    """
    if to not in LOSSLESS:
        raise ImpossibleError
    picture = read_picture(head)
    if picture.bits_allocated == 1 and picture.rows * picture.columns % 8:
        raise ImpossibleError  # its frames do not stand one behind the other
    file = dcmread(BytesIO(head), force=True, stop_before_pixels=not is_deflated(syntax))
    for keyword in ("PixelData", "ExtendedOffsetTable", "ExtendedOffsetTableLengths"):
        file.pop(keyword, None)
    file.file_meta.TransferSyntaxUID = uid.UID(to)
    if picture.samples == 3 and not stands_the_same(picture, syntax, to):
        file.PhotometricInterpretation = colors_after(picture, syntax)
        file.PlanarConfiguration = 0
    out = BytesIO()
    dcmwrite(out, _writable(file, to), enforce_file_format=True)
    return out.getvalue()


def stands_the_same(picture: Picture, syntax: str, to: str) -> bool:
    """Say whether pixel data has the same bytes in both syntaxes.

    Not of one bit a pixel, unless frames begin with a byte.
    """
    if syntax not in PLAIN or to not in WRITTEN_PLAIN:
        return syntax == to
    if picture.bits_allocated == 1:
        return picture.rows * picture.columns % 8 == 0
    return syntax != uid.ExplicitVRBigEndian or picture.bits_allocated == 8


def colors_after(picture: Picture, syntax: str) -> str:
    """Return the photometric interpretation of a colour picture once it is decoded."""
    stored = picture.photometric
    if syntax in LOSSY_JPEG:
        return "RGB"
    return _UNBOUND.get(stored, stored)


def _writable(file: Dataset, to: str) -> Dataset:
    """Decode every element if the encoding changes: raw ones are written as they were read."""
    if file.original_encoding != (uid.UID(to).is_implicit_VR, True):
        file.decode()
    return file


def _packed(samples: NDArray[Any]) -> bytes:
    return np.packbits(samples.ravel(), bitorder="little").tobytes()


def _write_jpeg(picture: Picture, samples: NDArray[Any], photometric: str) -> bytes:
    if picture.bits_stored != 8 or picture.signed or photometric == "PALETTE COLOR":
        raise ImpossibleError
    shown = as_rgb(samples.astype(np.uint8, copy=False), photometric)
    out = BytesIO()
    Image.fromarray(shown).save(out, "JPEG", quality=_JPEG_QUALITY)
    return out.getvalue()


def _write_rle(samples: NDArray[Any]) -> bytes:
    rows, columns = samples.shape[:2]
    depth = samples.shape[2] if samples.ndim == 3 else 1
    encoded: bytes = encode_pixel_data(
        as_bytes(samples),
        byteorder="<",
        rows=rows,
        columns=columns,
        samples_per_pixel=depth,
        bits_allocated=samples.dtype.itemsize * 8,
    )
    return encoded


def _write_lossless(picture: Picture, samples: NDArray[Any], photometric: str, to: str) -> bytes:
    options = picture.options | {
        "photometric_interpretation": photometric,
        "planar_configuration": 0,
    }
    try:
        return encoder_of(to).encode(samples, **options)
    except (ValueError, RuntimeError) as error:
        raise ImpossibleError from error

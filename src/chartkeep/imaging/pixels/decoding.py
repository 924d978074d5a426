"""One frame's bytes to samples: rows x columns, or rows x columns x 3."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.pixels.processing import convert_color_space
from pydicom.uid import JPEGExtended12Bit, JPEGLSTransferSyntaxes

from chartkeep.imaging.pixels.picture import ImpossibleError, Picture
from chartkeep.imaging.pixels.stream import stated_size
from chartkeep.imaging.pixels.syntaxes import CODECS, PLAIN, decoder_of

_KEYWORDS = {32: "FloatPixelData", 64: "DoubleFloatPixelData"}
_ENDS = (b"\xff\xd9", b"\xff\xd9\x00")


def decode(
    picture: Picture, syntax: str, frame: bytes, number: int = 1
) -> tuple[NDArray[Any], str]:
    """Decode one frame; return its samples, and the photometric interpretation they are in.

    `number`, from 1, says where in its first byte a frame of one bit a pixel begins (PS3.5 8.1.1).

    Colour comes out by pixel, subsampling and JPEG 2000's transformation undone. Raises
    ImpossibleError for what is not read here, and what pydicom and the libraries raise.
    """
    decoder = decoder_of(syntax)
    options = picture.options
    if syntax in PLAIN and picture.bits_allocated == 1:
        return _unpack(picture, frame, number), picture.photometric
    if syntax in PLAIN:
        options["view_only"] = True
        options["pixel_keyword"] = (
            _KEYWORDS[picture.bits_allocated] if picture.floating else ("PixelData")
        )
        samples, now = decoder.as_array(frame, index=0, raw=True, **options)
        return samples, str(now["photometric_interpretation"])
    if syntax == JPEGExtended12Bit and picture.bits_stored > 8:
        raise ImpossibleError
    check_stated(picture, syntax, frame)
    stream = encapsulate([frame], has_bot=False)
    plugin = CODECS[syntax].read
    samples, now = decoder.as_array(stream, index=0, raw=True, decoding_plugin=plugin, **options)
    return samples, str(now["photometric_interpretation"])


def _unpack(picture: Picture, frame: bytes, number: int) -> NDArray[np.uint8]:
    pixels = picture.rows * picture.columns
    start = (number - 1) * pixels % 8
    bits = np.unpackbits(np.frombuffer(frame, np.uint8), bitorder="little")[start : start + pixels]
    return bits.reshape(picture.rows, picture.columns)


def check_stated(picture: Picture, syntax: str, frame: bytes) -> None:
    """Refuse a stream of another size than the header's: a library would allocate by it.

    And a JPEG-LS stream without its end, which CharLS would look for in vain for many seconds.
    """
    stated = stated_size(frame)
    if stated is not None and stated != (picture.rows, picture.columns, picture.samples):
        raise ValueError("the stream is of another size than the header")
    if syntax in JPEGLSTransferSyntaxes and not frame.endswith(_ENDS):
        raise ValueError("the stream has no end")


def as_rgb(samples: NDArray[Any], photometric: str) -> NDArray[Any]:
    """Return colour samples as RGB; YBR_FULL is what JFIF means by YCbCr (PS3.3 C.7.6.3.1.2)."""
    if not photometric.startswith("YBR_FULL"):
        return samples
    if samples.dtype != np.uint8:
        return convert_color_space(samples, "YBR_FULL", "RGB")
    size = samples.shape[1], samples.shape[0]
    ycbcr = Image.frombuffer("YCbCr", size, np.ascontiguousarray(samples), "raw", "YCbCr", 0, 1)
    return np.asarray(ycbcr.convert("RGB"))


def as_bytes(samples: NDArray[Any]) -> bytes:
    """Return samples as they stand in native, little-endian pixel data."""
    return np.ascontiguousarray(samples, samples.dtype.newbyteorder("<")).tobytes()

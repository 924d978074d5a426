"""JPEG 2000 and RLE for pydicom, from openjpeg and rle themselves.

pydicom reaches both through the package pylibjpeg, which the house does not bring; here they are in
the shape pydicom asks of a plugin.
"""

from typing import Any, cast

from openjpeg.utils import decode_pixel_data, encode_buffer
from pydicom.pixels.decoders.base import DecodeRunner
from pydicom.pixels.encoders.base import EncodeRunner
from rle.utils import decode_pixel_data as decode_packed

LABEL = "chartkeep"
DECODER_DEPENDENCIES: dict[str, tuple[str, ...]] = {}
ENCODER_DEPENDENCIES: dict[str, tuple[str, ...]] = {}


def is_available(uid: str) -> bool:  # noqa: ARG001 -- pydicom asks
    """Say that the libraries are there: this module does not import without them."""
    return True


def decode_jpeg_2000(src: bytes, runner: DecodeRunner) -> bytearray:
    """Decode one codestream to little-endian samples by pixel; MCT is undone by the library."""
    frame = decode_pixel_data(src, version=2)
    if runner.photometric_interpretation in ("YBR_ICT", "YBR_RCT"):
        runner.set_option("photometric_interpretation", "RGB")
    precision = int(runner.get_option("j2k_precision", runner.bits_stored))
    runner.set_option("bits_allocated", 8 if precision <= 8 else 16 if precision <= 16 else 32)
    return cast("bytearray", frame)


def decode_rle(src: bytes, runner: DecodeRunner) -> bytearray:
    """Decode one frame of PackBits segments (PS3.5 Annex G) to little-endian planes."""
    runner.set_option("planar_configuration", 1)
    frame = decode_packed(
        src,
        version=2,
        rows=runner.rows,
        columns=runner.columns,
        bits_allocated=runner.bits_allocated,
    )
    return cast("bytearray", frame)


def encode_jpeg_2000(src: bytes, runner: EncodeRunner) -> bytes:
    """Encode one frame reversibly; RGB stays RGB, without a colour transformation."""
    stream: Any = encode_buffer(
        src,
        runner.columns,
        runner.rows,
        runner.samples_per_pixel,
        runner.bits_stored,
        bool(runner.pixel_representation),
        use_mct=False,
    )
    return cast("bytes", stream)

"""Which transfer syntaxes are read and written here, and by which library.

Not read: 12-bit JPEG (no free library does), JPIP references, video; a video is fetched as it is.
"""

from typing import NamedTuple

from pydicom import uid
from pydicom.pixels.decoders.base import Decoder, get_decoder
from pydicom.pixels.encoders.base import Encoder, get_encoder

from chartkeep.imaging.pixels import plugins
from chartkeep.imaging.pixels.plugins import LABEL


class Codec(NamedTuple):
    """The libraries for one syntax, as pydicom's plugins; empty: it cannot be done."""

    read: str
    write: str


PLAIN = frozenset(
    {
        uid.ImplicitVRLittleEndian,
        uid.ExplicitVRLittleEndian,
        uid.ExplicitVRBigEndian,
        uid.DeflatedExplicitVRLittleEndian,
    }
)
WRITTEN_PLAIN = frozenset({uid.ImplicitVRLittleEndian, uid.ExplicitVRLittleEndian})
LOSSY_JPEG = frozenset({uid.JPEGBaseline8Bit, uid.JPEGExtended12Bit})
CODECS: dict[str, Codec] = {
    uid.JPEGBaseline8Bit: Codec("pillow", "pillow"),
    uid.JPEGExtended12Bit: Codec("pillow", ""),
    uid.JPEGLossless: Codec("gdcm", ""),
    uid.JPEGLosslessSV1: Codec("gdcm", ""),
    uid.JPEGLSLossless: Codec("pyjpegls", "pyjpegls"),
    uid.JPEGLSNearLossless: Codec("pyjpegls", ""),
    uid.JPEG2000Lossless: Codec(LABEL, LABEL),
    uid.JPEG2000: Codec(LABEL, ""),
    uid.HTJ2KLossless: Codec(LABEL, ""),
    uid.HTJ2KLosslessRPCL: Codec(LABEL, ""),
    uid.HTJ2K: Codec(LABEL, ""),
    uid.RLELossless: Codec(LABEL, "rle"),
}
"""Every compressed syntax that is read; `write` where a frame is also written."""
LOSSLESS = frozenset({uid.JPEGLSLossless, uid.JPEG2000Lossless, uid.RLELossless} | WRITTEN_PLAIN)
"""What a whole instance is written in: nothing of it changes but its form."""


def decoder_of(syntax: str) -> Decoder:
    """Return pydicom's decoder of a syntax in `PLAIN` or `CODECS`."""
    return get_decoder(uid.UID(syntax))


def encoder_of(syntax: str) -> Encoder:
    """Return pydicom's encoder of JPEG-LS or JPEG 2000, lossless."""
    return get_encoder(uid.UID(syntax))


def add_plugins() -> None:
    """Make JPEG 2000 and RLE known to pydicom; once in a process."""
    for syntax, codec in CODECS.items():
        if codec.read == LABEL:
            name = "decode_rle" if syntax == uid.RLELossless else "decode_jpeg_2000"
            get_decoder(uid.UID(syntax)).add_plugin(LABEL, (plugins.__name__, name))
    get_encoder(uid.JPEG2000Lossless).add_plugin(LABEL, (plugins.__name__, "encode_jpeg_2000"))

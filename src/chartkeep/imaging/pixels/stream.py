"""The size a compressed frame claims for itself, read before any library is let at it.

A library allocates by what the codestream says, not by what the DICOM header says: both must agree.
JPEG and JPEG-LS: the frame header SOFn (ITU-T T.81 B.2.2). JPEG 2000: SIZ (ITU-T T.800 A.5.1).
"""

import struct

_SIZ = b"\xff\x4f\xff\x51"
_NO_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_NOT_A_FRAME = frozenset({0xC4, 0xC8, 0xCC})


def stated_size(frame: bytes) -> tuple[int, int, int] | None:
    """Return rows, columns, samples as a JPEG or JPEG 2000 stream states them; None if it does not.

    Raises struct.error or IndexError for a stream cut short.
    """
    if frame[:2] == b"\xff\xd8":
        return _jpeg_size(frame)
    at = frame.find(_SIZ, 0, 4_096)  # a JP2 box may stand before it
    if at < 0:
        return None
    right, low, left, top = struct.unpack_from("!IIII", frame, at + 8)
    (samples,) = struct.unpack_from("!H", frame, at + 40)
    return low - top, right - left, samples


def _jpeg_size(frame: bytes) -> tuple[int, int, int] | None:
    at = 2
    while frame[at] == 0xFF:
        marker = frame[at + 1]
        if marker == 0xFF or marker in _NO_LENGTH:
            at += 1 if marker == 0xFF else 2
            continue
        if marker == 0xDA:
            return None
        if (0xC0 <= marker <= 0xCF and marker not in _NOT_A_FRAME) or marker == 0xF7:
            rows, columns, samples = struct.unpack_from("!HHB", frame, at + 5)
            return rows, columns, samples
        (length,) = struct.unpack_from("!H", frame, at + 2)
        at += 2 + length
    return None

"""The body of fuzz/picture_streams.py: any bytes as a compressed frame."""

import struct

from chartkeep.imaging.pixels.stream import stated_size


def feed(data: bytes) -> None:
    """Read the size it states: numbers, none, or that it is cut short."""
    for frame in (data, b"\xff\xd8" + data, b"\xff\x4f\xff\x51" + data):
        try:
            stated = stated_size(frame)
        except (IndexError, struct.error):
            continue
        assert stated is None or len(stated) == 3

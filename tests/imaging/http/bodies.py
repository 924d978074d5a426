"""Any bytes as a body in parts, cut into pieces anyhow, and as an Accept header."""

import contextlib

from chartkeep.errors import BadInputError
from chartkeep.imaging.http.media import read_accept, read_media
from chartkeep.imaging.http.multipart import read_parts


def feed(data: bytes) -> None:
    """Read a body in pieces of a size of its own; whatever comes out was in it."""
    if len(data) < 3:
        return
    size, step, body = data[0] + 1, data[1] + 1, data[2:]
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    with contextlib.suppress(BadInputError):
        for part in read_parts(pieces, "b"):
            while piece := part.read(step):
                assert len(piece) <= step
                assert piece in body
    text = body.decode("latin-1")
    assert len(read_accept(text)) <= 50
    with contextlib.suppress(BadInputError):
        read_media(text)

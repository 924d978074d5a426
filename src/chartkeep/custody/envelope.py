"""What lies inside a sealed entry: one line about it, then the bytes as received.

docs/formats/envelope.md. Pure; it changes nothing in the bytes.
"""

from collections.abc import Iterable

import msgspec

from chartkeep.errors import DamagedError


class Blob(msgspec.Struct, frozen=True, forbid_unknown_fields=True, gc=False):
    """The blob an entry names: its id as a UUID, and how many bytes lie in it, in clear."""

    id: str
    size: int


class Envelope(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """Where an entry came from, under which name, what its references mean here, its blob."""

    source: str
    key: str
    links: dict[str, str] = {}
    blob: Blob | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


def pack(envelope: Envelope, raw: bytes) -> bytes:
    """Join the line and the bytes."""
    return _encoder.encode(envelope) + b"\n" + raw


def unpack_all(plain: Iterable[bytes]) -> list[tuple[Envelope, bytes]]:
    """Part many. Raises DamagedError when one has no such line."""
    decode = _decoder.decode
    try:
        return [(decode(line), raw) for line, _, raw in (one.partition(b"\n") for one in plain)]
    except msgspec.MsgspecError as error:
        raise DamagedError("an entry opens but holds no envelope") from error


def unpack(plain: bytes) -> tuple[Envelope, bytes]:
    """Part them again. Raises DamagedError when there is no such line."""
    (parted,) = unpack_all([plain])
    return parted

"""What lies inside a sealed entry: one line about it, then the bytes as received.

docs/formats/envelope.md. Pure; it changes nothing in the bytes.
"""

import msgspec

from chartkeep.errors import DamagedError


class Envelope(
    msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True, gc=False
):
    """Where an entry came from, under which name, and what its references mean here."""

    source: str
    key: str
    links: dict[str, str] = {}


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Envelope)


def pack(envelope: Envelope, raw: bytes) -> bytes:
    """Join the line and the bytes."""
    return _encoder.encode(envelope) + b"\n" + raw


def unpack(plain: bytes) -> tuple[Envelope, bytes]:
    """Part them again. Raises DamagedError when there is no such line."""
    line, _, raw = plain.partition(b"\n")
    try:
        return _decoder.decode(line), raw
    except msgspec.MsgspecError as error:
        raise DamagedError("an entry opens but holds no envelope") from error

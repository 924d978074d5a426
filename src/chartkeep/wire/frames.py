"""Frames between processes of one house: who speaks is proved once, a recorded frame is worthless.

A frame is `length u32 | connection u64 | sequence u64 | MessagePack`. The server opens with a
random challenge; the client signs it with its instance's Ed25519 key, and every later frame
carries the connection's own number and the next sequence, so a frame recorded elsewhere is
refused. This gives no secrecy: that is the Unix socket's (peer credentials) or TLS's work.
docs/formats/wire.md has the bytes.
"""

import hashlib
import struct
from collections.abc import Iterable
from typing import Annotated, Any, NamedTuple

import msgspec

from chartkeep import errors
from chartkeep.errors import ChartkeepError, RefusedError
from chartkeep.model import ID_BYTES, InstanceId

FORMAT = "chartkeep-wire-1"
FRAME = struct.Struct(">IQQ")
MAX_FRAME = 256 << 20
MAX_FIRST_FRAME = 4096
"""Nobody unproved may make us hold more than this."""
SEND_BUFFER = 1 << 20
"""Of a socket, as far as the system allows: what does not fit into it is copied and waits."""
PROOF_SECONDS = 10
"""Nobody unproved may hold a connection longer than this."""


_encoder = msgspec.msgpack.Encoder()


class Message(msgspec.Struct, frozen=True, array_like=True, tag=True):
    """Base of every message; the tag is the class name, and no repr shows what it carries."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


Id = Annotated[bytes, msgspec.Meta(min_length=ID_BYTES, max_length=ID_BYTES)]
Name = Annotated[str, msgspec.Meta(max_length=200)]
Number = Annotated[int, msgspec.Meta(ge=0, le=(1 << 62) - 1)]
"""Times, indices and counts: what a ledger and a database hold without a second thought."""
Mask = Annotated[int, msgspec.Meta(ge=0, le=(1 << 32) - 1)]
"""A set of sections."""


class Challenge(Message, frozen=True, array_like=True, tag=True):
    """The server's first word: `nonce` is 32 random bytes, `connection` the connection's number."""

    format: str
    server: str
    nonce: bytes
    connection: int


class Proof(Message, frozen=True, array_like=True, tag=True):
    """The client's answer: a signature over the challenge by its instance's key."""

    instance: str
    worker: Id
    signature: bytes


class Done(Message, frozen=True, array_like=True, tag=True):
    """Yes, and nothing more to say."""


class Failed(Message, frozen=True, array_like=True, tag=True):
    """No: the name of the error class in `chartkeep.errors`, its message and hint."""

    error: str
    message: str
    hint: str


class Address(NamedTuple):
    """`unix:/path` or `tls:host:port`."""

    path: str
    host: str
    port: int

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read an address. Raises RefusedError when it is neither form."""
        scheme, _, rest = text.partition(":")
        if scheme == "unix" and rest:
            return cls(rest, "", 0)
        host, _, port = rest.rpartition(":")
        if scheme == "tls" and host and port.isdigit():
            return cls("", host, int(port))
        raise RefusedError(
            f"not an address: {text}", hint="write unix:/path/to/socket or tls:host:port"
        )


class Peer(NamedTuple):
    """Who is at the other end, proved: `id` is derived from the public key."""

    instance: str
    id: InstanceId
    worker: bytes
    uid: int


def instance_id(public: bytes) -> InstanceId:
    """Derive an instance's 16-byte id from its Ed25519 public key."""
    return InstanceId(hashlib.sha256(b"chartkeep-instance-1" + public).digest()[:ID_BYTES])


def signed_words(challenge: Challenge, instance: str, worker: bytes) -> bytes:
    """Say what a client signs: everything that must not fit another server or connection."""
    return b"\x00".join(
        (FORMAT.encode(), challenge.server.encode(), challenge.nonce, instance.encode(), worker)
    )


def encode(connection: int, sequence: int, message: msgspec.Struct) -> bytearray:
    """Frame one message."""
    frame = bytearray(FRAME.size)
    _encoder.encode_into(message, frame, FRAME.size)
    FRAME.pack_into(frame, 0, len(frame) - FRAME.size, connection, sequence)
    return frame


def to_failed(error: ChartkeepError) -> Failed:
    """Carry an error of ours over the wire, by the nearest name that `errors` has."""
    name = next(c.__name__ for c in type(error).__mro__ if getattr(errors, c.__name__, None) is c)
    return Failed(name, str(error), error.hint)


def to_error(failed: Failed) -> ChartkeepError:
    """Turn a carried error back into its class; an unknown name stays a refusal."""
    found = getattr(errors, failed.error, RefusedError)
    if not (isinstance(found, type) and issubclass(found, ChartkeepError)):
        found = RefusedError
    return found(failed.message, hint=failed.hint)


def union(messages: Iterable[type[Message]]) -> Any:
    """Join message classes into the union type a decoder takes."""
    first, *rest = messages
    joined: Any = first
    for message in rest:
        joined |= message
    return joined

"""Streams of any length, sealed in chunks: C2SP chunked encryption, Cobblestone-256.

Promises bounded memory, and that reordered, changed or missing chunks show. A whole reader has
proof of the end only when it returns; a range reader proves what it read and no more.
Source: https://c2sp.org/chunked-encryption
"""

import hmac
from collections.abc import Callable
from typing import BinaryIO, Final, Protocol

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from chartkeep.errors import SealBrokenError
from chartkeep.sealing.keys import NONCE_BYTES, SECRET_BYTES, TAG_BYTES

Write = Callable[[bytes], object]


class Readable(Protocol):
    """Whatever gives bytes in order, none at its end."""

    def read(self, most: int, /) -> bytes:
        """Give the next bytes, `most` at most."""


CHUNK: Final = 16 << 10
SEALED_CHUNK: Final = CHUNK + TAG_BYTES
_SALT: Final = 24
_COMMITMENT: Final = 32
STREAM_HEAD: Final = _SALT + _COMMITMENT
_PIECE: Final = 64 << 10
"""Larger ones take longer: memory that large is asked of the system anew each time."""
_INFO: Final = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"


def seal_stream(reader: Readable, write: Write, secret: bytes, context: bytes) -> None:
    """Seal everything the reader gives. The context is bound, not stored."""
    message = Sealer(secret, context)
    while piece := reader.read(_PIECE):
        write(message.seal(piece))
    write(message.finish())


class Sealer:
    """A message that is sealed as its pieces come."""

    def __init__(self, secret: bytes, context: bytes) -> None:
        self._message = Cobblestone256Encryptor(secret, context)

    def seal(self, piece: bytes) -> bytes:
        """Seal the next bytes; gives as many whole chunks as there are."""
        return self._message.update(piece)

    def finish(self) -> bytes:
        """Give the last chunk; nothing may follow."""
        return self._message.finalize()


def open_stream(reader: BinaryIO, write: Write, secret: bytes, context: bytes) -> None:
    """Open a whole message. Raises SealBrokenError; what was written before is not the whole."""
    message = Cobblestone256Decryptor(secret, context)
    try:
        while piece := reader.read(_PIECE):
            write(message.update(piece))
        write(message.finalize())
    except InvalidTag as error:
        raise SealBrokenError("changed, cut short, or sealed for another place") from error


class Chunks:
    """The chunks of one message, opened in any order; its key is proved when this is made.

    The library opens only whole streams, so chunks are opened here with its AES-GCM.
    """

    def __init__(self, head: bytes, secret: bytes, context: bytes) -> None:
        self._cipher, self._nonce = _message_key(head, secret, context)

    def open(self, first: int, sealed: memoryview) -> bytearray:
        """Open neighbouring chunks from number `first` on; the last may be short.

        Raises SealBrokenError.
        """
        count = -(-len(sealed) // SEALED_CHUNK)
        opened = bytearray(max(0, len(sealed) - count * TAG_BYTES))
        room = memoryview(opened)
        for n in range(count):
            nonce = (self._nonce ^ (first + n)).to_bytes(NONCE_BYTES, "big")
            chunk = sealed[n * SEALED_CHUNK : (n + 1) * SEALED_CHUNK]
            try:
                self._cipher.decrypt_into(nonce, chunk, b"", room[n * CHUNK : (n + 1) * CHUNK])
            except (InvalidTag, ValueError) as error:
                raise SealBrokenError(f"chunk {first + n} is changed or missing") from error
        return opened


def _message_key(head: bytes, secret: bytes, context: bytes) -> tuple[AESGCM, int]:
    salt, commitment = head[:_SALT], head[_SALT:]
    size = SECRET_BYTES + NONCE_BYTES + _COMMITMENT
    derived = HKDFExpand(SHA512(), size, _INFO + salt + context).derive(secret)
    # Checked first: a message must not open under two keys.
    if not hmac.compare_digest(derived[SECRET_BYTES + NONCE_BYTES :], commitment):
        raise SealBrokenError("sealed with another key, or for another place")
    nonce = int.from_bytes(derived[SECRET_BYTES : SECRET_BYTES + NONCE_BYTES], "big")
    return AESGCM(derived[:SECRET_BYTES]), nonce

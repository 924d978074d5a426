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

from chartkeep.errors import BadInputError, SealBrokenError
from chartkeep.sealing.keys import NONCE_BYTES, SECRET_BYTES, TAG_BYTES

Write = Callable[[bytes], object]


class Readable(Protocol):
    """Whatever gives bytes in order, none at its end."""

    def read(self, most: int, /) -> bytes:
        """Give the next bytes, `most` at most."""


CHUNK: Final = 16 << 10
_SEALED_CHUNK: Final = CHUNK + TAG_BYTES
_SALT: Final = 24
_COMMITMENT: Final = 32
_PIECE: Final = 1 << 20
_INFO: Final = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0"


def seal_stream(reader: Readable, write: Write, secret: bytes, context: bytes) -> None:
    """Seal everything the reader gives. The context is bound, not stored."""
    message = Cobblestone256Encryptor(secret, context)
    while piece := reader.read(_PIECE):
        write(message.update(piece))
    write(message.finalize())


def open_stream(reader: BinaryIO, write: Write, secret: bytes, context: bytes) -> None:
    """Open a whole message. Raises SealBrokenError; what was written before is not the whole."""
    message = Cobblestone256Decryptor(secret, context)
    try:
        while piece := reader.read(_PIECE):
            write(message.update(piece))
        write(message.finalize())
    except InvalidTag as error:
        raise SealBrokenError("changed, cut short, or sealed for another place") from error


def open_stream_range(
    reader: BinaryIO, secret: bytes, context: bytes, start: int, length: int
) -> bytes:
    """Open `length` bytes from `start`, fewer at the end; the reader stands at the message.

    The library decrypts only whole streams, so chunks are opened here with its AES-GCM.
    """
    if start < 0 or length < 0:
        raise BadInputError("a range begins at 0 or later and has no negative length")
    base = reader.tell()
    cipher, nonce = _message_key(reader.read(_SALT + _COMMITMENT), secret, context)
    first, skip = divmod(start, CHUNK)
    reader.seek(base + _SALT + _COMMITMENT + first * _SEALED_CHUNK)
    opened = bytearray()
    number = first
    while len(opened) < skip + length:
        chunk = _open_chunk(cipher, nonce, number, reader.read(_SEALED_CHUNK))
        opened += chunk
        number += 1
        if len(chunk) < CHUNK:
            break
    return bytes(opened[skip : skip + length])


def _message_key(head: bytes, secret: bytes, context: bytes) -> tuple[AESGCM, int]:
    salt, commitment = head[:_SALT], head[_SALT:]
    size = SECRET_BYTES + NONCE_BYTES + _COMMITMENT
    derived = HKDFExpand(SHA512(), size, _INFO + salt + context).derive(secret)
    # Checked first: a message must not open under two keys.
    if not hmac.compare_digest(derived[SECRET_BYTES + NONCE_BYTES :], commitment):
        raise SealBrokenError("sealed with another key, or for another place")
    nonce = int.from_bytes(derived[SECRET_BYTES : SECRET_BYTES + NONCE_BYTES], "big")
    return AESGCM(derived[:SECRET_BYTES]), nonce


def _open_chunk(cipher: AESGCM, base_nonce: int, number: int, sealed: bytes) -> bytes:
    nonce = (base_nonce ^ number).to_bytes(NONCE_BYTES, "big")
    try:
        return cipher.decrypt(nonce, sealed, b"")
    except InvalidTag as error:
        raise SealBrokenError(f"chunk {number} is changed or missing") from error

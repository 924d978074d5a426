"""Sealed backups (docs/formats/backup.md): made by one host, opened by k of n people.

Promises that the host making backups cannot open them, so keys shredded since stay shredded
for whoever takes the host. Does not decide what goes in, nor where backups lie.
"""

from hashlib import sha256
from struct import Struct
from typing import BinaryIO, Final

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from chartkeep.errors import BadInputError, RefusedError, SealBrokenError
from chartkeep.model import ID_BYTES, FacilityId, Millis
from chartkeep.sealing.fields import expect_magic
from chartkeep.sealing.keyed import derive, keyed_hash
from chartkeep.sealing.keys import fresh_secret
from chartkeep.sealing.shares import Share, join_shares, split_secret
from chartkeep.sealing.stream import Write, open_stream, seal_stream

PUBLIC_BYTES: Final = 32
_MAGIC: Final = b"CKR1"
_HEADER: Final = Struct(">4s16sQ32s")
HEADER_BYTES: Final = _HEADER.size
_WRAPPED_BYTES: Final = 80
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


class BackupHeader(msgspec.Struct, frozen=True):
    """Whose backup, of when, and for which operators."""

    facility: FacilityId
    time: Millis
    operators: bytes

    def encode(self) -> bytes:
        """Write the header, 60 bytes. Raises BadInputError if a field has the wrong length."""
        if len(self.facility) != ID_BYTES or len(self.operators) != PUBLIC_BYTES:
            raise BadInputError("a facility is 16 bytes and an operators' key 32")
        return _HEADER.pack(_MAGIC, self.facility, self.time, self.operators)


def make_operators(needed: int, total: int) -> tuple[bytes, list[Share]]:
    """Make the operators' public key, to keep, and its shares, to print and forget."""
    secret = fresh_secret()
    operators = _public_of(secret)
    return operators, split_secret(secret, _set_of(operators), needed, total)


def join_operators(shares: list[Share]) -> bytes:
    """Join shares to the operators' secret. Raises RefusedError if they make another key."""
    secret = join_shares(shares)
    if _set_of(_public_of(secret)) != shares[0].set_id:
        raise RefusedError("these shares do not join", hint="one of them is not genuine")
    return secret


def vouch(operators_secret: bytes, facility: FacilityId, public: bytes) -> bytes:
    """Say with the operators' secret whose key may sign for a house: 16 bytes, anybody may have it.

    Made when operators are named, the one time their secret is whole; who joins it checks it.
    """
    return keyed_hash(derive(operators_secret, b"chartkeep-vouch-1"), facility, public)


def seal_backup(reader: BinaryIO, write: Write, header: BackupHeader) -> None:
    """Seal everything the reader gives to the operators named in the header."""
    secret, clear = fresh_secret(), header.encode()
    operators = X25519PublicKey.from_public_bytes(header.operators)
    head = clear + _SUITE.encrypt(secret, operators, info=clear)
    write(head)
    seal_stream(reader, write, secret, head)


def read_backup_header(reader: BinaryIO) -> BackupHeader:
    """Read the clear header and leave the reader behind it; nothing in it is proved yet."""
    raw = reader.read(_HEADER.size)
    expect_magic(raw, _MAGIC, "sealed backup")
    if len(raw) != _HEADER.size:
        raise SealBrokenError("the backup is cut short")
    return BackupHeader(*_HEADER.unpack(raw)[1:])


def open_backup(reader: BinaryIO, write: Write, operators_secret: bytes) -> BackupHeader:
    """Open a whole backup; only the return proves its end. Raises SealBrokenError."""
    header = read_backup_header(reader)
    clear, wrapped = header.encode(), reader.read(_WRAPPED_BYTES)
    if header.operators != _public_of(operators_secret):
        raise RefusedError("the backup is sealed to other operators")
    try:
        private = X25519PrivateKey.from_private_bytes(operators_secret)
        secret = _SUITE.decrypt(wrapped, private, info=clear)
        open_stream(reader, write, secret, clear + wrapped)
    except (InvalidTag, ValueError) as error:  # ValueError: an encapsulation cut short
        raise SealBrokenError("the backup does not open: its key is changed") from error
    except SealBrokenError as error:
        raise SealBrokenError(f"the backup does not open: {error}") from error
    return header


def _public_of(secret: bytes) -> bytes:
    return X25519PrivateKey.from_private_bytes(secret).public_key().public_bytes_raw()


def _set_of(operators: bytes) -> bytes:
    return sha256(operators).digest()[:4]

"""A ward pack's seal (docs/formats/pack.md): opened on any PC by a code typed from an envelope.

Promises that a wrong code is told from changed bytes, and that whoever makes packs need not keep
the code, only what is derived from it. Does not slow a guesser by anything but the derivation:
that a stolen file stays shut rests on the code being random.
"""

import gzip
import hmac
import os
import zlib
from struct import Struct
from typing import Final, NamedTuple

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from chartkeep.errors import BadInputError, RefusedError, SealBrokenError
from chartkeep.model import ID_BYTES, FacilityId, Millis
from chartkeep.sealing.fields import expect_magic
from chartkeep.sealing.keyed import derive
from chartkeep.sealing.keys import NONCE_BYTES, SECRET_BYTES, CipherKey, fresh_nonce
from chartkeep.sealing.ward_code import read_code

ROUNDS: Final = 600_000
"""Of PBKDF2-HMAC-SHA256, the one slow derivation WebCrypto has (OWASP's figure of 2023)."""
MOST_ROUNDS: Final = 10_000_000
SALT_BYTES: Final = 16
_CHECK_BYTES: Final = 16
_MARK_BYTES: Final = 8
_MOST_WARD: Final = 200
_MOST_PLAIN: Final = 256 << 20
_MAGIC: Final = b"CKP1"
_HEADER: Final = Struct(">4s16s16sQQI16s16sB")
_KEY: Final = Struct(">I16s32s")


class PackHeader(msgspec.Struct, frozen=True):
    """What a pack says of itself in clear: which ward's, of when, until when it is current."""

    facility: FacilityId
    pack: bytes
    made: Millis
    expires: Millis
    ward: str


class WardKey:
    """What one ward's code, its salt and so many rounds derive: it seals, and it opens."""

    __slots__ = ("check", "lines", "rounds", "salt", "seal", "secret")

    def __init__(self, rounds: int, salt: bytes, secret: bytes) -> None:
        if not ROUNDS <= rounds <= MOST_ROUNDS or len(salt) != SALT_BYTES:
            raise SealBrokenError("no ward's key has these rounds or this salt")
        self.rounds, self.salt, self.secret = rounds, salt, secret
        self.seal = CipherKey(derive(secret, b"chartkeep-pack-1 seal"))
        self.check = derive(secret, b"chartkeep-pack-1 check")[:_CHECK_BYTES]
        self.lines = derive(secret, b"chartkeep-pack-1 lines")
        """Under which the page chains its lines about openings and forms."""

    def __repr__(self) -> str:
        return f"<WardKey of salt {self.salt.hex()}>"

    def encode(self) -> bytes:
        """Give the 52 bytes the packer keeps, sealed, instead of the code."""
        return _KEY.pack(self.rounds, self.salt, self.secret)


def decode_ward_key(raw: bytes) -> WardKey:
    """Read what the packer kept. Raises SealBrokenError if it is no ward's key."""
    if len(raw) != _KEY.size:
        raise SealBrokenError("a ward's key has 52 bytes")
    return WardKey(*_KEY.unpack(raw))


def derive_ward_key(code: str, salt: bytes = b"", rounds: int = ROUNDS) -> WardKey:
    """Derive a ward's key from its code, under a new salt if none is given.

    Slow on purpose, about a fifth of a second. Raises BadInputError for a mistyped code.
    """
    typed, salt = read_code(code), salt or os.urandom(SALT_BYTES)
    if not ROUNDS <= rounds <= MOST_ROUNDS or len(salt) != SALT_BYTES:
        raise BadInputError(f"a salt is 16 bytes, and rounds are {ROUNDS} to {MOST_ROUNDS}")
    secret = PBKDF2HMAC(SHA256(), SECRET_BYTES, salt, rounds).derive(typed)
    return WardKey(rounds, salt, secret)


def mark_line(key: WardKey, last: str, line: str) -> str:
    """Chain a line about a pack to the mark before it, "" before the first: 16 hex digits."""
    return hmac.digest(key.lines, (last + line).encode(), "sha256")[:_MARK_BYTES].hex()


def seal_pack(header: PackHeader, plain: bytes, key: WardKey) -> bytes:
    """Seal a pack: clear header, nonce, AES-256-GCM of the gzipped bytes."""
    return _seal(header, plain, key, fresh_nonce())


def _seal(header: PackHeader, plain: bytes, key: WardKey, nonce: bytes) -> bytes:
    clear = _clear(header, key)
    packed = gzip.compress(plain, 6, mtime=0)
    return clear + nonce + key.seal.cipher.encrypt(nonce, packed, clear)


def _clear(header: PackHeader, key: WardKey) -> bytes:
    ward = header.ward.encode()
    if len(header.facility) != ID_BYTES or len(header.pack) != ID_BYTES:
        raise BadInputError("a facility and a pack are named by 16 bytes")
    if not 0 < len(ward) <= _MOST_WARD:
        raise BadInputError(f"a ward's name is 1 to {_MOST_WARD} bytes of UTF-8")
    return _HEADER.pack(
        _MAGIC, header.facility, header.pack, header.made, header.expires,
        key.rounds, key.salt, key.check, len(ward),
    ) + ward  # fmt: skip


def pack_key(sealed: bytes, code: str) -> WardKey:
    """Derive the key to a pack from a typed code; only `open_pack` proves that it is the right one.

    Raises BadInputError for a mistyped code, SealBrokenError for what is no pack.
    """
    front = _read(sealed)
    return derive_ward_key(code, front.salt, front.rounds)


def open_pack(sealed: bytes, key: WardKey) -> bytes:
    """Open a pack.

    Raises RefusedError when it is sealed under another code, SealBrokenError when it was changed.
    """
    front = _read(sealed)
    if not hmac.compare_digest(front.check, key.check):
        raise RefusedError(
            "the pack is sealed under another code", hint="is it this ward's code, and the newest"
        )
    nonce, body = sealed[front.end : front.end + NONCE_BYTES], sealed[front.end + NONCE_BYTES :]
    try:
        packed = key.seal.cipher.decrypt(nonce, body, sealed[: front.end])
    except (InvalidTag, ValueError) as error:  # ValueError: a nonce cut short
        raise SealBrokenError("the pack does not open: it was changed") from error
    return _unzip(packed)


class _Front(NamedTuple):
    """The clear front of a pack, `end` bytes long."""

    header: PackHeader
    rounds: int
    salt: bytes
    check: bytes
    end: int


def _read(sealed: bytes) -> _Front:
    expect_magic(sealed, _MAGIC, "ward pack")
    if len(sealed) < _HEADER.size:
        raise SealBrokenError("the pack is cut short")
    _, facility, pack, made, expires, rounds, salt, check, size = _HEADER.unpack_from(sealed)
    end = _HEADER.size + size
    try:
        ward = sealed[_HEADER.size : end].decode()
    except UnicodeDecodeError as error:
        raise SealBrokenError("the pack's ward is not text") from error
    # Bounded before anything is derived: a changed file must not keep a PC busy for hours.
    if not ROUNDS <= rounds <= MOST_ROUNDS:
        raise SealBrokenError(f"a pack's rounds are {ROUNDS} to {MOST_ROUNDS}")
    header = PackHeader(FacilityId(facility), pack, Millis(made), Millis(expires), ward)
    return _Front(header, rounds, salt, check, end)


def _unzip(packed: bytes) -> bytes:
    unzip = zlib.decompressobj(wbits=31)
    try:
        plain = unzip.decompress(packed, _MOST_PLAIN)
    except zlib.error as error:
        raise SealBrokenError("the pack's content is not gzip") from error
    if not unzip.eof or unzip.unused_data:
        raise SealBrokenError("the pack's content does not end where it should")
    return plain

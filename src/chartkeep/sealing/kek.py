"""The key-encryption key: what opens chart keys, and where it comes from (docs/formats/keyfile.md).

Promises that a wrong passphrase is told from a damaged wrap, and that a `kek.json` somebody
changed is another key. Does not keep files: `keyfile` reads the key file, the keyholder the rest.
"""

import hmac
import json
from hashlib import sha256
from typing import Annotated, Literal, Protocol

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from chartkeep.errors import RefusedError, SealBrokenError, UnknownFormatError
from chartkeep.model import ID_BYTES
from chartkeep.sealing.keys import NONCE_BYTES, SECRET_BYTES, CipherKey, fresh_id, fresh_nonce

_CHECK_INFO = b"chartkeep-kek-check-1"

# Bounds: a kek.json written by somebody else must not make the keyholder eat all memory.
Iterations = Annotated[int, msgspec.Meta(ge=1, le=64)]
MemoryKib = Annotated[int, msgspec.Meta(ge=8, le=4 << 20)]
Lanes = Annotated[int, msgspec.Meta(ge=1, le=64)]


class KeyEncryptionKey(Protocol):
    """Wraps 32-byte keys; a call may go to another machine, so wrap and unwrap few at a time."""

    @property
    def kek_id(self) -> bytes:
        """Name this key in 16 bytes, as chart wraps do."""

    def wrap(self, secret: bytes, aad: bytes) -> bytes:
        """Wrap a key. Raises UnavailableError if the key cannot be reached."""

    def unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """Undo `wrap`. Raises SealBrokenError if key, bytes or aad are others."""


class Cost(msgspec.Struct, frozen=True):
    """What one guess at a passphrase costs: argon2id passes, KiB and lanes (RFC 9106)."""

    iterations: int = 3
    memory_kib: int = 256 << 10
    lanes: int = 1


class PassphraseDocument(
    msgspec.Struct, frozen=True, tag_field="kind", tag="passphrase", forbid_unknown_fields=True
):
    """`kek.json` of a key derived from a passphrase."""

    format: Literal["chartkeep-kek-1"]
    salt: str
    iterations: Iterations
    memory_kib: MemoryKib
    lanes: Lanes
    check: str


class TokenDocument(
    msgspec.Struct, frozen=True, tag_field="kind", tag="pkcs11", forbid_unknown_fields=True
):
    """`kek.json` of a key that never leaves its PKCS#11 token."""

    format: Literal["chartkeep-kek-1"]
    token: str
    key: str


KekDocument = PassphraseDocument | TokenDocument


def read_kek_document(raw: bytes) -> KekDocument:
    """Parse `kek.json`. Raises UnknownFormatError."""
    try:
        document: KekDocument = msgspec.json.decode(raw, type=KekDocument)
    except msgspec.DecodeError as error:
        raise UnknownFormatError(
            "kek.json is not of a kind known here", hint="restore it from the sealed backup"
        ) from error
    return document


def write_kek_document(document: KekDocument) -> bytes:
    """Write `kek.json` in the one form its id is taken over."""
    plain = msgspec.to_builtins(document)
    return json.dumps(plain, sort_keys=True, separators=(",", ":")).encode("ascii")


def kek_id_of(document: KekDocument) -> bytes:
    """Name a key: 16 bytes of SHA-256 over its document, so no one changes it unseen."""
    return sha256(write_kek_document(document)).digest()[:ID_BYTES]


class PassphraseFile:
    """A key-encryption key derived from the key file's passphrase with argon2id."""

    def __init__(self, document: PassphraseDocument, secret: bytes) -> None:
        self.document = document
        self.kek_id = kek_id_of(document)
        self._key = CipherKey(secret)

    @classmethod
    def create(cls, passphrase: bytes, cost: Cost | None = None) -> "PassphraseFile":
        """Derive a new key; the caller keeps `document` (write_kek_document)."""
        return cls._create(passphrase, cost or Cost(), fresh_id())

    @classmethod
    def _create(cls, passphrase: bytes, cost: Cost, salt: bytes) -> "PassphraseFile":
        secret = _stretch(passphrase, cost, salt)
        document = PassphraseDocument(
            format="chartkeep-kek-1",
            salt=salt.hex(),
            iterations=cost.iterations,
            memory_kib=cost.memory_kib,
            lanes=cost.lanes,
            check=_check_of(secret).hex(),
        )
        return cls(document, secret)

    @classmethod
    def open(cls, document: PassphraseDocument, passphrase: bytes) -> "PassphraseFile":
        """Derive the key again. Raises RefusedError for a passphrase that does not fit."""
        cost = Cost(document.iterations, document.memory_kib, document.lanes)
        salt, check = bytes_of(document.salt), bytes_of(document.check)
        secret = _stretch(passphrase, cost, salt)
        if not hmac.compare_digest(_check_of(secret), check):
            raise RefusedError(
                "the passphrase does not fit kek.json",
                hint="check that the key file belongs to this facility and was not edited",
            )
        return cls(document, secret)

    def wrap(self, secret: bytes, aad: bytes) -> bytes:
        """Wrap a key: nonce, ciphertext, tag; 60 bytes."""
        return self._wrap(secret, aad, fresh_nonce())

    def _wrap(self, secret: bytes, aad: bytes, nonce: bytes) -> bytes:
        return nonce + self._key.cipher.encrypt(nonce, secret, aad)

    def unwrap(self, wrapped: bytes, aad: bytes) -> bytes:
        """Undo `wrap`. Raises SealBrokenError."""
        if len(wrapped) <= NONCE_BYTES:
            raise SealBrokenError("cut short")
        try:
            return self._key.cipher.decrypt(wrapped[:NONCE_BYTES], wrapped[NONCE_BYTES:], aad)
        except InvalidTag as error:
            raise SealBrokenError("changed") from error


def _stretch(passphrase: bytes, cost: Cost, salt: bytes) -> bytes:
    try:
        return Argon2id(
            salt=salt,
            length=SECRET_BYTES,
            iterations=cost.iterations,
            lanes=cost.lanes,
            memory_cost=cost.memory_kib,
        ).derive(passphrase)
    except ValueError as error:
        raise UnknownFormatError("kek.json asks for what argon2id does not allow") from error


def _check_of(secret: bytes) -> bytes:
    return hmac.digest(secret, _CHECK_INFO, "sha256")[:ID_BYTES]


def bytes_of(text: str) -> bytes:
    """Read a hex field of a document. Raises UnknownFormatError."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise UnknownFormatError("kek.json holds a field that is not hex") from error

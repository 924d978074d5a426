"""Ed25519 keys (RFC 8032): sign bytes, check signatures.

Promises that a signature which verifies was made with the private half over exactly these bytes.
Does not say whose key it is, and does not keep private keys anywhere.
"""

from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from chartkeep.errors import SealBrokenError, UnknownFormatError

SEED_BYTES = 32


class SigningKey:
    """A private Ed25519 key; `public` is its 32-byte public half."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public: bytes = key.public_key().public_bytes_raw()

    @classmethod
    def generate(cls) -> Self:
        """Make a key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Self:
        """Take the key of a 32-byte seed. Raises UnknownFormatError for any other length."""
        if len(seed) != SEED_BYTES:
            raise UnknownFormatError("a signing seed is 32 bytes")
        return cls(Ed25519PrivateKey.from_private_bytes(seed))

    def sign(self, message: bytes) -> bytes:
        """Sign; 64 bytes, the same for the same message (RFC 8032)."""
        return self._key.sign(message)


def verify(public: bytes, signature: bytes, message: bytes) -> None:
    """Return if `signature` is `public`'s over `message`; raises SealBrokenError otherwise."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        raise SealBrokenError("the signature does not belong to these bytes") from error

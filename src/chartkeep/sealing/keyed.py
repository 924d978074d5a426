"""What is derived from a secret: other keys, keyed hashes, search labels.

Promises that without the secret an output tells nothing about its input, and that different
uses and different part boundaries never meet. Does not hide how often the same input comes.
"""

import hmac
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import ECB
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chartkeep.sealing.keys import SECRET_BYTES

KEYED_BYTES: Final = 16
LABEL_PREFIX: Final = 4
LABELS_ALIKE: Final = 256
"""So many numbers in a row give labels that begin alike."""


def derive(secret: bytes, info: bytes) -> bytes:
    """Derive a 32-byte key for one use: HKDF-SHA256 without salt (RFC 5869)."""
    return HKDF(SHA256(), SECRET_BYTES, None, info).derive(secret)


def keyed_hash(secret: bytes, *parts: bytes) -> bytes:
    """Hash parts to 16 bytes: HMAC-SHA256 over each part behind its length (u32), cut."""
    message = b"".join([len(part).to_bytes(4, "big") + part for part in parts])
    return hmac.digest(secret, message, "sha256")[:KEYED_BYTES]


class SearchKey:
    """Turns keywords into labels; only the keyholder has one, readers see finished labels."""

    __slots__ = ("_hide", "_keywords", "_labels", "_show")

    def __init__(self, secret: bytes) -> None:
        self._keywords = derive(secret, b"chartkeep-keywords-1")
        self._labels = derive(secret, b"chartkeep-labels-2")
        # Safe without a chain: each block is one number, and no number is hidden for two words.
        numbers = Cipher(AES256(derive(secret, b"chartkeep-numbers-1")), ECB())  # noqa: S305 - above
        self._hide, self._show = numbers.encryptor(), numbers.decryptor()

    def __repr__(self) -> str:
        return "<SearchKey>"

    def keyword_hash(self, keyword: str) -> bytes:
        """Name a keyword in 16 bytes, under which its labels' numbers are kept."""
        return keyed_hash(self._keywords, keyword.encode())

    def label(self, keyword_hash: bytes, n: int) -> bytes:
        """Make a keyword's label of number n, 16 bytes; labels show neither keyword nor number.

        Those given at about the same time begin alike, so that they lie together on a disk:
        entirely random ones would each dirty another page, the more the larger the house.
        """
        near = (n // LABELS_ALIKE).to_bytes(8, "big")
        begins = hmac.digest(self._labels, near, "sha256")[:LABEL_PREFIX]
        message = keyword_hash + n.to_bytes(8, "big")
        return (begins + hmac.digest(self._labels, message, "sha256"))[:KEYED_BYTES]

    def hide(self, n: int) -> bytes:
        """Hide a number in 16 bytes: numbers in order would tell which keywords came together."""
        return self._hide.update(n.to_bytes(8, "big") + bytes(8))

    def show(self, hidden: bytes) -> int:
        """Give a hidden number again; of damaged bytes any number, whose label nobody was given."""
        return int.from_bytes(self._show.update(hidden)[:8], "big")


def token_hash(token: bytes) -> bytes:
    """Name a session's secret without holding it: SHA-256, since the secret is random."""
    return sha256(token).digest()

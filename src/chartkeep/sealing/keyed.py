"""What is derived from a secret: other keys, keyed hashes, search labels.

Promises that without the secret an output tells nothing about its input, and that different
uses and different part boundaries never meet. Does not hide how often the same input comes.
"""

import hmac
from hashlib import sha256
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from chartkeep.sealing.keys import SECRET_BYTES

KEYED_BYTES: Final = 16


def derive(secret: bytes, info: bytes) -> bytes:
    """Derive a 32-byte key for one use: HKDF-SHA256 without salt (RFC 5869)."""
    return HKDF(SHA256(), SECRET_BYTES, None, info).derive(secret)


def keyed_hash(secret: bytes, *parts: bytes) -> bytes:
    """Hash parts to 16 bytes: HMAC-SHA256 over each part behind its length (u32), cut."""
    message = b"".join([len(part).to_bytes(4, "big") + part for part in parts])
    return hmac.digest(secret, message, "sha256")[:KEYED_BYTES]


class SearchKey:
    """Turns keywords into labels; only the keyholder has one, readers see finished labels."""

    __slots__ = ("_keywords", "_labels")

    def __init__(self, secret: bytes) -> None:
        self._keywords = derive(secret, b"chartkeep-keywords-1")
        self._labels = derive(secret, b"chartkeep-labels-1")

    def __repr__(self) -> str:
        return "<SearchKey>"

    def keyword_hash(self, keyword: str) -> bytes:
        """Name a keyword in 16 bytes, under which its counter is kept."""
        return keyed_hash(self._keywords, keyword.encode())

    def label(self, keyword_hash: bytes, n: int) -> bytes:
        """Make the keyword's n-th label, 16 bytes; labels show neither keyword nor number."""
        message = keyword_hash + n.to_bytes(8, "big")
        return hmac.digest(self._labels, message, "sha256")[:KEYED_BYTES]


def token_hash(token: bytes) -> bytes:
    """Name a session's secret without holding it: SHA-256, since the secret is random."""
    return sha256(token).digest()

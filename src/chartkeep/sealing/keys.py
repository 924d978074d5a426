"""Keys as small objects: a secret, what it is for, and its cipher, built once.

Promises that no key shows its secret in a repr, a log or a traceback line, and that every new
secret comes from the operating system. Does not erase memory: Python cannot.
"""

import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from chartkeep.model import ID_BYTES, ChartId, KeyId

SECRET_BYTES = 32
NONCE_BYTES = 12
TAG_BYTES = 16


def fresh_secret() -> bytes:
    """Draw 32 bytes nobody knows."""
    return os.urandom(SECRET_BYTES)


def fresh_id() -> bytes:
    """Draw a 16-byte id."""
    return os.urandom(ID_BYTES)


def fresh_nonce() -> bytes:
    """Draw a nonce. Never a counter: a restored database repeats counters."""
    return os.urandom(NONCE_BYTES)


class CipherKey:
    """A 32-byte AES-256-GCM key whose cipher is built on first use and kept."""

    __slots__ = ("_cipher", "secret")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != SECRET_BYTES:
            raise ValueError("a key is 32 bytes")
        self.secret = secret
        self._cipher: AESGCM | None = None

    @property
    def cipher(self) -> AESGCM:
        """The cipher; safe to use from several threads."""
        if self._cipher is None:
            self._cipher = AESGCM(self.secret)
        return self._cipher

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class SectionKey(CipherKey):
    """Seals the entries of one section of one chart, for one writer and one lease.

    `blob_secret`: what is derived from it for its blobs, kept once it was.
    """

    __slots__ = ("blob_secret", "key_id")

    def __init__(self, key_id: KeyId, secret: bytes) -> None:
        super().__init__(secret)
        self.key_id = key_id
        self.blob_secret = b""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SectionKey) and self.key_id == other.key_id

    def __hash__(self) -> int:
        return hash(self.key_id)

    def __repr__(self) -> str:
        return f"<SectionKey {self.key_id.hex()}>"


class ChartKey(CipherKey):
    """Wraps the section keys of one chart; `generation` counts its rotations from 1."""

    __slots__ = ("chart", "generation", "place")

    def __init__(self, chart: ChartId, generation: int, secret: bytes) -> None:
        super().__init__(secret)
        self.chart = chart
        self.generation = generation
        self.place = chart + generation.to_bytes(4, "big")
        """Chart and generation as they stand in every wrap under this key."""

    def __repr__(self) -> str:
        return f"<ChartKey {self.chart.hex()} generation {self.generation}>"


def fresh_section_key() -> SectionKey:
    """Make a section key under a new key id."""
    return SectionKey(KeyId(fresh_id()), fresh_secret())


def fresh_chart_key(chart: ChartId, generation: int = 1) -> ChartKey:
    """Make a chart's key; rotation passes the next generation."""
    return ChartKey(chart, generation, fresh_secret())

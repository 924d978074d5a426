"""Keyed tokens: what a value is remembered as, worthless without the key.

Every use has a key of its own (BLAKE2b keyed, the use as its personalisation), so that tokens of
one kind never meet those of another. `look_up` tokens are the same for everybody, so that they can
be found; `private` tokens are bound to one chart: the same town in two charts gives two tokens.
Both are made of a digest under a key that writers have, so that a deposit can write digests.
Promises nothing against whoever holds the key: numbers and phones can be tried one by one.
"""

from collections.abc import Iterable
from enum import IntEnum
from hashlib import blake2b
from typing import Final

LOOK_UP_BYTES: Final = 8
PRIVATE_BYTES: Final = 4
KEY_BYTES: Final = 32
DIGEST_BYTES: Final = 8
MOST_DIGESTS: Final = 100_000


class LookUp(IntEnum):
    """What a chart is found by: never a value that many people share, standing alone."""

    NUMBER = 1
    PHONE = 2
    NAME_BIRTH = 3
    SOUND_BIRTH = 4
    NAME_MONTH = 5
    NAME_DAY = 6
    SOUND_ADDRESS = 7
    ADDRESS_BIRTH = 8
    NAME = 9
    RECORD = 10
    FILE = 11


class Field(IntEnum):
    """What is compared once a chart is thought of."""

    NAME = 1
    SOUND = 2
    BIRTH = 3
    YEAR = 4
    MONTH = 5
    DAY = 6
    SEX = 7
    PHONE = 8
    NUMBER = 9
    ADDRESS = 10
    STREET = 11
    POSTCODE = 12
    CITY = 13
    RECORD = 14
    FACT = 15
    WORD = 16


class FingerprintKey:
    """Turns values into tokens, in two steps: the house's digest of a value, then the desk's token.

    `deposit` is the key of digests, which writers have; `secret` the desk's, which they have not.
    """

    __slots__ = ("_digest", "_digests", "_found_by", "_held")

    def __init__(self, secret: bytes, deposit: bytes = b"") -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError("a key is 32 bytes")
        # Keyed once and copied for each token: half the time of keying each.
        self._found_by = {kind: _keyed(LOOK_UP_BYTES, secret, who) for kind, who in _FOUND_BY}
        self._held = {field: _keyed(PRIVATE_BYTES, secret, who) for field, who in _COMPARED}
        self._digest = _keyed(DIGEST_BYTES, deposit, _DIGEST)
        self._digests: dict[str, bytes] = {}

    def __repr__(self) -> str:
        return "<FingerprintKey>"

    def digest(self, value: str) -> bytes:
        """Give the house's digest of a value: one value is asked about many times in a row."""
        found = self._digests.get(value)
        if found is None:
            if len(self._digests) >= MOST_DIGESTS:
                self._digests.clear()
            hashing = self._digest.copy()
            hashing.update(value.encode())
            found = self._digests[value] = hashing.digest()
        return found

    def look_up(self, kind: LookUp, value: str) -> int:
        """Give the token a value is found by, of 64 bits."""
        return self.found_by(kind, self.digest(value))

    def found_by(self, kind: LookUp, digested: bytes) -> int:
        """Give the token of a value that was digested, of 64 bits."""
        return int.from_bytes(_finish(self._found_by[kind], digested), "little")

    def found_by_all(self, wanted: Iterable[tuple[LookUp, bytes]]) -> bytes:
        """Give the tokens of many, 8 bytes each, little-endian: half the time of one by one."""
        tokens: list[bytes] = []
        for kind, digested in wanted:
            hashing = self._found_by[kind].copy()
            hashing.update(digested)
            tokens.append(hashing.digest())
        return b"".join(tokens)

    def private(self, chart: bytes, field: Field, value: str) -> int:
        """Give the token a value has in one chart, of 32 bits: equal nowhere else."""
        return self.held(chart, field, self._digests.get(value) or self.digest(value))

    def held(self, chart: bytes, field: Field, digested: bytes) -> int:
        """Give the token a digested value has in one chart, of 32 bits."""
        hashing = self._held[field].copy()  # not `_finish`: a call less, of very many
        hashing.update(chart + digested)
        return int.from_bytes(hashing.digest(), "little")

    def held_all(self, chart: bytes, wanted: Iterable[tuple[Field, bytes]]) -> bytes:
        """Give the tokens many digested values have in one chart, 4 bytes each, little-endian."""
        tokens: list[bytes] = []
        for field, digested in wanted:
            hashing = self._held[field].copy()
            hashing.update(chart + digested)
            tokens.append(hashing.digest())
        return b"".join(tokens)


def digest(value: str, key: bytes) -> bytes:
    """Digest a value to 8 bytes, keyed: what a deposit writes of it."""
    return _finish(_keyed(DIGEST_BYTES, key, _DIGEST), value.encode())


def _keyed(size: int, key: bytes, use: bytes) -> blake2b:
    return blake2b(digest_size=size, key=key, person=use)


def _finish(keyed: blake2b, value: bytes) -> bytes:
    hashing = keyed.copy()
    hashing.update(value)
    return hashing.digest()


_DIGEST: Final = b"digest"
_FOUND_BY: Final = [(kind, f"found by {kind.value}".encode()) for kind in LookUp]
_COMPARED: Final = [(field, f"compared {field.value}".encode()) for field in Field]

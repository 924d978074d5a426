"""Keyed tokens: what a value is remembered as, worthless without the key.

Every use has a key of its own (BLAKE2b keyed, the use as its personalisation), so that tokens of
one kind never meet those of another. `look_up` tokens are the same for everybody, so that they can
be found; `private` tokens are bound to one chart: the same town in two charts gives two tokens.
Promises nothing against whoever holds the key: numbers and phones can be tried one by one.
"""

from enum import IntEnum
from hashlib import blake2b
from typing import Final

LOOK_UP_BYTES: Final = 8
PRIVATE_BYTES: Final = 4
KEY_BYTES: Final = 32


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
    """Turns values into tokens."""

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError("a key is 32 bytes")
        self._secret = secret

    def __repr__(self) -> str:
        return "<FingerprintKey>"

    def look_up(self, kind: LookUp, value: str) -> int:
        """Give the token a value is found by, of 64 bits."""
        return int.from_bytes(
            blake2b(
                value.encode(), digest_size=LOOK_UP_BYTES, key=self._secret, person=_FOUND_BY[kind]
            ).digest(),
            "little",
        )

    def private(self, chart: bytes, field: Field, value: str) -> int:
        """Give the token a value has in one chart, of 32 bits: equal nowhere else."""
        return int.from_bytes(
            blake2b(
                chart + value.encode(), digest_size=PRIVATE_BYTES, key=self._secret,
                person=_COMPARED[field],
            ).digest(),
            "little",
        )  # fmt: skip


_FOUND_BY: Final = {kind: f"found by {kind.value}".encode() for kind in LookUp}
_COMPARED: Final = {field: f"compared {field.value}".encode() for field in Field}

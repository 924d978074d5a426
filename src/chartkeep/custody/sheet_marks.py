"""The number each sheet of a ward pack carries, so that one printed or copied row names the pack.

    marks = SheetMarks.of_house(house)
    marks.number(pack, 3)          # "10234.56789.01234.56789": the fourth sheet's
    marks.packs("bed 4 10234.…")   # {b"…"}: the first bytes of that pack's id

Decimal, because digits survive paper, photographs and recognition best; with points, because a
sheet program keeps it as text and nothing takes it for a phone. A permutation under a key of the
house: no two sheets have one number, a stranger cannot make one, and of those he invents one in
four million reads as any pack's at all. It says nothing of a patient. Who types rows anew without
it leaves none.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import Final, Self

from chartkeep.custody.house import House

PREFIX: Final = 4
"""Bytes of a pack's id that a number tells."""
CHANCE: Final = 2.0**-54
"""That a number somebody invents reads as one pack's: 22 bits of zeros, 32 of the pack."""
SHORTEST: Final = 20
"""Signs of a text that may hold a number."""
_HALF: Final = 31
_LOW: Final = (1 << _HALF) - 1
_ROUNDS: Final = 6
_SHEETS: Final = 256
_ZEROS: Final = 22
_BASE: Final = 10**19
_NUMBER: Final = re.compile(r"(?<!\d)(1\d{4})" + r"[.,\s-]{0,2}(\d{5})" * 3 + r"(?!\d)")


class SheetMarks:
    """Makes and reads the numbers of one house's sheets."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def __repr__(self) -> str:
        return "<SheetMarks>"

    @classmethod
    def of_house(cls, house: House) -> Self:
        """Take the key from the house's secret: all its workers have the same, no disk tells it."""
        return cls(house.entry_id("sheet mark", "key"))

    def number(self, pack: bytes, at: int) -> str:
        """Give the number of a pack's sheet number `at`; from the 257th on they repeat."""
        plain = int.from_bytes(pack[:PREFIX], "big") << 8 | at % _SHEETS
        digits = str(_BASE + self._turned(plain << _ZEROS, range(_ROUNDS)))
        return ".".join(digits[first : first + 5] for first in range(0, 20, 5))

    def packs(self, text: str) -> set[bytes]:
        """Find whose packs' numbers stand in a text: the first bytes of their ids."""
        found = set[bytes]()
        for parts in _NUMBER.findall(text):
            number = int("".join(parts)) - _BASE
            if number >> 2 * _HALF:
                continue
            plain = self._turned(number, reversed(range(_ROUNDS)), back=True)
            if plain & ((1 << _ZEROS) - 1) == 0:
                found.add((plain >> _ZEROS + 8).to_bytes(PREFIX, "big"))
        return found

    def _turned(self, value: int, rounds: Iterable[int], *, back: bool = False) -> int:
        """Turn a number of 62 bits into another one, and back (Luby and Rackoff 1988)."""
        left, right = value >> _HALF, value & _LOW
        for each in rounds:
            if back:
                left, right = right ^ self._drawn(each, left), left
            else:
                left, right = right, left ^ self._drawn(each, right)
        return left << _HALF | right

    def _drawn(self, each: int, half: int) -> int:
        told = bytes([each]) + half.to_bytes(4, "big")
        return int.from_bytes(blake2b(told, key=self._key, digest_size=4).digest(), "big") & _LOW

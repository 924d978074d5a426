"""A ward's code, as it lies in the sealed envelope: 95 random bits and a check character.

Promises that a mistyped or swapped character is noticed before any key is derived. Whoever reads
the code opens the ward's packs: it is drawn here, never chosen by a person.
"""

import secrets
from typing import Final

from chartkeep.errors import BadInputError

RANDOM_CHARS: Final = 19
CODE_CHARS: Final = RANDOM_CHARS + 1
_GROUP: Final = 4
ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
READ: Final = str.maketrans("OIL", "011", " -\t\r\n")


def fresh_code() -> str:
    """Draw a code: five groups of four characters, the last of them the check."""
    symbols = [secrets.randbelow(32) for _ in range(RANDOM_CHARS)]
    text = "".join(ALPHABET[symbol] for symbol in [*symbols, check_symbol(symbols)])
    return "-".join(text[at : at + _GROUP] for at in range(0, CODE_CHARS, _GROUP))


def read_code(text: str) -> bytes:
    """Read a typed code into its 20 ascii characters, which are what keys are derived from.

    Raises BadInputError for typing errors, without repeating them.
    """
    typed = text[:200].upper().translate(READ)
    if len(typed) != CODE_CHARS or not set(typed) <= set(ALPHABET):
        raise BadInputError("a ward's code is 20 letters and digits", hint="type it once more")
    *symbols, check = [ALPHABET.index(char) for char in typed]
    if check_symbol(symbols) != check:
        raise BadInputError("a character of the code is wrong", hint="type it once more")
    return typed.encode()


def check_symbol(symbols: list[int]) -> int:
    """Compute the check: the code is a polynomial over GF(2^5) that is zero at x.

    So any one character changed and any two exchanged show (x has order 31).
    """
    value = 0
    for symbol in symbols:
        value = _times_x(value ^ symbol)
    return value


def _times_x(value: int) -> int:
    return value << 1 ^ (0b100101 if value & 16 else 0)

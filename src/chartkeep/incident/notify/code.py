"""A letter's code: 55 random bits and a check character, read out at the call desk.

Whoever has only the code learns nothing (`confirming`); so many guesses as would find one of a
million letters are never let through.
"""

import secrets
from typing import Final

from chartkeep.errors import BadInputError
from chartkeep.sealing.ward_code import ALPHABET, READ, check_symbol

CHARS: Final = 12
_GROUP: Final = 4


def fresh_code() -> str:
    """Draw a code: three groups of four characters, the last of them the check."""
    symbols = [secrets.randbelow(32) for _ in range(CHARS - 1)]
    text = "".join(ALPHABET[symbol] for symbol in [*symbols, check_symbol(symbols)])
    return "-".join(text[at : at + _GROUP] for at in range(0, CHARS, _GROUP))


def read_code(text: str) -> str:
    """Read a code as it was said, in any grouping. Raises BadInputError for a typing error."""
    typed = text[:100].upper().translate(READ)
    if len(typed) != CHARS or not set(typed) <= set(ALPHABET):
        raise BadInputError("a letter's code is 12 letters and digits", hint="ask for it once more")
    *symbols, check = [ALPHABET.index(char) for char in typed]
    if check_symbol(symbols) != check:
        raise BadInputError("a character of the code is wrong", hint="ask for it once more")
    return "-".join(typed[at : at + _GROUP] for at in range(0, CHARS, _GROUP))

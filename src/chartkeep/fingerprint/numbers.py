"""Numbers of persons and records, phones, sexes and postcodes: one spelling for each."""

import re
import unicodedata
from functools import lru_cache

SHORTEST = 6
"""Signs of a number that may be looked for alone: a shorter one says too little."""
LONGEST = 64
_TAIL = 9
_SHORTEST_PHONE = 8
_LONGEST_PHONE = 15
_APART = re.compile(r"[/;,|]| atau | or | dan ")
_NO_DIGIT = re.compile(r"\D")
_MOST_LETTERS = 4
_SIGNS = re.compile(r"[^0-9A-Z]")
_MALE = "m male l lk laki laki-laki lakilaki pria man 男 男性 masculin homme h masculino 1 남 남성"
_FEMALE = "f female p pr perempuan wanita woman 女 女性 feminin féminin femme w 2 여 여성"
_SEXES = dict.fromkeys(_MALE.split(), "m") | dict.fromkeys(_FEMALE.split(), "f")


@lru_cache(50_000)
def fold_number(text: str) -> str:
    """Fold a number: width and case, no signs people add or drop, no zeros a sheet takes away.

    Empty for what has no digit, or is too long.
    """
    plain = unicodedata.normalize("NFKC", text).upper().strip().removesuffix(".0")
    folded = _SIGNS.sub("", plain).lstrip("0")
    return folded if len(folded) <= LONGEST and any(map(str.isdigit, folded)) else ""


@lru_cache(50_000)
def read_phones(text: str) -> tuple[str, ...]:
    """Give the phones in a text, at most three: the digits that stay with any country code."""
    found: list[str] = []
    for each in _APART.split(unicodedata.normalize("NFKC", text))[:3]:
        digits = _NO_DIGIT.sub("", each)
        if not _SHORTEST_PHONE <= len(digits) <= _LONGEST_PHONE:
            continue
        if len(digits) == len(each) or sum(map(str.isalpha, each)) <= _MOST_LETTERS:
            found.append(digits.lstrip("0")[-_TAIL:])
    return tuple(each for each in found if len(each) >= _SHORTEST_PHONE - 1)


def read_sex(text: str) -> str:
    """Read a sex as `m` or `f`; empty for anything else."""
    return _SEXES.get(text.strip().casefold(), "") if len(text) < 16 else ""


def number_bits(folded: str) -> float:
    """Say in bits how much a folded number could tell if all of its length were in use."""
    return 3.32 * sum(map(str.isdigit, folded)) + 4.7 * sum(map(str.isalpha, folded))

"""Addresses: a key of the street's words and numbers, without what is abbreviated or left out."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from chartkeep.fingerprint.names import latin, sound, spell

MOST_LETTERS = 300
_POSTCODE = re.compile(r"〒\s?\d{3}-?\d{4}|\b\d{5}(?:-\d{4})?\s*$")
_JAPANESE = re.compile(r"丁目|番地|番|号室|号|の(?=\d)")
_WORD = re.compile(r"[a-z]+|\d+")
_FILLERS_TEXT = (
    "jl jln jalan no nomor nr rt rw gg gang kel kelurahan kec kecamatan desa dusun kota kab "
    "kabupaten kodya prov provinsi propinsi street st str strasse road rd avenue ave av rue lane "
    "ln drive dr boulevard blvd apt apartment unit blok block blk the de la du des"
)
_FILLERS = frozenset(_FILLERS_TEXT.split())


class Address(NamedTuple):
    """An address to compare: all of it, and its longest word with its first number."""

    whole: str
    street: str


@lru_cache(50_000)
def read_address(text: str) -> Address | None:
    """Read an address in any script; None for what has no words, or no number in it."""
    if not 4 <= len(text) <= MOST_LETTERS:
        return None
    plain = unicodedata.normalize("NFKC", text)
    parts = _WORD.findall(latin(_JAPANESE.sub(" ", _POSTCODE.sub(" ", plain))))
    words = [part for part in parts if part.isalpha() and part not in _FILLERS and len(part) > 1]
    numbers = [part.lstrip("0") for part in parts if part.isdigit()]
    numbers = [number for number in numbers if number]
    if not words or not numbers:
        return None
    sounds = sorted({sound(word) for word in words})
    longest = max(words, key=len)
    return Address(f"{' '.join(sounds)}|{' '.join(numbers)}", f"{sound(longest)}|{numbers[0]}")


@lru_cache(50_000)
def read_city(text: str) -> str:
    """Read a town's name; empty for what is none."""
    if not text or len(text) > 60:
        return ""
    words = [word for word in re.split(r"[^a-z]+", latin(text)) if word and word not in _FILLERS]
    return "".join(spell(word) for word in words)


def read_postcode(text: str) -> str:
    """Read a postcode; empty for what is none."""
    folded = re.sub(r"[\s〒-]", "", unicodedata.normalize("NFKC", text)).upper()
    return folded if 4 <= len(folded) <= 8 and any(map(str.isdigit, folded)) else ""

"""Names, however they are written: one spelling for scripts, accents, titles and orders.

Promises that a name read twice gives the same, and that most ways to write one name meet in
`letters` (order, spaces, script, long vowels) or in `sounds` (a slip in a vowel, a doubled or a
neighbouring consonant). What is made here is a key to compare by and never shown: kanji are read
as Mandarin, which is wrong for a Japanese and the same every time.
"""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import jaconv
from anyascii import anyascii

MOST_LETTERS = 100
MOST_WORDS = 8
_TITLES_TEXT = (
    "dr drg drs dra prof ir hj haji hajjah mr mrs ms miss mme mlle monsieur madame herr frau ny tn "
    "nn sdr sdri bpk bapak ibu phd md mba skm amd jr sr sama"
)
_TITLES = frozenset(_TITLES_TEXT.split())
_DEGREE = re.compile(r"\b[A-Za-z]{1,3}\.(?:[A-Z][a-z]{1,5}|E|H|T|S|M|A|D)\.?(?=$|[\s,])")
_HONOUR = re.compile(r"(?:様|殿|さん|氏|君|님|씨)$")
_BREAK = re.compile(r"[^a-z]+")
_KANA = re.compile(r"[぀-ヿ]")
_MUHAMMAD_TEXT = (
    "moh moch mohd muh mochamad mochammad mohamad mohammad mohamed mohammed muhamad muhamed "
    "muhammed mukhamad mukhammad mohamud mhmd"
)
_MUHAMMAD = frozenset(_MUHAMMAD_TEXT.split())
_SPELLINGS = (
    ("oe", "u"), ("ue", "u"), ("ae", "a"), ("tj", "c"), ("dj", "j"), ("sj", "s"), ("nj", "ny"),
    ("ph", "f"), ("sh", "s"), ("ts", "t"), ("ck", "k"), ("q", "k"), ("w", "v"), ("x", "ks"),
    ("y", "i"), ("e", "i"), ("o", "u"),
)  # fmt: skip
_LONG_O = re.compile(r"oh(?=[^aeiou]|$)")
_DOUBLED = re.compile(r"(.)\1+")
_CLASSES = str.maketrans("cqgxzbpvwdr", "kkkssfffftl")
_SILENT = re.compile(r"[aeiouhy]")


class Name(NamedTuple):
    """A name to compare: its letters in the alphabet's order, each word's sound, the words."""

    letters: str
    sounds: tuple[str, ...]
    words: tuple[str, ...] = ()


@lru_cache(50_000)
def read_name(text: str) -> Name | None:
    """Read a name written in any script and order; None for what is none."""
    if not text or len(text) > MOST_LETTERS:
        return None
    words = [word for word in _BREAK.split(latin(_without_titles(text))) if word]
    words = [word for word in words if word not in _TITLES] or words
    words = [word for word in words if len(word) > 1] or words  # initials come and go
    if not words or len(words) > MOST_WORDS:
        return None
    letters = "".join(sorted("".join(spell(word) for word in words)))
    sounds = tuple(dict.fromkeys(sound(word) for word in words))
    return Name(letters, sounds, tuple(dict.fromkeys(words))) if len(letters) > 1 else None


@lru_cache(50_000)
def latin(text: str) -> str:
    """Write any script in small Latin letters: kana as sounds, the rest sign by sign."""
    if text.isascii():
        return text.replace("'", "").replace("`", "").lower()
    plain = unicodedata.normalize("NFKC", text)
    if _KANA.search(plain):
        plain = jaconv.kana2alphabet(jaconv.kata2hira(plain))
    return anyascii(plain).replace("'", "").replace("`", "").lower()


@lru_cache(50_000)
def spell(word: str) -> str:
    """Fold the spellings of a small Latin word: Soekarno and Sukarno, Ohta and Ota."""
    if word in _MUHAMMAD:
        word = "muhammad"
    word = _LONG_O.sub("o", word)
    for written, meant in _SPELLINGS:
        word = word.replace(written, meant)
    return _DOUBLED.sub(r"\1", word)


@lru_cache(50_000)
def sound(word: str) -> str:
    """Give the coarse sound of a small Latin word: its first vowel or sign, then consonants."""
    word = spell(word)
    first = "a" if word[:1] in "aiu" else ""
    rest = _SILENT.sub("", word).translate(_CLASSES)
    return first + _DOUBLED.sub(r"\1", rest) or word


def _without_titles(text: str) -> str:
    """Take degrees away while their points still show them: `S.Pd` is no `s` and no `pd`."""
    return _HONOUR.sub("", _DEGREE.sub(" ", text.strip()))

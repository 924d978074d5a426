"""One spelling for names and numbers that people write in many ways.

Promises: the same person typed with accents, in another width, case or kana is found again.
Does not transliterate between scripts: 山田 is found by its kana only when the chart has the kana.
"""

import re
import unicodedata

_MARKS = dict.fromkeys(range(768, 880))
"""Combining marks of Latin, Greek and Cyrillic; the Japanese voicing marks are none of them."""
_KANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_LETTERS = str.maketrans(
    {"đ": "d", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th", "ð": "d"}  # noqa: RUF001 - dotless i is meant
    | dict(zip("髙﨑邊邉濵濱澤齋齊斎廣嶋", "高崎辺辺浜浜沢斉斉斉広島", strict=True))
    | dict.fromkeys("'’`´ʻʼ.", "")  # noqa: RUF001 - the apostrophes people type in O'Brien
)
_BREAKS = re.compile(r"[\s\-‐-―・,、，/()]+")  # noqa: RUF001 - dashes and commas of several scripts
_PARTLESS = re.compile(r"[぀-ヿㇰ-ㇿ㐀-鿿가-힯豈-﫿\U00020000-\U0003ffff]")
"""Han, kana and hangul: a single character already tells much."""


def fold_text(text: str) -> str:
    """Fold width, case, accents, hiragana to katakana, and old forms of common name kanji."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = unicodedata.normalize("NFD", plain).translate(_MARKS)
    return unicodedata.normalize("NFC", plain).translate(_KANA).translate(_LETTERS)


def name_tokens(text: str) -> list[str]:
    """Split a name, as typed or as kept, into its folded parts."""
    return [part for part in _BREAKS.split(fold_text(text)) if part]


def is_dense(token: str) -> bool:
    """Say whether a token is written in a script without letters (Han, kana, hangul)."""
    return _PARTLESS.match(token) is not None


def fold_identifier(value: str) -> str:
    """Fold an identifier's value: width and case, no spaces or hyphens people add or drop."""
    return re.sub(r"[\s\-‐-―]", "", unicodedata.normalize("NFKC", value).casefold())  # noqa: RUF001 - dashes of several widths


def phone_tail(number: str) -> str:
    """Give the last nine digits of a phone number: the same with and without country code."""
    digits = (unicodedata.digit(sign, None) for sign in number)
    return "".join(str(digit) for digit in digits if digit is not None)[-9:]

"""MSH-18: which characters a message is written in (HL7 table 0211).

Promises: what is read is what was meant or an error; no character is replaced by another. A
message that names none is read as UTF-8, and only when it is none as what it can be.
"""

import codecs

from chartkeep.errors import BadInputError

_JAPANESE = "iso2022_jp_ext"
_NAMED = {
    "ASCII": "ascii",
    "UNICODE UTF-8": "utf-8",
    "UNICODE": "utf-8",
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "ISO IR6": "ascii",
    "ISO IR13": "shift_jis",
    "ISO IR14": _JAPANESE,
    "ISO IR87": _JAPANESE,
    "ISO IR159": _JAPANESE,
    "GB 18030-2000": "gb18030",
    "KS X 1001": "euc_kr",
    "BIG-5": "big5",
    "CNS 11643-1992": "big5",
    "SHIFT_JIS": "shift_jis",
    "WINDOWS-1252": "cp1252",
    "WINDOWS-31J": "cp932",
} | {f"8859/{part}": f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))}
_WIDER = {"ascii": "utf-8", "shift_jis": "cp932"}
"""What senders write who say they write the narrower one."""
_ESCAPE = b"\x1b$"


def decode_text(raw: bytes, named: str, repetition: str = "~") -> str:
    """Decode a message. Raises BadInputError when it is not written in what it names.

    `named`: MSH-18 as written; its later repetitions are sets that escapes switch to.
    """
    for codec in _codecs(raw, named, repetition):
        try:
            return raw.decode(codec)
        except UnicodeDecodeError:
            continue
    raise BadInputError(
        "the message is not written in the characters MSH-18 names", hint="send UNICODE UTF-8"
    )


def codec_of(named: str, repetition: str = "~") -> str:
    """Give the codec an answer is written in."""
    found = _find(named, repetition)
    return _WIDER.get(found, found) if found else "utf-8"


def _codecs(raw: bytes, named: str, repetition: str) -> list[str]:
    found = _find(named, repetition)
    if found is None:
        return [_JAPANESE if _ESCAPE in raw else "utf-8", "cp932" if _is_kana(raw) else "cp1252"]
    return [found, _WIDER[found]] if found in _WIDER else [found]


def _find(named: str, repetition: str) -> str | None:
    """Find the codec of MSH-18, or None when it names none."""
    names = [name.strip().upper() for name in named.split(repetition) if name.strip()]
    if not names:
        return None
    known = [_NAMED[name] for name in names if name in _NAMED]
    if _JAPANESE in known:
        return _JAPANESE
    if known:
        return known[0]
    raise BadInputError("MSH-18 names characters nobody knows", hint="send UNICODE UTF-8")


def _is_kana(raw: bytes) -> bool:
    """Say whether bytes that are no UTF-8 read as Japanese: some engines send it unnamed."""
    try:
        text = codecs.decode(raw, "cp932")
    except UnicodeDecodeError:
        return False
    return any("぀" <= sign <= "ヿ" or "一" <= sign <= "鿿" for sign in text)

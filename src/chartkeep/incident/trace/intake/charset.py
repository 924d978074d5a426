"""Which characters bytes are: a mark at the front, UTF-8 if it is, else what it looks like most."""

import codecs
import encodings.aliases
import io
import re
import warnings

from charset_normalizer import from_bytes

from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.part import Part
from chartkeep.incident.trace.intake.telling import Trouble

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SAMPLE = 32 << 10
_CONTROLS = bytes(range(9)) + bytes(range(14, 27)) + b"\x1c\x1d\x1e\x7f"
_ESCAPES = re.compile(rb"\x1b[$(][@ABIJ]")


def load() -> None:
    """Load every codec there is: later no file can be opened any more."""
    for name in {*encodings.aliases.aliases.values(), "utf_8_sig"}:
        try:
            codecs.lookup(name)
        except LookupError:
            continue
    from_bytes("加藤さん、おはようございます".encode("shift_jis") * 20).best()


def charset_of(head: bytes) -> str:
    """Name the encoding of a text by its first bytes; "" if it is no text."""
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if wide := _wide(head):
        return wide
    cut = head[: head.rfind(b"\n") + 1] or head
    if _ESCAPES.search(cut):
        return "iso2022_jp_2"
    odd = len(cut) - len(cut.translate(None, _CONTROLS))
    if odd > len(cut) // 100:
        return ""
    try:
        codecs.getincrementaldecoder("utf-8")().decode(cut)
    except UnicodeDecodeError:
        return _guess(cut[:_SAMPLE])
    return "utf-8"


def _wide(head: bytes) -> str:
    """Name UTF-16 without a mark: every other byte of most texts is then zero."""
    sample = head[:2_000]
    if len(sample) < 4:
        return ""
    if sample[1::2].count(0) > 0.3 * len(sample) / 2 and not sample[::2].count(0):
        return "utf-16-le"
    if sample[::2].count(0) > 0.3 * len(sample) / 2 and not sample[1::2].count(0):
        return "utf-16-be"
    return ""


def _guess(sample: bytes) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        best = from_bytes(sample[: sample.rfind(b"\n") + 1] or sample).best()
    return "cp1252" if best is None else best.encoding


def opened_text(part: Part, charset: str, out: Out) -> io.TextIOWrapper:
    """Open it as text; what is not of its encoding is replaced, and noted as trouble."""

    def replace(error: UnicodeError) -> tuple[str, int]:
        out.trouble = out.trouble or Trouble.CHARACTERS
        return codecs.replace_errors(error)  # type: ignore[return-value]

    codecs.register_error("chartkeep-replace", replace)
    return io.TextIOWrapper(part.opened(), charset, "chartkeep-replace", newline=None)

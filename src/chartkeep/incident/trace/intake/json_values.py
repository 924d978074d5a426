"""JSON: an array, values one after the other or a line, or one object with an array in it.

One value is held at a time; FHIR bundles give one row for each entry.
"""

import json
import re
from collections.abc import Iterator
from io import TextIOWrapper

from chartkeep.incident.trace.intake.out import Out
from chartkeep.incident.trace.intake.telling import Trouble
from chartkeep.incident.trace.intake.tree import tell_documents

_PIECE = 256 << 10
_LONGEST = 8 << 20
_BETWEEN = re.compile(r"[\s,\x1e]*")
_KEY = re.compile(r'\s*"[^"]{0,1000}"\s*:\s*')
LOOKS_LIKE = re.compile(r'\s*(?:\{\s*["}]|\[\s*[\[{"\]\d-])')
_decoder = json.JSONDecoder(strict=False, parse_int=str, parse_float=str)


def read_json(text: TextIOWrapper, out: Out) -> None:
    """Read every value as a row."""
    tell_documents(_each(_values(text, out)), "", out)


def _each(values: Iterator[object]) -> Iterator[object]:
    """Yield what stands for one thing: the items of an object's one long list, else the object."""
    for value in values:
        lists = []
        if isinstance(value, dict):
            lists = [inner for inner in value.values() if _is_list_of_things(inner)]
        if lists:
            for inner in lists:
                yield from inner
        else:
            yield value


def _is_list_of_things(value: object) -> bool:
    return isinstance(value, list) and len(value) > 3 and all(isinstance(x, dict) for x in value)


def _values(  # noqa: C901 -- one window, slid in one place
    text: TextIOWrapper, out: Out
) -> Iterator[object]:
    """Yield the values at the top, or in the array that is the top."""
    window, at, ended = "", 0, False
    wanted = _PIECE
    while True:
        while len(window) - at < wanted and not ended:
            piece = text.read(_PIECE)
            ended = not piece
            window, at = window[at:] + piece, 0
        at = _BETWEEN.match(window, at).end()  # type: ignore[union-attr]
        if at >= len(window):
            if ended:
                return
            continue
        if window[at] in "[]}":  # into an array, and out of what was entered
            at += 1
            continue
        try:
            value, end = _decoder.raw_decode(window, at)
        except (ValueError, RecursionError):
            if not ended and len(window) - at < _LONGEST:
                wanted = 2 * max(len(window) - at, _PIECE)  # doubled: each value is tried seldom
                continue
            into = _enter(window, at)
            if into is None:
                out.trouble = Trouble.CUT if ended else Trouble.BROKEN
                line = window.find("\n", at)
                if line < 0:
                    return
                at, wanted = line + 1, _PIECE
                continue
            at = into
        else:
            if not ended and end > len(window) - 2:  # a number may go on
                wanted = 2 * max(len(window) - at, _PIECE)
                continue
            out.spaces(window[at:end])
            at, wanted = end, _PIECE
            yield value


def _enter(window: str, at: int) -> int | None:
    """Return where the long array begins that keeps an object from ending; None if none does."""
    if window[at] != "{":
        return None
    while True:
        key = _KEY.match(window, at + 1)
        if key is None:
            return None
        at = key.end()
        try:
            _, end = _decoder.raw_decode(window, at)
        except (ValueError, RecursionError):
            return at + 1 if window[at : at + 1] == "[" else None
        at = _BETWEEN.match(window, end).end() - 1  # type: ignore[union-attr]

"""Strings and URIs (R4 search.html 3.1.1.4.8 and 3.1.1.4.13).

A string is found by its beginning, whatever its case, accents and width; `:contains` anywhere;
`:exact` as it is written. A name or an address is found by any of its parts.
"""

from collections.abc import Callable
from typing import Any

from chartkeep.clinical.names import fold_text
from chartkeep.clinical.search.values import unescape

Test = Callable[[Any], bool]
_NAME = ("family", "given", "text", "prefix", "suffix")
_ADDRESS = ("line", "city", "district", "state", "postalCode", "country", "text")


def texts_of(kind: str) -> Callable[[Any], list[str]] | None:
    """Give the reader of texts from elements of a type, or None when it has none."""
    match kind:
        case "string" | "markdown" | "code" | "uri":
            return lambda element: [element]
        case "HumanName":
            return lambda element: _parts(element, _NAME)
        case "Address":
            return lambda element: _parts(element, _ADDRESS)
        case _:
            return None


def _parts(element: dict[str, Any], names: tuple[str, ...]) -> list[str]:
    found: list[str] = []
    for name in names:
        part = element.get(name)
        if isinstance(part, list):
            found += [each for each in part if each]
        elif part:
            found.append(part)
    return found


def string_test(asked: str, kind: str, modifier: str) -> Test | None:
    """Compile one string for elements of a type; None when they hold no text."""
    texts = texts_of(kind)
    if texts is None:
        return None
    exact = unescape(asked)
    wanted = fold_text(exact)
    match modifier:
        case "exact":
            return lambda element: exact in texts(element)
        case "contains":
            return lambda element: any(wanted in fold_text(text) for text in texts(element))
        case _:
            return lambda element: any(
                fold_text(text).startswith(wanted) for text in texts(element)
            )


def uri_test(asked: str, kind: str, modifier: str) -> Test | None:
    """Compile one URI: the same, or with `:below` under it, with `:above` over it.

    A canonical is also found without its version.
    """
    wanted = unescape(asked)
    if kind not in {"uri", "url", "canonical", "oid", "uuid"}:
        return None
    match modifier:
        case "below":
            return lambda element: _under(element, wanted)
        case "above":
            return lambda element: _under(wanted, element)
        case _:
            return lambda element: wanted in {element, element.partition("|")[0]}


def _under(longer: str, shorter: str) -> bool:
    stem = shorter.rstrip("/")
    return longer == shorter or longer.startswith((stem + "/", stem + "|", stem + "#", stem + "?"))

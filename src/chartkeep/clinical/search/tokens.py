"""Codes, identifiers, flags (R4 search.html 3.1.1.4.10): a code, or a code in a system.

A code's case does not matter, a system's does. A plain `code` element has the system its standard
binds it to, or none as asked. `:above` and `:below` need hierarchies of codes nobody here has.
"""

from collections.abc import Callable
from typing import Any

from chartkeep.clinical.names import fold_text
from chartkeep.clinical.search.values import split, unescape
from chartkeep.errors import BadInputError

Test = Callable[[Any], bool]
Pairs = list[tuple[str, str]]
_PLAIN = frozenset({"code", "string", "uri", "id", "canonical", "url", "markdown"})


def pairs_of(kind: str, system: str = "") -> Callable[[Any], Pairs] | None:
    """Give the reader of (system, code in lower case) pairs from elements of a type, or None.

    `system`: of a plain code.
    """
    if kind in _PLAIN:
        return lambda element: [(system, element.lower())]
    return _PAIRS.get(kind)


def _pair(element: dict[str, Any], code: str) -> tuple[str, str]:
    return element.get("system") or "", (element.get(code) or "").lower()


_PAIRS: dict[str, Callable[[Any], Pairs]] = {
    "CodeableConcept": lambda element: [_pair(each, "code") for each in element.get("coding", ())],
    "Coding": lambda element: [_pair(element, "code")],
    "Identifier": lambda element: [_pair(element, "value")],
    "ContactPoint": lambda element: [("", (element.get("value") or "").lower())],
    "boolean": lambda element: [("", "true" if element else "false")],
}


def token_test(name: str, asked: str, kind: str, system: str) -> Test | None:
    """Compile `code`, `system|code`, `|code` or `system|` for elements of a type.

    None when elements of the type are no tokens. Raises BadInputError, naming the parameter.
    """
    wanted_system, code = _asked(name, asked)
    pairs = pairs_of(kind, system)
    if pairs is None:
        return None
    if wanted_system is None and kind == "CodeableConcept":
        return lambda element: _has_code(element, code)
    if wanted_system is None:
        return lambda element: any(found == code for _, found in pairs(element))
    if kind in _PLAIN or kind == "boolean":
        systems = {system, ""} if wanted_system == "" else {wanted_system}
        return lambda element: any(
            here in systems and code in {"", found} for here, found in pairs(element)
        )
    if not code:
        return lambda element: any(here == wanted_system for here, _ in pairs(element))
    wanted = (wanted_system, code)
    return lambda element: wanted in pairs(element)


def _has_code(concept: dict[str, Any], code: str) -> bool:
    """Say the same as the general test, in a third of its time: most searches ask for a code."""
    for coding in concept.get("coding", ()):  # noqa: SIM110 - any() takes twice as long
        if (coding.get("code") or "").lower() == code:
            return True
    return False


def _asked(name: str, asked: str) -> tuple[str | None, str]:
    parts = [unescape(part) for part in split(asked, "|")]
    if len(parts) > 2 or parts == ["", ""]:
        raise BadInputError(f"{name}: not a code", hint=r"write code or system|code, and \| for |")
    if len(parts) == 1:
        return None, parts[0].lower()
    return parts[0], parts[1].lower()


def asked_code(name: str, asked: str) -> str:
    """Give the code a value asks for, in lower case; empty when it names a system only."""
    return _asked(name, asked)[1]


def text_test(asked: str, kind: str) -> Test | None:
    """Compile `:text`: what people read beside the code begins with this, folded."""
    wanted = fold_text(unescape(asked))
    texts = _TEXTS.get(kind)
    if texts is None:
        return None
    return lambda element: any(fold_text(text).startswith(wanted) for text in texts(element))


def _concept_texts(concept: dict[str, Any]) -> list[str]:
    shown = [each["display"] for each in concept.get("coding", ()) if each.get("display")]
    return [concept["text"], *shown] if concept.get("text") else shown


_TEXTS: dict[str, Callable[[Any], list[str]]] = {
    "CodeableConcept": _concept_texts,
    "Coding": lambda element: [element["display"]] if element.get("display") else [],
    "Identifier": lambda element: _concept_texts(element.get("type", {})),
}


def of_type_test(name: str, asked: str, kind: str) -> Test | None:
    """Compile `:of-type`, `type system|type code|value`, for identifiers.

    Raises BadInputError, naming the parameter.
    """
    parts = [unescape(part) for part in split(asked, "|")]
    if len(parts) != 3 or not all(parts[1:]):
        raise BadInputError(f"{name}: of-type takes system|code|value")
    if kind != "Identifier":
        return None
    wanted, value = (parts[0], parts[1].lower()), parts[2].lower()
    concept = _PAIRS["CodeableConcept"]

    def test(element: dict[str, Any]) -> bool:
        same = (element.get("value") or "").lower() == value
        return same and wanted in concept(element.get("type", {}))

    return test

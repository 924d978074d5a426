"""References (R4 search.html 3.1.1.4.12): by type and id, by id, by absolute URL, by identifier."""

import re
from collections.abc import Callable
from typing import Any

from chartkeep.clinical.references import relative_form
from chartkeep.clinical.search.texts import uri_test
from chartkeep.clinical.search.tokens import token_test
from chartkeep.clinical.search.values import unescape
from chartkeep.errors import BadInputError

Test = Callable[[Any], bool]
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}\Z")
_VERSION = "/_history/"


def asked_reference(name: str, asked: str, modifier: str, base: str) -> str:
    """Give the reference meant: `Type/id`, an `id` alone, or a foreign URL as it is.

    `base`: this server's own, taken off. `modifier`: a type that belongs before an id alone.
    Raises BadInputError, naming the parameter.
    """
    text = unescape(asked)
    own = base.rstrip("/") + "/"
    if base and text.startswith(own):
        text = text.removeprefix(own)
    if _ID.match(text):
        return f"{modifier}/{text}" if modifier else text
    if modifier and not text.startswith(modifier + "/"):
        raise BadInputError(f"{name}: names another type than its modifier")
    if ":" not in text and not relative_form(text):
        raise BadInputError(f"{name}: not a reference", hint="write Type/id, id or a URL")
    return text


def reference_test(wanted: str, kind: str, targets: frozenset[str]) -> Test | None:
    """Compile a reference from `asked_reference` for elements of a type, None when it has none.

    Without a version any version is found; with one only a reference to that version.
    """
    if kind in {"canonical", "uri"}:
        return uri_test(wanted, kind, "")
    if kind != "Reference":
        return None
    if "/" not in wanted and ":" not in wanted:
        names = frozenset(f"{target}/{wanted}" for target in targets)
        return lambda element: _name(element) in names
    if _VERSION in wanted or ":" in wanted:
        return lambda element: element.get("reference") == wanted
    return lambda element: _name(element) == wanted


def _name(element: dict[str, Any]) -> str:
    text: str = element.get("reference") or ""
    return text.partition(_VERSION)[0]


def named(kind: str, element: Any) -> tuple[str, str] | None:
    """Give type and id of the resource of this house an element refers to, or None."""
    text = element.get("reference") or "" if kind == "Reference" else ""
    target, _, ident = _split(text)
    return (target, ident) if target else None


def _split(text: str) -> tuple[str, str, str]:
    if not text or ":" in text or text[0] == "#":
        return "", "", ""
    return text.partition(_VERSION)[0].partition("/")


def identifier_test(name: str, asked: str, kind: str) -> Test | None:
    """Compile `:identifier`, a token on the identifier a reference carries."""
    if kind != "Reference":
        return None
    test = token_test(name, asked, "Identifier", "")
    assert test is not None
    return lambda element: test(element.get("identifier") or {})

"""The codes of a value set that is in the pool, for `:in` and `:not-in`.

Only what is written in the ValueSet itself counts: its expansion, or the codes and whole systems
its compose includes. A value set that would need a terminology server is refused, never guessed.
"""

from collections.abc import Callable
from typing import Any

from chartkeep.clinical.search.links import asked_reference
from chartkeep.clinical.search.pool import Pool
from chartkeep.clinical.search.tokens import pairs_of
from chartkeep.clinical.search.values import unescape
from chartkeep.errors import BadInputError

Json = dict[str, Any]


class Codes:
    """Codes, and code systems taken whole."""

    def __init__(self) -> None:
        self.pairs: set[tuple[str, str]] = set()
        self.systems: set[str] = set()

    def add(self, other: "Codes") -> None:
        """Take in another set's codes."""
        self.pairs |= other.pairs
        self.systems |= other.systems

    def test(self, kind: str, system: str) -> Callable[[Any], bool] | None:
        """Give the test of elements of a type, or None when they are no codes."""
        pairs = pairs_of(kind, system)
        if pairs is None:
            return None
        return lambda element: any(
            pair in self.pairs or pair[0] in self.systems for pair in pairs(element)
        )


def find_codes(pool: Pool, name: str, asked: str, base: str) -> Codes:
    """Read the codes of the value set a parameter names by URL or reference.

    Raises BadInputError when it is not in the pool or lists no codes.
    """
    body = _find(pool, name, asked, base)
    if body is None:
        raise BadInputError(
            f"{name}: this server has no such value set", hint="put the ValueSet here first"
        )
    codes = Codes()
    if "expansion" in body:
        _expansion(body["expansion"], codes)
        return codes
    compose = body.get("compose", {})
    if "exclude" in compose or not compose.get("include"):
        raise _unlisted(name)
    for part in compose["include"]:
        _include(name, part, codes)
    return codes


def _find(pool: Pool, name: str, asked: str, base: str) -> Json | None:
    url = unescape(asked)
    for record in pool.of("ValueSet"):
        body = record.body
        if "url" in body and url in {body["url"], f"{body['url']}|{body.get('version', '')}"}:
            return body
    if "|" in url:
        return None
    ident = asked_reference(name, asked, "", base).removeprefix("ValueSet/")
    found = pool.get("ValueSet", ident)
    return found.body if found else None


def _expansion(expansion: Json, codes: Codes) -> None:
    waiting = [*expansion.get("contains", ())]
    while waiting:
        part = waiting.pop()
        waiting += part.get("contains", ())
        if "code" in part and not part.get("abstract"):
            codes.pairs.add((part.get("system", ""), part["code"].lower()))


def _include(name: str, part: Json, codes: Codes) -> None:
    if "filter" in part or "valueSet" in part or "system" not in part:
        raise _unlisted(name)
    if "concept" not in part:
        codes.systems.add(part["system"])
    codes.pairs.update((part["system"], each["code"].lower()) for each in part.get("concept", ()))


def _unlisted(name: str) -> BadInputError:
    return BadInputError(
        f"{name}: the value set does not list its codes", hint="keep it with its expansion"
    )

"""Sets of codes written down in a resource of the pool, for `:in`, `:not-in`, `:above`, `:below`.

Only what stands in the resource itself counts: a ValueSet's expansion, or the codes and whole
systems its compose includes; the concepts of a complete CodeSystem that lie within each other.
What would need a terminology server is refused, never guessed.
"""

from collections.abc import Callable
from typing import Any

from chartkeep.clinical.search.links import asked_reference
from chartkeep.clinical.search.pool import Pool
from chartkeep.clinical.search.tokens import pairs_of
from chartkeep.clinical.search.values import split, unescape
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


def value_set_codes(pool: Pool, name: str, asked: str, base: str) -> Codes:
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
        _expansion(name, body["expansion"], codes)
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


def _expansion(name: str, expansion: Json, codes: Codes) -> None:
    waiting = [*expansion.get("contains", ())]
    listed = 0
    while waiting:
        part = waiting.pop()
        listed += 1
        waiting += part.get("contains", ())
        if "code" in part and not part.get("abstract"):
            codes.pairs.add((part.get("system", ""), part["code"].lower()))
    if expansion.get("total", 0) > listed:
        raise _unlisted(name)


def _include(name: str, part: Json, codes: Codes) -> None:
    if "filter" in part or "valueSet" in part or "system" not in part:
        raise _unlisted(name)
    if "concept" not in part:
        codes.systems.add(part["system"])
    codes.pairs.update((part["system"], each["code"].lower()) for each in part.get("concept", ()))


def related_codes(pool: Pool, name: str, asked: str, *, above: bool) -> Codes:
    """Give a code with all that lie under it in its code system, or with all it lies under.

    `asked`: `system|code`. Raises BadInputError when the CodeSystem is not in the pool, is not
    complete, has no such code, or nests by another meaning than is-a.
    """
    system, code = [*map(unescape, split(asked, "|")), ""][:2]
    body = next((each.body for each in pool.of("CodeSystem") if each.body.get("url") == system), {})
    nests = body.get("hierarchyMeaning", "is-a") == "is-a"
    if not system or body.get("content") != "complete" or not nests:
        raise BadInputError(
            f"{name}: this server has no complete hierarchy of that code system",
            hint="write system|code, and put the CodeSystem here first",
        )
    codes = Codes()
    waiting: list[tuple[Json, tuple[str, ...]]] = [(each, ()) for each in body.get("concept", ())]
    wanted = code.lower()
    while waiting:
        part, over = waiting.pop()
        path = (*over, part["code"].lower())
        if path[-1] == wanted and above:
            codes.pairs.update((system, each) for each in path)
        if wanted in path and not above:
            codes.pairs.add((system, path[-1]))
        waiting += ((each, path) for each in part.get("concept", ()))
    if not codes.pairs:
        raise BadInputError(f"{name}: the code system has no such code")
    return codes


def _unlisted(name: str) -> BadInputError:
    return BadInputError(
        f"{name}: the value set does not list its codes", hint="keep it with its expansion"
    )

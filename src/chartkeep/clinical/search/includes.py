"""`_include` and `_revinclude`: what comes along with the matches (R4 search.html 3.1.1.5.3).

Promises: nothing comes twice, nothing from outside the pool, and an end: each round of `:iterate`
brings only what was not there before. At most `MOST_INCLUDED` come along.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

import msgspec

from chartkeep.clinical.search.pool import Pool, Record
from chartkeep.clinical.search.sources import find_parameter, references
from chartkeep.clinical.search.table import KINDS, parameters_of
from chartkeep.errors import BadInputError

MOST_INCLUDED = 20_000
_NAMES = ("_include", "_revinclude")
Name = tuple[str, str]
"""Type and id."""


class Include(msgspec.Struct, frozen=True):
    """One include: the references of `kind` to follow, forward to `targets` or `back` from them.

    An empty `kind` is any type, empty `links` are all its references.
    """

    kind: str
    links: tuple[str, ...]
    targets: frozenset[str]
    back: bool
    again: bool

    def links_of(self, kind: str) -> tuple[str, ...]:
        """Name the references of a type that are followed."""
        if self.kind not in {"", kind}:
            return ()
        return self.links or _references_of(kind)

    def kinds(self) -> frozenset[str]:
        """Name the types it may bring along."""
        if self.back:
            return frozenset({self.kind})
        if not self.kind:
            return KINDS
        links = (find_parameter(self.kind, link).targets for link in self.links_of(self.kind))
        return self.targets.intersection(frozenset().union(*links))


def is_include(key: str) -> bool:
    """Say whether a parameter is an include."""
    return key.partition(":")[0] in _NAMES


def parse_include(kind: str, key: str, value: str) -> Include:
    """Read `Type:reference`, `Type:reference:Target`, `Type:*` or `*`. Raises BadInputError."""
    name, _, modifier = key.partition(":")
    if modifier not in {"", "iterate"}:
        raise BadInputError(f"{name} has no such modifier", hint="it has: iterate")
    back, again = name == "_revinclude", modifier == "iterate"
    if value == "*" and not back:
        return Include("" if again else kind, (), KINDS, back, again)
    source, link, target = [*value.split(":"), "", ""][:3]
    if value.count(":") > 2 or source not in KINDS or not link:
        raise BadInputError(f"{name} takes Type:reference or Type:reference:Target")
    if target and target not in KINDS:
        raise BadInputError(f"{name}: no such type as its target")
    if not again and not back and source != kind:
        raise BadInputError(
            f"{name} starts at {kind}", hint="to go on from what was included: _include:iterate"
        )
    targets = frozenset({target}) if target else KINDS
    if link == "*":
        return Include(source, (), targets, back, again)
    if find_parameter(source, link).type != "reference":
        raise BadInputError(f"{name}: {link} of {source} is no reference")
    return Include(source, (link,), targets, back, again)


def included(includes: Sequence[Include], pool: Pool, matches: Sequence[Record]) -> list[Record]:
    """Gather what comes along with some matches, each once, no match among it.

    Raises BadInputError past `MOST_INCLUDED`.
    """
    seen = {(record.kind, record.id) for record in matches}
    found: list[Record] = []
    fresh: Sequence[Record] = matches
    wanted = list(includes)
    backward = {each: _backward(each, pool) for each in includes if each.back}
    while fresh and wanted:
        brought: list[Record] = []
        steps = (_follow(include, pool, fresh, backward) for include in wanted)
        for record in chain.from_iterable(steps):
            if (record.kind, record.id) not in seen:
                seen.add((record.kind, record.id))
                brought.append(record)
        found += brought
        if len(found) > MOST_INCLUDED:
            raise BadInputError("the includes bring too much along", hint="narrow the search")
        fresh = brought
        wanted = [each for each in includes if each.again]
    return found


def _follow(
    include: Include,
    pool: Pool,
    records: Sequence[Record],
    backward: dict[Include, dict[Name, list[Record]]],
) -> Iterator[Record]:
    for record in records:
        if include.back:
            yield from backward[include].get((record.kind, record.id), ())
            continue
        for link in include.links_of(record.kind):
            for kind, ident in references(record, link):
                if kind in include.targets and (target := pool.get(kind, ident)):
                    yield target


def _backward(include: Include, pool: Pool) -> dict[Name, list[Record]]:
    """Turn the references of a type around, once for a search."""
    naming: dict[Name, list[Record]] = {}
    for record in pool.of(include.kind):
        links = include.links_of(include.kind)
        for target in {name for link in links for name in references(record, link)}:
            if target[0] in include.targets:
                naming.setdefault(target, []).append(record)
    return naming


def _references_of(kind: str) -> tuple[str, ...]:
    return tuple(
        name for name, parameter in parameters_of(kind).items() if parameter.type == "reference"
    )

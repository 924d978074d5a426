"""A whole search: read once, then run over the pool of an open chart.

Promises: whatever it reads is bounded, an error names the parameter and never its value, and it
reaches nothing but the pool it is given. It does not page, open charts or make bundles.
"""

import re
from collections.abc import Sequence

import msgspec

from chartkeep.clinical.deciding import DECIDING
from chartkeep.clinical.search.criteria import Criterion, Plain
from chartkeep.clinical.search.extracting import compile_expression
from chartkeep.clinical.search.includes import Include, included, is_include, parse_include
from chartkeep.clinical.search.indexed import Indexed
from chartkeep.clinical.search.links import asked_reference
from chartkeep.clinical.search.pool import Found, Pool, Record
from chartkeep.clinical.search.reading import Way, criterion_of
from chartkeep.clinical.search.sorting import SortKey, in_order, parse_sort
from chartkeep.clinical.search.sources import UnknownParameterError, shown
from chartkeep.clinical.search.table import KINDS
from chartkeep.clinical.search.values import unescape
from chartkeep.errors import BadInputError

MOST_PARAMETERS = 64
MOST_VALUES = 400
"""Of all parameters together: each is compared with every record."""
_DOOR = frozenset({"_format", "_pretty"})
"""Parameters about the answer's form, which the door has already read."""
_CHOICES = {
    "_total": frozenset({"none", "estimate", "accurate"}),
    "_summary": frozenset({"true", "text", "data", "count", "false"}),
}
_COUNT = re.compile(r"[0-9]{1,9}\Z")
_ELEMENTS = re.compile(r"[A-Za-z]{1,64}(?:,[A-Za-z]{1,64}){0,99}\Z")

Pair = tuple[str, str]


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """A search that was understood.

    `count`: matches on a page, if asked. `total`, `summary`: as asked, else empty. `ignored`: the
    parameters left out under lenient handling. `pairs`: the others, as they came.
    """

    kind: str
    base: str = ""
    criteria: tuple[Criterion, ...] = ()
    includes: tuple[Include, ...] = ()
    order: tuple[SortKey, ...] = ()
    count: int | None = None
    total: str = ""
    summary: str = ""
    elements: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    pairs: tuple[Pair, ...] = ()

    def run(self, pool: Pool) -> Found:
        """Find all matches in order, and all that comes along with them.

        A door that answers in pages calls `matches`, cuts, and calls `included` for its page.
        """
        matches = self.matches(pool)
        return Found(matches, self.included(pool, matches))

    def matches(self, pool: Pool) -> list[Record]:
        """Find all matches in order. Raises BadInputError for a value set that is not there."""
        found = list(self._candidates(pool.of(self.kind)))
        for criterion in sorted(self.criteria, key=_weight):
            found = list(filter(criterion.bind(pool), found))
        return in_order(self.kind, self.order, found)

    def _candidates(self, records: Sequence[Record]) -> Sequence[Record]:
        """Narrow the records by an index, where there is one for a code that is asked for."""
        if isinstance(records, Indexed):
            for each in self.criteria:
                if isinstance(each, Plain) and each.is_token:
                    return records.having(each.parameter.name, each.asked)
        return records

    def included(self, pool: Pool, matches: Sequence[Record]) -> list[Record]:
        """Gather what comes along with some of the matches, each resource once."""
        return included(self.includes, pool, matches)

    def patients(self) -> frozenset[str] | None:
        """Name the only patients whose charts can hold a match; None when nothing binds it.

        A plain reference parameter that reads the type's deciding element binds (DESIGN 7), and
        `_id` of a Patient.
        """
        bound: frozenset[str] | None = None
        for criterion in self.criteria:
            if isinstance(criterion, Plain) and (ids := _patients(self.kind, criterion, self.base)):
                bound = ids if bound is None else bound & ids
        return bound

    def kinds(self) -> frozenset[str]:
        """Name every type whose resources it may look at or bring along."""
        others = [each.kinds() for each in self.criteria]
        others += [each.kinds() for each in self.includes]
        return frozenset({self.kind}).union(*others)

    def self_pairs(self) -> tuple[Pair, ...]:
        """Give the parameters as understood, for the answer's `self` link."""
        return self.pairs


def parse_search(
    kind: str, pairs: Sequence[Pair], *, base: str = "", lenient: bool = False
) -> Search:
    """Read the parameters of a search for one resource type, percent-decoded.

    `base`: this server's own URL, for absolute references. `lenient`: a parameter nobody knows is
    left out and named in `ignored`; a wrong value or modifier is an error all the same.
    Raises BadInputError, naming the parameter.
    """
    if kind not in KINDS:
        raise BadInputError("this server keeps no such resource type")
    if len(pairs) > MOST_PARAMETERS:
        raise BadInputError(f"more than {MOST_PARAMETERS} search parameters")
    if sum(value.count(",") + 1 for _, value in pairs) > MOST_VALUES:
        raise BadInputError(f"more than {MOST_VALUES} values", hint="search several times")
    reading = _Reading(kind, base)
    ignored: list[str] = []
    understood: list[Pair] = []
    for key, value in pairs:
        if key in _DOOR:
            continue
        try:
            reading.read(key, value)
        except UnknownParameterError:
            if not lenient:
                raise
            ignored.append(shown(key))
        else:
            understood.append((key, value))
    return msgspec.structs.replace(reading.search, ignored=tuple(ignored), pairs=tuple(understood))


class _Reading:
    """A search while its parameters are being read."""

    def __init__(self, kind: str, base: str) -> None:
        self.search = Search(kind=kind, base=base)

    def read(self, key: str, value: str) -> None:
        """Take in one parameter."""
        if not value:
            raise BadInputError(f"{shown(key)} has no value")
        search, kind = self.search, self.search.kind
        if is_include(key):
            self._set(includes=(*search.includes, parse_include(kind, key, value)))
        elif key == "_sort":
            self._set(order=(*search.order, *parse_sort(kind, value)))
        elif key == "_count":
            self._set(count=int(_checked(key, value, _COUNT, "a whole number")))
        elif key == "_elements":
            names = _checked(key, value, _ELEMENTS, "names of elements with commas between")
            self._set(elements=(*search.elements, *names.split(",")))
        elif key in _CHOICES:
            if value not in _CHOICES[key]:
                raise BadInputError(f"{key} is one of {', '.join(sorted(_CHOICES[key]))}")
            self._set(**{key[1:]: value})
        else:
            found = criterion_of(kind, key, value, Way(search.base))
            self._set(criteria=(*search.criteria, found))

    def _set(self, **changes: object) -> None:
        self.search = msgspec.structs.replace(self.search, **changes)


def _checked(key: str, value: str, shape: re.Pattern[str], meant: str) -> str:
    if shape.match(value) is None:
        raise BadInputError(f"{key} is {meant}")
    return value


def _weight(criterion: Criterion) -> int:
    """Ask first what is cheap and leaves little: codes, then other values, then other records."""
    if isinstance(criterion, Plain):
        return 0 if criterion.parameter.type == "token" else 1
    return 2


def _patients(kind: str, criterion: Plain, base: str) -> frozenset[str] | None:
    """Give the patients a criterion binds a search to, or None when it does not bind."""
    parameter = criterion.parameter
    if kind == "Patient" and parameter.name == "_id" and not criterion.modifier:
        return frozenset(map(unescape, criterion.asked))
    if parameter.type != "reference" or criterion.modifier not in {"", "Patient"}:
        return None
    deciding = tuple(DECIDING[kind].steps) if kind in DECIDING else ()
    branches = compile_expression(kind, parameter.expression)
    if "Patient" not in parameter.targets or deciding not in {each.steps for each in branches}:
        return None
    owners: set[str] = set()
    for each in criterion.asked:
        named = asked_reference(parameter.name, each, criterion.modifier, base)
        target, _, ident = named.partition("/")
        if not ident and ":" not in named and parameter.targets != KINDS:
            owners.add(named)
        elif target == "Patient":
            owners.add(ident.partition("/")[0])
        else:
            return None
    return frozenset(owners)

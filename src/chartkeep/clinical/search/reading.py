"""Reading one parameter of a search into its criterion."""

import msgspec
from msgspec.structs import replace

from chartkeep.clinical.search.chains import Chain, Has
from chartkeep.clinical.search.composites import Composite
from chartkeep.clinical.search.criteria import Criterion, InCodes, Missing, Plain
from chartkeep.clinical.search.matching import CODE_SETS, check_modifier
from chartkeep.clinical.search.sources import find_parameter
from chartkeep.clinical.search.table import KINDS, Parameter
from chartkeep.clinical.search.values import alternatives
from chartkeep.errors import BadInputError

DEEPEST = 3
"""Links of a chain, or of `_has` in `_has`."""
MOST_TARGETS = 12
"""Types a link of a chain may lead to before it must name one."""


class Way(msgspec.Struct, frozen=True):
    """How a parameter was reached: over how many links, and whether one was of several types.

    `base`: this server's own URL. A second link of several types would multiply the work.
    """

    base: str
    depth: int = 0
    forked: bool = False

    def further(self, types: int = 1) -> "Way":
        """Go over one more link. Raises BadInputError when that is one too many."""
        if self.depth == DEEPEST:
            raise BadInputError(f"a chain has more than {DEEPEST} links")
        return replace(self, depth=self.depth + 1, forked=self.forked or types > 1)


def criterion_of(kind: str, key: str, value: str, way: Way) -> Criterion:
    """Compile one parameter of a search. Raises BadInputError, naming the parameter."""
    if key.startswith("_has:"):
        return _has(key, value, way)
    head, dot, rest = key.partition(".")
    name, _, modifier = head.partition(":")
    parameter = find_parameter(kind, name)
    check_modifier(parameter, modifier)
    if dot:
        return _chain(kind, parameter, modifier, (rest, value), way)
    if modifier == "missing":
        if value not in {"true", "false"}:
            raise BadInputError(f"{name}:missing is true or false")
        return Missing(kind, name, value == "true")
    asked = alternatives(name, value)
    if parameter.type == "token" and modifier in CODE_SETS:
        return InCodes(kind, parameter, modifier, asked, way.base)
    if parameter.type == "composite":
        return Composite(kind, parameter, asked, way.base)
    return Plain(kind, parameter, modifier, asked, way.base)


def _has(key: str, value: str, way: Way) -> Has:
    _, kind, *rest = key.split(":", 3)
    if kind not in KINDS or len(rest) != 2:
        raise BadInputError("_has takes Type:reference:parameter")
    link, inner = rest
    if find_parameter(kind, link).type != "reference":
        raise BadInputError(f"_has: {link} of {kind} is no reference")
    return Has(kind, link, criterion_of(kind, inner, value, way.further()))


def _chain(
    kind: str, parameter: Parameter, modifier: str, rest: tuple[str, str], way: Way
) -> Chain:
    if parameter.type != "reference" or modifier in {"missing", "identifier"}:
        raise BadInputError(f"{parameter.name} is no reference to go on from")
    targets = frozenset({modifier}) if modifier else parameter.targets
    if len(targets) > (1 if way.forked else MOST_TARGETS):
        raise BadInputError(
            f"{parameter.name} may lead to many types",
            hint=f"name one: {parameter.name}:Patient.…",
        )
    further = way.further(len(targets))
    inner: dict[str, Criterion] = {}
    refused: BadInputError | None = None
    for target in sorted(targets):
        try:
            inner[target] = criterion_of(target, *rest, further)
        except BadInputError as error:
            refused = error
    if not inner:
        raise refused or BadInputError(f"{parameter.name} leads to nothing kept here")
    return Chain(kind, parameter.name, inner)

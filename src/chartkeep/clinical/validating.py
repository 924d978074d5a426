"""Everything that is wrong with a resource, not the first thing only (`$validate`).

Promises: at most `MOST` issues, each at an element, none with content; what `clinical.reading`
or the choice of a chart would refuse is an error here too. What needs the right shape to be
understood (dates, references, whose chart) is looked at once the shape is right.
Does not evaluate FHIRPath invariants, and checks codes only of value sets that can be written out.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Literal

import msgspec
import orjson

from chartkeep.clinical.element import BadElementError
from chartkeep.clinical.ownership import Strangers, owner
from chartkeep.clinical.reading import parse_resource
from chartkeep.clinical.references import kind_in, wrong_targets
from chartkeep.clinical.rules import rule_faults
from chartkeep.clinical.schema import day_faults, is_type, shape_faults
from chartkeep.errors import BadInputError

MOST = 50
"""Issues of one answer."""
_CONTAINERS = frozenset({"Bundle", "Parameters"})

Json = dict[str, Any]


class Issue(msgspec.Struct, frozen=True):
    """One finding, as OperationOutcome.issue has it; `code` is of the value set IssueType."""

    severity: Literal["fatal", "error", "warning", "information"]
    code: str
    element: str
    message: str
    hint: str = ""


def validate(raw: bytes) -> list[Issue]:
    """List what is wrong with one resource, or with each resource of a bundle; empty if nothing."""
    try:
        resource = parse_resource(raw)
    except BadElementError as error:
        return [_issue(error, "fatal")]
    except BadInputError as error:
        return [Issue("fatal", "structure", "", str(error), error.hint)]
    return bounded(_all(resource.kind, resource.body))


def bounded(found: Iterator[Issue]) -> list[Issue]:
    """Take the first `MOST` issues, and say so when there are more."""
    issues = list(islice(found, MOST + 1))
    if len(issues) > MOST:
        issues[MOST] = Issue("information", "informational", "", f"only the first {MOST} are shown")
    return issues


def _all(kind: str, body: Json) -> Iterator[Issue]:
    whole = True
    for error in _faults(kind, body):
        whole = False
        yield _issue(error)
    if not whole or kind in _CONTAINERS:
        return
    try:
        owner(f"{kind}/", body, Strangers())
    except BadElementError as error:
        yield msgspec.structs.replace(_issue(error), code="business-rule")


def _faults(kind: str, body: Json) -> Iterator[BadElementError]:
    """Find what is wrong with a resource by itself, and with those inside it."""
    shaped = True
    for error in shape_faults(kind, body):
        shaped = False
        yield error
    yield from rule_faults(kind, body)
    if shaped:
        yield from day_faults(kind, body, orjson.dumps(body))
        yield from wrong_targets(kind, body, kind_in)
        for path, inner in _inner(kind, body):
            yield from _inner_faults(path, inner)


def _inner(kind: str, body: Json) -> Iterator[tuple[str, Json]]:
    """Give the resources inside one, each with its path."""
    for place, inner in enumerate(body.get("contained", ())):
        yield f"{kind}.contained[{place}]", inner
    if kind in _CONTAINERS:
        name = {"Bundle": "entry", "Parameters": "parameter"}[kind]
        for place, part in enumerate(body.get(name, ())):
            if "resource" in part:
                yield f"{kind}.{name}[{place}].resource", part["resource"]


def _inner_faults(path: str, inner: Json) -> Iterator[BadElementError]:
    kind = inner.get("resourceType")
    if not isinstance(kind, str) or not is_type(kind):
        yield BadElementError(f"{path}.resourceType", "no such resource type in FHIR R4")
        return
    if "contained" in path and "contained" in inner:
        yield BadElementError(f"{path}.contained", "a contained resource may contain none")
        return
    for error in _faults(kind, inner):
        element = path + error.element.removeprefix(kind)
        yield BadElementError(element, error.reason, hint=error.hint, code=error.code)


def _issue(error: BadElementError, severity: Literal["fatal", "error"] = "error") -> Issue:
    return Issue(severity, error.code, error.element, error.reason, error.hint)

"""`$validate`: what is wrong with a resource, all of it, without keeping anything of it.

A profile is checked when its StructureDefinition is installed in the house's `packages` folder.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
import orjson

from chartkeep.clinical.profiling import validate_profile
from chartkeep.clinical.validating import Issue, validate
from chartkeep.errors import BadInputError, NotFoundError
from chartkeep.fhir.http.asked import Answer, Asked
from chartkeep.fhir.http.door import Door, check_kind, check_type
from chartkeep.fhir.http.outcome import note, outcome
from chartkeep.fhir.http.reading import ABSENT, HINT
from chartkeep.web.caller import Caller

Profiles = Mapping[str, dict[str, Any]]


class _Parameter(msgspec.Struct, rename="camel"):
    name: str = ""
    resource: msgspec.Raw = msgspec.Raw(b"")
    value_uri: str = ""
    value_canonical: str = ""


class _Sent(msgspec.Struct, rename="camel"):
    resource_type: str = ""
    parameter: list[_Parameter] = []


_sent = msgspec.json.Decoder(_Sent)


def check_sent(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Check what the body holds: a resource, or Parameters with one."""
    del caller
    kind = asked.path[0]
    check_type(kind)
    raw, profile = _take(asked.body)
    named = [*asked.pairs, ("profile", profile)]
    profiles = [value for name, value in named if name == "profile"]
    issues = validate(raw)
    if not any(each.severity == "fatal" for each in issues):
        issues += _expected(raw, kind) + _profiled(raw, profiles, door.profiles)
    return Answer(200, outcome([_written(each) for each in issues] or [_fine()]))


def check_kept(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Check a kept resource: a read like any other, whose answer is an outcome."""
    kind, ident, _ = asked.path
    check_kind(kind)
    where = door.reach(caller, kind, ident)
    pool = door.open_for(caller, where.chart, {kind})
    found = pool.get(kind, ident)
    door.note(caller, where.chart, "read", kind, ident, held=pool, count=int(found is not None))
    if found is None:
        raise NotFoundError(ABSENT, hint=HINT)
    profiles = [value for name, value in asked.pairs if name == "profile"]
    issues = validate(found.json) + _profiled(found.json, profiles, door.profiles)
    return Answer(200, outcome([_written(each) for each in issues] or [_fine()]))


def _take(body: bytes) -> tuple[bytes, str]:
    """Give the resource and the profile named beside it."""
    try:
        sent = _sent.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return body, ""  # whatever it is: validate says what is wrong with it
    if sent.resource_type != "Parameters":
        return body, ""
    named = {each.name: each for each in sent.parameter}
    if "resource" not in named or not bytes(named["resource"].resource):
        raise BadInputError("Parameters.parameter: no resource to validate")
    profile = named.get("profile", _Parameter())
    return bytes(named["resource"].resource), profile.value_uri or profile.value_canonical


def _expected(raw: bytes, kind: str) -> list[Issue]:
    if orjson.loads(raw).get("resourceType") == kind:
        return []
    return [Issue("error", "invalid", kind, "resourceType is not the type of the address")]


def _profiled(raw: bytes, wanted: list[str], installed: Profiles) -> list[Issue]:
    body = orjson.loads(raw)
    issues: list[Issue] = []
    for url in filter(None, wanted):
        if url not in installed:
            words = "this profile is not installed here, and was not checked"
            issues.append(Issue("warning", "not-found", "", words, "put it into packages/"))
        else:
            issues += validate_profile(body, installed[url])
    return issues


def _written(issue: Issue) -> dict[str, object]:
    return note(issue.severity, issue.code, issue.message, issue.element, issue.hint)


def _fine() -> dict[str, object]:
    return note("information", "informational", "nothing is wrong with it")

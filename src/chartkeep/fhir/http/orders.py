"""An `$export` request read into an order; what the grant does not carry is refused at once."""

from typing import Any

from chartkeep.clinical.reading import read_resource
from chartkeep.clinical.references import relative_form
from chartkeep.custody.exports import Order
from chartkeep.errors import BadInputError, NotAllowedError
from chartkeep.fhir.http.asked import LINES, NDJSON, Asked, Pairs
from chartkeep.fhir.http.bundles import moment
from chartkeep.fhir.http.caller import Caller
from chartkeep.fhir.http.door import Door, check_kind
from chartkeep.fhir.http.exports import sections_of
from chartkeep.keyholder.roles import mask
from chartkeep.model import CHART_SECTIONS, Section

LIFE = 24 * 3_600_000
MOST_PATIENTS = 1_000
PARAMETERS = frozenset({"_outputFormat", "_since", "_type", "patient"})


def read_request(door: Door, caller: Caller, asked: Asked, pairs: Pairs) -> Order:
    """Make an order of a request. Raises NotAllowedError where the grant does not carry it."""
    terms = door.house.keyholder.read_grant(caller.token, caller.grant)
    mine = mask(*CHART_SECTIONS) & terms.sections
    if Section.RESTRICTED not in caller.extra:
        mine &= ~mask(Section.RESTRICTED)
    now = door.house.clock()
    since = max((_instant(value) for name, value in pairs if name == "_since"), default=0)
    kinds = [k for name, value in pairs if name == "_type" for k in value.split(",") if k]
    patients = [_patient(value) for name, value in pairs if name == "patient"]
    if len(patients) > MOST_PATIENTS:
        raise BadInputError(f"patient: at most {MOST_PATIENTS} at a time", hint="make a Group")
    group = asked.path[1] if asked.path[0] == "Group" else ""
    order = Order(
        caller.known.person, group, caller.grant, caller.purpose, caller.reason, mine, kinds,
        patients, since, now, min(now + LIFE, terms.until),
        f"{asked.base}/{'/'.join(asked.path)}",
    )  # fmt: skip
    for kind in kinds:
        check_kind(kind)
    carried = all(sections_of(kind, order) for kind in kinds)
    if terms.purpose != caller.purpose or not mine or not carried:
        raise NotAllowedError("the grant does not carry this", hint="stay in its words")
    return order


def parameters(asked: Asked) -> Pairs:
    """Give the parameters of the URL, or of a POST's Parameters. Raises BadInputError.

    One that is not known is left out where the client prefers lenient handling.
    """
    pairs = [*asked.pairs, *(_sent(asked.body) if asked.body else [])]
    known = [pair for pair in pairs if pair[0] in PARAMETERS]
    if len(known) < len(pairs) and asked.prefer("handling") != "lenient":
        hint = f"known are {', '.join(sorted(PARAMETERS))}; or Prefer: handling=lenient"
        raise BadInputError("a parameter is not supported by this export", hint=hint)
    if any(name == "_outputFormat" and value not in LINES for name, value in known):
        raise BadInputError("_outputFormat: only NDJSON is written", hint=NDJSON)
    return known


def _sent(body: bytes) -> list[tuple[str, str]]:
    read = read_resource(body)
    if read.kind != "Parameters":
        raise BadInputError("the body of an export is a Parameters")
    return [(each["name"], _value(each)) for each in read.body.get("parameter", [])]


def _value(parameter: dict[str, Any]) -> str:
    """Give the value of one parameter, whichever type it has; of a reference its text."""
    value = next((v for k, v in parameter.items() if k.startswith("value")), "")
    return str(value.get("reference", "") if isinstance(value, dict) else value)


def _patient(reference: str) -> str:
    kind, _, ident = relative_form(reference).partition("/")
    if kind != "Patient":
        raise BadInputError("patient: is no reference to a Patient", hint="Patient/[id]")
    return ident


def _instant(text: str) -> int:
    try:
        return moment(text)
    except ValueError as error:
        raise BadInputError("_since: is not an instant", hint="2026-11-22T08:00:00Z") from error

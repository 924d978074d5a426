"""An `$export` request read into an order; what the grant does not carry is refused at once."""

from urllib.parse import urlencode

import msgspec

from chartkeep.clinical.references import relative_form
from chartkeep.custody.exports import Order
from chartkeep.errors import BadInputError, NotAllowedError
from chartkeep.fhir.http.asked import LINES, NDJSON, Asked, Pairs
from chartkeep.fhir.http.bundles import moment
from chartkeep.fhir.http.door import Door, check_kind
from chartkeep.fhir.http.exports import sections_of
from chartkeep.keyholder.roles import mask
from chartkeep.model import CHART_SECTIONS, Section
from chartkeep.web.caller import Caller

LIFE = 24 * 3_600_000
MOST_PATIENTS = 1_000
PARAMETERS = frozenset({"_outputFormat", "_since", "_type", "patient"})


class _Reference(msgspec.Struct, frozen=True):
    reference: str = ""


class _Parameter(msgspec.Struct, rename="camel"):
    name: str
    value_string: str = ""
    value_code: str = ""
    value_uri: str = ""
    value_instant: str = ""
    value_date_time: str = ""
    value_reference: _Reference = _Reference()

    @property
    def value(self) -> str:
        texts = (self.value_string, self.value_code, self.value_uri, self.value_instant)
        return next(filter(None, texts), self.value_date_time) or self.value_reference.reference


class _Parameters(msgspec.Struct, rename="camel"):
    resource_type: str
    parameter: list[_Parameter] = []


_decode = msgspec.json.Decoder(_Parameters).decode


def read_request(door: Door, caller: Caller, asked: Asked, pairs: Pairs) -> Order:
    """Make an order of a request. Raises NotAllowedError where the grant does not carry it."""
    terms = door.house.keyholder.read_grant(caller.token, caller.grant)
    mine = mask(*CHART_SECTIONS) & terms.sections
    if Section.RESTRICTED not in caller.extra:
        mine &= ~mask(Section.RESTRICTED)
    now = door.house.clock()
    since = max((_instant(value) for name, value in pairs if name == "_since"), default=0)
    kinds = {k for name, value in pairs if name == "_type" for k in value.split(",") if k}
    patients = {_patient(value) for name, value in pairs if name == "patient"}
    if len(patients) > MOST_PATIENTS:
        raise BadInputError(f"patient: at most {MOST_PATIENTS} at a time", hint="make a Group")
    group = asked.path[1] if asked.path[0] == "Group" else ""
    order = Order(
        caller.known.person, group, caller.grant, caller.purpose, caller.reason, mine,
        sorted(kinds), sorted(patients), since, now, min(now + LIFE, terms.until), _url(asked),
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


def _url(asked: Asked) -> str:
    query = f"?{urlencode(asked.pairs)}" if asked.pairs else ""
    return f"{asked.base}/{'/'.join(asked.path)}{query}"


def _sent(body: bytes) -> list[tuple[str, str]]:
    """Give the parameters of a Parameters with their values, of a reference its text."""
    try:
        sent = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInputError("the body of an export is a Parameters") from error
    if sent.resource_type != "Parameters":
        raise BadInputError("the body of an export is a Parameters")
    return [(each.name, each.value) for each in sent.parameter]


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

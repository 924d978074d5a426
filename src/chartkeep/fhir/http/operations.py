"""Operations on one patient: `$everything` and `$summary`."""

import uuid
from collections.abc import Callable

from chartkeep.clinical.ips import Order, summarize
from chartkeep.errors import NotFoundError
from chartkeep.fhir.http import auditing, exporting, validating
from chartkeep.fhir.http.asked import Answer, Asked
from chartkeep.fhir.http.bundles import Page, bundle, entry, outcome_entry, since_of
from chartkeep.fhir.http.door import EVERYTHING, FACE, Door, check_kind
from chartkeep.fhir.http.outcome import NotSupportedError
from chartkeep.fhir.http.reading import ABSENT, HINT
from chartkeep.fhir.http.searching import moment_of
from chartkeep.model import CHART_SECTIONS, Section
from chartkeep.web.caller import Caller

Handler = Callable[[Door, Caller, Asked], Answer]


def find(method: str, path: tuple[str, ...]) -> Handler:
    """Find an operation. Raises NotSupportedError when there is none."""
    match method, path:
        case "GET" | "POST", ("Patient", _, "$everything"):
            return everything
        case "GET" | "POST", ("Patient", _, "$summary"):
            return summary
        case "GET", ("Patient", _, "$disclosures"):
            return auditing.disclosures
        case "POST", (_, "$validate") | (_, _, "$validate"):
            return validating.check_sent
        case "GET", (_, _, "$validate"):
            return validating.check_kept
        case _, ("$export", *_) | (*_, "$export"):
            return exporting.find(method, path)
        case _:
            raise NotSupportedError("there is no such operation here", hint="see /metadata")


def everything(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Show a patient's whole chart, as far as the role opens it (patient-operation-everything)."""
    _, ident, _ = asked.path
    kinds, since = _types(asked), since_of(asked)
    page = Page.of(asked)
    where = door.locate("Patient", ident)
    pool = door.open(caller, where.chart, whole(caller), where.newest)
    if pool.get("Patient", ident) is None:
        raise NotFoundError(ABSENT, hint=HINT)
    person = door.open_person(caller, where.chart, pool, whole(caller))
    pool, as_of = moment_of(door, caller, where.chart, person.pool, page)
    found = [one for one in pool if one.time >= since and (not kinds or one.kind in kinds)]
    found.sort(key=lambda one: (one.kind != "Patient", one.kind, one.time, one.id))
    door.note(caller, where.chart, "everything", "Patient", ident, count=len(found), held=pool)
    for other, name in person.others.items():
        door.note(caller, other, "everything", "Patient", name, count=len(found), held=pool)
    entries = [entry(page.base, one, "match") for one in page.cut(found)]
    entries += [outcome_entry(person.notes)] if person.notes else []
    return Answer(
        200, bundle("searchset", entries, page.links(len(found), as_of), len(found), as_of)
    )


def summary(door: Door, caller: Caller, asked: Asked) -> Answer:
    """Write an International Patient Summary of what the role opens (IPS, $summary)."""
    _, ident, _ = asked.path
    where = door.locate("Patient", ident)
    pool = door.open(caller, where.chart, whole(caller), where.newest)
    patient = pool.get("Patient", ident)
    if patient is None:
        raise NotFoundError(ABSENT, hint=HINT)
    person = door.open_person(caller, where.chart, pool, whole(caller))
    pool = person.pool
    others = [one.json for one in pool if one.kind != "Patient"]
    for other, name in person.others.items():
        door.note(caller, other, "summary", "Patient", name, count=len(others), held=pool)
    door.note(caller, where.chart, "summary", "Patient", ident, count=len(others), held=pool)
    order = Order(str(uuid.uuid4()), door.house.clock(), asked.base, door.author)
    return Answer(200, summarize(patient.json, others, order))


def whole(caller: Caller) -> frozenset[Section]:
    """List the sections of a chart that a role opens; what is restricted only when asked for."""
    wanted = EVERYTHING | (caller.extra & CHART_SECTIONS)
    if caller.grant:
        return wanted
    return frozenset(s for s in wanted if caller.rights.sections & 1 << s) or FACE


def _types(asked: Asked) -> set[str]:
    kinds = {each for name, value in asked.pairs if name == "_type" for each in value.split(",")}
    for kind in kinds:
        check_kind(kind)
    return kinds

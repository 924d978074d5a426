"""What is to be done, what runs, and what is awaited: orders, infusions, pending results.

An order of medicine counts here when it is of this stay: an inpatient's by its category, or,
without one, ordered since the stay began. What was prescribed before stands among the medications
only.
"""

from datetime import datetime
from typing import Any

import msgspec

from chartkeep.continuity.filling.chart import Chart, Json, source
from chartkeep.continuity.filling.dosing import due_times, rate
from chartkeep.continuity.filling.summary import medication
from chartkeep.continuity.filling.words import (
    basics,
    codes,
    concept,
    latest_first,
    listed,
    moment,
    status,
    time_of,
    title,
)
from chartkeep.continuity.sheet import Appointment, Item, Order, Part, Says

MOST = 100
_LIVE = frozenset({"active", "on-hold"})
_WISHES = frozenset({"proposal", "plan", "option"})
_OUTSIDE = frozenset({"outpatient", "community", "discharge"})
_TESTS = frozenset({"laboratory", "lab", "imaging", "108252007", "363679005", "LAB", "RAD"})
"""Categories of ServiceRequest whose answer is a result: SNOMED CT laboratory, imaging; v2 0074."""
_DONE = frozenset({"final", "amended", "corrected", "appended", "cancelled", "entered-in-error"})


def orders(chart: Chart) -> Part[Order]:
    """List active orders, those that are due soonest first."""
    drugs = [_drug(body, chart) for body in _drugs(chart) if not _runs(body)]
    tasks = [_task(body, chart) for body in _tasks(chart)]
    return _part(sorted([*drugs, *tasks], key=_soonest))


def infusions(chart: Chart) -> Part[Order]:
    """List what runs in: orders with a rate, and administrations in progress."""
    ordered = [_drug(body, chart) for body in _drugs(chart) if _runs(body)]
    running = [
        _running(body, chart)
        for body in latest_first(chart.of("MedicationAdministration"))
        if body.get("status") == "in-progress"
    ]
    return _part([*running, *ordered])


def pending(chart: Chart) -> Part[Item]:
    """List tests ordered, specimens taken and reports begun whose result is not there."""
    answered = _answered(chart)
    waiting = [
        body
        for body in chart.of("ServiceRequest")
        if _is_live(body) and _is_test(body) and not _is_ahead(body, chart)
    ]
    waiting += [b for b in chart.of("Specimen") if b.get("status", "available") == "available"]
    begun = [
        body
        for body in chart.of("DiagnosticReport")
        if body.get("status") in {"registered", "partial", "preliminary"}
    ]
    found = [body for body in waiting if source(body) not in answered] + begun
    items = [_item(body, chart) for body in latest_first(found)]
    return _part(items)


def appointments(chart: Chart) -> Part[Appointment]:
    """List today's appointments by the appointment's own calendar."""
    found = []
    for body in chart.of("Appointment"):
        start = moment(body.get("start", ""))
        over = body.get("status") in {"cancelled", "noshow", "entered-in-error", "fulfilled"}
        if start is None or over or start.date() != chart.now.astimezone(start.tzinfo).date():
            continue
        found.append(_appointment(body, chart))
    found.sort(key=lambda each: each.start)
    return _part(found)


def _drugs(chart: Chart) -> list[Json]:
    return [
        body
        for body in chart.of("MedicationRequest")
        if _is_live(body) and not body.get("doNotPerform") and _is_of_stay(body, chart)
    ]


def _tasks(chart: Chart) -> list[Json]:
    return [
        body
        for body in chart.of("ServiceRequest", "DeviceRequest")
        if _is_live(body) and (not _is_test(body) or _is_ahead(body, chart))
    ]


def _is_live(body: Json) -> bool:
    return body.get("status") in _LIVE and body.get("intent") not in _WISHES


def _is_of_stay(body: Json, chart: Chart) -> bool:
    kept = codes(body.get("category"))
    if kept:
        return not kept & _OUTSIDE
    at = moment(body.get("authoredOn", ""))
    return at is not None and chart.since is not None and at >= chart.since


def _is_test(body: Json) -> bool:
    return bool(codes(body.get("category")) & _TESTS)


def _is_ahead(body: Json, chart: Chart) -> bool:
    at = moment(str(body.get("occurrenceDateTime", "")))
    return at is not None and at > chart.now


def _runs(body: Json) -> bool:
    return any(
        rate(part)
        for each in body.get("dosageInstruction", ())
        for part in each.get("doseAndRate", ())
    )


def _drug(body: Json, chart: Chart) -> Order:
    dosages: list[Json] = body.get("dosageInstruction", [])
    last = _last_given(body, chart)
    drug = medication(body, chart)
    due: set[str] = set()
    if not drug.as_needed and body.get("status") == "active":
        for each in dosages:
            due |= set(due_times(each.get("timing", {}), chart.now, drug.time, moment(last)))
    return Order(
        **msgspec.structs.asdict(drug),
        kind=str(body["resourceType"]),
        priority=body.get("priority", ""),
        due=_by_time(due),
        last=last,
    )


def _task(body: Json, chart: Chart) -> Order:
    timing: Json = body.get("occurrenceTiming", {})
    start = str(body.get("occurrenceDateTime") or body.get("occurrencePeriod", {}).get("start", ""))
    ordered = str(body.get("authoredOn") or start)
    listed = timing or {"event": [start]}
    due = due_times(listed, chart.now, ordered, None)
    needed = bool(body.get("asNeededBoolean") or body.get("asNeededCodeableConcept"))
    detail = concept(body.get("orderDetail"))
    return Order(
        **basics(body, chart)
        | {"what": ", ".join(filter(None, (title(body, chart), detail))), "time": ordered},
        kind=str(body["resourceType"]),
        priority=body.get("priority", ""),
        timing=concept(timing.get("code")) if timing else start,
        due=[] if needed else due,
        as_needed=needed,
    )


def _soonest(order: Order) -> tuple[bool, float, str]:
    first = datetime.fromisoformat(order.due[0]).timestamp() if order.due else 0.0
    return not order.due, first, order.what


def _by_time(due: set[str]) -> list[str]:
    return sorted(due, key=datetime.fromisoformat)


def _last_given(body: Json, chart: Chart) -> str:
    """Give when an order was last carried out, by the administrations that name it."""
    name = source(body)
    given = (
        each
        for each in chart.of("MedicationAdministration")
        if each.get("status") in {"completed", "in-progress"}
        and chart.named(each, each.get("request", {})) == name
    )
    return next((time_of(each) for each in latest_first(given)), "")


def _running(body: Json, chart: Chart) -> Order:
    return Order(
        **msgspec.structs.asdict(medication(body | {"dosage": listed(body.get("dosage"))}, chart)),
        kind=str(body["resourceType"]),
        last=time_of(body),
    )


def _answered(chart: Chart) -> set[str]:
    """Name the orders and specimens that have a finished result."""
    found: set[str] = set()
    for body in chart.of("DiagnosticReport", "Observation"):
        if body.get("status") not in _DONE:
            continue
        for each in [*body.get("basedOn", ()), *listed(body.get("specimen"))]:
            found.add(chart.named(body, each))
    return found


def _item(body: Json, chart: Chart) -> Item:
    taken = body.get("collection", {})
    at = taken.get("collectedDateTime") or taken.get("collectedPeriod", {}).get("start")
    return Item(**basics(body, chart) | ({"time": str(at)} if at else {}))


def _appointment(body: Json, chart: Chart) -> Appointment:
    actors = [each.get("actor", {}) for each in body.get("participant", ())]
    kinds = [(_kind(actor), str(actor.get("display", ""))) for actor in actors]
    words = (
        concept(body.get("appointmentType")),
        concept(body.get("serviceType")),
        str(body.get("description", "")),
        concept(body.get("reasonCode")),
    )
    return Appointment(
        what=", ".join(dict.fromkeys(filter(None, words))) or title(body, chart),
        time=str(body.get("created", "")),
        source=source(body),
        by=", ".join(name for kind, name in kinds if name and kind not in {"Location", "Patient"}),
        state=status(body),
        note=str(body.get("patientInstruction") or body.get("comment", "")),
        start=str(body["start"]),
        end=str(body.get("end", "")),
        where=", ".join(name for kind, name in kinds if name and kind == "Location"),
    )


def _kind(actor: Json) -> str:
    return str(actor.get("type") or actor.get("reference", "").partition("/")[0])


def _part(items: list[Any]) -> Part[Any]:
    shown = items[:MOST]
    says = Says.DATA if items else Says.NO_DATA
    return Part(says=says, items=shown, older=len(items) - len(shown))

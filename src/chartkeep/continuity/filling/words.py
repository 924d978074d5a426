"""What elements say, in the words and digits they were recorded with; nothing is translated.

Codes are compared by code alone where the code can mean nothing else: houses write systems in many
spellings. A moment without a zone is none.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from chartkeep.clinical.summary import what
from chartkeep.continuity.filling.chart import Chart, Json, source

_TIMES = (
    "effectiveDateTime", "effectiveInstant", "occurrenceDateTime", "performedDateTime",
    "authoredOn", "dateTime", "onsetDateTime", "recordedDate", "recordedOn", "dateAsserted",
    "receivedTime", "issued", "date", "created", "start",
)  # fmt: skip
_PERIODS = ("effectivePeriod", "occurrencePeriod", "performedPeriod", "onsetPeriod", "period")
_PEOPLE = (
    "requester", "orderer", "performer", "recorder", "asserter", "author", "informationSource",
)  # fmt: skip

_MEASURED = frozenset({"vital-signs", "laboratory"})


def time_of(body: Json) -> str:
    """Give when it was so, as the resource wrote it; empty when it does not say."""
    for name in _TIMES:  # a plain loop: it is asked of every result of a ward
        if isinstance(found := body.get(name), str):
            return found
    periods = (body.get(name, {}).get("start") for name in _PERIODS)
    return next((each for each in periods if isinstance(each, str)), "")


def moment(text: str) -> datetime | None:
    """Read a moment; None for a date without a time or a zone, and for what is none."""
    try:
        at = datetime.fromisoformat(text) if "T" in text else None
        if at is None or at.tzinfo is None:
            return None
        at.astimezone(UTC)  # at either end of the calendar a zone leads out of it
    except (ValueError, OverflowError):
        return None
    return at


def latest_first(bodies: Iterable[Json]) -> list[Json]:
    """Order resources by when they were so."""
    return sorted(bodies, key=_age, reverse=True)


def _age(body: Json) -> tuple[str, str]:
    text = time_of(body)
    at = moment(text)
    return (at.astimezone(UTC).isoformat() if at else text, source(body))


def people(body: Json) -> str:
    """Give the names of who wrote it, as it shows them."""
    return ", ".join(dict.fromkeys(filter(None, _shown(body))))


def _shown(body: Json) -> Iterator[str]:
    for name in _PEOPLE:
        for each in listed(body.get(name)):
            yield str(each.get("actor", each).get("display", ""))


def listed(node: Any) -> list[Any]:
    """Give an element that some types have once and others many times, as a list."""
    return node if isinstance(node, list) else [node] if node else []


def concept(node: Any) -> str:
    """Give a CodeableConcept, a Coding, or a list of them in its own words."""
    return ", ".join(filter(None, (what({"code": each}) for each in listed(node))))


def codes(node: Any) -> set[str]:
    """Give the codes of a CodeableConcept or a list of them."""
    concepts = (each for each in listed(node) if isinstance(each, dict))  # some types write a code
    return {coding.get("code", "") for each in concepts for coding in each.get("coding", ())} - {""}


def is_measured(body: Json) -> bool:
    """Say whether it is a vital sign or a laboratory result: most of a chart, and results only."""
    return body["resourceType"] == "Observation" and bool(codes(body.get("category")) & _MEASURED)


def number(value: Any) -> str:
    """Give a number as it was spelled."""
    return str(getattr(value, "text", value))


def quantity(node: Json | None) -> str:
    """Give a quantity with its unit."""
    if not node or "value" not in node:
        return ""
    unit = node.get("unit") or node.get("code") or ""
    return f"{node.get('comparator', '')}{number(node['value'])} {unit}".strip()


def span(node: Json | None) -> str:
    """Give a Range."""
    if not node:
        return ""
    low, high = quantity(node.get("low")), quantity(node.get("high"))
    return f"{low}-{high}" if low or high else ""


def ratio(node: Json | None) -> str:
    """Give a Ratio."""
    if not node:
        return ""
    over, under = quantity(node.get("numerator")), quantity(node.get("denominator"))
    return f"{over} / {under}" if over else ""


def basics(body: Json, chart: Chart) -> dict[str, Any]:
    """Give what every item of a sheet says of its resource, by the names of `sheet.Item`."""
    return {
        "what": title(body, chart),
        "time": time_of(body),
        "source": source(body),
        "by": people(body),
        "state": status(body),
        "note": notes(body),
    }


def notes(body: Json) -> str:
    """Give the annotations of a resource."""
    return "; ".join(str(each["text"]) for each in body.get("note", ()) if "text" in each)


def title(body: Json, chart: Chart) -> str:
    """Give what a resource is about; a medicine or device may stand in a resource of its own."""
    drug = _elsewhere(body, "medicationReference", chart)
    own = body.get("title") or drug or what(body) or _device(body)
    return str(own or _elsewhere(body, "device", chart) or body["resourceType"])


def _elsewhere(body: Json, name: str, chart: Chart) -> str:
    """Give the name of what a reference names, or what the reference shows."""
    reference = body.get(name, {})
    other = chart.find(body, reference)
    return (what(other) or _device(other) if other else "") or str(reference.get("display", ""))


def _device(body: Json) -> str:
    names = body.get("deviceName", ())
    return next((str(each["name"]) for each in names if "name" in each), "")


def status(body: Json) -> str:
    """Give its state in a word."""
    found = body.get("status") or body.get("clinicalStatus") or ""
    return next(iter(sorted(codes(found))), concept(found)) if isinstance(found, dict) else found

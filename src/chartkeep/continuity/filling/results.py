"""The last 72 hours of results: numbers as series to plot, with unit, range and flag; reports.

One series for each measurement and unit, so that no plot mixes mmol/L with mg/dL; a panel's
components are series of their own. Nothing is converted. Curves (SampledData) are left out.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec

from chartkeep.continuity.filling.chart import Chart, Json, source
from chartkeep.continuity.filling.words import (
    basics,
    codes,
    concept,
    latest_first,
    moment,
    number,
    quantity,
    ratio,
    span,
    time_of,
)
from chartkeep.continuity.sheet import Item, Part, Point, Says, Series

RECENT = timedelta(hours=72)
MOST_SERIES = 150
MOST_POINTS = 150
"""Of one series, the latest: a monitor that speaks every minute has its last hours."""
MOST_REPORTS = 50
_KINDS = ("vital-signs", "laboratory")
_TRUE = frozenset({"final", "amended", "corrected", "preliminary"})
_NORMAL = frozenset({"N", "ND", "NEG"})


class _Found(msgspec.Struct, frozen=True):
    """One value: its series' code and unit, and the point with its moment."""

    code: str
    title: str
    unit: str
    kind: str
    range: str
    at: datetime
    point: Point


def series(chart: Chart) -> Part[Series]:
    """Give what was measured in the last 72 hours, vital signs first, then by name."""
    kept: dict[tuple[str, str], list[_Found]] = {}
    for body in chart.of("Observation"):
        at = moment(time_of(body))
        recent = at is not None and chart.now - RECENT < at <= chart.now + timedelta(hours=1)
        if recent and at is not None and body.get("status") in _TRUE:
            for found in _values(body, at):
                kept.setdefault((found.code or found.title, found.unit), []).append(found)
    told = sorted(map(_series, kept.values()), key=lambda each: (_order(each.kind), each.what))
    says = Says.DATA if told else Says.NO_DATA
    return Part(says=says, items=told[:MOST_SERIES], older=len(told[MOST_SERIES:]))


def reports(chart: Chart) -> Part[Item]:
    """Give the reports of the last 72 hours that say something in words."""
    found = [
        body
        for body in latest_first(chart.of("DiagnosticReport"))
        if body.get("status") in _TRUE | {"appended", "partial"}
        and _conclusion(body)
        and (at := moment(time_of(body))) is not None
        and at > chart.now - RECENT
    ]
    items = [
        Item(**basics(body, chart) | {"note": _conclusion(body)}) for body in found[:MOST_REPORTS]
    ]
    beyond = len(found) - len(items)
    return Part(says=Says.DATA if items else Says.NO_DATA, items=items, older=beyond)


def _conclusion(body: Json) -> str:
    return str(body.get("conclusion") or concept(body.get("conclusionCode")))


def _values(body: Json, at: datetime) -> Iterator[_Found]:
    """Give an Observation's own value and its components'."""
    kept = codes(body.get("category"))
    kind = next((each for each in _KINDS if each in kept), "other")
    for part in [body, *body.get("component", ())]:
        text = _text(part)
        if not text:
            continue
        limits = part.get("referenceRange") or [{}]
        low, high = _limit(limits[0], "low"), _limit(limits[0], "high")
        value = part.get("valueQuantity", {}).get("value", part.get("valueInteger"))
        plain = None if value is None else float(value)
        point = Point(
            time=time_of(body),
            text=text,
            value=plain,
            flag=_flag(part, plain, low, high),
            low=low,
            high=high,
            state=body.get("status", ""),
            source=source(body),
        )
        measured = part.get("valueQuantity", {})
        yield _Found(
            code=next(iter(sorted(codes(part.get("code")))), ""),
            title=concept(part.get("code")),
            unit=str(measured.get("unit") or measured.get("code") or ""),
            kind=kind,
            range=_range(limits[0]),
            at=at.astimezone(UTC),
            point=point,
        )


def _text(part: Json) -> str:
    """Give a value as it was recorded, without the unit of a plain number."""
    if "valueQuantity" in part:
        node = part["valueQuantity"]
        return f"{node.get('comparator', '')}{number(node['value'])}" if "value" in node else ""
    if "valueCodeableConcept" in part:
        return concept(part["valueCodeableConcept"])
    for name in ("valueString", "valueInteger", "valueBoolean", "valueDateTime", "valueTime"):
        if name in part:
            return str(part[name])
    return span(part.get("valueRange")) or ratio(part.get("valueRatio"))


def _limit(limits: Json, name: str) -> float | None:
    value = limits.get(name, {}).get("value")
    return None if value is None else float(value)


def _range(limits: Json) -> str:
    if "text" in limits:
        return str(limits["text"])
    low, high = quantity(limits.get("low")), quantity(limits.get("high"))
    return (
        f"{low} - {high}" if low and high else f">= {low}" if low else f"<= {high}" if high else ""
    )


def _flag(part: Json, value: float | None, low: float | None, high: float | None) -> str:
    """Give the interpretation as recorded, else what the recorded range says."""
    told = sorted(codes(part.get("interpretation")))
    if told:
        return "" if set(told) <= _NORMAL else " ".join(c for c in told if c not in _NORMAL)
    compared = part.get("valueQuantity", {}).get("comparator")
    if value is None or compared:
        return ""
    if low is not None and value < low:
        return "L"
    return "H" if high is not None and value > high else ""


def _series(found: list[_Found]) -> Series:
    found.sort(key=lambda each: (each.at, each.point.source))
    last = found[-1]
    shown = found[-MOST_POINTS:]
    return Series(
        what=last.title or last.code,
        code=last.code,
        unit=last.unit,
        kind=last.kind,
        range=next((each.range for each in reversed(found) if each.range), ""),
        points=[each.point for each in shown],
        older=len(found) - len(shown),
    )


def _order(kind: str) -> int:
    return (*_KINDS, "other").index(kind)

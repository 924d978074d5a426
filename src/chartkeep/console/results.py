"""Results by what was measured: the last value, all values, and whether they are out of range.

Pure. Nothing is converted: a value in another unit is a series of its own.
"""

from datetime import UTC, datetime
from math import isfinite
from typing import Any, NamedTuple

from chartkeep.clinical.summary import what
from chartkeep.console.bodies import Bodies, Json

MOST_POINTS = 200
"""Values of one series that are shown; the latest."""
_UNTRUE = frozenset({"entered-in-error", "cancelled"})
_HIGH, _LOW = frozenset({"H", "HH", "HU", ">"}), frozenset({"L", "LL", "LU", "<"})
_GROUPS = {"laboratory": "Laboratory", "vital-signs": "Vital signs"}
_OTHERS = "Other results"
TITLES = (*_GROUPS.values(), _OTHERS)


class Point(NamedTuple):
    """One value: `said` as it was written, `number` when it is one, `at` seconds, `flag` H or L."""

    when: str
    at: float
    said: str
    number: float | None
    flag: str


class Series(NamedTuple):
    """What was measured again and again in one unit, the latest first; `older` are not shown."""

    name: str
    unit: str
    points: list[Point]
    low: float | None
    high: float | None
    older: int

    @property
    def last(self) -> Point:
        """Give the latest value."""
        return self.points[0]


class Group(NamedTuple):
    """Series of one category."""

    title: str
    series: list[Series]


class Measured(NamedTuple):
    """One value with what it is a value of."""

    group: str
    name: str
    unit: str
    point: Point
    low: float | None
    high: float | None


def groups_of(bodies: Bodies) -> list[Group]:
    """Group results by category and by what was measured."""
    found: dict[tuple[str, str, str], list[Measured]] = {}
    for body in bodies:
        if body["resourceType"] == "Observation" and body.get("status") not in _UNTRUE:
            for each in _measured(body):
                found.setdefault((each.group, each.name, each.unit), []).append(each)
    groups: dict[str, list[Series]] = {title: [] for title in TITLES}
    for (title, *_), mine in sorted(found.items(), key=lambda item: item[0]):
        groups[title].append(_series(mine))
    return [Group(title, series) for title, series in groups.items() if series]


def _series(mine: list[Measured]) -> Series:
    mine.sort(key=lambda each: each.point.at, reverse=True)
    latest, shown = mine[0], [each.point for each in mine[:MOST_POINTS]]
    return Series(latest.name, latest.unit, shown, latest.low, latest.high, len(mine) - len(shown))


def _measured(body: Json) -> list[Measured]:
    """Give an Observation's own value and those of its components."""
    text = _when(body)
    category = _category(body)
    parts = [body, *body.get("component", ())]
    return [
        each
        for part in parts
        if (each := _one(part, category, text, what({"code": part.get("code")}))) is not None
    ]


def _one(part: Json, group: str, text: str, name: str) -> Measured | None:
    at = seconds(text)
    if quantity := part.get("valueQuantity"):
        number = number_of(quantity.get("value"))
        low, high = _range(part)
        said = f"{quantity.get('comparator', '')}{quantity.get('value', '')}"
        point = Point(text, at, said, number, _flag(part, number, low, high))
        return Measured(group, name, str(quantity.get("unit", "")), point, low, high)
    said = _said(part)
    if not said:
        return None
    return Measured(group, name, "", Point(text, at, said, None, _flag(part)), None, None)


def _said(part: Json) -> str:
    """Give a value that is no quantity, in words."""
    if "valueBoolean" in part:
        return "yes" if part["valueBoolean"] else "no"
    for name in ("valueString", "valueInteger", "valueDateTime", "valueTime"):
        if name in part:
            return str(part[name])
    if "valueCodeableConcept" in part:
        return what({"code": part["valueCodeableConcept"]})
    return ""


def _range(part: Json) -> tuple[float | None, float | None]:
    """Give the first reference range."""
    given: Json = next(iter(part.get("referenceRange", ())), {})
    return number_of(given.get("low", {}).get("value")), number_of(
        given.get("high", {}).get("value")
    )


def _flag(
    part: Json, number: float | None = None, low: float | None = None, high: float | None = None
) -> str:
    """Say H or L: as the laboratory says, else by its own range."""
    codes = {
        coding.get("code")
        for each in part.get("interpretation", ())
        for coding in each.get("coding", ())
    }
    if codes & _HIGH or (not codes and number is not None and high is not None and number > high):
        return "H"
    if codes & _LOW or (not codes and number is not None and low is not None and number < low):
        return "L"
    return "!" if codes & {"A", "AA", "POS"} else ""


def _category(body: Json) -> str:
    codes = (
        coding.get("code", "")
        for each in body.get("category", ())
        for coding in each.get("coding", ())
    )
    return next((_GROUPS[code] for code in codes if code in _GROUPS), _OTHERS)


def _when(body: Json) -> str:
    period = body.get("effectivePeriod", {})
    found = body.get("effectiveDateTime") or body.get("effectiveInstant") or period.get("start")
    return str(found or body.get("issued") or "")


def seconds(text: str) -> float:
    """Place a FHIR date or time on a line; what is no time stands at its beginning."""
    full = {4: f"{text}-01-01", 7: f"{text}-01"}.get(len(text), text)
    try:
        at = datetime.fromisoformat(full)
        return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return 0.0


def number_of(value: Any) -> float | None:
    """Read a number; None when it is none."""
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if isfinite(found) else None

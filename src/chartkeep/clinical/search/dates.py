"""Dates as ranges of time, however much of them is written (R4 search.html 3.1.1.4.7).

A date asked without a zone is compared with the clock on the wall where the kept time was written:
`2024-05-01` finds `2024-05-01T08:00:00+09:00` and no server's zone plays a part. A time asked with
a zone is compared as an instant; a kept time without a zone then counts as UTC.
`ap` widens what is asked by its own length on both sides: there is no clock here.
"""

import math
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from typing import Any

from chartkeep.clinical.search.ranges import Range, comparison
from chartkeep.clinical.search.values import prefixed
from chartkeep.errors import BadInputError

_DAY = 86_400_000_000
"""A day in the unit of every range here: microseconds since 0001-01-01."""
_SHAPE = re.compile(
    r"(?P<year>[0-9]{4})(?:-(?P<month>0[1-9]|1[0-2])(?:-(?P<day>0[1-9]|[12][0-9]|3[01])"
    r"(?:T(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])"
    r"(?::(?P<second>[0-5][0-9]|60)(?:\.(?P<fraction>[0-9]{1,12}))?)?"
    r"(?P<zone>Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?)?)?)?\Z"
)
_EPOCH = (date(1970, 1, 1).toordinal() - 1) * _DAY
_EVER: Range = (-math.inf, math.inf)


def range_of(text: str, *, zoned: bool) -> Range:
    """Give the time a FHIR date covers: instants when `zoned`, else the clock on the wall.

    Raises ValueError when it is no date, or a day no calendar has.
    """
    found = _SHAPE.match(text)
    if found is None:
        raise ValueError("not a date")
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    if month is None:
        return _days(date(int(year), 1, 1), 366 if _leaps(int(year)) else 365)
    if day is None:
        first = date(int(year), int(month), 1)
        return _days(first, _month_days(first))
    start: int = (date(int(year), int(month), int(day)).toordinal() - 1) * _DAY
    if hour is None:
        return start, start + _DAY
    start += (int(hour) * 60 + int(minute)) * 60_000_000
    width = 60_000_000
    if second is not None:
        start += int(second) * 1_000_000
        width = 1_000_000
    if fraction is not None:
        digits = min(len(fraction), 6)
        width = 10 ** (6 - digits)
        start += int(fraction[:digits]) * width
    if zoned and zone not in {None, "Z"}:
        away = (int(zone[1:3]) * 60 + int(zone[4:6])) * 60_000_000
        start -= away if zone[0] == "+" else -away
    return start, start + width


def _days(first: date, count: int) -> Range:
    start = (first.toordinal() - 1) * _DAY
    return start, start + count * _DAY


def _leaps(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def _month_days(first: date) -> int:
    if first.month == 2:
        return 29 if _leaps(first.year) else 28
    return 30 if first.month in {4, 6, 9, 11} else 31


def _moment(millis: int) -> Range:
    start = _EPOCH + millis * 1_000
    return start, start + 1_000


def date_test(name: str, asked: str) -> tuple[bool, Callable[[Range], bool]]:
    """Compile one value: whether it speaks of instants, and the test a kept range must pass.

    Raises BadInputError, naming the parameter.
    """
    prefix, text = prefixed(asked)
    text = text.replace(" ", "+")  # what a form makes of the `+` before a zone
    zoned = "T" in text and (text[-1] == "Z" or text[-6:-5] in {"+", "-"})
    try:
        low, high = range_of(text, zoned=zoned)
    except ValueError:
        raise BadInputError(
            f"{name}: not a date",
            hint="write 2024, 2024-05, 2024-05-01 or 2024-05-01T08:00:00+09:00",
        ) from None
    width = high - low
    return zoned, comparison(prefix, (low, high), (low - width, high + width))


def kept_ranges(kind: str, element: Any, *, zoned: bool) -> list[Range]:
    """Give the ranges an element covers; none for a type that is no time.

    `millis` is this house's own type: milliseconds since 1970.
    """
    match kind:
        case "dateTime" | "date" | "instant":
            return [_kept(element, zoned=zoned)]
        case "millis":
            return [_moment(element)]
        case "Period":
            return [_period(element, zoned=zoned)]
        case "Timing":
            spans = list(_timing(element, zoned=zoned))
            if not spans:
                return []
            return [(min(low for low, _ in spans), max(high for _, high in spans))]
        case _:
            return []


def _kept(text: str, *, zoned: bool) -> Range:
    try:
        if len(text) > 18 and text[19:20] != ".":
            return _second(text, zoned=zoned)
        return range_of(text, zoned=zoned)
    except ValueError:
        return _odd(text, zoned=zoned)


def _second(text: str, *, zoned: bool) -> Range:
    """Read a time to the second, as most are: a quarter of the time `range_of` takes."""
    moment = datetime.fromisoformat(text)
    if not zoned or moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    start = _EPOCH + int(moment.timestamp()) * 1_000_000
    return start, start + 1_000_000


def _odd(text: str, *, zoned: bool) -> Range:
    """Read a leap second; what the schema let pass otherwise may be any time: found, not lost."""
    try:
        return range_of(text, zoned=zoned)
    except ValueError:
        return _EVER


def _period(period: dict[str, Any], *, zoned: bool) -> Range:
    start, end = period.get("start"), period.get("end")
    low = _kept(start, zoned=zoned)[0] if start else -math.inf
    high = _kept(end, zoned=zoned)[1] if end else math.inf
    return low, high


def _timing(timing: dict[str, Any], *, zoned: bool) -> Iterator[Range]:
    for event in timing.get("event", ()):
        if event:
            yield _kept(event, zoned=zoned)
    if bounds := timing.get("repeat", {}).get("boundsPeriod"):
        yield _period(bounds, zoned=zoned)

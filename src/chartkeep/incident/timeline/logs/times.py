"""Times as other machines write them.

Promises never to guess between day and month: a file whose dates can be read both ways is refused
until somebody says which. A time without a zone is of the zone one names for its source.
"""

import re
from calendar import isleap
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from chartkeep.errors import BadInputError
from chartkeep.model import Millis

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FILETIME_BEGAN = 11_644_473_600_000
"""Milliseconds from 1601, where Windows' FILETIME begins, to 1970."""
DAY = timedelta(days=1)

_PER_MILLI = {10: 0.001, 13: 1, 16: 1_000, 19: 1_000_000}
"""Digits of a time counted since 1970, and its units in a millisecond."""
_MONTHS = {
    name: at
    for at, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_NET = re.compile(r"/Date\((-?\d{1,15})")
_CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<part>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AaPp])[Mm])?(?: ?(?P<zone>[+-]\d{2}:?\d{2}))?"
)
_SLASHED = re.compile(r"(?P<one>\d{1,2})[/.](?P<two>\d{1,2})[/.](?P<year>\d{4})[ T,]+" + _CLOCK)
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[/.](?P<month>\d{1,2})[/.](?P<day>\d{1,2})[ T]+" + _CLOCK)
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})[/ -](?P<name>[A-Za-z]{3})[/ -](?P<year>\d{4})[: ]" + _CLOCK
)
_MONTH_FIRST = re.compile(
    r"(?:[A-Za-z]{3},? )?(?P<name>[A-Za-z]{3}) +(?P<day>\d{1,2})(?: (?P<year>\d{4}))?,? "
    + _CLOCK
    + r"(?: (?P<late>\d{4}))?"
)


class Hand(NamedTuple):
    """How a source writes its times: its zone, the order of slashed dates, when it ended.

    `until` is the newest moment it can speak of: RFC 3164 names no year, so the year is the last
    one in which nothing lies after it.
    """

    zone: tzinfo = UTC
    order: str = ""
    until: Millis = Millis(0)


def read_moment(text: str, hand: Hand) -> Millis:
    """Read a time. Raises BadInputError for what is none, or can be read in two ways."""
    text = text.strip()
    if text.replace(".", "", 1).isdecimal():
        return _counted(text)
    if net := _NET.match(text):
        return Millis(int(net[1]))
    try:
        moment = _read(text, hand)
        moment = moment if moment.tzinfo else moment.replace(tzinfo=hand.zone)
        return Millis((moment - EPOCH) // timedelta(milliseconds=1))
    except (ValueError, OverflowError) as error:
        raise BadInputError("a row's time cannot be read") from error


def _counted(text: str) -> Millis:
    """Read seconds, or smaller units, since 1970; or Windows' tenths of microseconds since 1601."""
    whole, _, part = text.partition(".")
    if len(whole) == 18:
        return Millis(int(whole) // 10_000 - FILETIME_BEGAN)
    units = _PER_MILLI.get(len(whole))
    if units is None:
        raise BadInputError("a row's time cannot be read")
    if units < 1:
        return Millis(int(whole) * 1_000 + int((part + "000")[:3]))
    return Millis(int(whole) // int(units))


def _read(text: str, hand: Hand) -> datetime:
    """Read a date and a time. Raises ValueError for what is none."""
    if text[:4].isdecimal() and text[4:5] == "-":
        return datetime.fromisoformat(text)
    if found := _YEAR_FIRST.fullmatch(text):
        return _join(found, int(found["year"]), int(found["month"]), int(found["day"]))
    if found := _SLASHED.fullmatch(text):
        one, two = int(found["one"]), int(found["two"])
        day, month = (one, two) if (hand.order or _order_of(one, two)) == "dmy" else (two, one)
        return _join(found, int(found["year"]), month, day)
    if found := _DAY_FIRST.fullmatch(text):
        return _join(found, int(found["year"]), _month(found["name"]), int(found["day"]))
    if found := _MONTH_FIRST.fullmatch(text):
        month, day, year = _month(found["name"]), int(found["day"]), found["year"] or found["late"]
        if year:
            return _join(found, int(year), month, day)
        return _without_year(found, month, day, hand)
    raise ValueError(text)


def _month(name: str) -> int:
    if name.lower() not in _MONTHS:
        raise ValueError(name)
    return _MONTHS[name.lower()]


def _join(found: re.Match[str], year: int, month: int, day: int) -> datetime:
    """Join a date to the clock beside it. Raises ValueError for a moment there is none of."""
    hour = int(found["hour"])
    if found["half"]:
        if not 1 <= hour <= 12:
            raise ValueError(hour)
        hour = hour % 12 + 12 * (found["half"] in "Pp")
    part = int((found["part"] or "0").ljust(6, "0")[:6])
    moment = datetime(year, month, day, hour, int(found["minute"]), int(found["second"] or 0), part)  # noqa: DTZ001 - the caller adds the zone
    if found["zone"]:
        sign, digits = found["zone"][0], found["zone"][1:].replace(":", "")
        apart = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
        return moment.replace(tzinfo=timezone(-apart if sign == "-" else apart))
    return moment


def _without_year(found: re.Match[str], month: int, day: int, hand: Hand) -> datetime:
    """Read RFC 3164's time: of the newest year in which it is not yet to come."""
    newest = EPOCH + timedelta(milliseconds=hand.until) + DAY
    for year in range(newest.year, newest.year - 9, -1):  # a leap day may be eight years back
        if (month, day) == (2, 29) and not isleap(year):
            continue
        moment = _join(found, year, month, day).replace(tzinfo=hand.zone)
        if moment <= newest:
            return moment
    raise ValueError(day)


def _order_of(first: int, second: int) -> str:
    if first > 12:
        return "dmy"
    if second > 12:
        return "mdy"
    raise BadInputError(
        "its dates can be read in two ways", hint="say which: --dates dmy, or --dates mdy"
    )


def order_of(texts: Iterable[str]) -> str:
    """Find the order of a file's slashed dates; empty when none of them tells it."""
    for text in texts:
        if slashed := _SLASHED.match(text.strip()):
            first, second = int(slashed["one"]), int(slashed["two"])
            if max(first, second) > 12:
                return "dmy" if first > 12 else "mdy"
    return ""

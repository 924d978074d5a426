"""HL7 times (TS, DTM, DT) as FHIR dates: no more precise than they were written.

`20261122` is a date; what has an hour gets the zone it names, or the feed's. Raises where it is no
time: a result whose time nobody can read is a person's to look at, not to be filed without one.
"""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from chartkeep.errors import BadInputError

_TIME = re.compile(
    r"(?P<year>\d{4})(?P<month>\d\d)?(?P<day>\d\d)?"
    r"(?:(?P<hour>\d\d)(?P<minute>\d\d)?(?P<second>\d\d)?(?P<part>\.\d{1,6})?)?"
    r"(?P<zone>[+-]\d{4})?"
)
_CLOCK = re.compile(r"(\d\d):?(\d\d)?:?(\d\d)?(\.\d{1,6})?")


def fhir_time(text: str, zone: tzinfo, place: str) -> str:
    """Write a dateTime; empty for no time. `place` (`OBX-14`) is for the message.

    Raises BadInputError when it is no time.
    """
    found = _written(text, zone)
    if found is None:
        raise BadInputError(f"{place} is no time", hint="write YYYYMMDDHHMMSS+ZZZZ")
    return found


@lru_cache(maxsize=64)
def _written(text: str, zone: tzinfo) -> str | None:
    """Write a time: a message says the same one in many places. None for what is none."""
    if not text.strip("0"):
        return ""
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    year, month, day = found["year"], found["month"], found["day"]
    try:
        if found["hour"] is None:
            return _date(year, month, day)
        at = datetime(
            int(year), int(month), int(day), int(found["hour"]), int(found["minute"] or 0),
            min(int(found["second"] or 0), 59), tzinfo=_zone(found["zone"]) or zone,
        )  # fmt: skip
        written = at.isoformat()
    except (ValueError, TypeError, OverflowError):
        return None
    part = found["part"] or ""
    return f"{written[:19]}{part}{'Z' if at.utcoffset() == timedelta() else written[19:]}"


def fhir_date(text: str, place: str) -> str:
    """Write a date, leaving out any clock. Raises BadInputError when it is none."""
    return fhir_time(text[:8], UTC, place)


def fhir_clock(text: str) -> str:
    """Write a time of day; empty when it is none."""
    found = _CLOCK.match(text)
    if found is None or int(found[1]) > 23 or int(found[2] or 0) > 59:
        return ""
    return f"{found[1]}:{found[2] or '00'}:{found[3] or '00'}{found[4] or ''}"


def hl7_time(at: datetime) -> str:
    """Write a time as HL7 does, to the second."""
    return at.strftime("%Y%m%d%H%M%S%z")


def _date(year: str, month: str | None, day: str | None) -> str:
    datetime(int(year), int(month or 1), int(day or 1))  # noqa: DTZ001 - a calendar's day
    return "-".join(filter(None, (year, month, day)))


def _zone(text: str | None) -> timezone | None:
    if text is None:
        return None
    ahead = timedelta(hours=int(text[1:3]), minutes=int(text[3:5]))
    return timezone(-ahead if text[0] == "-" else ahead)

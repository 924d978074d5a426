"""Days, however they are written: all that a text can mean, most likely first.

`03/08/1956` is the third of August or the eighth of March: both are given, and the chart decides.
A time of day is read where one is written. Nothing is guessed of what is no date.
"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date, datetime
from functools import lru_cache

MOST_LETTERS = 40
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan januari january janvier janv", "feb februari february fevrier fevr peb pebruari",
            "mar maret march mars maart", "apr april avril avr", "may mei mai",
            "jun juni june juin", "jul juli july juillet juil", "aug agu agustus august aout agt",
            "sep sept september septembre", "oct okt oktober october octobre",
            "nov november nopember novembre nop", "dec des desember december decembre",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_ERAS = {
    "明治": 1867, "大正": 1911, "昭和": 1925, "平成": 1988, "令和": 2018,
    "M": 1867, "T": 1911, "S": 1925, "H": 1988, "R": 2018,
}  # fmt: skip
_BUDDHIST = 543
_GAP = r"\s*[-/.年月,\s]\s*"
_YEAR_FIRST = re.compile(rf"(\d{{4}}){_GAP}(\d{{1,2}}){_GAP}(\d{{1,2}})(?!\d)")
_YEAR_LAST = re.compile(rf"(\d{{1,2}}){_GAP}(\d{{1,2}}){_GAP}(\d{{4}}|\d\d)(?!\d)")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T?\d{2,6}(?:\.\d+)?)?(?:[+-]\d{4}|Z)?")
_COMPACT_LAST = re.compile(r"(\d\d)(\d\d)(\d{4})")
_NAMED = re.compile(
    r"(\d{1,2})(?:st|nd|rd|th|er)?[\s.-]*([a-z]{3,10})\.?[\s.,-]*(\d{4}|\d\d)(?!\d)"
)
_NAMED_FIRST = re.compile(r"([a-z]{3,10})\.?\s*(\d{1,2})(?:st|nd|rd|th)?,?\s*(\d{4})(?!\d)")
_ERA = re.compile(
    rf"(明治|大正|昭和|平成|令和|[MTSHR])\s*(元|\d{{1,2}}){_GAP}(\d{{1,2}}){_GAP}(\d{{1,2}})"
)
_CLOCK = re.compile(r"(?:T|\s)(\d{1,2}):(\d\d)(?::(\d\d))?")
_COMPACT_CLOCK = re.compile(r"\d{8}T?(\d\d)(\d\d)(\d\d)?")
_ZONE = re.compile(r"(?:Z|([+-])(\d\d):?(\d\d))$")
_DAY_MINUTES = 24 * 60


@lru_cache(50_000)
def read_days(text: str) -> tuple[str, ...]:
    """Give the days a text can mean as `YYYY-MM-DD`, at most four; empty for no date."""
    if not 6 <= len(text) <= MOST_LETTERS:
        return ()
    plain = unicodedata.normalize("NFKC", text).strip()
    plain = plain.replace("é", "e").replace("û", "u")
    return tuple(dict.fromkeys(_days(plain)))[:4]


@lru_cache(maxsize=1_024)  # results of one visit have one time
def read_minutes(text: str) -> tuple[str, ...]:
    """Give the minutes a text can mean, as written and, if a zone is named, in UTC too.

    `YYYY-MM-DDTHH:MM`; empty without a time of day.
    """
    days = read_days(text)
    clock = _CLOCK.search(text) or _COMPACT_CLOCK.match(text.strip())
    if not days or clock is None:
        return ()
    hour, minute = int(clock[1]), int(clock[2])
    if hour > 23 or minute > 59:
        return ()
    written = f"{days[0]}T{hour:02}:{minute:02}"
    return tuple(dict.fromkeys((written, _utc(days[0], hour * 60 + minute, text.strip()))))


def read_second(text: str) -> int | None:
    """Give the second a text means, since 1970, UTC if it names no zone; None without seconds."""
    minutes = read_minutes(text)
    clock = _CLOCK.search(text) or _COMPACT_CLOCK.match(text.strip())
    if not minutes or clock is None or clock[3] is None or int(clock[3]) > 59:
        return None
    return int(datetime.fromisoformat(f"{minutes[-1]}Z").timestamp()) + int(clock[3])


def _utc(day: str, minutes: int, text: str) -> str:
    zone = _ZONE.search(text)
    ahead = 0
    if zone is not None and zone[1]:
        ahead = (int(zone[2]) * 60 + int(zone[3])) * (1 if zone[1] == "+" else -1)
    days, left = divmod(minutes - ahead, _DAY_MINUTES)
    moved = date.fromordinal(max(1, date.fromisoformat(day).toordinal() + days))
    return f"{moved.isoformat()}T{left // 60:02}:{left % 60:02}"


def _days(text: str) -> Iterator[str]:
    if found := _ERA.match(text):
        year = 1 if found[2] == "元" else int(found[2])
        yield from _day(_ERAS[found[1]] + year, found[3], found[4])
    elif found := _YEAR_FIRST.match(text):
        yield from _day(int(found[1]), found[2], found[3])
    elif found := _YEAR_LAST.match(text):
        for year in _years(found[3]):
            yield from _day(year, found[2], found[1])
            yield from _day(year, found[1], found[2])
    elif found := _COMPACT.fullmatch(text):
        yield from _day(int(found[1]), found[2], found[3])
    if found := _COMPACT_LAST.fullmatch(text):
        yield from _day(int(found[3]), found[2], found[1])
    small = text.lower()
    if (found := _NAMED.match(small)) and found[2] in _MONTHS:
        for year in _years(found[3]):
            yield from _day(year, str(_MONTHS[found[2]]), found[1])
    elif (found := _NAMED_FIRST.match(small)) and found[1] in _MONTHS:
        yield from _day(int(found[3]), str(_MONTHS[found[1]]), found[2])


def _years(text: str) -> tuple[int, ...]:
    year = int(text)
    return (year,) if len(text) > 2 else (1900 + year, 2000 + year)


def _day(year: int, month: str, day: str) -> Iterator[str]:
    if 2400 < year < 2700:
        year -= _BUDDHIST
    if 1850 <= year <= 2200:
        try:
            yield date(year, int(month), int(day)).isoformat()
        except ValueError:
            return

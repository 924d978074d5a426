"""Doses and times of orders: in words, and as the next times a thing is due.

Times are given only where the order fixes them: times of the day, listed moments, or a period with
one occurrence counted from when it was last done or begun. "Twice a day" fixes none: the ward's own
round does, and the words say what was written. R4 datatypes, Timing; Dosage.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from typing import Any

from chartkeep.continuity.filling.chart import Json
from chartkeep.continuity.filling.words import concept, moment, number, quantity, ratio, span

AHEAD = timedelta(hours=24)
MOST_DUE = 24
_UNITS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400, "wk": 604_800}
_LONGEST = 366 * 86_400
"""Seconds; what comes round later than in a year is no period to count on."""
_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def dose(dosage: Json) -> str:
    """Give a Dosage's dose or rate."""
    parts = [*dosage.get("doseAndRate", ()), dosage]
    found = (
        _first(part, "doseQuantity", "doseRange", "dose") for part in parts
    )  # `dose`: Dosage of MedicationAdministration
    rates = (rate(part) for part in parts)
    return ", ".join(dict.fromkeys(filter(None, (*found, *rates))))


def rate(part: Json) -> str:
    """Give how fast something runs in."""
    return (
        ratio(part.get("rateRatio"))
        or span(part.get("rateRange"))
        or quantity(part.get("rateQuantity"))
    )


def _first(part: Json, *names: str) -> str:
    return next(filter(None, (quantity(part.get(n)) or span(part.get(n)) for n in names)), "")


def as_needed(dosage: Json) -> bool:
    """Say whether it is given when needed."""
    return bool(dosage.get("asNeededBoolean") or "asNeededCodeableConcept" in dosage)


def timing_words(dosage: Json) -> str:
    """Say when in the order's words, or as short as its numbers allow."""
    timing = dosage.get("timing", {})
    repeat = timing.get("repeat", {})
    written = str(dosage.get("text", "")) or concept(timing.get("code"))
    why = concept(dosage.get("asNeededCodeableConcept"))
    return "; ".join(filter(None, (written or _repeat_words(repeat), why)))


def _repeat_words(repeat: Json) -> str:
    parts = []
    if "period" in repeat:
        often, unit = number(repeat.get("frequency", 1)), repeat.get("periodUnit", "")
        parts.append(f"{often} x / {number(repeat['period'])} {unit}")
    lists = (repeat.get(name, ()) for name in ("timeOfDay", "dayOfWeek", "when"))
    parts += [" ".join(map(_short, each)) for each in lists]
    if "count" in repeat:
        parts.append(f"{repeat['count']} x")
    return ", ".join(filter(None, parts))


def _short(text: Any) -> str:
    return str(text).removesuffix(":00")


def due_times(timing: Json, now: datetime, ordered: str, last: datetime | None) -> list[str]:
    """Give the times of the next day, soonest first, as far as the order fixes them.

    `ordered`: when it was ordered; its zone is that of times of the day. `last`: when it was last
    done, if the chart knows.
    """
    events = filter(None, map(moment, timing.get("event", ())))
    repeat = timing.get("repeat", {})
    begun = moment(ordered)
    start, end = _bounds(repeat)
    found = {*events, *_of_day(repeat, now, begun), *_spaced(repeat, now, last or start)}
    first = max(now, start) if start else now
    inside = (at for at in found if first <= at < now + AHEAD and (end is None or at <= end))
    return [at.isoformat(timespec="minutes") for at in sorted(inside)][:MOST_DUE]


def _bounds(repeat: Json) -> tuple[datetime | None, datetime | None]:
    period = repeat.get("boundsPeriod", {})
    return moment(period.get("start", "")), moment(period.get("end", ""))


def _of_day(repeat: Json, now: datetime, begun: datetime | None) -> Iterator[datetime]:
    if begun is None:
        return
    here = now.astimezone(begun.tzinfo)
    wanted = set(repeat.get("dayOfWeek", _DAYS))
    for text in repeat.get("timeOfDay", ()):
        at = _time(text)
        for ahead in range(2):
            day: date = here.date() + timedelta(days=ahead)
            if at is not None and _DAYS[day.weekday()] in wanted:
                yield datetime.combine(day, at, begun.tzinfo)


def _time(text: str) -> time | None:
    try:
        return time.fromisoformat(text)
    except ValueError:  # 24:00 and leap seconds: the words say them
        return None


def _spaced(repeat: Json, now: datetime, anchor: datetime | None) -> Iterator[datetime]:
    """Count from the last time by the period; only where it occurs once in it."""
    seconds = float(repeat.get("period", 0)) * _UNITS.get(repeat.get("periodUnit", ""), 0)
    regular = repeat.get("frequency", 1) == 1 and not {"timeOfDay", "when"} & repeat.keys()
    if anchor is None or not regular or not 60 <= seconds < _LONGEST or anchor > now + AHEAD:
        return
    passed = max(0, -((anchor - now).total_seconds() // seconds))
    for step in range(MOST_DUE + 1):
        yield anchor + timedelta(seconds=(passed + step) * seconds)

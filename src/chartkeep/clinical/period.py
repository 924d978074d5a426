"""A FHIR Period as two moments: partial dates stand for all of their year, month or day.

A date without a zone is one of UTC. Does not check that the dates exist where the schema did.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from chartkeep.clinical.element import BadElementError
from chartkeep.model import Millis

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(9999, 12, 31, tzinfo=UTC)
_MILLI = timedelta(milliseconds=1)


def read_period(period: dict[str, Any], place: str) -> tuple[Millis, Millis]:
    """Give beginning and end, the end exclusive; 0 where there is none.

    Raises BadElementError, at `place`, for what is no date or ends before it begins.
    """
    since = _read(period.get("start"), f"{place}.start")
    until = _read(period.get("end"), f"{place}.end", after=True)
    if "end" in period and until <= since:
        raise BadElementError(place, "ends before it begins")
    return since, until


def _read(text: str | None, place: str, *, after: bool = False) -> Millis:
    """Read a dateTime; `after`: the first moment that is later than all it stands for."""
    if text is None:
        return Millis(0)
    try:
        start, end = _span(text)
    except (ValueError, OverflowError) as error:
        raise BadElementError(place, "is no date") from error
    moment = end if after else start
    return Millis(max((moment - _EPOCH) // _MILLI, 1 if after else 0))


def _span(text: str) -> tuple[datetime, datetime]:
    """Give the first moment a dateTime stands for, and the first after it."""
    if text.startswith("9999"):  # what people write for "without end"
        return _LAST, _LAST
    if "T" in text:
        at = datetime.fromisoformat(text)
        if at.tzinfo is None:
            raise ValueError(text)
        return at, at + (_MILLI if "." in text else timedelta(seconds=1))
    year, month, day = (*map(int, text.split("-")), 0, 0)[:3]
    start = datetime(year, month or 1, day or 1, tzinfo=UTC)
    if day:
        return start, start + timedelta(days=1)
    return start, datetime(year + (month in (0, 12)), month % 12 + 1, 1, tzinfo=UTC)

"""Properties of dates as ranges of time."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chartkeep.clinical.search.dates import date_test, kept_ranges, range_of

MOMENTS = st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1))  # noqa: DTZ001 - zones are drawn apart
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda away: timezone(timedelta(minutes=away)))
LENGTHS = st.sampled_from([4, 7, 10])
PREFIXES = ["eq", "ne", "gt", "lt", "ge", "le", "sa", "eb", "ap"]


def holds(kept: str, asked: str) -> bool:
    zoned, passes = date_test("date", asked)
    return passes(kept_ranges("dateTime", kept, zoned=zoned)[0])


@given(MOMENTS, LENGTHS)
def test_a_moment_lies_in_every_date_that_begins_it(moment: datetime, length: int) -> None:
    text = moment.isoformat(timespec="milliseconds")
    low, high = range_of(text + "Z", zoned=True)
    wide_low, wide_high = range_of(text[:length], zoned=True)
    assert wide_low <= low < high <= wide_high
    assert holds(text + "Z", text[:length])


@given(MOMENTS, ZONES, ZONES)
def test_the_same_instant_is_found_in_any_zone(
    moment: datetime, one: timezone, two: timezone
) -> None:
    instant = moment.replace(tzinfo=UTC, microsecond=0)
    kept, asked = (instant.astimezone(zone).isoformat() for zone in (one, two))
    assert holds(kept, asked)
    assert holds(kept, "ge" + asked)
    assert not holds(kept, "gt" + asked)
    assert not holds(kept, "ne" + asked)


@given(MOMENTS, MOMENTS, LENGTHS, LENGTHS)
def test_the_prefixes_agree_with_each_other(
    one: datetime, two: datetime, length: int, other: int
) -> None:
    kept, asked = one.isoformat()[:length], two.isoformat()[:other]
    said = {prefix: holds(kept, prefix + asked) for prefix in PREFIXES}
    assert said["eq"] is not said["ne"]
    assert said["ge"] is not said["eb"]
    assert said["le"] is not said["sa"]
    assert said["ge"] or not (said["gt"] or said["eq"])
    assert said["le"] or not (said["lt"] or said["eq"])
    assert not (said["sa"] and said["eb"])
    assert said["gt"] or not said["sa"]
    assert said["lt"] or not said["eb"]
    assert said["ap"] or not said["eq"]


@given(st.text(alphabet="0123456789-:TZ.+", max_size=35))
def test_any_text_is_a_date_or_none(text: str) -> None:
    try:
        low, high = range_of(text, zoned=True)
    except ValueError:
        return
    assert low < high


@pytest.mark.parametrize("text", ["2024-02-30", "2023-02-29", "0000", "2024-1", "2024-05-01T25:00"])
def test_days_no_calendar_has_are_no_dates(text: str) -> None:
    with pytest.raises(ValueError, match=r"not a date|day|month|year"):
        range_of(text, zoned=False)


def test_a_leap_second_is_a_second() -> None:
    assert holds("2016-12-31T23:59:60Z", "2017-01-01T00:00:00Z")

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chartkeep.errors import BadInputError
from chartkeep.incident.timeline.logs.times import Hand, order_of, read_moment
from chartkeep.model import Millis

MOMENT = datetime(2026, 11, 15, 16, 30, 5, tzinfo=UTC)
MILLIS = int(MOMENT.timestamp() * 1000)
JST = timezone(timedelta(hours=9))
HAND = Hand(JST, until=Millis(MILLIS + 86_400_000))


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-15T16:30:05Z", "2026-11-16T01:30:05+09:00", "2026-11-16 01:30:05",
        "2026-11-15T16:30:05.0000000Z", "2026/11/16 01:30:05", "16/Nov/2026:01:30:05 +0900",
        "11/16/2026 1:30:05 AM", "16.11.2026 01:30:05", "Nov 16 01:30:05", "Nov 16 2026 01:30:05",
        str(MILLIS // 1000), str(MILLIS), f"{MILLIS}000", f"{MILLIS}000000",
        f"{MILLIS // 1000}.250", f"/Date({MILLIS})/", str((MILLIS + 11_644_473_600_000) * 10_000),
    ],
)  # fmt: skip
def test_a_time_is_read_however_it_is_written(text: str) -> None:
    assert read_moment(text, HAND) // 1000 == MILLIS // 1000


def test_a_date_that_can_be_read_in_two_ways_is_refused_until_somebody_says_which() -> None:
    with pytest.raises(BadInputError, match="two ways"):
        read_moment("03/04/2026 10:00:00", HAND)

    march = read_moment("03/04/2026 10:00:00", HAND._replace(order="mdy"))
    april = read_moment("03/04/2026 10:00:00", HAND._replace(order="dmy"))
    assert april - march == 30 * 86_400_000


def test_one_row_tells_the_order_of_a_whole_file() -> None:
    assert order_of(["03/04/2026 10:00:00", "17/04/2026 10:00:00"]) == "dmy"
    assert order_of(["03/04/2026 10:00:00", "03/17/2026 10:00:00"]) == "mdy"
    assert order_of(["2026-04-03"]) == ""


def test_a_year_nobody_wrote_is_the_last_one_in_which_it_is_past() -> None:
    newyear = Hand(UTC, until=Millis(int(datetime(2027, 1, 2, tzinfo=UTC).timestamp() * 1000)))

    told = read_moment("Dec 31 23:59:00", newyear)
    assert datetime.fromtimestamp(told / 1000, UTC).year == 2026
    leap = read_moment("Feb 29 10:00:00", newyear)
    assert datetime.fromtimestamp(leap / 1000, UTC).year == 2024


@pytest.mark.parametrize(
    "text", ["", "-", "yesterday", "99/99/2026 10:00:00", "2026-13-01", "12", "9" * 40, "0" * 18]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    if text == "0" * 18:
        assert read_moment(text, HAND) < 0  # 1601, as an empty FILETIME says
        return
    with pytest.raises(BadInputError):
        read_moment(text, HAND)

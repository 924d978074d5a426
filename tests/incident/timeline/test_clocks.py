from collections.abc import Sequence
from pathlib import Path

from chartkeep.incident.timeline.clocks import find_skews, measure
from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.intrusions import stage
from tests.incident.timeline.staging import lay_out

HOUR = 3_600_000


def seen(times: Sequence[int], apart: int = 0) -> dict[str, list[int]]:
    return {f"from a{at} to b": [time + apart] for at, time in enumerate(times)}


def scattered(name: str, count: int = 40) -> list[int]:
    chance = chance_for("clock", name)
    return [chance.randint(0, 10 * 24 * HOUR) for _ in range(count)]


def test_a_clock_that_is_ahead_is_measured_on_what_both_saw() -> None:
    told = measure(seen(scattered("one")), seen(scattered("one"), 95_000))

    assert told is not None
    assert told[0] == 95_000
    assert told[2] == 40


def test_a_zone_read_wrongly_comes_out_as_its_hours() -> None:
    told = measure(seen(scattered("one")), seen(scattered("one"), 9 * HOUR))

    assert told is not None
    assert told[0] == 9 * HOUR


def test_things_that_follow_each_other_by_minutes_measure_nothing() -> None:
    chance = chance_for("clock", "lags")
    ours = seen(scattered("one"))
    later = {name: [times[0] + chance.randint(60_000, 900_000)] for name, times in ours.items()}

    assert measure(ours, later) is None


def test_four_things_are_too_few() -> None:
    assert measure(seen(scattered("one", 4)), seen(scattered("one", 4), 5_000)) is None


def test_a_clock_is_measured_against_one_that_was_measured() -> None:
    house, page, wall = scattered("house"), scattered("page"), scattered("wall")
    found = {
        "house": {f"who {at}": [time] for at, time in enumerate(house)},
        "proxy": {f"who {at}": [time + 7_000] for at, time in enumerate(house)} | seen(page, 7_000),
        "firewall": seen(page, 60_000) | {f"x {at}": [time] for at, time in enumerate(wall)},
        "edr": {"nothing": [1]},
    }

    skews = find_skews(found, {})

    assert skews["house"].how == "ours"
    assert skews["proxy"].ahead == 7_000
    assert (skews["firewall"].ahead, skews["firewall"].against) == (60_000, "proxy")
    assert skews["edr"].how == "not measured"
    assert skews["edr"].within == 300_000


def test_a_persons_word_goes_before_measuring() -> None:
    found = {"house": seen(scattered("one")), "vpn": seen(scattered("one"), 1_000)}

    assert find_skews(found, {"vpn": 3_000})["vpn"].ahead == 3_000


def test_every_clock_of_a_staged_hospital_is_found_within_seconds(tmp_path: Path) -> None:
    staged = stage("quiet", 1)
    timeline = lay_out(staged, tmp_path)
    timeline.measure()

    for log in ("proxy", "firewall", "vpn", "windows"):
        skew = timeline.skews[log]
        assert skew.how == "measured"
        assert abs(skew.ahead - staged.ahead[log]) <= skew.within + 2_000

from math import comb

import numpy as np
import pytest

from chartkeep.incident.trace.doors.calibrating import Seen, _raised, calibrate
from chartkeep.incident.trace.doors.calibration import UNCALIBRATED, WORST
from chartkeep.incident.trace.doors.chance import binomial_tail, tail, upper_bound
from tests.incident.trace.scenes import World

NOBODY = Seen(30, right=False, excess=-np.inf)
RIGHT = Seen(100, right=True, excess=20.0)


def test_a_site_replays_leaks_against_its_own_log(world: World) -> None:
    done: list[int] = []
    found = calibrate(world.site, seed=3, nulls=24, planted=8, told=done.append)
    assert done == list(range(1, 33))
    assert (found.nulls, found.planted, found.named_falsely) == (24, 8, 0)
    assert sum(right for _, _, right in found.power) >= 4
    assert not found.holds  # too few to be sure
    assert f"{found.bound:.2%}" in found.words()


def test_the_same_seed_calibrates_alike(world: World) -> None:
    first, second = (calibrate(world.site, 5, nulls=6, planted=2) for _ in range(2))
    assert first == second


def test_the_bar_rises_until_few_enough_are_named_falsely() -> None:
    false = [Seen(30, right=False, excess=float(at)) for at in range(1, 41)]
    found = _raised([NOBODY] * 960 + false, [RIGHT] * 300)
    assert found.bound <= WORST < upper_bound(found.named_falsely + 1, 1_300)
    assert found.named_falsely == sum(each.excess > found.bar for each in false)
    assert found.holds


def test_a_bar_above_the_right_ones_takes_their_names_too() -> None:
    false = [Seen(30, right=False, excess=50.0)] * 40
    found = _raised([NOBODY] * 960 + false, [RIGHT] * 300)
    assert found.bar == 50.0
    assert {rows: right for rows, _, right in found.power}[100] == 0


def test_who_never_calibrated_may_not_name() -> None:
    assert not UNCALIBRATED.holds
    assert upper_bound(0, 0) == 1.0


@pytest.mark.parametrize(("hits", "size", "bound"), [(0, 1_000, 0.00299), (5, 1_000, 0.01048)])
def test_the_bound_is_clopper_and_pearsons(hits: int, size: int, bound: float) -> None:
    assert upper_bound(hits, size) == pytest.approx(bound, abs=2e-5)


def test_tails_are_exact() -> None:
    exact = sum(comb(20, k) * 0.3**k * 0.7 ** (20 - k) for k in range(12, 21))
    assert binomial_tail(20, 0.3, 12) == pytest.approx(exact)
    assert 10 ** tail(np.full(20, 0.3), 12) == pytest.approx(exact)
    assert binomial_tail(20, 0.3, 0) == 1.0

import numpy as np
import pytest

from chartkeep.incident.trace.doors.calibration import UNCALIBRATED, Calibration
from chartkeep.incident.trace.doors.judging import judge
from chartkeep.incident.trace.nested import nest
from tests.incident.trace.scenes import STAGES, World

CALIBRATED = Calibration(0.0, 0.003, 1_000, 300, 0, ())


@pytest.mark.parametrize("name", STAGES)
def test_the_three_sets_lie_inside_one_another(world: World, name: str) -> None:
    scene = STAGES[name](world, np.random.default_rng(1), 100)
    nested = nest(scene.leak, judge(scene.leak, world.site, CALIBRATED), world.site)
    assert set(nested.certain) == set(scene.leak.chart)
    assert set(nested.certain) <= set(nested.implied) <= set(nested.possible)


def test_of_an_insider_all_he_opened_is_possible(world: World) -> None:
    scene = STAGES["insider sells own charts"](world, np.random.default_rng(2), 100)
    nested = nest(scene.leak, judge(scene.leak, world.site, CALIBRATED), world.site)
    assert nested.implied.size == nested.certain.size < nested.possible.size
    assert nested.bounded


def test_of_the_only_backup_everything_is_implied(world: World) -> None:
    scene = STAGES["one ward of a backup"](world, np.random.default_rng(3), 200)
    answer = judge(scene.leak, world.site, CALIBRATED)
    assert [door.id for door, _ in answer.bulk] == [world.site.doors[d].id for d in scene.guilty]
    assert nest(scene.leak, answer, world.site).implied.size == world.traffic.size.charts


def test_what_nothing_distinguishes_has_no_upper_bound(world: World) -> None:
    scene = STAGES["insider sells own charts"](world, np.random.default_rng(5), 100)
    nested = nest(scene.leak, judge(scene.leak, world.site, UNCALIBRATED), world.site)
    assert not nested.bounded
    assert "at least" in nested.words()

from dataclasses import replace

import numpy as np
import pytest

from chartkeep.incident.trace.doors.calibration import UNCALIBRATED, Calibration
from chartkeep.incident.trace.doors.judging import Answer, Tier, judge
from chartkeep.incident.trace.doors.site import EVER, Door, Kind
from chartkeep.model import Millis
from tests.incident.trace.scenes import STAGES, Scene, World, insider

CALIBRATED = Calibration(0.0, 0.003, 1_000, 300, 0, ())


def _stage(name: str, world: World, rows: int, seed: int) -> tuple[Scene, Answer]:
    scene = STAGES[name](world, np.random.default_rng([seed, rows]), rows)
    return scene, judge(scene.leak, world.site, CALIBRATED)


def _ids(world: World, scene: Scene) -> set[str]:
    return {world.site.doors[door].id for door in scene.guilty}


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("rows", [30, 100])
def test_nobody_innocent_is_named(world: World, name: str, rows: int) -> None:
    for seed in range(3):
        scene, answer = _stage(name, world, rows, seed)
        if answer.tier is Tier.NAMED:
            named = {each.door.id for each in answer.suspects if each.door.kind is Kind.PERSON}
            assert named <= _ids(world, scene)


@pytest.mark.parametrize("name", ["insider sells own charts", "integration partner"])
def test_who_opened_a_hundred_rows_is_named(world: World, name: str) -> None:
    scene, answer = _stage(name, world, 100, 3)
    assert answer.tier is Tier.NAMED
    assert {each.door.id for each in answer.suspects} == _ids(world, scene)
    assert answer.bound == CALIBRATED.bound


@pytest.mark.parametrize("name", ["full backup", "one ward of a backup", "ward export"])
def test_a_bulk_door_is_on_the_list_and_no_person_is_named(world: World, name: str) -> None:
    scene, answer = _stage(name, world, 100, 4)
    assert answer.tier is Tier.BULK
    assert _ids(world, scene) <= {door.id for door, _ in answer.bulk}
    assert not answer.suspects


def test_who_explains_the_rows_is_not_told_from_a_gap_that_may_have_held_them(world: World) -> None:
    scene = insider(world, np.random.default_rng([3, 100]), 100)
    until = Millis(scene.leak.posted * 1000)
    gap = Door("lines 1 to 9", Kind.GAP, Millis(1), whole=True, until=until)
    site = replace(world.site, doors=(*world.site.doors, gap))
    answer = judge(scene.leak, site, CALIBRATED)
    assert answer.tier is Tier.SAME
    (suspect,) = answer.suspects
    assert {suspect.door.id} == _ids(world, scene)
    assert suspect.others == (gap,)


def test_unlogged_or_outside_always_has_its_share(world: World) -> None:
    _, answer = _stage("unlogged dump of a ward", world, 100, 5)
    assert answer.tier is not Tier.NAMED
    assert answer.outside == 1.0


def test_who_is_not_calibrated_names_nobody(world: World) -> None:
    scene = insider(world, np.random.default_rng(6), 100)
    answer = judge(scene.leak, world.site, UNCALIBRATED)
    assert answer.tier is Tier.NOTHING
    assert any("calibrated" in why for why in answer.why)


def test_fewer_than_thirty_rows_name_nobody(world: World) -> None:
    scene = insider(world, np.random.default_rng(7), 100)
    answer = judge(scene.leak.pick(np.arange(29)), world.site, CALIBRATED)
    assert answer.tier is Tier.NOTHING
    assert any("fewer than 30" in why for why in answer.why)


@pytest.mark.attack
def test_pictures_name_nobody_however_many(world: World) -> None:
    """They lie there since some day: who chose a colleague's charts is not told from him."""
    scene = insider(world, np.random.default_rng([3, 100]), 100)
    ever = np.full(scene.leak.end.size, EVER)
    pictures = scene.leak._replace(end=ever, fields=np.zeros(scene.leak.size, np.int64))
    answer = judge(pictures, world.site, CALIBRATED)
    assert answer.tier is not Tier.NAMED
    assert answer.versioned == 0


def test_no_rows_are_no_answer(world: World) -> None:
    scene = insider(world, np.random.default_rng(8), 100)
    answer = judge(scene.leak.pick(np.arange(0)), world.site, CALIBRATED)
    assert answer.tier is Tier.NOTHING
    assert answer.rows == 0

"""Each way of naming that was measured to accuse innocents, put back in: it must still accuse them.

So these tests show that the stage is set, and that what stands in its place does not. Source:
reference/tracing.md 4.3, "wrong ways".
"""

from dataclasses import replace
from math import log

import numpy as np
import pytest
from numpy.typing import NDArray

from chartkeep.incident.trace.doors import controls, judging, mixture
from chartkeep.incident.trace.doors.calibration import Calibration
from chartkeep.incident.trace.doors.chance import binomial_tail
from chartkeep.incident.trace.doors.controls import Strata
from chartkeep.incident.trace.doors.judging import Tier, judge, weigh
from chartkeep.incident.trace.doors.leak import Leak
from chartkeep.incident.trace.doors.mixture import Matrix, Told
from chartkeep.incident.trace.doors.openings import Numbers, Spans, sort_openings
from chartkeep.incident.trace.doors.planting import openings_of
from chartkeep.incident.trace.doors.site import Kind, Site, Stays, sort_changes
from tests.incident.trace.scenes import (
    Scene,
    World,
    colluders,
    framing,
    insider,
    unlogged_dump,
    ward_export,
)

CALIBRATED = Calibration(0.0, 0.003, 1_000, 300, 0, ())
SEEDS = range(4)


def _bare(leak: Leak) -> Leak:
    """Take the versions away."""
    none = np.zeros(0, np.int64)
    return leak._replace(of=none, start=none, end=none)


def _chosen(leak: Leak, site: Site, hidden: frozenset[int] = frozenset()) -> set[int]:
    """Give the doors the likelihood chooses, before any rule."""
    weighed = weigh(leak, site, hidden)
    return {int(weighed.doors[door]) for door in weighed.chosen.doors}


def _people(world: World, doors: set[int]) -> set[int]:
    return {door for door in doors if door < world.traffic.size.people}


def _names_nobody(leak: Leak, site: Site) -> bool:
    return judge(leak, site, CALIBRATED).tier is not Tier.NAMED


def _scene(stage: str, world: World, seed: int) -> Scene:
    chance = np.random.default_rng([seed, 100])
    stages = {
        "insider": insider, "colluders": colluders, "framing": framing, "export": ward_export,
        "dump": unlogged_dump,
    }  # fmt: skip
    return stages[stage](world, chance, 100)


def test_containment_says_it_was_a_backup_when_it_was_an_insider(world: World) -> None:
    scene = _scene("insider", world, 0)
    leak = _bare(scene.leak)
    (nurse,) = scene.guilty
    _, door = world.site.openings.covering(
        leak.spans(), np.arange(len(world.site.doors), dtype=np.int32)
    )
    held = {each: leak.size for each, told in enumerate(world.site.doors) if told.whole}
    assert max(held.values()) > int((door == nurse).sum())
    assert _names_nobody(leak, world.site)


def test_the_hypergeometric_test_accuses_colleagues(world: World) -> None:
    scene = _scene("insider", world, 1)
    leak = scene.leak
    everyone = np.arange(world.traffic.size.people)
    row, door = world.site.openings.covering(
        _bare(leak).spans(), np.arange(len(world.site.doors), dtype=np.int32)
    )
    hits = np.bincount(door, minlength=len(world.site.doors))
    whose = openings_of(world.site, everyone)
    flagged = {
        int(each)
        for each in everyone
        if hits[each]
        and binomial_tail(
            leak.size,
            np.unique(whose[int(each)][0]).size / world.traffic.size.charts,
            int(hits[each]),
        )
        < 0.01 / everyone.size
    }
    assert row.size
    assert len(flagged - scene.guilty) >= 10
    named = {each.door for each in judge(leak, world.site, CALIBRATED).suspects}
    assert named == {world.site.doors[door] for door in scene.guilty}


@pytest.fixture
def changing(world: World) -> World:
    """Let every chart change when its patient comes and when he goes."""
    stays = world.truth.stays
    both = np.concatenate([stays.chart, stays.chart])
    histories = sort_changes((both, np.concatenate([stays.start, stays.end])))
    return world._replace(
        site=replace(world.site, histories=histories),
        truth=replace(world.truth, histories=histories),
    )


@pytest.fixture
def with_the_rows_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Put the window of the leaked row over the charts it is compared with."""
    right = controls._spans

    def wrong(strata: Strata, leak: Leak, site: Site) -> tuple[Spans, Numbers]:
        spans, counted = right(strata, leak, site)
        near = controls._nearest(leak, int(strata.moment.max(initial=0)))
        row = strata.row[spans.of // (controls.CONTROLS + 1)]
        return spans._replace(start=near.start[row], end=near.end[row]), counted

    monkeypatch.setattr(controls, "_spans", wrong)


@pytest.mark.usefixtures("with_the_rows_window")
def test_the_rows_window_over_other_charts_accuses_colleagues(changing: World) -> None:
    for seed in SEEDS:
        scene = _scene("insider", changing, seed)
        assert len(_chosen(scene.leak, changing.site, scene.guilty)) >= 2


def test_other_charts_own_versions_accuse_nobody(changing: World) -> None:
    for seed in SEEDS:
        scene = _scene("insider", changing, seed)
        assert len(_chosen(scene.leak, changing.site, scene.guilty)) <= 1
        answer = judging.decide(weigh(scene.leak, changing.site, scene.guilty), changing.site)
        assert answer.tier is not Tier.NAMED


@pytest.fixture
def by_the_last_ward(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compare with charts of the last ward only, at the time of the copy; any row may be anybody's.

    Weighed by what a door might have opened even this way accuses in one leak of four only.
    """

    def wrong(leak: Leak, stays: Stays, copied: int) -> Strata:
        places = [
            stays.of_chart[stays.offsets[chart] : stays.offsets[chart + 1]] for chart in leak.chart
        ]
        last = [int(each[stays.start[each].argmax()]) if each.size else -1 for each in places]
        row = np.flatnonzero(np.array(last) >= 0)
        moment = np.full(row.size, min(copied, leak.posted - 1))
        return Strata(row, np.array(last)[row], moment, np.full(row.size, -1))

    def alike(cover: NDArray[np.bool_], expected: Matrix, missed: float) -> Told:
        return Told((1 - missed) * cover / expected + missed, np.ones(cover.shape))

    monkeypatch.setattr(controls, "find_strata", wrong)
    monkeypatch.setattr(mixture.Told, "of", alike)


@pytest.mark.usefixtures("by_the_last_ward")
def test_people_weighed_without_exports_and_by_the_last_ward_are_accused(world: World) -> None:
    bulk = frozenset(world.site.bulk)
    for seed in SEEDS:
        leak = _bare(_scene("export", world, seed).leak)
        assert _people(world, _chosen(leak, world.site, bulk))


def test_all_doors_together_and_all_wards_accuse_nobody(world: World) -> None:
    for seed in SEEDS:
        scene = _scene("export", world, seed)
        for leak in (scene.leak, _bare(scene.leak)):
            assert not _people(world, _chosen(leak, world.site))
            assert _names_nobody(leak, world.site)


def test_two_colluders_are_both_named(world: World) -> None:
    """Rows of one ward do not clear who was never there, when another sold those."""
    both = [_scene("colluders", world, seed) for seed in range(13)]
    both = [scene for scene in both if len(scene.guilty) == 2][:4]
    for scene in both:
        answer = judge(scene.leak, world.site, CALIBRATED)
        guilty = {world.site.doors[door] for door in scene.guilty}
        assert {each.door for each in answer.suspects} in (set(), guilty)
    right = [judge(each.leak, world.site, CALIBRATED).tier is Tier.NAMED for each in both]
    assert sum(right) >= 3


def test_one_suspect_alone_takes_the_blame_for_three(world: World) -> None:
    """The posterior of one single door is sure of one of them; shares are not."""
    for seed in SEEDS:
        scene = _scene("colluders", world, seed)
        weighed = weigh(scene.leak, world.site)
        ratios = (1 - 0.5) * weighed.cover / weighed.expected + 0.5
        alone = np.log(ratios).sum(axis=0)
        posterior = np.exp(alone - alone.max()) / np.exp(alone - alone.max()).sum()
        assert posterior.max() > 0.5
        answer = judge(scene.leak, world.site, CALIBRATED)
        guilty = {world.site.doors[door] for door in scene.guilty}
        assert {each.door for each in answer.suspects} in (set(), guilty)


@pytest.mark.attack
def test_a_thief_with_a_backup_cannot_have_a_colleague_named(world: World) -> None:
    """He sells the charts one nurse opened: without versions the likelihood says it was she."""
    accused = 0
    for seed in (0, 1, 4):
        scene = _scene("framing", world, seed)
        accused += bool(_people(world, _chosen(_bare(scene.leak), world.site)))
        assert not _people(world, _chosen(scene.leak, world.site))
        assert _names_nobody(_bare(scene.leak), world.site)
    assert accused >= 2


@pytest.mark.attack
def test_rows_without_versions_name_nobody_even_where_no_backup_is(world: World) -> None:
    doors = tuple(
        each._replace(kind=Kind.PROGRAM, whole=False) if each.kind.is_bulk else each
        for each in world.site.doors
    )
    site = replace(world.site, doors=doors)
    for seed in (0, 1, 4):
        answer = judge(_bare(_scene("framing", world, seed).leak), site, CALIBRATED)
        assert answer.tier is Tier.NOTHING
        assert "too few rows tell their version" in answer.why


def test_two_who_opened_the_same_cannot_be_separated(world: World) -> None:
    scene = _scene("insider", world, 2)
    (nurse,) = scene.guilty
    twin = nurse + 1
    told = world.traffic.openings
    kept = told.door != twin
    same = told.door == nurse
    chart = np.concatenate([told.chart[kept], told.chart[same]])
    door = np.concatenate([told.door[kept], np.full(int(same.sum()), twin)])
    second = np.concatenate([told.second[kept], told.second[same]])
    bits = np.concatenate([told.sections[kept], told.sections[same]])
    openings = sort_openings(chart, door, second, bits, world.traffic.size.charts)
    site = replace(world.site, openings=openings)
    answer = judge(scene.leak, site, CALIBRATED)
    assert answer.tier is Tier.SAME
    (suspect,) = answer.suspects
    both = {suspect.door, *suspect.others}
    assert {site.doors[nurse], site.doors[twin]} <= both


def test_without_the_swap_one_of_two_is_accused_by_a_coin() -> None:
    """What the swap test is for: equal columns, and a choice all the same."""
    chance = np.random.default_rng(5)
    column = np.where(chance.random(60) < 0.9, 3.0, 0.05)
    ratios = np.stack([column, column], axis=1)
    told = Told(ratios, np.ones(ratios.shape))
    chosen = mixture.choose(told, np.full(2, log(100)))
    assert len(chosen.doors) == 1
    assert chosen.same == ((1 - chosen.doors[0],),)

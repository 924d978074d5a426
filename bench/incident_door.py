"""How often is the wrong person named, how often the right one, and how fast?

    python -m bench.incident_door [--runs 10] [--charts 300000] [--wards 860] [--events 100000000]

An invented hospital of 20,000 doors (staff, partners, ward exports, backups) whose log lost 0, 10
and 20 % of its lines, calibrated on that log each time; then the nine scenarios of
reference/tracing.md 4.3, at 30 and 100 rows, `--runs` of each. One leak in fifty rows is matched
to a wrong chart, one in thirty has a wrong window. Last, 10,000 rows against many events.
"""

import argparse
import time
from collections import Counter
from typing import NamedTuple

import numpy as np
from tests.incident.trace.scenes import STAGES, Scene, World, invent_world, with_loss

from bench import machine
from chartkeep.incident.trace.doors.calibrating import calibrate
from chartkeep.incident.trace.doors.calibration import Calibration
from chartkeep.incident.trace.doors.chance import upper_bound
from chartkeep.incident.trace.doors.judging import Answer, Tier, judge
from chartkeep.incident.trace.doors.leak import Leak
from chartkeep.incident.trace.doors.openings import Openings
from chartkeep.incident.trace.doors.site import Door, Kind, Site, sort_changes, sort_stays
from chartkeep.inventor.traffic import BEGAN, DAY, Size

LOSSES = (0.0, 0.1, 0.2)
ROWS = (30, 100)
POWER = ("insider sells own charts", "integration partner")
CALIBRATED = Calibration(0.0, 0.003, 1_000, 300, 0, ())


class Run(NamedTuple):
    name: str
    rows: int
    tier: Tier
    right: bool
    listed: bool
    false: bool
    seconds: float


def main() -> None:
    asked = _options()
    size = Size(charts=asked.charts, wards=asked.wards, pool=200, feeds=20, exports=144, backups=36)
    print("# incident_door\n\n" + machine.header())
    began = time.process_time()
    world = invent_world(1, size, 0.0)
    print(
        f"\n{len(world.site.doors):,} doors, {size.charts:,} charts, "
        f"{world.traffic.openings.chart.size:,} openings in {size.days} days; "
        f"invented in {time.process_time() - began:.0f} processor seconds"
    )
    runs, calibrations = list[Run](), list[tuple[float, Calibration, float]]()
    for loss in LOSSES:
        lossy = with_loss(world, loss)
        began = time.process_time()
        calibration = calibrate(lossy.site, seed=7)
        calibrations.append((loss, calibration, time.process_time() - began))
        machine.progress(f"incident_door: loss {loss:.0%}: {calibration.words()}")
        runs += _stage_all(lossy, calibration, asked.runs, loss)
    del world, lossy
    _print(runs, calibrations)
    _print_speed(asked.events)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--runs", type=int, default=10, help="of each scenario, size and loss")
    parser.add_argument("--charts", type=int, default=300_000)
    parser.add_argument("--wards", type=int, default=860)
    parser.add_argument("--events", type=int, default=100_000_000)
    return parser.parse_args()


def _stage_all(world: World, calibration: Calibration, runs: int, loss: float) -> list[Run]:
    done = []
    for at, (name, stage) in enumerate(STAGES.items()):
        for rows in ROWS:
            for run in range(runs):
                chance = np.random.default_rng([at, rows, run, int(loss * 100)])
                scene = stage(world, chance, rows)
                began = time.process_time()
                answer = judge(scene.leak, world.site, calibration)
                done.append(_run(name, rows, world, scene, answer, time.process_time() - began))
    return done


def _run(name: str, rows: int, world: World, scene: Scene, answer: Answer, seconds: float) -> Run:
    guilty = {world.site.doors[door] for door in scene.guilty}
    named = {each.door for each in answer.suspects} if answer.tier is Tier.NAMED else set()
    listed = {door for door, _ in answer.bulk}
    innocent = {door for door in named - guilty if door.kind is Kind.PERSON}
    right = named == guilty if guilty else not named
    if answer.tier is Tier.BULK and guilty:
        right = listed == guilty
    return Run(name, rows, answer.tier, right, guilty <= named | listed, bool(innocent), seconds)


def _print(runs: list[Run], calibrations: list[tuple[float, Calibration, float]]) -> None:
    heads = ["scenario", "rows", "exactly right", "truth in the list", "tiers", "innocent named"]
    table = []
    for name in STAGES:
        for rows in ROWS:
            mine = [run for run in runs if (run.name, run.rows) == (name, rows)]
            tiers = Counter(run.tier.value for run in mine)
            told = ", ".join(f"{tier} {count}" for tier, count in tiers.most_common())
            right, listed = (sum(run.right for run in mine), sum(run.listed for run in mine))
            false = sum(run.false for run in mine)
            counts = [f"{each} of {len(mine)}" for each in (right, listed)]
            table.append([name, str(rows), *counts, told, str(false)])
    machine.print_table("Nine scenarios, all losses together", heads, table)
    false, count = sum(run.false for run in runs), len(runs)
    figures = [
        machine.Figure(
            "an innocent person named", f"{false} of {count}", ">= 500 leaks", count >= 500
        ),
        machine.at_most("95 % upper bound", upper_bound(false, count) * 100, 1, "%", 2),
    ]
    for name in POWER:
        mine = [run for run in runs if (run.name, run.rows) == (name, 100)]
        share = 100 * sum(run.right for run in mine) / len(mine)
        figures.append(machine.at_least(f"{name}, 100 rows, named", share, 95, "%"))
    times = [run.seconds for run in runs]
    figures.append(machine.Figure("processor time of a judgement", machine.milliseconds(times)))
    for loss, each, seconds in calibrations:
        told = f"{seconds:.0f} s; bar {each.bar:.1f}; bound {each.bound:.2%}; " + ", ".join(
            f"{right}/{count} at {rows} rows" for rows, count, right in each.power
        )
        figures.append(machine.Figure(f"calibration with {loss:.0%} of lines lost", told))
    machine.print_figures("Doors", figures)


def _print_speed(events: int) -> None:
    charts, doors, wards = events // 16, 20_000, 800
    machine.progress(f"incident_door: {events:,} events")
    chance = np.random.default_rng(3)
    end = BEGAN + 730 * DAY
    offsets = np.linspace(0, events, charts + 1).astype(np.int64)
    openings = Openings(
        offsets,
        chance.integers(doors, size=events, dtype=np.uint32),
        chance.integers(BEGAN, end, size=events, dtype=np.uint32),
        np.full(events, 0b10, np.uint8),
    )
    many = 2 * charts
    changed = chance.integers(charts, size=many), chance.integers(BEGAN, end, size=many)
    changes = sort_changes(changed)
    start = chance.integers(BEGAN, end, size=charts)
    stays = sort_stays(
        np.arange(charts), chance.integers(wards, size=charts), start, start + 5 * DAY, charts
    )
    staff = tuple(Door(f"p{at}", Kind.PERSON) for at in range(doors))
    site = Site(staff, openings, changes, stays)
    chart = np.sort(chance.choice(charts, 10_000, replace=False))
    first, last = changes.interval(chart, np.full(chart.size, end - 90 * DAY))
    need = np.full(chart.size, 0b10, np.uint8)
    leak = Leak(chart, need, np.arange(chart.size), first, last, end)
    openings.began  # noqa: B018 - read once when a site is loaded
    began = time.process_time()
    judge(leak, site, CALIBRATED)
    used = time.process_time() - began
    machine.print_figures(
        f"10,000 rows against {events:,} events",
        [machine.at_most("judged, processor time", used, 2, "s", 2)],
    )


if __name__ == "__main__":
    main()

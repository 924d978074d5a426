"""Are the first foreign act and its door found, and is anything ever named that was not it?

    python -m bench.incident_cause [--seeds 5] [--without 1] [--rows 300000]

Twenty staged intrusions of different kinds and four whose logs cannot tell, each from several
seeds: chartkeep.inventor.intrusions writes the logs, `incident.timeline` reads nothing else. Then
the same with each log taken away in turn, for as many seeds as `--without` says: what is named
must still be right. Last, what reading costs: one firewall's log of `--rows` lines.

"two at once" is an insider and a mail on one day that have nothing to do with each other: when the
log of one is taken away, naming the other is no error, and is not counted as one.
"""

import argparse
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.incident.timeline.readers import READERS
from tests.incident.timeline.staging import FACTS, HAND, find_cause, judge

from bench import machine
from chartkeep.incident.timeline.cause import Watch
from chartkeep.incident.timeline.logs.importing import Imported
from chartkeep.incident.timeline.merged import Timeline
from chartkeep.inventor.intrusions import PLOTS, UNANSWERABLE
from chartkeep.inventor.intrusions.logbook import BEGAN, DAY, DAYS

LOGS = ("firewall", "vpn", "windows", "edr", "proxy", "house", "vault")
NEEDED = len(PLOTS) - 2


def play(name: str, seed: int, leave_out: str = "") -> str:
    with tempfile.TemporaryDirectory() as folder:
        staged, cause = find_cause(name, seed, Path(folder), leave_out)
    said = judge(staged, cause)
    apart = name == "two at once" and leave_out
    # "Nothing foreign was found in these logs" names nobody: the log that showed it is away.
    missed = said == "wrong" and cause.door.name == "NONE"
    return "unknown" if missed or (said == "wrong" and apart) else said


def flows(rows: int, folder: Path) -> tuple[float, float]:
    """Read one long log; gives processor seconds and MB of peak memory."""
    path = folder / "firewall.log"
    with path.open("w") as file:
        for at in range(rows):
            day, hour, minute, second = 2 + at * 15 // rows, at % 24, at % 59, at % 60
            file.write(
                f"<134>1 2026-11-{day:02d}T{hour:02d}:{minute:02d}:{second:02d}Z"
                f' fw1 fw - - - type="traffic" srcip="10.0.1.{at % 200}" '
                f'dstip="10.0.0.{at % 40}" dstport="443" action="accept"\n'
            )
    log = Imported(path, "firewall", HAND, READERS)
    line = Timeline([log], BEGAN - DAY, BEGAN + (DAYS + 1) * DAY, {}, FACTS.same)
    began = time.process_time()
    line.measure()
    watch = Watch(FACTS, line.reach, line.aliases)
    for event in line.events():
        watch.look(event)
    watch.cause()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return time.process_time() - began, peak


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--without", type=int, default=1)
    parser.add_argument("--rows", type=int, default=300_000)
    asked = parser.parse_args()
    print(machine.header())
    figures = []
    for seed in range(1, asked.seeds + 1):
        machine.progress(f"seed {seed}")
        told = Counter(play(name, seed) for name in PLOTS)
        figures.append(machine.Figure(
            f"seed {seed}: right, unknown, wrong of {len(PLOTS)}",
            f"{told['right']}, {told['unknown']}, {told['wrong']}", f">= {NEEDED}, rest, 0",
            told["right"] >= NEEDED and not told["wrong"],
        ))  # fmt: skip
        calm = Counter(play(name, seed) for name in UNANSWERABLE)
        figures.append(machine.Figure(
            f"seed {seed}: unknown or quiet, as it is, of {len(UNANSWERABLE)}",
            str(calm["right"]), "0 wrong", not calm["wrong"],
        ))  # fmt: skip
    without: Counter[str] = Counter()
    for seed in range(1, asked.without + 1):
        for log in LOGS:
            machine.progress(f"seed {seed} without {log}")
            without += Counter(play(name, seed, log) for name in PLOTS | UNANSWERABLE)
    figures.append(machine.Figure(
        "with one log away: right, unknown or nothing found, wrong",
        f"{without['right']}, {without['unknown']}, {without['wrong']}", "0 wrong",
        not without["wrong"],
    ))  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        seconds, peak = flows(asked.rows, Path(folder))
    figures.append(machine.Figure(
        f"a firewall's log of {asked.rows:,} rows, twice, processor", f"{seconds:.1f} s"
    ))  # fmt: skip
    figures.append(machine.Figure("peak memory of all this", f"{peak:.0f} MB"))
    machine.print_figures("How it happened", figures)


if __name__ == "__main__":
    main()

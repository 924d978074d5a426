"""How long does a take-over last, and is every key there?

    python -m bench.takeover [--charts 100000]

A primary with that many charts seeds a follower over its socket, has 300 new charts acknowledged
by it, and is destroyed. Timed from there: promote the follower, open its book as the keyholder,
listen, and open the first chart for a nurse whose session began at the old one.
"""

import argparse
import resource
import shutil
import statistics
import tempfile
import time
from pathlib import Path

from tests import cast
from tests.conftest import KeyholderRun
from tests.keyholder.pair import FollowerRun, PrimaryRun, wait_for
from tests.keyholder.test_opening import placed_chart

from bench import machine
from bench.keys import fill_folder
from chartkeep.keyholder import protocol

NEW = 15


def main() -> None:
    parser = argparse.ArgumentParser(description="time a take-over")
    parser.add_argument("--charts", type=int, default=100_000)
    asked = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="takeover"))
    print(machine.header())
    try:
        machine.print_figures(f"Take-over, {asked.charts:,} charts", measure(folder, asked.charts))
    finally:
        shutil.rmtree(folder)


def measure(folder: Path, charts: int) -> list[machine.Figure]:
    clock = cast.FakeClock()
    fill_folder(folder / "primary", clock, charts)
    machine.progress("filled")
    follower = FollowerRun(folder / "follower")
    started = time.perf_counter()
    primary = PrimaryRun(folder / "primary", clock, follower.address)
    wait_for(lambda: primary.keyholder.standing.following, seconds=600)
    seeded = time.perf_counter() - started
    acknowledged, sealing = [], []
    engine = primary.client("engine")
    for _ in range(NEW):
        started = time.perf_counter()
        acknowledged.append(placed_chart(engine, "3W", "1"))
        sealing.append((time.perf_counter() - started) / 2)
    aiko = primary.login("aiko")
    primary.lose_disk()

    started, worked = time.perf_counter(), time.process_time()
    heir_folder = follower.promoted()
    promoted = time.perf_counter() - started
    heir = KeyholderRun(heir_folder, clock)
    desk = heir.client()
    first = desk.open_keys(protocol.OpenKeys(aiko, "TREAT", "", b"", acknowledged[:1]))
    total, worked = time.perf_counter() - started, time.process_time() - worked
    rest = desk.open_keys(protocol.OpenKeys(aiko, "TREAT", "", b"", acknowledged[1:]))
    lost = sum(bool(chart.error) for chart in (*first.charts, *rest.charts))
    missing = charts + NEW + 1 - desk.status().charts
    size = (heir_folder / "keyholder.db").stat().st_size / (1 << 20)
    heir.stop()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return [
        machine.at_most("from the loss to the first chart opened", total, 60, "s", 2),
        machine.Figure("of it: processor", f"{worked:.2f} s"),
        machine.Figure("of it: promotion", f"{promoted:.2f} s"),
        machine.at_most(f"of {NEW} acknowledged charts do not open", lost, 0, "charts", 0),
        machine.at_most("keys missing in the new keyholder", missing, 0, "keys", 0),
        machine.Figure("seeding the follower", f"{seeded:.1f} s, {size:.0f} MB"),
        machine.Figure("a line on both disks (here one)", machine.milliseconds(sealing)),
        machine.Figure("mean of it", f"{statistics.mean(sealing) * 1e3:.1f} ms"),
        machine.Figure("peak memory, all of them in one process", f"{memory:.0f} MB"),
    ]


if __name__ == "__main__":
    main()

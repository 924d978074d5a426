"""Does the door stay up, and its memory flat, under many sessions for a long time?

    python -m bench.fhir_soak [--sessions 500] [--clients 50] [--seconds 60]
    python -m bench.fhir_soak --sessions 10000 --clients 200 --seconds 600    # what is promised

Each client is a ward's workstation that several people use in turn: it sends every request in the
name of the next of its sessions, on a chart of its own. So nearly each request asks the keyholder
who it is, and a session's first look at a chart, and the first after its lease, is a release.
"""

import argparse
import datetime as dt
import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from bench import machine
from bench.door import KEEPERS, Doors, doors
from bench.fhir_door import CODE, Chart, write_charts
from bench.house import bench_house
from bench.http_client import Heard, drive, request
from chartkeep.inventor.hospital import invent_hospital

EVERY = 2.0
"""Seconds between two looks at the memory."""
SETTLED = 0.4
"""The share of the time after which memory has reached its height, caches and all."""
FLAT = 1.1


class Memory(NamedTuple):
    """Resident memory in MB at some second."""

    at: float
    parts: dict[str, float]


def main() -> None:
    asked = _options()
    with bench_house(asked.sessions) as house, doors(house, asked.workers) as door:
        machine.progress("fhir_soak: logging in")
        tokens = door.login(range(asked.sessions))
        hospital = invent_hospital(11, 1_000, dt.date(2026, 1, 1), depth=6)
        charts, _ = write_charts(door, hospital, asked.charts, asked.entries, tokens)
        machine.progress(f"fhir_soak: {asked.seconds:.0f} s")
        seen: list[Memory] = []
        ended = threading.Event()
        watching = threading.Thread(target=_watch, args=(door, seen, ended))
        before, start = door.work(), time.perf_counter()
        watching.start()
        heard = drive(door.port, _clients(asked, charts, tokens), asked.seconds)
        seconds, after = time.perf_counter() - start, door.work()
        ended.set()
        watching.join()
        work = {part: (after[part] - before[part]) / len(heard) * 1e3 for part in after}
    _print(asked, heard, seconds, seen, work)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=500)
    parser.add_argument("--clients", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--charts", type=int, default=40)
    parser.add_argument("--entries", type=int, default=300)
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


def _clients(
    asked: argparse.Namespace, charts: list[Chart], tokens: list[str]
) -> list[Iterator[bytes]]:
    return [
        _work(charts[number % len(charts)], tokens[number :: asked.clients])
        for number in range(asked.clients)
    ]


def _work(chart: Chart, tokens: list[str]) -> Iterator[bytes]:
    """Read by id mostly, now and then search, each time as the next person."""
    reads = [f"/fhir/Observation/{ident}" for ident in chart.observations]
    search = f"/fhir/Observation?patient={chart.patient}&code={CODE}&_sort=-date&_count=20"
    targets = itertools.cycle([*reads[:9], search])
    for token in itertools.cycle(tokens):
        yield request("GET", next(targets), token)


def _watch(door: Doors, seen: list[Memory], ended: threading.Event) -> None:
    start = time.perf_counter()
    while not ended.wait(EVERY):
        parts = {part: machine.rss(door.house.pid(part)) for part in KEEPERS}
        seen.append(Memory(time.perf_counter() - start, {"serve": door.memory(), **parts}))


def _print(
    asked: argparse.Namespace, heard: list[Heard], seconds: float, seen: list[Memory],
    work: dict[str, float],
) -> None:  # fmt: skip
    print("# fhir_soak\n\n" + machine.header())
    print(f"\n{asked.sessions:,} sessions, {asked.clients} clients, {seconds:.0f} s, "
          f"{asked.charts} charts of up to {asked.entries} entries, "
          f"{asked.workers} workers")  # fmt: skip
    wrong = Counter(each.status for each in heard if each.status != 200)
    times = [each.seconds for each in heard]
    settled = [each for each in seen if each.at >= seconds * SETTLED]
    figures = [
        machine.at_most(f"answers other than 200 {dict(wrong) or ''}", wrong.total(), 0, "", 0),
        machine.Figure("requests", f"{len(heard):,}, {len(heard) / seconds:,.0f} /s"),
        machine.Figure("waiting", machine.milliseconds(times)),
        *(
            machine.at_most(
                f"{part}: memory at the end, against {SETTLED:.0%} of the time",
                settled[-1].parts[part] / settled[0].parts[part], FLAT, "times", 2,
            )
            for part in ("serve", *KEEPERS)
        ),
        *(
            machine.Figure(f"{part}: processor a request", f"{work[part]:.2f} ms")
            for part in ("serve", *KEEPERS)
        ),
    ]  # fmt: skip
    machine.print_figures("The door under many sessions", figures)
    steps = seen[:: max(1, len(seen) // 10)]
    rows = [[f"{each.at:.0f}", *(f"{mb:,.0f}" for mb in each.parts.values())] for each in steps]
    machine.print_table("Resident memory, MB", ["second", "serve", *KEEPERS], rows)


if __name__ == "__main__":
    main()

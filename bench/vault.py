"""What does a vault cost the store, how far is it behind, and does its memory stay flat?

    python -m bench.vault [--patients 12] [--rounds 6] [--small 20000] [--times 10]

Rounds in turns: the same number of patients is deposited while the vault's process is stopped
(SIGSTOP: it asks nothing), and while it runs; what it missed is pulled before the next round is
timed, so each round pays for its own lines. Processor time of the store, an entry: the least of
all rounds, for whatever else runs here only adds to it. Then the lag
while a ward writes one entry every 100 ms, each taken from the receipt until the store hears of it
from the vault; and the vault's peak memory at a size and at ten times that size.
"""

import argparse
import datetime as dt
import os
import shutil
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import machine
from bench.house import BenchHouse, bench_house, scratch
from chartkeep.custody.deposit import deposit
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.recovery.folder import _unlock
from chartkeep.wiring.vaulting import found_vault

HOSPITAL = invent_hospital(5, 1_000_000, dt.date(2026, 1, 1))
SETTLE = 2.0
LIGHT = invent_hospital(6, 1_000_000, dt.date(2026, 1, 1), depth=0)


class Measuring:
    """A house and its vault's process."""

    def __init__(self, house: BenchHouse, vault: int) -> None:
        self.house, self.vault = house, vault
        self.loader = house.join("loader")
        self.watcher = house.join("verifier")
        self.next = 0

    def deposit(self, patients: int, hospital: object = HOSPITAL) -> int:
        """Deposit the next patients; gives how many entries."""
        entries = 0
        for at in range(self.next, self.next + patients):
            routed = route(parse_bundle(hospital.bundle(at), "b.json"), "feed", self.loader)
            entries += sum(len(deposit(p, self.loader).taken) for p in routed.parcels)
        self.next += patients
        return entries

    def caught_up(self) -> int:
        """Wait until the vault has everything; gives the lines."""
        while self.behind():
            time.sleep(0.05)
        return self.watcher.store.status().size

    def cost(self, patients: int, *, pulled: bool) -> tuple[float, float]:
        """Give the store's processor time an entry, with the vault stopped or pulling.

        And what pulling costs by itself, after it was stopped: nothing where it was not.
        """
        store = self.house.pid("store")
        os.kill(self.vault, signal.SIGCONT if pulled else signal.SIGSTOP)
        before = machine.cpu_seconds(store)
        entries = self.deposit(patients)
        time.sleep(SETTLE)  # long enough for the vault to have all of it, as is checked below
        between = machine.cpu_seconds(store)
        assert not pulled or not self.behind(), "the vault had not pulled all that was timed"
        os.kill(self.vault, signal.SIGCONT)
        start = machine.cpu_seconds(store)
        time.sleep(SETTLE)
        after = machine.cpu_seconds(store)
        self.caught_up()
        return (between - before) / entries, (after - start) / entries

    def behind(self) -> int:
        """Count the lines the vault does not have."""
        health = self.watcher.store.status()
        return health.size - health.vaulted

    def lag(self, seconds: int) -> list[float]:
        """Time from the receipt of an entry until the store hears that the vault has it."""
        found = []
        for _ in range(seconds * 2):
            self.deposit(1, LIGHT)
            size, start = self.watcher.store.status().size, time.perf_counter()
            while self.watcher.store.status().vaulted < size:
                time.sleep(0.01)
            found.append(time.perf_counter() - start)
        return found


@contextmanager
def vault_beside(house: BenchHouse) -> Iterator[int]:
    """Run a vault for a house, its folder on the same disk; gives its process."""
    folder = scratch()
    found_vault(house.home, folder / "vault", f"folder:{folder}/kept")
    command = [sys.executable, "-m", "chartkeep", "vault", "--home", str(folder / "vault")]
    child = subprocess.Popen(command)
    try:
        yield child.pid
    finally:
        child.send_signal(signal.SIGCONT)
        child.terminate()
        child.wait()
        for path in Path(folder).rglob("*"):
            _unlock(path)
        shutil.rmtree(folder)


def main() -> None:
    """Measure and print."""
    reads = argparse.ArgumentParser(description=__doc__)
    reads.add_argument("--patients", type=int, default=12)
    reads.add_argument("--rounds", type=int, default=6)
    reads.add_argument("--small", type=int, default=20_000)
    reads.add_argument("--times", type=int, default=10)
    asked = reads.parse_args()
    with bench_house() as house, vault_beside(house) as vault:
        run = Measuring(house, vault)
        run.deposit(asked.patients)
        run.caught_up()
        costs = {pulled: [] for pulled in (False, True)}
        for _ in range(asked.rounds):
            for pulled, found in costs.items():
                found.append(run.cost(asked.patients, pulled=pulled))
        alone, beside = (min(c for c, _ in costs[pulled]) * 1e6 for pulled in (False, True))
        rest = min(after for _, after in costs[True])
        after = (min(after for _, after in costs[False]) - rest) * 1e6
        before = [machine.cpu_seconds(pid) for pid in (house.pid("store"), vault)]
        time.sleep(10)
        later = [machine.cpu_seconds(pid) for pid in (house.pid("store"), vault)]
        lag = run.lag(10)
        peaks = {}
        for size in (asked.small, asked.small * asked.times):
            while run.watcher.store.status().size < size:
                run.deposit(10)
            run.caught_up()
            time.sleep(5)  # merging
            peaks[size] = machine.rss(vault, peak=True)
    print("# vault\n\n" + machine.header())
    machine.print_figures(
        "A store and the vault that pulls from it",
        [
            machine.Figure("store, processor, an entry, vault stopped", f"{alone:.1f} us"),
            machine.Figure("store, processor, an entry, vault pulling", f"{beside:.1f} us"),
            machine.Figure("store, processor, an entry that is only pulled", f"{after:.1f} us"),
            machine.at_most("pulling costs the store", after / alone * 100, 5, "%"),
            machine.at_most(
                "deposits while it pulls cost more", (beside / alone - 1) * 100, 5, "%"
            ),
            machine.Figure("at rest, store", f"{(later[0] - before[0]) * 100:.1f} ms/s"),
            machine.Figure("at rest, vault", f"{(later[1] - before[1]) * 100:.1f} ms/s"),
            machine.at_most("lag, median", statistics.median(lag), 2, "s", 2),
            machine.at_most("lag, longest", max(lag), 2, "s", 2),
            *(
                machine.Figure(f"vault, peak memory at {size:,} lines", f"{peak:.0f} MB")
                for size, peak in peaks.items()
            ),
        ],
    )


if __name__ == "__main__":
    main()

"""How fast does a folder of bundles become durable charts; what do sealing and fingerprints cost?

    python -m bench.load [FOLDER | --invented] [--repeats 3] [--processes 2]

From the bundles' bytes on disk to the last acknowledgement, each time into a fresh house. Sealing
is switched off here and nowhere else: the loaders' `seal_entry` is replaced, in their memory, by
one that writes the same envelope without the cipher. `plain` also leaves the record as large as
it came; `packed` compresses and pads it as ever. `unprinted` seals, and makes no fingerprints.
"""

import argparse
import datetime as dt
import gzip
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import NamedTuple

from bench import machine
from bench.house import PARTS, BenchHouse, bench_house
from chartkeep.custody import deposit
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.sealing import frame
from chartkeep.sealing.entry import EntryHeader
from chartkeep.sealing.keys import NONCE_BYTES, TAG_BYTES, SectionKey
from chartkeep.wiring import loading

SYNTHEA = machine.REPOSITORY.parent / "shared" / "data" / "synthea-r4"
COST = {"packed": "sealing costs", "plain": "sealing costs", "unprinted": "fingerprints cost"}
VARIANTS = ("sealed", *COST)
TODAY = dt.date(2026, 1, 1)


class Run(NamedTuple):
    """One load: resources, seconds, each process's microseconds a resource, bytes of entries."""

    resources: int
    seconds: float
    cpu: dict[str, float]
    bytes: int = 0

    @property
    def rate(self) -> float:
        return self.resources / self.seconds


def main() -> None:
    asked = _options()
    with TemporaryDirectory() as folder:
        files = _files(asked, Path(folder))
        whole, runs = [], {variant: [] for variant in VARIANTS}
        for repeat in range(asked.repeats):
            machine.progress(f"load: repeat {repeat + 1} of {asked.repeats}")
            whole.append(_load_whole(files, asked.processes))
            for variant in VARIANTS:
                runs[variant].append(_load_warm(files, asked.processes, variant))
    _print(asked, files, whole, runs)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", nargs="?", type=Path, default=SYNTHEA)
    parser.add_argument("--invented", action="store_true", help="invent 80 charts instead")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args()


def _files(asked: argparse.Namespace, folder: Path) -> list[Path]:
    if not asked.invented and asked.folder.exists():
        return loading.bundle_files(asked.folder)
    hospital = invent_hospital(7, 1_000, TODAY)
    bundles = [hospital.organization_bundle(), *map(hospital.bundle, range(80))]
    for number, bundle in enumerate(bundles):
        (folder / f"{number:03}.json.gz").write_bytes(gzip.compress(bundle))
    return loading.bundle_files(folder)


def _load_whole(files: list[Path], processes: int) -> Run:
    """Load as the command does, the loaders' start included."""
    with bench_house() as house:
        start = time.perf_counter()
        new = sum(each.new for each in loading.load(house.home, files, "load", processes))
        return Run(new, time.perf_counter() - start, {})


def _load_warm(files: list[Path], processes: int, variant: str) -> Run:
    """Load with loaders that are up, joined and have read a bundle before the clock starts."""
    context = multiprocessing.get_context("spawn")
    with bench_house() as house:
        barrier = context.Barrier(processes)
        prepare = (house.home.root, variant, barrier)
        with ProcessPoolExecutor(processes, context, _prepare, prepare) as pool:
            for ready in [pool.submit(_wait) for _ in range(processes)]:
                ready.result()
            before = _cpu(house, pool)
            start = time.perf_counter()
            waiting = [
                pool.submit(loading._load_in_process, house.home.root, path, "load")
                for path in files
            ]
            new = sum(done.result().new for done in waiting)
            seconds = time.perf_counter() - start
            after = _cpu(house, pool)
        size = house.join("loader").store.status().bytes
        spent = {part: (after[part] - before[part]) / new * 1e6 for part in after}
        return Run(new, seconds, spent, size)


def _cpu(house: BenchHouse, pool: ProcessPoolExecutor) -> dict[str, float]:
    loaders = sum(machine.cpu_seconds(pid) for pid in pool._processes)
    return {"loaders": loaders, **house.cpu()}


def _prepare(root: Path, variant: str, barrier: Barrier) -> None:
    """Make a loader ready: patched, joined, its schema compiled by one bundle."""
    if variant == "unprinted":
        deposit.prints_of = lambda *_: []
    elif variant != "sealed":
        deposit.seal_entry = _packed if variant == "packed" else _plain
    global _ready  # noqa: PLW0603 - a pool's tasks find what its initializer made only here
    _ready = barrier
    loading._house(root).entry_id("warm", "up")
    parse_bundle(invent_hospital(7, 10, TODAY).bundle(1), "warm-up")


def _wait() -> None:
    _ready.wait()


def _packed(header: EntryHeader, plain: bytes, key: SectionKey) -> bytes:
    """Write a sealed entry's envelope without its cipher."""
    return _plain(header, frame.pack(plain), key)


def _plain(header: EntryHeader, plain: bytes, key: SectionKey) -> bytes:  # noqa: ARG001 - as seal_entry
    return header.encode() + bytes(NONCE_BYTES) + plain + bytes(TAG_BYTES)


def _print(
    asked: argparse.Namespace, files: list[Path], whole: list[Run], runs: dict[str, list[Run]]
) -> None:
    sealed = runs["sealed"]
    middle = {v: statistics.median(run.rate for run in each) for v, each in runs.items()}
    size = sum(path.stat().st_size for path in files) / 1e6
    print("# load\n\n" + machine.header())
    rates = [run.rate for run in sealed]
    print(
        f"\n{len(files)} files, {size:.1f} MB, {sealed[0].resources:,} resources, "
        f"{asked.processes} loaders; median of {asked.repeats} fresh houses, "
        f"{min(rates):,.0f} to {max(rates):,.0f}/s"
    )
    cost = {variant: _total(each) for variant, each in runs.items()}
    machine.print_figures(
        "Durable resources a second",
        [
            machine.at_least("loaders running", middle["sealed"], 5_000, "/s"),
            machine.Figure(
                "with the loaders' start", f"{statistics.median(r.rate for r in whole):,.0f} /s"
            ),
            *(
                machine.at_most(
                    f"{COST[variant]}, {what}, against {variant}", share(variant) * 100, 15, "%"
                )
                for variant in COST
                for what, share in (
                    ("time", lambda v: middle[v] / middle["sealed"] - 1),
                    ("processor", lambda v: cost["sealed"] / cost[v] - 1),
                )
            ),
        ],
    )
    more = sealed[0].bytes - runs["unprinted"][0].bytes
    print(
        f"\nfingerprints: {more / sealed[0].resources:,.0f} bytes a resource, "
        f"{more / len(files):,.0f} a file, {more / sealed[0].bytes:.1%} of all entries"
    )
    _print_cpu(runs)


def _total(runs: Sequence[Run]) -> float:
    return statistics.median(sum(run.cpu.values()) for run in runs)


def _print_cpu(runs: dict[str, list[Run]]) -> None:
    parts = ("loaders", *PARTS)
    rows = [
        [variant, *(f"{statistics.median(r.cpu[p] for r in each):.1f}" for p in parts),
         f"{_total(each):.1f}"]
        for variant, each in runs.items()
    ]  # fmt: skip
    machine.print_table("Processor time a resource, us", ["", *parts, "all"], rows)


if __name__ == "__main__":
    main()

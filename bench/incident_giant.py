"""One CSV of ten gigabytes among ordinary files: is it read whole, and is the rest done meanwhile?

    nice -n 15 python -m bench.incident_giant [--gigabytes 10] [--files 300]

An export as a hospital's own report server writes it, a line for each visit with its note, of
invented people: one in fifty is a patient of the index. Beside it a share as in `incident_sweep`.
The folder is written first, and removed at the end.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.incident.trace import people

from bench import machine
from bench.incident_sweep import FILLER, Share, index, processor
from chartkeep.incident.sweep.state import State
from chartkeep.incident.sweep.sweeping import Sweep
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.matching import Matcher
from chartkeep.inventor.chance import chance_for

COLUMNS = ("nik", "nama", "lahir", "sex", "telp", "alamat", "kota", "note")
NOTE = 20
"""Sentences of a note: a line is some 1.3 kB."""
CHARTS = 2_000


def lines() -> Iterator[bytes]:
    """Write the lines that are repeated: 5,000 people, one in fifty of them a patient."""
    chance = chance_for("giant", 1)
    for number in range(5_000):
        who = people.stranger(number) if number % 50 else people.patient(number // 50)
        note = "; ".join(chance.choice(FILLER) for _ in range(NOTE))
        yield (",".join(f'"{value}"' for value in (*people.told(who), note)) + "\n").encode()


def write(path: Path, size: int) -> int:
    """Write the CSV; gives its rows."""
    block = list(lines())
    data = b"".join(block)
    times = max(1, size // len(data))
    with path.open("wb") as file:
        file.write(",".join(COLUMNS).encode() + b"\n")
        for _ in range(times):
            file.write(data)
    return times * len(block)


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--gigabytes", type=float, default=10)
    options.add_argument("--files", type=int, default=300)
    asked = options.parse_args()
    print(machine.header())
    matcher = Matcher(index(CHARTS), people.KEY)
    with tempfile.TemporaryDirectory() as folder:
        root, share = Path(folder) / "share", Share(CHARTS, 5)
        root.mkdir()
        rows = write(root / "a.csv", int(asked.gigabytes * 1e9))
        size = (root / "a.csv").stat().st_size
        for number in range(asked.files):
            file = share.file(number)
            path = root / file.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.data)
        print(f"one CSV of {size / 1e9:.2f} GB, {rows:,} rows; {asked.files:,} other files")
        began, used, others = time.perf_counter(), processor(resource.RUSAGE_SELF), 0.0
        with Intake() as one, Intake() as two:
            state = State(Path(folder) / "kept", b"s" * 32)
            sweep = Sweep(matcher, state, [one, two])
            for number, swept in enumerate(sweep.run([root]), 1):
                if swept.path.endswith("/a.csv"):
                    print(f"the CSV: {swept.rows:,} rows, {len(swept.sure)} patients, "
                          f"trouble {[each.trouble for each in swept.lost]}")  # fmt: skip
                elif number == 1:
                    others = time.perf_counter() - began
        seconds = time.perf_counter() - began
        mine = processor(resource.RUSAGE_SELF) - used
    theirs = processor(resource.RUSAGE_CHILDREN)
    peaks = [resource.getrusage(who).ru_maxrss >> 10
             for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]  # fmt: skip
    print(f"{seconds:,.0f} s; of processor {mine:,.0f} s matching, {theirs:,.0f} s reading; "
          f"peak {peaks[0]:,} MB here, {peaks[1]:,} MB in a reader; "
          f"the first others, all but a batch, were durable after {others:,.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()

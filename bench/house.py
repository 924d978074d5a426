"""A house for benchmarks: founded in a temporary folder on a real disk, its processes running.

The only thing cheaper than in a real house is argon2, which no figure here is about.
"""

import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pyotp

from bench import machine
from chartkeep.custody.house import House
from chartkeep.keyholder.actions import Place
from chartkeep.keyholder.clock import Reading
from chartkeep.model import ChartId
from chartkeep.sealing.kek import Cost
from chartkeep.wiring.founding import Newcomer, init, newcomer
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.launch import Running, running
from chartkeep.wiring.running import read_clock

WARDS = [f"{floor}{side}" for floor in range(1, 41) for side in "EW"]
PARTS = ("keyholder", "store", "witness")


class BenchHouse(NamedTuple):
    """A running house, its ward nurses and, as the last of its people, a privacy officer."""

    home: Home
    running: Running
    people: list[Newcomer]

    def join(self, instance: str) -> House:
        """Join as one worker of an instance."""
        return join(self.home, instance)

    def login(self, person: int, house: House) -> bytes:
        """Open a person's session (once in 30 seconds each) and give its token."""
        who = self.people[person]
        code = pyotp.TOTP(who.totp).now()
        return house.keyholder.login(who.name, who.password, code).token

    def admit(self, charts: list[ChartId], loader: House) -> None:
        """Put patients to bed on the nurses' wards: their charts open under the care floor."""
        for chart in charts:
            ward = WARDS[chart[0] % len(WARDS)]  # admissions into one ward are bounded
            loader.keyholder.act(b"", Place(chart, ward, "1"))

    def cpu(self) -> dict[str, float]:
        """Give each part's processor time so far, in seconds."""
        return {part: machine.cpu_seconds(self.pid(part)) for part in PARTS}

    def pid(self, part: str) -> int:
        """Give a part's process id."""
        return self.running.children[part].pid


@contextmanager
def bench_house(
    nurses: int = 1,
    *,
    clock: Callable[[], Reading] = read_clock,
    fill: Callable[[Home], None] = lambda _home: None,
    others: Iterable[Newcomer] = (),
) -> Iterator[BenchHouse]:
    """Found a house and run it while the block lasts; nothing of it stays.

    `fill` is given the house between founding, at `clock`, and start. An officer comes last.
    """
    folder = scratch()
    people = [newcomer(f"nurse {number}", "nurse", WARDS) for number in range(nurses)]
    people += others
    people.append(newcomer("dewi", "privacy officer"))
    try:
        home = init(
            folder / "house", "Bench Hospital", folder / "bench.key", people, clock,
            cost=Cost(1, 8_192, 1), cheap=True,
        )  # fmt: skip
        fill(home)
        with running(home) as parts:
            time.sleep(0.5)  # the parts finish their own start before anything is counted
            yield BenchHouse(home, parts, people)
    finally:
        shutil.rmtree(folder)


def scratch() -> Path:
    """Make a folder on a disk: CHARTKEEP_BENCH_DIR, or /var/tmp; memory is no disk."""
    parent = Path(os.environ.get("CHARTKEEP_BENCH_DIR", "/var/tmp"))
    if machine.filesystem(parent) in ("tmpfs", "ramfs"):
        raise SystemExit(f"{parent} is memory, not a disk: set CHARTKEEP_BENCH_DIR")
    return Path(tempfile.mkdtemp(prefix="chartkeep-bench-", dir=parent))

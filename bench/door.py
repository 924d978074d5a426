"""A house with its doors open, for benchmarks: `serve` beside the keepers, people logged in.

People log in as a browser would; patients are admitted as the hospital's own engine does.
"""

import json
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import pyotp

from bench import machine
from bench.house import WARDS, BenchHouse
from bench.http_client import HOST, drive, form
from bench.http_servers import family
from chartkeep.keyholder.actions import Place
from chartkeep.model import to_id

PATIENCE = 30.0
AT_ONCE = 8
KEEPERS = ("keyholder", "store")


class Doors:
    """A running house whose FHIR door listens at `port`."""

    def __init__(self, house: BenchHouse, workers: int) -> None:
        self.house = house
        self.port = _free_port()
        self._workers = workers
        self._engine = house.join("loader")
        self._child: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        """Start `serve`; nothing is open in it."""
        root = self.house.home.root
        words = ["serve", "--port", str(self.port), "--workers", str(self._workers)]
        with (root / "run/serve.log").open("ab") as log:
            self._child = subprocess.Popen(
                [sys.executable, "-m", "chartkeep", *words, "--home", str(root)],
                stdout=log, stderr=log,
            )  # fmt: skip
        until = time.monotonic() + PATIENCE
        while not self._listens():
            if self._child.poll() is not None or time.monotonic() > until:
                raise SystemExit("serve did not start: " + (root / "run/serve.log").read_text())
            time.sleep(0.05)
        time.sleep(1.0)

    def shut(self) -> None:
        """End `serve` and all it has open."""
        if self._child is None:
            return
        self._child.send_signal(signal.SIGTERM)
        self._child.wait(PATIENCE)
        self._child = None

    def again(self) -> None:
        """Start it again: sessions live on, what they had open does not."""
        self.shut()
        self.open()

    def work(self) -> dict[str, float]:
        """Give the processor time of each part so far."""
        mine = sum(machine.cpu_seconds(pid) for pid in self.pids())
        keepers = {part: machine.cpu_seconds(self.house.pid(part)) for part in KEEPERS}
        return {"serve": mine, **keepers}

    def memory(self) -> float:
        """Give the resident memory of `serve`, its workers together, in MB."""
        return sum(machine.rss(pid) for pid in self.pids())

    def pids(self) -> list[int]:
        assert self._child is not None
        return family(self._child.pid)

    def login(self, people: range) -> list[str]:
        """Log people in over HTTP, some at a time; gives their bearer tokens, in any order."""
        doing = [map(self._login, people[start::AT_ONCE]) for start in range(AT_ONCE)]
        heard = drive(self.port, doing, keep=True)
        if wrong := [each for each in heard if each.status != 200]:
            raise SystemExit(f"{len(wrong)} cannot log in: {wrong[0].body!r}")
        return [json.loads(each.body)["access_token"] for each in heard]

    def admit(self, patients: list[str]) -> None:
        """Put patients to bed on the nurses' wards; admissions into one ward are bounded."""
        for ident in patients:
            chart = to_id(ident)
            self._engine.keyholder.act(b"", Place(chart, WARDS[chart[0] % len(WARDS)], "1"))

    def _login(self, number: int) -> bytes:
        """Write a log-in with the code of this moment."""
        who = self.house.people[number]
        words = {
            "grant_type": "password", "username": who.name, "password": who.password,
            "code": pyotp.TOTP(who.totp).now(),
        }  # fmt: skip
        return form("/auth/token", urlencode(words).encode())

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex((HOST, self.port)) == 0


@contextmanager
def doors(house: BenchHouse, workers: int) -> Iterator[Doors]:
    """Open the doors of a running house while the block lasts."""
    made = Doors(house, workers)
    try:
        made.open()
        yield made
    finally:
        made.shut()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])

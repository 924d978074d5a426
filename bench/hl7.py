"""How fast do a hospital's HL7 messages become durable, and does a day of them grow memory?

    python -m bench.hl7 [--messages 4000] [--replay 20000] [--beds 500]

An invented hospital's messages (`inventor.hl7`) over MLLP to `chartkeep intake`, which is one
process beside keyholder, store and witness; each is answered when it is durable, fsync included.
A patient's messages go over one connection. Sent as fast as they are answered; `--replay 200000` is
a day of 500 beds.
"""

import argparse
import datetime as dt
import json
import socket
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

from bench import machine
from bench.house import PARTS, BenchHouse, bench_house
from chartkeep.inventor.hl7 import AUTHORITY, Sent, hospital_messages
from chartkeep.inventor.hospital import invent_hospital
from chartkeep.inventor.numbers import MRN_SYSTEM
from chartkeep.inventor.site import HOSPITAL_TIME
from chartkeep.wiring.founding import free_port

LANES = 8
BEGIN = dt.datetime(2026, 11, 22, tzinfo=HOSPITAL_TIME)
ALL = ("intake", *PARTS)
END = b"\x1c\r"


class Run(NamedTuple):
    """One stretch of messages: seconds of each, seconds in all, answers that were not AA."""

    waits: list[float]
    seconds: float
    refused: int
    cpu: dict[str, float]

    @property
    def rate(self) -> float:
        """Messages a second."""
        return len(self.waits) / self.seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=4_000)
    parser.add_argument("--replay", type=int, default=20_000)
    parser.add_argument("--beds", type=int, default=500)
    asked = parser.parse_args()
    hospital = invent_hospital(7, asked.beds * 4, BEGIN.date())
    stream = hospital_messages(hospital, BEGIN, 7)
    with feeding() as (house, port):
        machine.progress("admitting")
        admitted = send(house, port, list(islice(stream, len(hospital.census))), LANES)
        send(house, port, list(islice(stream, asked.messages)), LANES)  # keys are leased
        machine.progress("eight connections")
        eight = send(house, port, list(islice(stream, asked.messages)), LANES)
        machine.progress("one connection")
        one = send(house, port, list(islice(stream, asked.messages // 4)), 1)
        _print(asked.beds, {"admissions": admitted, "8 connections": eight, "1 connection": one})
        _replay(house, port, stream, asked.replay)


@contextmanager
def feeding() -> Iterator[tuple[BenchHouse, int]]:
    """Run a house whose intake listens at a port."""
    with bench_house() as house:
        port = free_port()
        feed = {"name": "all", "port": port, "from": ["127.0.0.1"], "issuer": AUTHORITY}
        feeds = {"issuers": {AUTHORITY: MRN_SYSTEM}, "mllp": [feed | {"place": True}]}
        (house.home.root / "feeds.json").write_text(json.dumps(feeds))
        house.running.start("intake")
        yield house, port


def send(house: BenchHouse, port: int, messages: Sequence[Sent], lanes: int) -> Run:
    """Send messages over some connections, each its own patients'."""
    parts = [[each.raw for each in messages if each.patient % lanes == n] for n in range(lanes)]
    before, began = _cpu(house), time.perf_counter()
    with ThreadPoolExecutor(lanes) as threads:
        found = list(threads.map(lambda part: _lane(port, part), parts))
    seconds, after = time.perf_counter() - began, _cpu(house)
    waits = [wait for lane, _ in found for wait in lane]
    cpu = {part: (after[part] - before[part]) / len(waits) * 1e3 for part in ALL}
    return Run(waits, seconds, sum(refused for _, refused in found), cpu)


def _lane(port: int, messages: Sequence[bytes]) -> tuple[list[float], int]:
    """Send over one connection, each message when the one before is answered."""
    waits, refused = [], 0
    with socket.create_connection(("127.0.0.1", port)) as lane:
        lane.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for raw in messages:
            began = time.perf_counter()
            lane.sendall(b"\x0b" + raw + END)
            answer = b""
            while not answer.endswith(END):
                chunk = lane.recv(65_536)
                if not chunk:
                    raise SystemExit("intake closed the connection")
                answer += chunk
            waits.append(time.perf_counter() - began)
            refused += b"\rMSA|AA|" not in answer or b"aside" in answer
    return waits, refused


def _cpu(house: BenchHouse) -> dict[str, float]:
    return {part: machine.cpu_seconds(house.pid(part)) for part in ALL}


def _print(beds: int, runs: dict[str, Run]) -> None:
    print("# hl7\n")
    print(machine.header() + "\n")
    print(f"{beds} beds, {runs['8 connections'].rate:,.0f} messages/s\n")
    eight, one = runs["8 connections"], runs["1 connection"]
    machine.print_figures(
        "Messages, durable",
        [
            machine.at_least("8 connections", eight.rate, 400, "/s"),
            machine.at_most("1 connection, p50", machine.quantile(one.waits, 0.5) * 1e3, 8, "ms"),
            machine.at_most("not taken", sum(run.refused for run in runs.values()), 0, ""),
        ],
    )
    heads = ["", "messages", "/s", "p50 ms", "p99 ms", *(f"{part}: ms" for part in ALL), "sum"]
    rows = [
        [
            name, f"{len(run.waits):,}", f"{run.rate:,.0f}",
            f"{machine.quantile(run.waits, 0.5) * 1e3:.1f}",
            f"{machine.quantile(run.waits, 0.99) * 1e3:.1f}",
            *(f"{run.cpu[part]:.2f}" for part in ALL), f"{sum(run.cpu.values()):.2f}",
        ]
        for name, run in runs.items()
    ]  # fmt: skip
    machine.print_table("Processor time a message", heads, rows)


def _replay(house: BenchHouse, port: int, stream: Iterator[Sent], count: int) -> None:
    """Send a long stretch and show each process's memory on the way."""
    rows, refused, step = [], 0, max(count // 10, 1)
    for done in range(0, count, step):
        run = send(house, port, list(islice(stream, step)), LANES)
        refused += run.refused
        memory = [f"{machine.rss(house.pid(part)):.0f}" for part in ALL]
        rows.append([f"{done + step:,}", f"{run.rate:,.0f}", *memory])
        machine.progress(f"replayed {done + step:,}")
    machine.print_table("Resident memory, MB", ["messages", "/s", *ALL], rows)
    print(f"\nreplayed {count:,}, not taken {refused:,}")


if __name__ == "__main__":
    main()

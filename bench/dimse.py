"""C-STORE by an unmodified dcmtk `storescu`: this house, and Orthanc from Debian beside it.

    python -m bench.dimse --files 300

Set S (CT of 39 KB). Orthanc runs with its defaults in a network namespace of its own, once as it
comes and once with the delay taken away (TCP_NODELAY=1 for it and for its client). This house
seals, places, logs and is durable before each answer; Orthanc writes files and an index.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import orjson
from tests.imaging.sets import MRN, Person, large, small

from bench import machine
from bench.house import BenchHouse, bench_house, scratch
from chartkeep.custody.deposit import deposit
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle

SETS = {"S": small, "L": large}
PARTS = ("keyholder", "store")
NODELAY = {"TCP_NODELAY": "1"}
PATIENCE = 30.0
AET, ORTHANC_PORT = "CHARTKEEP", 4242


class Side(NamedTuple):
    """A server that runs: how to reach it, and what its processes have used."""

    port: int
    called: str
    prefix: list[str]
    environment: dict[str, str]
    work: Callable[[], dict[str, float]]


class Row(NamedTuple):
    """One run: who, how long, how many, and processor seconds of each part."""

    who: str
    seconds: float
    files: int
    work: dict[str, float]

    @property
    def rate(self) -> float:
        return self.files / self.seconds

    @property
    def cost(self) -> float:
        return sum(self.work.values()) / self.files * 1e3

    def cells(self) -> list[str]:
        parts = ", ".join(f"{k} {v / self.files * 1e3:.1f}" for k, v in self.work.items())
        return [self.who, str(self.files), f"{self.rate:.1f}", f"{self.cost:.1f} ms", parts]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.dimse")
    parser.add_argument("--files", type=int, default=300)
    parser.add_argument("--set", choices=SETS, default="S")
    parser.add_argument("--associations", type=int, default=1)
    asked = parser.parse_args()
    folder = scratch()
    try:
        people = write_set(folder, asked.set, asked.files)
        rows = [measure("chartkeep", chartkeep(people), folder, asked)]
        if shutil.which("Orthanc"):
            rows.append(measure("Orthanc as shipped", orthanc({}), folder, asked))
            rows.append(measure("Orthanc, TCP_NODELAY=1", orthanc(NODELAY), folder, asked))
    finally:
        shutil.rmtree(folder)
    print("# dimse\n\n" + machine.header())
    figures = []
    if len(rows) == 3:
        ours, shipped, quick = rows
        figures = [
            machine.at_least(
                "against Orthanc as shipped", 100 * ours.rate / shipped.rate, 500, "%"
            ),
            machine.at_least("without its delay", 100 * ours.rate / quick.rate, 100, "%"),
        ]
    machine.print_figures(
        f"storescu, set {asked.set}, {asked.associations} association(s)", figures
    )
    machine.print_table(
        "Processor time an instance", ["", "files", "/s", "all", "parts"], [r.cells() for r in rows]
    )


def write_set(folder: Path, name: str, count: int) -> list[Person]:
    """Write a set's files; gives whose they are."""
    people: dict[str, Person] = {}
    (folder / "set").mkdir()
    for number, each in enumerate(SETS[name](count)):
        (folder / "set" / f"{number:05d}.dcm").write_bytes(each.data)
        people[each.person.number] = each.person
    return list(people.values())


def measure(who: str, side: "Iterator[Side]", folder: Path, asked: argparse.Namespace) -> Row:  # type: ignore[type-arg]
    """Send the set to a side with storescu."""
    machine.progress(f"dimse: {who}")
    paths = sorted((folder / "set").iterdir())
    shares = [paths[n :: asked.associations] for n in range(asked.associations)]
    with side as there:
        before, start = there.work(), time.perf_counter()
        senders = [
            subprocess.Popen(
                [*there.prefix, "storescu", "-aet", "CT1", "-aec", there.called,
                 "127.0.0.1", str(there.port), *map(str, share)],
                env=os.environ | there.environment,
            )
            for share in shares
        ]  # fmt: skip
        failed = [sender.wait() for sender in senders if sender.wait()]
        seconds, after = time.perf_counter() - start, there.work()
        if failed:
            raise SystemExit(f"{who}: storescu failed")
    work = {part: after[part] - before[part] for part in after}
    return Row(who, seconds, len(paths), work)


@contextmanager
def chartkeep(people: list[Person]) -> Iterator[Side]:
    """Run a house with `intake`, which knows these people."""
    with bench_house() as house:
        for who in people:
            know(house, who)
        port = free_port()
        peer = {"aet": "CT1", "from": ["127.0.0.1"], "may": ["store"], "issuer": "MINATO"}
        feeds = {
            "issuers": {"MINATO": MRN},
            "dimse": {"aet": AET, "store_port": port, "port": free_port(), "peers": [peer]},
        }
        (house.home.root / "feeds.json").write_text(json.dumps(feeds))
        log = house.home.root / "run" / "intake.log"
        with log.open("wb") as out:
            command = [sys.executable, "-m", "chartkeep", "intake", "--home", str(house.home.root)]
            intake = subprocess.Popen(command, stdout=out, stderr=out)
        try:
            wait_for(port, intake, log)
            yield Side(port, AET, [], {}, lambda: {
                "intake": machine.cpu_seconds(intake.pid),
                **{part: machine.cpu_seconds(house.pid(part)) for part in PARTS},
            })  # fmt: skip
        finally:
            intake.send_signal(signal.SIGTERM)
            intake.wait(PATIENCE)


def know(house: BenchHouse, who: Person) -> None:
    """Deposit a patient."""
    loader = house.join("loader")
    entry = {"fullUrl": f"urn:who:{who.number}", "resource": who.resource(),
             "request": {"method": "PUT", "url": f"Patient/{who.number.lower()}"}}  # fmt: skip
    raw = orjson.dumps({"resourceType": "Bundle", "type": "transaction", "entry": [entry]})
    for parcel in route(parse_bundle(raw, "bench"), "bench", loader).parcels:
        deposit(parcel, loader)


@contextmanager
def orthanc(
    environment: dict[str, str], more: Mapping[str, object] = MappingProxyType({})
) -> Iterator[Side]:
    """Run Orthanc with its defaults, and `more`, where nothing but its own loopback is."""
    folder = scratch()
    settings = {"StorageDirectory": str(folder), "IndexDirectory": str(folder), **more}
    (folder / "orthanc.json").write_text(json.dumps(settings))
    up = f"ip link set lo up && exec Orthanc {folder}/orthanc.json"
    with (folder / "log").open("wb") as out:
        server = subprocess.Popen(
            ["unshare", "-n", "sh", "-c", up],
            env=os.environ | environment, stdout=out, stderr=out,
        )  # fmt: skip
    prefix = ["nsenter", "-t", str(server.pid), "-n"]
    try:
        deadline = time.monotonic() + PATIENCE
        echo = [*prefix, "echoscu", "127.0.0.1", str(ORTHANC_PORT)]
        while subprocess.run(echo, capture_output=True, check=False).returncode:
            if time.monotonic() > deadline:
                raise SystemExit((folder / "log").read_text())
            time.sleep(0.2)
        yield Side(
            ORTHANC_PORT, "ORTHANC", prefix, environment,
            lambda: {"orthanc": machine.cpu_seconds(server.pid)},
        )  # fmt: skip
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(PATIENCE)
        shutil.rmtree(folder)


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"intake did not start: {log.read_text()}")
        time.sleep(0.05)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


if __name__ == "__main__":
    main()

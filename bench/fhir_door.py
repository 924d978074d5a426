"""How fast is the FHIR door, sealed and logged? Requests over HTTP to a house of real processes.

    python -m bench.fhir_door [--charts 48] [--entries 1000] [--seconds 5] [--workers 1]

Every read is a release with its line, or rests on one of this session inside its lease and is a
note of the journal. Cold: nobody has opened this chart since `serve` started. Leased: this session
has. Clients, doors and keepers share the cores; the clients are our own (`bench.http_client`).
The peer's figures are the issue's: Medplum 5.0.2 on this class of machine.
"""

import argparse
import datetime as dt
import itertools
import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from bench import machine
from bench.door import Doors, doors
from bench.house import bench_house
from bench.http_client import Heard, answered, drive, request
from chartkeep.inventor.hospital import Hospital, invent_hospital

CLIENTS = 16
LEASED_CHARTS = 3
"""Charts each client goes around in when all are open."""
MOST_READ = 40
"""Observations of a chart that are read by id."""
CODE = "8867-4"
PARTS = ("serve", "keyholder", "store")
_URN = "urn:uuid:"


class Chart(NamedTuple):
    """A patient in the house, and ids of some Observations."""

    patient: str
    observations: list[str]


class Row(NamedTuple):
    """One kind of load: what became of it, in how many seconds, processor seconds by part."""

    what: str
    heard: list[Heard]
    seconds: float
    work: dict[str, float]
    others: float
    """Cores that were busy with something else meanwhile."""

    @property
    def rate(self) -> float:
        return len(self.heard) / self.seconds

    def at(self, share: float) -> float:
        """Give a quantile of the waiting times in ms."""
        return machine.quantile([each.seconds for each in self.heard], share) * 1e3


class Load(NamedTuple):
    """A kind of read: its targets in one chart, and what p50 and rate must reach."""

    what: str
    targets: Callable[[Chart], list[str]]
    most: float
    least: float | None
    peer: str


LOADS = (
    Load(
        "read by id",
        lambda chart: [f"/fhir/Observation/{ident}" for ident in chart.observations],
        4, 800, "211 /s, 17.7 ms, 4 clients",
    ),
    Load(
        "search by code",
        lambda chart: [
            f"/fhir/Observation?patient={chart.patient}&code={CODE}&_sort=-date&_count=20"
        ],
        15, 300, "100 to 154 /s, 25 to 36 ms, 4 clients",
    ),
    Load(
        "$everything",
        lambda chart: [f"/fhir/Patient/{chart.patient}/$everything"],
        60, None, "276 ms for 403 entries",
    ),
)  # fmt: skip


def main() -> None:
    asked = _options()
    with bench_house(CLIENTS) as house, doors(house, asked.workers) as door:
        tokens = door.login(range(CLIENTS))
        hospital = invent_hospital(11, 1_000, dt.date(2026, 1, 1), depth=20)
        charts, written = write_charts(door, hospital, asked.charts, asked.entries, tokens)
        rows = _read(door, asked, charts, tokens)
        memory = door.memory()
        disk = machine.fdatasync(house.home.root)
    _print(asked, written, rows, memory, disk)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--charts", type=int, default=48)
    parser.add_argument("--entries", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=5.0, help="of each kind of load")
    parser.add_argument("--workers", type=int, default=1)
    return parser.parse_args()


def write_charts(
    door: Doors, hospital: Hospital, count: int, entries: int, tokens: list[str]
) -> tuple[list[Chart], list[Row]]:
    """Send charts as transactions, a quarter from one client, one from two, the rest from four."""
    answered(door.port, request("POST", "/fhir/", tokens[0], hospital.organization_bundle()))
    charts: list[Chart] = []
    rows = []
    for clients, share in ((1, 4), (2, 4), (4, 2)):
        numbers = range(len(charts), len(charts) + count // share)
        bundles = [cut(json.loads(hospital.bundle(number)), entries) for number in numbers]
        asks = [
            [request("POST", "/fhir/", token, each) for each in bundles[start::clients]]
            for start, token in zip(range(clients), tokens, strict=False)
        ]
        row = _timed(door, str(clients), asks, keep=True)
        patients = [_patient(json.loads(each.body)) for each in row.heard]
        door.admit(patients)
        charts += [_chart(door, each, tokens[0]) for each in patients]
        rows.append(row)
    return charts, rows


def cut(bundle: dict[str, Any], most: int) -> bytes:
    """Keep a bundle's first entries, and of them those that name no entry left out."""
    entries = bundle["entry"][:most]
    while True:
        here = {each["fullUrl"] for each in entries}
        kept = [each for each in entries if _named(each["resource"]) <= here]
        if len(kept) == len(entries):
            return orjson.dumps({**bundle, "entry": kept})
        entries = kept


def _named(value: Any) -> set[str]:
    """Give the entries of the same bundle that a resource refers to."""
    if isinstance(value, dict):
        return set().union(*map(_named, value.values()))
    if isinstance(value, list):
        return set().union(*map(_named, value))
    return {value} if isinstance(value, str) and value.startswith(_URN) else set()


def _patient(answer: dict[str, Any]) -> str:
    """Read from a transaction's answer whom it brought."""
    if answer["resourceType"] != "Bundle":
        raise SystemExit(f"a transaction was refused: {answer}")
    places = [each["response"]["location"].split("/") for each in answer["entry"]]
    return next(ident for kind, ident, *_ in places if kind == "Patient")


def _chart(door: Doors, patient: str, token: str) -> Chart:
    """Find Observations this session opens: some are restricted."""
    target = f"/fhir/Observation?patient={patient}&_count={MOST_READ}&_elements=code"
    found = answered(door.port, request("GET", target, token))
    return Chart(patient, [each["resource"]["id"] for each in found["entry"]])


def _read(
    door: Doors, asked: argparse.Namespace, charts: list[Chart], tokens: list[str]
) -> dict[tuple[str, str, int], Row]:
    """Read in every way: cold and leased, from one client and from many."""
    rows = {}
    for load, clients in itertools.product(LOADS, (1, CLIENTS)):
        machine.progress(f"fhir_door: {load.what}, {clients}")
        door.again()
        cold = [
            [request("GET", load.targets(chart)[0], token) for chart in charts[start::clients]]
            for start, token in enumerate(tokens[:clients])
        ]
        rows[load.what, "cold", clients] = _timed(door, load.what, cold)
        around = [
            _around(load, charts[start::clients][:LEASED_CHARTS], token)
            for start, token in enumerate(tokens[:clients])
        ]
        drive(door.port, [itertools.islice(each, 2 * LEASED_CHARTS) for each in around])
        rows[load.what, "leased", clients] = _timed(door, load.what, around, asked.seconds)
    return rows


def _around(load: Load, charts: Sequence[Chart], token: str) -> Iterator[bytes]:
    """Ask for one thing after the other, chart by chart, without end."""
    asks = [[request("GET", target, token) for target in load.targets(one)] for one in charts]
    rounds = [itertools.cycle(each) for each in asks]
    return (next(each) for each in itertools.cycle(rounds))


def _timed(
    door: Doors, what: str, clients: Sequence[Iterable[bytes]], seconds: float = 3_600.0, *,
    keep: bool = False,
) -> Row:  # fmt: skip
    before, start = door.work(), time.perf_counter()
    busy, mine = machine.busy_seconds(), time.process_time()
    heard = drive(door.port, clients, seconds, keep=keep)
    took, after = time.perf_counter() - start, door.work()
    work = {part: after[part] - before[part] for part in PARTS}
    ours = sum(work.values()) + time.process_time() - mine
    others = max(0.0, machine.busy_seconds() - busy - ours) / took
    if wrong := [each.status for each in heard if each.status >= 300]:
        raise SystemExit(f"{what}: {len(wrong)} of {len(heard)} answered {set(wrong)}")
    return Row(what, heard, took, work, others)


def _print(
    asked: argparse.Namespace, written: list[Row], rows: dict[tuple[str, str, int], Row],
    memory: float, disk: list[float],
) -> None:  # fmt: skip
    print("# fhir_door\n\n" + machine.header())
    print(f"\n{asked.charts} charts of up to {asked.entries:,} entries, {asked.workers} workers; "
          f"one fdatasync of this disk: {machine.milliseconds(disk)}")  # fmt: skip
    figures = []
    for row in written:
        resources = sum(each.body.count(b'"location"') for each in row.heard) / row.seconds
        what = f"transactions, {row.what} clients (peer: 74 /s)"
        figures.append(machine.at_least(what, resources, 2_000, "resources/s"))
    for load in LOADS:
        one, many = rows[load.what, "leased", 1], rows[load.what, "leased", CLIENTS]
        cold = rows[load.what, "cold", 1]
        figures.append(machine.at_most(f"{load.what}, cold, p50", cold.at(0.5), load.most, "ms"))
        figures.append(
            machine.at_most(
                f"{load.what}, leased, p50 (peer: {load.peer})", one.at(0.5), load.most, "ms", 2
            )
        )
        if load.least:
            what = f"{load.what}, leased, {CLIENTS} clients"
            figures.append(machine.at_least(what, many.rate, load.least, "/s"))
    figures.append(machine.Figure("serve's memory at the end", f"{memory:,.0f} MB"))
    machine.print_figures("The door", figures)
    names = {(f"transaction, {each.what}", "", int(each.what)): each for each in written} | rows
    heads = ["", "", "clients", "requests", "/s", "p50", "p99", *PARTS, "others"]
    cells = [
        [what, how, str(clients), str(len(row.heard)), f"{row.rate:,.1f}", f"{row.at(0.5):.2f}",
         f"{row.at(0.99):.2f}", *(f"{row.work[part] / len(row.heard) * 1e3:.2f}" for part in PARTS),
         f"{row.others:.1f}"]
        for (what, how, clients), row in names.items()
    ]  # fmt: skip
    machine.print_table(
        "Waiting and processor time a request, ms; cores busy with other things", heads, cells
    )


if __name__ == "__main__":
    main()

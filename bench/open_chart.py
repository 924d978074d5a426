"""How long does a chart of 1,000 entries take to open?

    python -m bench.open_chart [--entries 1000] [--charts 20] [--nurses 5]

Each opening is one `release`: sealed entries fetched, the line durable at the keyholder, every
entry opened and its envelope read. Cold: nobody has this chart open, so a new lease.
Within the lease: the same session again. The second kind of chart was written over years of
feeds, under a new section key for every two entries.
"""

import argparse
import datetime as dt
import statistics
import time
from collections.abc import Iterator
from typing import NamedTuple

from bench import machine
from bench.house import PARTS, BenchHouse, bench_house
from chartkeep.clinical.incoming import Item
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.release import Look, release
from chartkeep.custody.routing import route
from chartkeep.custody.shelf import Shelf
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.inventor.hospital import Hospital, invent_hospital
from chartkeep.model import ChartId, Purpose, Section

FLOOR = frozenset({Section.FACE, Section.CLINICAL, Section.RESULTS})
FEW, MANY = "few keys", "500 keys"


class Timed(NamedTuple):
    """One opening: seconds that passed, and seconds the desk's processor worked."""

    wall: float
    desk: float


class Seen(NamedTuple):
    """Openings of one kind of chart, and the keepers' processor time an opening."""

    cold: list[Timed]
    again: list[Timed]
    wraps: int
    cpu: dict[str, float]


def main() -> None:
    asked = _options()
    with bench_house(asked.nurses) as house:
        loader = house.join("loader")
        hospital = invent_hospital(11, 1_000, dt.date(2026, 1, 1), depth=20)
        site = parse_bundle(hospital.organization_bundle(), "site")
        for parcel in route(site, "bench", loader).parcels:
            deposit(parcel, loader)
        few = _write(hospital, range(asked.charts), asked.entries, asked.entries, loader)
        many = _write(hospital, range(500, 500 + asked.charts // 4), asked.entries, 2, loader)
        house.admit([*few, *many], loader)
        desk = house.join("desk")
        tokens = [house.login(nurse, desk) for nurse in range(asked.nurses)]
        seen = {FEW: _open(few, tokens, house, desk), MANY: _open(many, tokens, house, desk)}
        disk = machine.fdatasync(house.home.root)
    _print(asked, seen, disk)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--entries", type=int, default=1_000)
    parser.add_argument("--charts", type=int, default=20)
    parser.add_argument("--nurses", type=int, default=5)
    return parser.parse_args()


def _write(
    hospital: Hospital, patients: range, entries: int, at_once: int, loader: House
) -> list[ChartId]:
    """Deposit charts with this many entries on the care floor, so many under one key."""
    charts = []
    for patient in patients:
        machine.progress(f"open_chart: writing chart {patient}, {at_once} entries at once")
        parsed = parse_bundle(hospital.bundle(patient), "chart")
        whole = route(parsed, "bench", loader).parcels[-1]
        kept = _floor(whole, entries)
        for parcel in _cut(kept, at_once):
            loader._keys.clear()  # the lease ended: the next entries come under another key
            deposit(parcel, loader)
        charts.append(whole.chart)
    return charts


def _floor(whole: Parcel, entries: int) -> Parcel:
    """Keep the Patient and what a nurse opens, as many entries as asked, the face included."""
    kept = [at for at, item in enumerate(whole.items) if item.kind == "Patient"]
    count = 1
    for at, item in enumerate(whole.items):
        if item.section in FLOOR and count + _size(item) <= entries:
            kept.append(at)
            count += _size(item)
    kept[1:] = sorted(kept[1:], key=lambda at: whole.items[at].section)
    assert count == entries, f"the invented chart has {count} entries only"
    return whole._replace(
        items=[whole.items[at] for at in kept],
        ids=[whole.ids[at] for at in kept],
        links=[whole.links[at] for at in kept],
    )


def _size(item: Item) -> int:
    return 1 + (item.face is not None)


def _cut(whole: Parcel, at_once: int) -> Iterator[Parcel]:
    for start in range(0, len(whole.items), at_once):
        part = slice(start, start + at_once)
        yield whole._replace(
            items=whole.items[part], ids=whole.ids[part], links=whole.links[part], new=not start
        )


def _open(charts: list[ChartId], tokens: list[bytes], house: BenchHouse, desk: House) -> Seen:
    cold, again = [], []
    wraps = len(desk.store.read(charts[0], [int(s) for s in FLOOR]).wraps)
    before = house.cpu()
    for token in tokens:
        look = Look(token, FLOOR, Purpose.TREATMENT)
        for chart in charts:
            desk.shelf = Shelf()  # nobody has it open: not another nurse either
            cold.append(_timed(chart, look, desk))
            again.append(_timed(chart, look, desk))
    after, count = house.cpu(), len(cold) + len(again)
    return Seen(cold, again, wraps, {part: (after[part] - before[part]) / count for part in PARTS})


def _timed(chart: ChartId, look: Look, desk: House) -> Timed:
    start, mine = time.perf_counter(), time.process_time()
    opened = release(chart, look, desk)
    seconds = Timed(time.perf_counter() - start, time.process_time() - mine)
    assert len(opened.entries) > 100
    assert not opened.damaged
    return seconds


def _walls(openings: list[Timed]) -> list[float]:
    return [each.wall for each in openings]


def _print(asked: argparse.Namespace, seen: dict[str, Seen], disk: list[float]) -> None:
    few, many = seen[FEW], seen[MANY]
    print("# open_chart\n\n" + machine.header())
    print(f"\ncharts of {asked.entries:,} entries; one fdatasync of this disk: "
          f"{machine.milliseconds(disk)}")  # fmt: skip
    figures = [
        _row("cold, p50", few.cold, 0.5, 15),
        _row("cold, p99", few.cold, 0.99, 60),
        _row("within the lease, p50", few.again, 0.5, 8),
        _row("cold, 500 keys, p50", many.cold, 0.5, 25),
    ]
    for kind, look in seen.items():
        for what, openings in (("cold", look.cold), ("within the lease", look.again)):
            figures.append(
                machine.Figure(f"{kind}, {what}", machine.milliseconds(_walls(openings)))
            )
    machine.print_figures("Opening a chart", figures)
    rows = [
        [kind, str(look.wraps), _desk(look.cold), _desk(look.again),
         *(f"{look.cpu[part] * 1e3:.2f}" for part in PARTS)]
        for kind, look in seen.items()
    ]  # fmt: skip
    heads = ["", "wraps", "desk, cold", "desk, in lease", *PARTS]
    machine.print_table("Wraps a chart; processor time an opening, ms", heads, rows)


def _row(what: str, openings: list[Timed], share: float, most: float) -> machine.Figure:
    return machine.at_most(what, machine.quantile(_walls(openings), share) * 1e3, most, "ms")


def _desk(openings: list[Timed]) -> str:
    return f"{statistics.median(each.desk for each in openings) * 1e3:.2f}"


if __name__ == "__main__":
    main()

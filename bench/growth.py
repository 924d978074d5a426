"""Does an opening or a deposit cost more in a large house than in a small one?

    python -m bench.growth [--small 1000] [--charts 100000] [--rounds 5] [--each 100]

Two houses stand side by side and are measured in turns, so that whatever else the machine does
falls on both. Charts are light (about five resources). Each opening is of another chart drawn
from the whole house. A deposit brings four entries into a chart that was there, as a feed does;
a new patient's brings the chart, its faces and about 48 labels besides.
"""

import argparse
import datetime as dt
import statistics
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache
from multiprocessing import get_context
from pathlib import Path

import msgspec

from bench import machine
from bench.house import PARTS, BenchHouse, bench_house
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.release import Look, release
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.inventor.chance import chance_for
from chartkeep.inventor.hospital import Hospital, invent_hospital
from chartkeep.model import ChartId, Purpose, Section
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

MOST = 1_000_000
PAGE = 500
FLOOR = frozenset({Section.FACE, Section.CLINICAL, Section.RESULTS})
OPEN, DEPOSIT, ADMIT = "open", "deposit", "deposit a new patient"
SECOND = MOST // 2
"""Patients from here on only lend their entries to others' charts."""


class Measured:
    """One house's costs: wall seconds of each operation, processor seconds by process."""

    def __init__(self, house: BenchHouse, charts: int) -> None:
        self.house = house
        self.charts = charts
        self.drawn = chance_for(3, "drawn", charts).sample(range(charts), charts)
        self.next = charts
        self.loader = house.join("loader")
        self.desk = house.join("desk")
        self.look = Look(house.login(0, self.desk), FLOOR, Purpose.TREATMENT)
        self.walls: dict[str, list[float]] = defaultdict(list)
        self.cpu: dict[str, list[dict[str, float]]] = defaultdict(list)

    def draw(self, count: int) -> list[ChartId]:
        """Draw charts of the whole house, each once."""
        return [_chart_of(self.drawn.pop(), self.loader) for _ in range(count)]

    def opens(self, count: int) -> None:
        """Open charts for the first time."""
        charts = self.draw(count)
        self.house.admit(charts, self.loader)
        self._time(OPEN, [lambda c=chart: release(c, self.look, self.desk) for chart in charts])

    def deposits(self, count: int) -> None:
        """Deposit entries into charts that are there."""
        parcels = [self._more(chart, SECOND + self.next) for chart in self.draw(count)]
        self._time(DEPOSIT, [lambda p=parcel: deposit(p, self.loader) for parcel in parcels])

    def admits(self, count: int) -> None:
        """Deposit new charts, taken apart and routed before the clock starts."""
        parcels = [_patient_parcel(self.next + at, self.loader) for at in range(count)]
        self.next += count
        self._time(ADMIT, [lambda p=parcel: deposit(p, self.loader) for parcel in parcels])

    def _more(self, chart: ChartId, lender: int) -> Parcel:
        """Make a parcel of another patient's clinical entries for a chart that is there."""
        self.next += 1
        lent = _patient_parcel(lender, self.loader)
        kept = [at for at, item in enumerate(lent.items) if item.section is Section.CLINICAL]
        items = [msgspec.structs.replace(lent.items[at], face=None) for at in kept * 2]
        ids = [self.loader.entry_id("feed", f"{self.next}/{at}") for at in range(len(items))]
        items = [
            msgspec.structs.replace(item, key=f"{self.next}/{at}") for at, item in enumerate(items)
        ]
        return Parcel(chart, "feed", items, ids, [{}] * len(items))

    def _time(self, what: str, works: list) -> None:
        before, mine = self.house.cpu(), time.process_time()
        for work in works:
            start = time.perf_counter()
            work()
            self.walls[what].append(time.perf_counter() - start)
        mine, after = time.process_time() - mine, self.house.cpu()
        spent = {"caller": mine, **{part: after[part] - before[part] for part in PARTS}}
        self.cpu[what].append({part: each / len(works) for part, each in spent.items()})


def main() -> None:
    asked = _options()
    if asked.rounds * asked.each * 2 > asked.small:
        raise SystemExit("the small house has not that many charts to draw: give fewer rounds")
    with ExitStack() as stack:
        small, large = (stack.enter_context(bench_house()) for _ in range(2))
        _fill(small, asked.small)
        seconds = _fill(large, asked.charts)
        houses = [Measured(small, asked.small), Measured(large, asked.charts)]
        for at in range(asked.rounds):
            machine.progress(f"growth: round {at + 1} of {asked.rounds}")
            for house in houses if at % 2 else reversed(houses):
                for measure in (house.opens, house.deposits, house.admits):
                    measure(asked.each)
        memory = {part: machine.rss(large.pid(part)) for part in PARTS}
        size = sum(p.stat().st_size for p in large.home.root.rglob("*") if p.is_file()) / 1e6
    _print(asked, houses, memory, (size, seconds))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--charts", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--each", type=int, default=100, help="operations of a kind in a round")
    return parser.parse_args()


def _fill(house: BenchHouse, charts: int) -> float:
    """Load a house by two processes; gives the seconds it took."""
    loader = house.join("loader")
    site = parse_bundle(_hospital().organization_bundle(), "site")
    for parcel in route(site, "grow", loader).parcels:
        deposit(parcel, loader)
    start, done = time.perf_counter(), 0
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        pages = [range(at, min(at + PAGE, charts)) for at in range(0, charts, PAGE)]
        for count in pool.map(_fill_page, [house.home.root] * len(pages), pages):
            done += count
            if not done % 5_000:
                rate = done / (time.perf_counter() - start)
                machine.progress(f"growth: {done:,} of {charts:,} charts, {rate:,.0f}/s")
    return time.perf_counter() - start


def _fill_page(root: Path, page: range) -> int:
    loader = _loader(root)
    for at in page:
        deposit(_patient_parcel(at, loader), loader)
    return len(page)


@cache
def _loader(root: Path) -> House:
    return join(Home(root), "loader")


@cache
def _hospital() -> Hospital:
    return invent_hospital(5, MOST, dt.date(2026, 1, 1), depth=0)


def _patient_parcel(at: int, loader: House) -> Parcel:
    parsed = parse_bundle(_hospital().bundle(at), "light")
    routed = route(parsed, "grow", loader)
    assert not parsed.refusals
    assert not routed.refusals
    return routed.parcels[-1]


def _chart_of(at: int, loader: House) -> ChartId:
    return ChartId(loader.entry_id("grow", _hospital().patient(at).full_url))


def _print(
    asked: argparse.Namespace,
    houses: list[Measured],
    memory: dict[str, float],
    filled: tuple[float, float],
) -> None:
    size, seconds = filled
    print("# growth\n\n" + machine.header())
    print(f"\n{asked.charts:,} light charts written in {seconds:,.0f} s, {size:,.0f} MB on disk; "
          f"{asked.rounds} rounds of {asked.each} of each in each of the two houses, in "
          "turns")  # fmt: skip
    rows = []
    for what in (OPEN, DEPOSIT, ADMIT):
        walls = [statistics.median(house.walls[what]) for house in houses]
        rows.append(_row(f"{what}, wall p50, ms", [wall * 1e3 for wall in walls]))
        for part in ("caller", *PARTS[:2]):
            costs = [statistics.median(r[part] for r in house.cpu[what]) for house in houses]
            rows.append(_row(f"{what}, {part}, us", [cost * 1e6 for cost in costs], judged=False))
        sums = [statistics.median(sum(r.values()) for r in h.cpu[what]) for h in houses]
        rows.append(_row(f"{what}, all processors, us", [cost * 1e6 for cost in sums]))
    heads = ["what", *(f"{house.charts:,} charts" for house in houses), "more", "target", ""]
    machine.print_table("Cost by size of the house", heads, rows)
    machine.print_figures(
        f"Resident memory at {asked.charts:,} charts",
        [
            machine.at_most("keyholder", memory["keyholder"], 150, "MB", 0),
            machine.Figure("store", f"{memory['store']:,.0f} MB"),
            machine.Figure("witness", f"{memory['witness']:,.0f} MB"),
        ],
    )


def _row(what: str, costs: list[float], *, judged: bool = True) -> list[str]:
    small, large = costs
    more = (large / small - 1) * 100 if small else 0.0
    verdict = ["<= 10 %", "reached" if more <= 10 else "NOT REACHED"] if judged else ["", ""]
    return [what, f"{small:,.2f}", f"{large:,.2f}", f"{more:+.1f} %", *verdict]


if __name__ == "__main__":
    main()

"""What do fingerprints cost a feed, and what does the trace index cost with and without them?

    python -m bench.fingerprints [--charts 300] [--rounds 10] [--each 100]

A feed brings one result a deposit into charts that are there, in turns with fingerprints and
without; so do pictures come, one and ten at a time. Then the index is made twice of the same
charts: once of what deposits left, once of charts whose deposits left none, opened whole and given
theirs.
"""

import argparse
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from io import BytesIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.imaging import sets

from bench import machine
from bench.growth import _chart_of, _patient_parcel
from bench.house import PARTS, BenchHouse, bench_house
from bench.pictures import SENDER, SETS, _register
from chartkeep.clinical.incoming import Item
from chartkeep.clinical.issuers import Issuers
from chartkeep.clinical.ownership import Owner
from chartkeep.custody import deposit
from chartkeep.custody.deposit import Parcel
from chartkeep.custody.house import House
from chartkeep.custody.prints import prints_of
from chartkeep.fingerprint.sums import PixelSum
from chartkeep.imaging import arriving
from chartkeep.imaging.taking import Fate, File, Taker
from chartkeep.incident.trace.at_desk import IndexPlace, Warrant
from chartkeep.incident.trace.indexing import Job, bring_up
from chartkeep.keyholder import actions
from chartkeep.keyholder.roles import mask
from chartkeep.model import PRINTED_SECTIONS, ChartId, Purpose, Section
from chartkeep.wiring.founding import newcomer
from chartkeep.wiring.running import now

SECRET = b"the index of a bench, of 32 byte"
WAYS = {"with": prints_of, "without": lambda *_: []}
HOUR = 3_600_000
ROUNDS = 10
"""Of pictures, in turns."""


def main() -> None:
    asked = _options()
    with bench_house(others=[newcomer("gita", "privacy officer")]) as house, \
            TemporaryDirectory() as folder:  # fmt: skip
        loader = house.join("loader")
        charts = {
            way: _fill(loader, way, range(at * asked.charts, (at + 1) * asked.charts))
            for at, way in enumerate(WAYS)
        }
        costs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for turn in range(asked.rounds):
            machine.progress(f"fingerprints: round {turn + 1} of {asked.rounds}")
            for way in list(WAYS) if turn % 2 else reversed(WAYS):
                costs[way].append(_feed(house, loader, charts[way], way, turn, asked.each))
        pictures = [
            [f"{name}, {together} at a time", *_pictures(house, name, made, together, asked.each)]
            for name in SETS
            for made in (SETS[name](4 * ROUNDS * _count(name, asked.each), 30),)
            for together in (1, 10)
        ]
        built = _index(house, loader, Path(folder), asked.charts)
    _print(asked, costs, built)
    heads = ["", "without", "with", "ratio", "bytes more"]
    machine.print_table("A picture: ms of all processors, bytes of entries", heads, pictures)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--charts", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--each", type=int, default=100, help="results in a round")
    return parser.parse_args()


def _fill(loader: House, way: str, numbers: range) -> list[ChartId]:
    deposit.prints_of = WAYS[way]
    for at in numbers:
        deposit.deposit(_patient_parcel(at, loader), loader)
    return [_chart_of(at, loader) for at in numbers]


def _feed(
    house: BenchHouse, loader: House, charts: Sequence[ChartId], way: str, turn: int, each: int
) -> dict[str, float]:
    deposit.prints_of = WAYS[way]
    parcels = [_result(charts[at % len(charts)], turn, at, loader) for at in range(each)]
    for chart in charts[:each]:
        loader.write_keys(chart, [Section.RESULTS, Section.FINGERPRINTS])
    size = loader.store.status().bytes
    spent = _cpu(house, lambda: [deposit.deposit(parcel, loader) for parcel in parcels])
    spent = {part: seconds / each * 1e6 for part, seconds in spent.items()}
    return {**spent, "bytes": (loader.store.status().bytes - size) / each}


class _Deaf(PixelSum):
    """Sums nothing up."""

    def take(self, piece: bytes | memoryview) -> None:
        """Let it pass."""


def _count(name: str, each: int) -> int:
    return 10 if name.startswith("X") else each


def _pictures(
    house: BenchHouse, name: str, made: Iterator[sets.Picture], together: int, each: int
) -> list[str]:
    """Take pictures in turns, with fingerprints and as if there were none."""
    count = _count(name, each)
    spent: dict[str, list[float]] = {way: [] for way in WAYS}
    sizes: dict[str, list[float]] = {way: [] for way in WAYS}
    loader = house.join("loader")
    taker = Taker(house.join("intake"), Issuers({sets.ISSUER: sets.MRN}))
    for turn in range(ROUNDS):
        machine.progress(f"fingerprints: {name}, {together} at a time, round {turn + 1}")
        for way in list(WAYS) if turn % 2 else reversed(WAYS):
            mine = list(islice(made, count))
            deposit.prints_of = WAYS["without"]
            _register(mine, loader)
            deposit.prints_of = WAYS[way]
            arriving.PixelSum = PixelSum if way == "with" else _Deaf
            size = loader.store.status().bytes
            cost = _cpu(house, lambda mine=mine: _send(mine, together, taker))
            spent[way].append(sum(cost.values()) / count * 1e3)
            sizes[way].append((loader.store.status().bytes - size) / count)
    arriving.PixelSum = PixelSum
    before, after = (statistics.median(spent[way]) for way in ("without", "with"))
    more = statistics.median(sizes["with"]) - statistics.median(sizes["without"])
    return [f"{before:.2f}", f"{after:.2f}", f"{after / before:.3f}", f"{more:,.0f}"]


def _send(made: list[sets.Picture], together: int, taker: Taker) -> None:
    pictures = iter(made)
    while group := list(islice(pictures, together)):
        outcomes = taker.take((File(BytesIO(one.data)) for one in group), SENDER)
        assert {one.fate for one in outcomes} == {Fate.STORED}


def _result(chart: ChartId, turn: int, at: int, loader: House) -> Parcel:
    key = f"{chart.hex()}/{turn}/{at}"
    raw = (
        b'{"resourceType":"Observation","status":"final","code":{"coding":[{"system":'
        b'"http://loinc.org","code":"2345-7"}]},"effectiveDateTime":"2026-05-01T08:%02d:00+09:00",'
        b'"valueQuantity":{"value":%d.5,"unit":"mg/dL"}}' % (at % 60, at)
    )
    item = Item(
        key, "Observation", raw, Owner(), Section.RESULTS, {}, (), frozenset(), None, "a bench"
    )
    return Parcel(chart, "feed", [item], [loader.entry_id("feed", key)], [{}])


def _cpu(house: BenchHouse, work: Callable[[], object]) -> dict[str, float]:
    before, mine = house.cpu(), time.process_time()
    work()
    mine, after = time.process_time() - mine, house.cpu()
    return {"caller": mine, **{part: after[part] - before[part] for part in PARTS}}


def _index(house: BenchHouse, loader: House, folder: Path, charts: int) -> dict[str, float]:
    """Make the index of all charts; one half of them is opened whole. Microseconds a chart."""
    desk, writer = house.join("desk"), house.join("incident")
    tokens = [house.login(at, desk) for at in range(len(house.people))]
    wanted = actions.Grant(
        house.people[0].name, 10 * charts, mask(*PRINTED_SECTIONS, Section.FINGERPRINTS),
        now() + HOUR, Purpose.AUDIT,
    )  # fmt: skip
    grant = desk.keyholder.act(tokens[1], wanted).proposal
    desk.keyholder.approve(tokens[2], grant)
    costs = {}
    for name in ("first run, half of them whole", "another desk, none whole"):
        place = IndexPlace(folder / name, SECRET, loader.digest_key(), SECRET)
        job = Job(Warrant(tokens[0], grant, desk), place, writer)
        costs[name] = sum(_cpu(house, lambda job=job: bring_up(job)).values()) / charts / 2 * 1e6
    return costs


def _print(
    asked: argparse.Namespace,
    costs: dict[str, list[dict[str, float]]],
    built: dict[str, float],
) -> None:
    print("# fingerprints\n\n" + machine.header())
    print(f"\na result a deposit, {asked.rounds} rounds of {asked.each} in turns; "
          f"{2 * asked.charts:,} light charts indexed")  # fmt: skip
    middle = {
        way: {part: statistics.median(each[part] for each in rounds) for part in rounds[0]}
        for way, rounds in costs.items()
    }
    rows = [
        [part, *(f"{middle[way][part]:,.0f}" for way in WAYS),
         f"{middle['with'][part] - middle['without'][part]:+,.0f}"]
        for part in middle["with"]
    ]  # fmt: skip
    machine.print_table(
        "A deposit of one result: us of processor, bytes of entries",
        ["", *WAYS, "more"], rows,
    )  # fmt: skip
    machine.print_table(
        "The index, us of all processors a chart", ["", "us"],
        [[name, f"{cost:,.0f}"] for name, cost in built.items()],
    )  # fmt: skip


if __name__ == "__main__":
    main()

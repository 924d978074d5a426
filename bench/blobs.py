"""What does a blob cost, in and out, and does memory stay flat while a long one passes?

    python -m bench.blobs [--count 400] [--gigabytes 2]

Small blobs go in one deposit each, beside their entry, as an image of a feed does, and come out
one by one and fifty at a time under one lease. The long one is made as it is read, hashed as it
comes back, and held by nobody: what grows is a leak. Processor time is desk's and store's.
"""

import argparse
import os
import time
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO, NamedTuple, cast

import orjson

from bench import machine
from bench.house import BenchHouse, bench_house
from chartkeep.clinical.incoming import Bulk, Item
from chartkeep.clinical.ownership import Owner
from chartkeep.custody.blobs import Range, read_blob, read_blobs, stream_blob
from chartkeep.custody.charts import Charts, Held
from chartkeep.custody.deposit import Parcel, deposit
from chartkeep.custody.house import House
from chartkeep.custody.release import Look
from chartkeep.custody.routing import route
from chartkeep.custody.sending import SentBlob, send_blob
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.model import ChartId, Purpose, Section
from chartkeep.wiring.memory import keep_blocks

SIZES = {"S, 39 KB": 39_000, "L, 526 KB": 526_000, "7.2 MB": 7_200_000}
MOST_GROWTH = 64
"""MB a process may grow by while the long blob passes: a few pieces, and what python keeps."""


class Spent(NamedTuple):
    """Processor time and time that passed, in milliseconds, each of one blob."""

    desk: float
    store: float
    wall: float

    def cells(self) -> list[str]:
        total = self.desk + self.store
        return [f"{value:.2f}" for value in (self.desk, self.store, total, self.wall)]


class Source:
    """As many bytes as asked for, made as they are read."""

    def __init__(self, size: int) -> None:
        self._left = size
        self._block = os.urandom(1 << 20)

    def read(self, most: int) -> bytes:
        piece = self._block[: min(most, self._left)]
        self._left -= len(piece)
        return piece


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=400)
    parser.add_argument("--gigabytes", type=float, default=2)
    asked = parser.parse_args()
    keep_blocks()  # as a worker does
    with bench_house() as house:
        loader = house.join("loader")
        chart = _patient(loader)
        house.admit([chart], loader)
        written = {name: _write(name, asked.count, chart, loader, house) for name in SIZES}
        long = _long(int(asked.gigabytes * 1e9), chart, loader, house)
        desk = house.join("desk")
        look = Look(house.login(0, desk), frozenset({Section.IMAGING}), Purpose.TREATMENT)
        (held,) = Charts(desk).look(chart, look)
        by_key = {entry.envelope.key: entry for entry in held.entries.values()}
        read = {name: _read(name, asked.count, held, by_key, desk, house) for name in SIZES}
        back = _long_back(held, by_key["long"], desk, house)
        disk = machine.fdatasync(house.home.root)
    print("# blobs\n\n" + machine.header())
    print(f"\n{asked.count} blobs of each size, a long one of {asked.gigabytes:g} GB; "
          f"one fdatasync of this disk: {machine.milliseconds(disk)}")  # fmt: skip
    small, large = written["S, 39 KB"], read["L, 526 KB"][0]
    figures = [
        machine.at_most("deposit of 39 KB, desk and store", small.desk + small.store, 2, "ms"),
        machine.at_most("reading 526 KB, desk and store", large.desk + large.store, 3, "ms"),
        *long,
        *back,
    ]
    machine.print_figures("Blobs", figures)
    rows = [[f"{name}, deposited", *written[name].cells()] for name in SIZES]
    for name, (alone, many) in read.items():
        rows += [[f"{name}, read", *alone.cells()], [f"{name}, 50 at a time", *many.cells()]]
    machine.print_table("A blob, ms", ["", "desk", "store", "together", "passed"], rows)


def _patient(loader: House) -> ChartId:
    entry = {
        "resource": {"resourceType": "Patient", "id": "p", "name": [{"family": "Bench"}]},
        "request": {"method": "PUT", "url": "Patient/p"},
    }
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    (parcel,) = route(parse_bundle(orjson.dumps(bundle), "bench"), "bench", loader).parcels
    deposit(parcel, loader)
    return parcel.chart


def _item(key: str, digest: bytes, bulk: Bulk | None = None) -> Item:
    """What an instance's manifest would be, about as long."""
    raw = orjson.dumps({"sha256": digest.hex(), "told": "x" * 2_000})
    return Item(
        key, "DicomInstance", raw, Owner(), Section.IMAGING, {}, (), frozenset(), None, "bench",
        blob=bulk,
    )  # fmt: skip


def _deposit(chart: ChartId, item: Item, loader: House, sent: SentBlob | None = None) -> None:
    by_key = {item.key: sent} if sent else {}
    ids = [loader.entry_id("bench", item.key)]
    deposit(Parcel(chart, "bench", [item], ids, [{}], sent=by_key), loader)


def _spent(count: int, house: BenchHouse, act: Callable[[], object]) -> Spent:
    store, desk, wall = house.cpu()["store"], time.process_time(), time.perf_counter()
    act()
    took = time.process_time() - desk, house.cpu()["store"] - store, time.perf_counter() - wall
    return Spent(*(seconds / count * 1e3 for seconds in took))


def _write(name: str, count: int, chart: ChartId, loader: House, house: BenchHouse) -> Spent:
    size, count = SIZES[name], _few(name, count)
    base = os.urandom(size - 8)

    def bulk(number: int) -> Bulk:
        content = base + number.to_bytes(8, "big")
        return Bulk(size, lambda: BytesIO(content))

    items = [_item(f"{name} {n}", n.to_bytes(32, "big"), bulk(n)) for n in range(count)]
    machine.progress(f"blobs: writing {count} of {name}")
    return _spent(count, house, lambda: [_deposit(chart, item, loader) for item in items])


def _read(
    name: str,
    count: int,
    held: Held,
    by_key: dict[str, OpenedEntry],
    desk: House,
    house: BenchHouse,
) -> tuple[Spent, Spent]:
    count = _few(name, count)
    mine = [by_key[f"{name} {n}"] for n in range(count)]
    machine.progress(f"blobs: reading {count} of {name}")
    alone = _spent(count, house, lambda: [read_blob(held, entry, desk) for entry in mine])

    def together() -> None:
        for at in range(0, count, 50):
            read_blobs(held, [Range(entry) for entry in mine[at : at + 50]], desk)

    return alone, _spent(count, house, together)


def _few(name: str, count: int) -> int:
    return max(1, count // 10) if SIZES[name] > 1 << 20 else count


def _long(size: int, chart: ChartId, loader: House, house: BenchHouse) -> list[machine.Figure]:
    machine.progress(f"blobs: a long one of {size / 1e9:g} GB goes in")
    before, start = _memory(house), time.perf_counter()
    source = cast("BinaryIO", Source(size))
    sent = send_blob(source, chart, Section.IMAGING, loader)
    assert sent.size == size
    _deposit(chart, _item("long", sent.digest), loader, sent)
    return _flat("in", size, time.perf_counter() - start, before, house)


def _long_back(
    held: Held, entry: OpenedEntry, desk: House, house: BenchHouse
) -> list[machine.Figure]:
    machine.progress("blobs: the long one comes out")
    before, start, digest, size = _memory(house), time.perf_counter(), sha256(), 0
    for piece in stream_blob(entry, lambda: held, desk):
        digest.update(piece)
        size += len(piece)
    assert orjson.loads(entry.raw)["sha256"] == digest.hexdigest()
    return _flat("out", size, time.perf_counter() - start, before, house)


def _memory(house: BenchHouse) -> dict[str, float]:
    """Give what each has now; from here on its peak is what it had since."""
    for pid in _pids(house).values():
        machine.forget_peak(pid)
    return {part: machine.rss(pid) for part, pid in _pids(house).items()}


def _pids(house: BenchHouse) -> dict[str, int]:
    return {"desk": os.getpid(), "store": house.pid("store")}


def _flat(
    way: str, size: int, seconds: float, before: dict[str, float], house: BenchHouse
) -> list[machine.Figure]:
    after = {part: machine.rss(pid, peak=True) for part, pid in _pids(house).items()}
    rate = machine.Figure(f"the long one, {way}", f"{size / seconds / 1e6:.0f} MB/s")
    grown = [
        machine.at_most(
            f"{part}: peak memory {after[part]:.0f} MB, grown on the way {way}",
            after[part] - before[part], MOST_GROWTH, "MB",
        )
        for part in after
    ]  # fmt: skip
    return [rate, *grown]


if __name__ == "__main__":
    main()

"""What does a picture cost on its way in, and what does its DICOM JSON cost?

    python -m bench.pictures [--count 300]

The same sets as bench.dicomweb sends, handed to the Taker itself: no HTTP, no association. Each is
read, placed, described, sealed, deposited, and durable before the next; keyholder and store are
processes of their own. Metadata are compared with pydicom's, and with what reading them costs.
"""

import argparse
import time
from collections.abc import Callable, Iterator
from io import BytesIO
from itertools import islice
from typing import Any

import orjson
import pydicom
from tests.imaging import sets

from bench import machine
from bench.house import BenchHouse, bench_house
from chartkeep.clinical.issuers import Issuers
from chartkeep.custody.deposit import deposit
from chartkeep.custody.house import House
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.imaging.cutter import read_head
from chartkeep.imaging.dicom_json import encode_head
from chartkeep.imaging.facts import read_facts, read_subject
from chartkeep.imaging.taking import Fate, File, Sender, Taker

SETS: dict[str, Callable[[int, int], Iterator[sets.Picture]]] = {
    "S, CT of 39 KB": sets.small, "L, CT of 526 KB": sets.large, "X, CR of 7.2 MB": sets.huge,
}  # fmt: skip
SENDER = Sender("bench", sets.MRN)
ORTHANC_STOW, ORTHANC_JSON = 5.5, 1.5
"""Milliseconds of processor time of Debian's Orthanc for one of S, measured on this machine."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=300)
    asked = parser.parse_args()
    rows, metadata = [], []
    with bench_house() as house:
        loader = house.join("loader")
        taker = Taker(house.join("intake"), Issuers({sets.ISSUER: sets.MRN}))
        for name, make in SETS.items():
            count = asked.count // 10 if name.startswith("X") else asked.count
            for together in (1, 10):
                made = list(make(2 * count, 30))[(together > 1) * count :][:count]
                _register(made, loader)
                rows.append([f"{name}, {together} at a time", *_take(made, together, taker, house)])
            metadata.append([name, *_metadata(next(make(1, 1)).data)])
    print("# pictures\n\n" + machine.header() + "\n")
    total, told = float(rows[0][-2]), float(metadata[0][2])
    figures = [
        machine.at_most(
            "taking one of S, desk, keyholder and store", total, ORTHANC_STOW / 1.5, "ms"
        ),
        machine.at_most("DICOM JSON of one of S", told, ORTHANC_JSON / 3, "ms", 2),
    ]
    machine.print_figures("Pictures", figures)
    heads = ["", "desk", "keyholder", "store", "together", "passed"]
    machine.print_table("Processor time of a picture, ms", heads, rows)
    heads = ["", "read the head", "make the JSON", "pydicom does both"]
    machine.print_table("Processor time of metadata, ms", heads, metadata)


def _register(made: list[sets.Picture], loader: House) -> None:
    """Make the house know the patients."""
    people = dict.fromkeys(each.person for each in made)
    entries = [
        {"resource": each.resource() | {"id": each.number},
         "request": {"method": "PUT", "url": f"Patient/{each.number}"}}
        for each in people
    ]  # fmt: skip
    raw = orjson.dumps({"resourceType": "Bundle", "type": "batch", "entry": entries})
    for parcel in route(parse_bundle(raw, "bench"), "bench", loader).parcels:
        deposit(parcel, loader)


def _take(made: list[sets.Picture], together: int, taker: Taker, house: BenchHouse) -> list[str]:
    machine.progress(f"pictures: {len(made)} of {len(made[0].data)} bytes, {together} at a time")
    before, desk, wall = house.cpu(), time.process_time(), time.perf_counter()
    pictures = iter(made)
    while group := list(islice(pictures, together)):
        outcomes = list(taker.take((File(BytesIO(each.data)) for each in group), SENDER))
        assert {each.fate for each in outcomes} == {Fate.STORED}, outcomes
    spent = [time.process_time() - desk]
    spent += [house.cpu()[part] - before[part] for part in ("keyholder", "store")]
    spent += [sum(spent), time.perf_counter() - wall]
    return [f"{each / len(made) * 1e3:.2f}" for each in spent]


def _metadata(data: bytes) -> list[str]:
    head = read_head(data)

    def facts() -> None:
        again = read_head(data)
        read_facts(again)
        read_subject(again)

    def theirs() -> Any:
        dataset = pydicom.dcmread(BytesIO(data), stop_before_pixels=True)
        return orjson.dumps(dataset.to_json_dict(1_024, lambda _: "uri"))

    def ours() -> bytes:
        return orjson.dumps(encode_head(head.data, head.encoding, "http://h/bulkdata"))

    return [f"{_best(act):.2f}" for act in (facts, ours, theirs)]


def _best(act: Callable[[], object]) -> float:
    """Give the least processor time of an act, in milliseconds: others are at work here too."""
    times = []
    for _ in range(15):
        start = time.process_time()
        for _ in range(10):
            act()
        times.append((time.process_time() - start) * 100)
    return min(times)


if __name__ == "__main__":
    main()

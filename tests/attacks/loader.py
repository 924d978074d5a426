"""A loader that says on its standard output what was acknowledged: `HOME FOLDER`.

A line is `chart entry`, in hex, written only after `deposit` gave its receipt. After each patient
comes an image: a small one beside its entry, or a long one that is sent before it.
"""

import sys
from hashlib import sha256
from io import BytesIO
from pathlib import Path

from chartkeep.clinical.incoming import Bulk, Item
from chartkeep.clinical.ownership import Owner
from chartkeep.custody.deposit import Parcel, Receipt, deposit
from chartkeep.custody.house import House
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.model import ChartId, Section
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.loading import bundle_files
from tests.attacks.house import SOURCE


def main() -> None:
    root, folder = map(Path, sys.argv[1:3])
    house = join(Home(root), "loader")
    for path in bundle_files(folder):
        parsed = parse_bundle(path.read_bytes(), path.name)
        for parcel in route(parsed, SOURCE, house).parcels:
            say(parcel.chart, deposit(parcel, house))
            if parcel.chart != house.chart:
                say(parcel.chart, deposit_image(parcel.chart, house))


def say(chart: ChartId, receipt: Receipt) -> None:
    for taken in receipt.taken:
        print(chart.hex(), taken.entry.hex(), flush=True)


def deposit_image(chart: ChartId, house: House) -> Receipt:
    """Deposit a chart's image; what its entry says is the SHA-256 of its bytes."""
    content = sha256(chart).digest() * (100_000 if chart[0] % 4 == 0 else 1_200)
    bulk = Bulk(len(content), lambda: BytesIO(content))
    item = Item(
        "image", "DicomInstance", sha256(content).digest(), Owner(), Section.IMAGING, {}, (),
        frozenset(), None, "", blob=bulk,
    )  # fmt: skip
    ids = [house.entry_id(chart.hex(), item.key)]
    return deposit(Parcel(chart, "images", [item], ids, [{}]), house)


if __name__ == "__main__":
    main()

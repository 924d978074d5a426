"""A loader that says on its standard output what was acknowledged: `HOME FOLDER`.

A line is `chart entry`, in hex, written only after `deposit` gave its receipt.
"""

import sys
from pathlib import Path

from chartkeep.custody.deposit import deposit
from chartkeep.custody.routing import route
from chartkeep.fhir.bundle import parse_bundle
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
            for taken in deposit(parcel, house).taken:
                print(parcel.chart.hex(), taken.entry.hex(), flush=True)


if __name__ == "__main__":
    main()

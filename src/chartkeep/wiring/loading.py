"""`load`: a folder of FHIR bundles through the road in, by several processes of one instance.

Each file stands for itself and so does each entry: what is wrong is named by file, entry and
element, the rest goes on, and a second run takes only what is missing.
"""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from chartkeep.clinical.incoming import Refusal
from chartkeep.custody.deposit import deposit
from chartkeep.custody.house import House
from chartkeep.custody.routing import Routed, route
from chartkeep.errors import RefusedError
from chartkeep.fhir.bundle import parse_bundle
from chartkeep.model import ChartId
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join

LARGEST_FILE = 128 << 20


class Loaded(NamedTuple):
    """What became of one file: `charts` are those of its Patients."""

    path: Path
    new: int
    before: int
    refusals: list[Refusal]
    charts: list[ChartId]


def bundle_files(folder: Path) -> list[Path]:
    """List the bundles in a folder, or the one file. Raises RefusedError when there is none."""
    found = [folder] if folder.is_file() else sorted(
        path
        for path in folder.rglob("*")
        if path.name.endswith((".json", ".json.gz")) and (path.is_file() or path.is_symlink())
    )  # fmt: skip
    if not found:
        raise RefusedError(f"no .json or .json.gz files in {folder}", hint="name another folder")
    return found


def load(home: Home, paths: list[Path], source: str, processes: int = 2) -> Iterator[Loaded]:
    """Deposit files; gives each one's outcome as it is done."""
    if processes == 1 or len(paths) == 1:
        house = join(home, "loader")
        yield from (load_file(path, source, house) for path in paths)
        return
    with ProcessPoolExecutor(processes, get_context("spawn")) as pool:
        waiting = [pool.submit(_load_in_process, home.root, path, source) for path in paths]
        yield from (done.result() for done in as_completed(waiting))


def load_file(path: Path, source: str, house: House) -> Loaded:
    """Deposit one file. Raises UnavailableError when a keeper does not answer."""
    try:
        raw = _read(path)
    except (OSError, RefusedError) as error:
        return Loaded(path, 0, 0, [Refusal("", "Bundle", "", str(error))], [])
    parsed = parse_bundle(raw, path.name)
    return deposit_routed(path, route(parsed, source, house), parsed.refusals, house)


def deposit_routed(path: Path, routed: Routed, refusals: list[Refusal], house: House) -> Loaded:
    """Deposit a file's parcels, the facility's first."""
    counts: Counter[bool] = Counter()
    refused = [*refusals, *routed.refusals]
    charts = []
    for parcel in routed.parcels:
        try:
            receipt = deposit(parcel, house)
        except RefusedError as error:
            refused += [Refusal(i.where, i.kind, "", str(error), error.hint) for i in parcel.items]
            continue
        counts.update(taken.before for taken in receipt.taken)
        if parcel.new:
            charts.append(parcel.chart)
    return Loaded(path, counts[False], counts[True], refused, charts)


def _read(path: Path) -> bytes:
    if path.stat().st_size > LARGEST_FILE:
        raise RefusedError(f"the file is over {LARGEST_FILE >> 20} MiB", hint="split it")
    return path.read_bytes()


@cache
def _house(root: Path) -> House:
    return join(Home(root), "loader")


def _load_in_process(root: Path, path: Path, source: str) -> Loaded:
    return load_file(path, source, _house(root))

"""Files that were taken: which charts lie in each, as sealed bytes or worse; what nobody can say.

A file is known by its name in a list (as `sha256sum` writes one, or names alone) and, where it can
still be read, by its first bytes. A part of a vault is looked up in the store's headers, a blob in
its own. What is not known is said, never left out: it is a hole in the evidence.
"""

import re
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.custody.house import House
from chartkeep.errors import BadInputError, DamagedError
from chartkeep.incident.estimate.suspect import Kind
from chartkeep.incident.sweep.walking import Shut, walk
from chartkeep.model import CHART_SECTIONS
from chartkeep.sealing.blob import read_blob_header
from chartkeep.sealing.entry import read_cut_header

PAGE: Final = 2_000
MOST_FILES: Final = 1_000_000
HEAD: Final = 128
_SUMMED = re.compile(r"(?:([0-9a-fA-F]{64}) [ *])?(.+)").fullmatch
_SEGMENT = re.compile(r"(?:.*/)?records/[0-9a-f]{12}/([0-9a-f]{16})-([0-9a-f]{16})-[0-9a-f]{64}")
_BLOB = re.compile(r"(?:.*/)?blobs/[0-9a-f]{2}/([0-9a-f]{32})/([0-9a-f]{32})")
_EMPTY = re.compile(r"(?:.*/)?(?:heads/.+|kit/.+|reports/.+|releases/.+|house\.json|peers\.json)")
"""Files of a house or a vault that name no patient and open nothing."""
_WHOLE: Final = {"store.db": Kind.STORE, "store.db-wal": Kind.STORE, "interim.db": Kind.STORE,
                 "keyholder.db": Kind.KEYHOLDER, "keyholder.db-wal": Kind.KEYHOLDER,
                 "kek.json": Kind.KEYHOLDER}  # fmt: skip
"""Files that are all of a keeper."""
ANY: Final = sum(1 << section for section in CHART_SECTIONS)
"""Which section a blob lies in stands in its first bytes; without them it may be any."""


class Taken(NamedTuple):
    """A file: its name, its first bytes where somebody has it."""

    name: str
    head: bytes = b""


class Holding(NamedTuple):
    """What a file holds: charts and sections as bits; or a keeper as a whole; or nobody knows."""

    name: str
    charts: dict[bytes, int]
    whole: Kind | None = None
    unknown: str = ""


def read_list(path: Path) -> Iterator[Taken]:
    """Read a list of files, a name a line, behind its SHA-256 or alone."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            text = line.decode("utf-8", "replace").strip()
            found = _SUMMED(text) if text and not text.startswith("#") else None
            if found:
                yield Taken(found[2])
            if number > MOST_FILES:
                raise BadInputError(f"more than {MOST_FILES:,} files", hint="cut the list")


def read_folder(folder: Path) -> Iterator[Taken]:
    """Look at files that were found again: their names and first bytes; no link is followed."""
    for each in walk([folder]):
        if isinstance(each, Shut):
            yield Taken(str(each.path))
            continue
        with each.path.open("rb") as file:
            yield Taken(str(each.path), file.read(HEAD))


def look_up(files: Iterable[Taken], house: House) -> Iterator[Holding]:
    """Say of each file what it holds."""
    for taken in files:
        yield _look_up(taken, house)


def _look_up(taken: Taken, house: House) -> Holding:
    name = taken.name.replace("\\", "/")
    segment, blob = _SEGMENT.fullmatch(name), _BLOB.fullmatch(name)
    whole = _WHOLE.get(name.rpartition("/")[2])
    if taken.head[:4] == b"CKB1":
        return _of_blob(taken, house)
    if taken.head[:5] == b"CKG1\x01":
        first, end = (int.from_bytes(taken.head[at : at + 8], "big") for at in (8, 16))
        return _of_segment(taken.name, first, end, house)
    if segment:
        return _of_segment(taken.name, int(segment[1], 16), int(segment[2], 16), house)
    charts = {bytes.fromhex(blob[1]): ANY} if blob else {}
    is_known = blob or whole is not None or _EMPTY.fullmatch(name)
    unknown = "" if is_known else "it is no file of this house's: sweep it"
    return Holding(taken.name, charts, whole, unknown)


def _of_blob(taken: Taken, house: House) -> Holding:
    try:
        head = read_blob_header(BytesIO(taken.head))
    except DamagedError:
        return Holding(taken.name, {}, unknown="it is a sealed blob cut short")
    if head.facility != house.facility:
        return Holding(taken.name, {}, unknown="it is another facility's")
    return Holding(taken.name, {head.chart: 1 << head.section})


def _of_segment(name: str, first: int, end: int, house: House) -> Holding:
    """Find whose entries lie in a run of lines, by the headers the store still has."""
    if not 0 <= first < end <= house.store.status().size:
        return Holding(name, {}, unknown="its lines are not in this house's ledger")
    charts: dict[bytes, int] = {}
    at = first
    while at < end and (page := house.store.headers(b"", at, PAGE)):
        for index, raw in page:
            if index >= end:
                return Holding(name, charts)
            header = read_cut_header(raw)
            charts[header.chart] = charts.get(header.chart, 0) | 1 << header.section
        at = page[-1][0] + 1
    return Holding(name, charts)

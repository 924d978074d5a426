"""How long is a house without its charts, and how fast do they come back?

    python -m bench.restore [--charts 1500] [--entries 100] [--gigabytes 2] [--folder /tmp]

A vault is filled with sealed entries and long sealed blobs as `chartkeep vault` keeps them: small
segments, then merged by sixteen. The store is restored from it: until 1,000 inpatients' charts
are readable, then whole. Beside it in the same run: the same bytes written to the same disk in
4 MiB pieces and synced, and restored by restic from a repository on the same disk (no compression:
sealed bytes do not compress). Nothing is served meanwhile and no witness is asked.
"""

import argparse
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from itertools import islice
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

from bench import machine
from chartkeep.ledger.checkpoint import Checkpoint, sign_checkpoint
from chartkeep.ledger.hashing import hash_leaf
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.ledger.proofs import Frontier
from chartkeep.model import ChartId, EntryId, FacilityId, InstanceId, KeyId, Millis, Section
from chartkeep.recovery.archive import blob_name, segment_names
from chartkeep.recovery.folder import FolderPlace
from chartkeep.recovery.merging import merge
from chartkeep.recovery.restoring import House, StoreRestore
from chartkeep.recovery.segment import Ledger, Taken, build
from chartkeep.recovery.shelf import FolderShelf
from chartkeep.sealing.blob import BlobHeader
from chartkeep.sealing.entry import EntryHeader, seal_entry
from chartkeep.sealing.keys import ChartKey, SectionKey
from chartkeep.sealing.signing import SigningKey
from chartkeep.sealing.wrap import WrapHeader, wrap_section_key
from chartkeep.store.records import CONTENT_BYTES, RecordType, blob_words, line_of

FACILITY = FacilityId(b"F" * 16)
ORIGIN = "chartkeep.example/bench/records"
KEY = SigningKey.from_seed(b"k" * 32)
LOG = VerifierKey(ORIGIN, LOG_KEY, KEY.public)
NOW = Millis(1_800_000_000_000)
WRITER = InstanceId(b"w" * 16)
BLOB = 4 << 20
PIECE = 4 << 20
PULLED = 4_096
INPATIENTS = 1_000


class Times(NamedTuple):
    """Seconds of the clock and of the processor."""

    wall: float
    cpu: float


def clocks() -> Times:
    return Times(time.perf_counter(), time.process_time())


def since(began: Times) -> Times:
    now = clocks()
    return Times(now.wall - began.wall, now.cpu - began.cpu)


def lines(charts: int, entries: int, blobs: int, place: FolderPlace) -> Iterator[Taken]:
    """Invent a ledger as a hospital's day makes it: charts in turns, a blob now and then."""
    keys = [_chart(number) for number in range(charts)]
    for chart, _, wrap in keys:
        yield _taken(chart, RecordType.WRAP, wrap)
    every = max(1, charts * entries // max(1, blobs))
    number = 0
    for _ in range(entries):
        for chart, key, _ in keys:
            yield _taken(chart, RecordType.ENTRY, _entry(chart, key))
            number += 1
            if blobs and number % every == 0:
                yield _blob(chart, key, place)


def _chart(number: int) -> tuple[ChartId, SectionKey, bytes]:
    chart = ChartId(sha256(b"chart %d" % number).digest()[:16])
    key = SectionKey(KeyId(os.urandom(16)), os.urandom(32))
    head = WrapHeader(FACILITY, chart, 1, Section.RESULTS, key.key_id, WRITER, NOW)
    return chart, key, wrap_section_key(head, key, ChartKey(chart, 1, os.urandom(32)))


def _entry(chart: ChartId, key: SectionKey) -> bytes:
    head = EntryHeader(
        FACILITY, chart, Section.RESULTS, key.key_id, EntryId(os.urandom(16)), 1, NOW, WRITER,
        "Observation",
    )  # fmt: skip
    return os.urandom(CONTENT_BYTES) + seal_entry(head, os.urandom(600), key)


def _blob(chart: ChartId, key: SectionKey, place: FolderPlace) -> Taken:
    head = BlobHeader(
        FACILITY, chart, Section.RESULTS, key.key_id, EntryId(os.urandom(16)), NOW, WRITER
    )
    sealed = head.encode() + os.urandom(BLOB)
    digest = sha256(sealed).digest()
    place.put(blob_name(digest), [sealed], NOW)
    return _taken(chart, RecordType.BLOB, blob_words(sealed, len(sealed), digest))


def _taken(chart: bytes, kind: RecordType, words: bytes) -> Taken:
    return Taken(kind, line_of(kind, words), chart, words)


def fill_vault(folder: Path, charts: int, entries: int, blobs: int) -> int:
    """Fill a vault; gives the number of lines."""
    place, tree, first = FolderPlace(folder), Frontier(), 0
    coming = lines(charts, entries, blobs, place)
    while page := list(islice(coming, PULLED)):
        tree.push_leaves([hash_leaf(each.line) for each in page])
        at = Checkpoint.at(ORIGIN, tree.size, tree.root())
        built = build(Ledger.RECORDS, first, page, sign_checkpoint(at, KEY).raw(), tree.peaks)
        place.put(built.name.text(), built.parts, NOW)
        first = tree.size
    names = list(segment_names(place, Ledger.RECORDS))
    for at in range(0, len(names) - 15, 16):
        merged = merge(place, names[at : at + 16])
        place.put(merged.name.text(), merged.merge.parts(), NOW)
        for name in names[at : at + 16]:
            (folder / name.text()).unlink()
    return first


def raw_write(path: Path, size: int) -> float:
    """Write so many bytes in pieces and sync; gives bytes a second."""
    piece = os.urandom(PIECE)
    began = time.perf_counter()
    with path.open("wb", buffering=0) as file:
        for _ in range(size // PIECE):
            file.write(piece)
        os.fsync(file.fileno())
    took = time.perf_counter() - began
    path.unlink()
    return size / took


def folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def restic(words: list[str], repository: Path) -> None:
    environment = os.environ | {
        "RESTIC_PASSWORD": "x", "RESTIC_REPOSITORY": str(repository),
        "RESTIC_CACHE_DIR": str(repository.parent / "cache"),
    }  # fmt: skip
    subprocess.run(["restic", "-q", *words], env=environment, check=True)


def restic_restore(store: Path, work: Path) -> Times:
    """Back a store's folder up into a repository and restore it; gives what the restore took."""
    repository, target = work / "restic", work / "restored"
    restic(["init"], repository)
    restic(["backup", "--compression", "off", str(store)], repository)
    before = getrusage(RUSAGE_CHILDREN)
    began = time.perf_counter()
    restic(["restore", "latest", "--target", str(target)], repository)
    os.sync()
    after = getrusage(RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    took = Times(time.perf_counter() - began, cpu)
    shutil.rmtree(repository)
    shutil.rmtree(target)
    return took


def measure(vault: Path, store: Path, inpatients: list[bytes]) -> dict[str, Times]:
    """Restore; gives what each step took."""
    told: dict[str, Times] = {}
    restore = StoreRestore(FolderShelf(vault), store, House(FACILITY, ORIGIN, LOG), lambda _: None)
    began = clocks()
    restore.lay()
    restore.first(inpatients)
    told["first"] = since(began)
    began = clocks()
    restore.rest()
    outcome = restore.end()
    told["rest"] = since(began)
    assert (outcome.lost, outcome.blobs_lost, outcome.damaged) == ([], [], [])
    return told


def main() -> None:
    parser = argparse.ArgumentParser(description="restore from a vault")
    parser.add_argument("--charts", type=int, default=1_500)
    parser.add_argument("--entries", type=int, default=100)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()))
    asked = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="bench-restore-", dir=asked.folder))
    print(machine.header())
    try:
        report(asked.charts, asked.entries, int(asked.gigabytes * 1e9 / BLOB), work)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def report(charts: int, entries: int, blobs: int, work: Path) -> None:
    """Measure entries alone, then entries and blobs, then the raw disk and restic."""
    first = [sha256(b"chart %d" % number).digest()[:16] for number in range(INPATIENTS)]
    size = fill_vault(work / "plain", charts, entries, 0)
    plain = measure(work / "plain", work / "plain-store", first)
    shutil.rmtree(work / "plain")
    shutil.rmtree(work / "plain-store")
    fill_vault(work / "vault", charts, entries, blobs)
    os.sync()
    before = raw_write(work / "raw", blobs * BLOB)
    full = measure(work / "vault", work / "store", first)
    raw = (before + raw_write(work / "raw", blobs * BLOB)) / 2
    shutil.rmtree(work / "vault")
    total = folder_bytes(work / "store")
    blob_bytes = folder_bytes(work / "store" / "blobs")
    ours = sum(step.wall for step in full.values())
    # The bound: blobs are written beside entries, so what they add is what they cost.
    added = max(1e-9, ours - sum(step.wall for step in plain.values()))
    cpu = sum(step.cpu for step in full.values())
    plain_cpu = sum(step.cpu for step in plain.values())
    entries_a_second = size / plain["rest"].wall
    theirs = restic_restore(work / "store", work) if shutil.which("restic") else Times(0, 0)
    rows = [
        ("lines, of them entries", f"{size:,}, {charts * entries:,}", ""),
        ("blobs of 4 MiB", f"{blobs:,}, {blob_bytes / 1e9:.2f} GB", ""),
        ("first 1,000 inpatients readable, no blobs", f"{plain['first'].wall:.1f} s", "≤ 120 s"),
        ("the same, their blobs with them", f"{full['first'].wall:.1f} s", "≤ 120 s"),
        ("entries, wall", f"{entries_a_second:,.0f}/s", "≥ 25,000/s"),
        ("entries, processor", f"{size / plain['rest'].cpu:,.0f}/s", ""),
        ("blobs, time they add", f"{blob_bytes / added / 1e6:,.0f} MB/s",
         f"≥ {0.7 * raw / 1e6:,.0f} MB/s, 70 % of raw {raw / 1e6:,.0f}"),
        ("blobs, processor", f"{blob_bytes / max(1e-9, cpu - plain_cpu) / 1e6:,.0f} MB/s", ""),
        ("whole", f"{ours:.1f} s, {total / ours / 1e6:,.0f} MB/s", ""),
        ("restic restore, the same bytes", f"{theirs.wall:.1f} s", "≥ 3 times ours"),
        ("restic's time by ours", f"{theirs.wall / ours:.1f}", "≥ 3"),
        ("processor: restic, ours", f"{theirs.cpu:.1f} s, {cpu:.1f} s", ""),
    ]  # fmt: skip
    print("\n| what | measured | asked |\n|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()

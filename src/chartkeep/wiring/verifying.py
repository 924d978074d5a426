"""`ledger verify` and `export`: both ledgers checked whole, and written out for strangers."""

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import NamedTuple

from chartkeep.errors import ChartkeepError, LedgerBrokenError
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.ledger.checkpoint import Checkpoint, open_checkpoint
from chartkeep.ledger.publish import publish
from chartkeep.ledger.tiles import TILE_WIDTH
from chartkeep.ledger.tree import Tree
from chartkeep.model import Millis
from chartkeep.recovery.segment import Ledger
from chartkeep.store.blobs import Blobs
from chartkeep.store.guard.decoys import decoy_blobs
from chartkeep.store.sqlite import open_snapshot
from chartkeep.store.verify import verify_book
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import now
from chartkeep.witness.client import Witness

Progress = Callable[[int], None]


class Checked(NamedTuple):
    """What a check found: the ledger's size, and a sentence for each thing that is wrong."""

    ledger: str
    size: int
    wrong: list[str]


def verify_releases(home: Home, progress: Progress) -> Checked:
    """Check every line's entry against tiles, signed root and the witness's memory."""
    keyholder = join(home, "verifier").keyholder
    head = open_checkpoint(keyholder.checkpoint().note.encode(), home.releases_key).checkpoint
    wrong = []
    try:
        _check_releases(keyholder, head, progress)
        seen = Witness(home.file.witness, home.witness_key).latest(head.origin).checkpoint
        _check_witnessed(keyholder, seen, head)
    except ChartkeepError as error:
        wrong.append(str(error))
    return Checked("releases", head.size, wrong)


def verify_records(home: Home) -> Checked:
    """Check the store's database and files: run as the user that owns them."""
    folder = home.root / "store"
    taken = Millis(now() - 1000)  # files tell the time to a second
    with closing(open_snapshot(folder / "store.db")) as book:
        decoys = decoy_blobs(home.name.id, home.store_key())
        wrong = verify_book(book, Blobs(folder / "blobs"), home.records_key, taken, decoys)
        return Checked("records", book.size(), wrong)


def export_releases(home: Home, folder: Path) -> int:
    """Write the ledger as C2SP tlog-tiles files; they show no name and no chart. Gives its size."""
    keyholder = join(home, "verifier").keyholder
    note = keyholder.checkpoint().note.encode()
    head = open_checkpoint(note, home.releases_key).checkpoint

    def read_entries(start: int, end: int) -> Iterator[bytes]:
        return (line.entry for _, line in keyholder.lines(start, end))

    for path, content in publish(note, head.size, keyholder.read_tile, read_entries):
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    return head.size


def signed_head(home: Home, ledger: Ledger) -> str:
    """Ask a ledger's keeper for its newest checkpoint, signed by itself."""
    house = join(home, "verifier")
    with closing(house.store), closing(house.keyholder):
        found = house.store if ledger is Ledger.RECORDS else house.keyholder
        return found.checkpoint().note


def _check_releases(keyholder: KeyholderClient, head: Checkpoint, progress: Progress) -> None:
    tree, last = Tree(), 0
    lines = keyholder.lines(0, head.size)
    while page := list(islice(lines, TILE_WIDTH)):
        tree.append_many(line.entry for _, line in page)
        for index, line in page:
            if line.time < last:
                raise LedgerBrokenError(f"line {index} of releases is older than the one before")
            last = line.time
        for tile in tree.take_tiles():
            if keyholder.read_tile(tile.level, tile.index, TILE_WIDTH) != tile.hashes:
                raise LedgerBrokenError(f"tile {tile.level}/{tile.index} of releases was changed")
        progress(tree.size)
    if (tree.size, tree.root()) != (head.size, head.root):
        raise LedgerBrokenError("the lines of releases do not give the signed root")


def _check_witnessed(keyholder: KeyholderClient, seen: Checkpoint, head: Checkpoint) -> None:
    if seen.size > head.size:
        raise LedgerBrokenError(f"releases has {head.size} lines, the witness saw {seen.size}")
    if Tree.load(seen.size, keyholder.read_tile).root() != seen.root:
        raise LedgerBrokenError("releases is not the ledger the witness saw")

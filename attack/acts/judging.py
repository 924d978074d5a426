"""What must hold after every act: it was said, and the vault brings back what was acknowledged."""

from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from tests.recovery.vaults import LOG, WITNESS
from tests.store.house import FACILITY, ORIGIN

from attack.acts.day import Day, Heard
from attack.acts.table import Act
from chartkeep.errors import ChartkeepError
from chartkeep.ledger.tree import Tree
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.outcome import Outcome
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.proof import Keys, name_losses, prove
from chartkeep.recovery.restoring import House, StoreRestore
from chartkeep.recovery.segment import Ledger
from chartkeep.store.blobs import Blobs
from chartkeep.store.records import RecordType
from chartkeep.store.sqlite import SqliteBook
from chartkeep.store.tiling import tile_reader
from chartkeep.store.verify import verify_book


class Verdict(NamedTuple):
    """One line of the table."""

    by: str
    after: float
    said: str
    kept: int
    lost: int
    late: int
    """Acknowledged within the RPO before the act or after it, and not in the vault."""
    proved: bool

    def text(self) -> str:
        """Write it as cells of the table."""
        proof = "proved" if self.proved else "NOT PROVED"
        cells = (f"{self.by}: {self.said[:60]}", f"{self.after:.2f} s", self.kept, self.lost, proof)
        return " | ".join(map(str, cells))


def judge(day: Day, act: Act) -> Verdict:
    """Wait for the alarm, restore on an empty folder, compare."""
    if "drill" in act.by:
        day.close()
        return compare(day, day.shelf, _drill(day))
    heard = day.until_heard(act.by, act.about)
    day.close()
    return compare(day, day.shelf, heard)


def _drill(day: Day) -> Heard:
    """Restore from the first vault, as its drill does weekly; hear what it says."""
    said = ""
    try:
        outcome, _, size = restore(day.place, day.folder / "drill")
        wanted = day.witness.latest("").checkpoint.size
        said = " and ".join([*outcome.damaged, *name_losses(outcome)])
        if size < wanted:
            said = said or f"{wanted - size} lines that were witnessed are not in the vault"
    except ChartkeepError as error:
        said = str(error)
    assert said, "the drill saw nothing"
    day.hear("drill", said)
    return day.heard[-1]


def compare(day: Day, shelf: Shelf, heard: Heard) -> Verdict:
    """Restore from a shelf, and hold everything that was acknowledged against it."""
    folder = day.folder / "restored"
    outcome, entries, cosigned = restore(shelf, folder)
    blobs = Blobs(folder / "blobs")
    missing = [
        at for at, kept in enumerate(day.kept)
        if (_digest(blobs, kept.chart, kept.ident) if kept.ident else kept.digest) != kept.digest
        or (not kept.ident and kept.digest not in entries)
    ]  # fmt: skip
    lost = [at for at in missing if at < day.settled]
    proved = cosigned >= day.settled_size > 0 and not name_losses(outcome)
    return Verdict(
        heard.by, heard.after, heard.said, len(day.kept) - len(missing), len(lost),
        len(missing) - len(lost), proved,
    )  # fmt: skip


def restore(shelf: Shelf, folder: Path) -> tuple[Outcome, set[bytes], int]:
    """Bring a store back; gives what came, its entries' hashes, and up to where it is proved."""
    restoring = StoreRestore(shelf, folder, House(FACILITY, ORIGIN, LOG), lambda _: None)
    restoring.lay()
    restoring.first([])
    restoring.rest()
    outcome = restoring.end()
    with closing(SqliteBook(folder / "store.db", FACILITY, ORIGIN)) as book:
        wrong = verify_book(book, Blobs(folder / "blobs"), LOG)
        assert not wrong or outcome.lost or outcome.blobs_lost, wrong
        size = book.size()
        entries = {
            sha256(row.object).digest() for row in book.rows(0, size)
            if row.type == RecordType.ENTRY and row.object is not None
        }  # fmt: skip
        archive = Archive(shelf, Ledger.RECORDS)
        read = tile_reader(book)
        cosigned, _ = prove(outcome, archive, Keys(LOG, WITNESS), read, size)
        seen = cosigned.checkpoint if cosigned is not None else None
        if seen is None or Tree.load(seen.size, read).root() != seen.root:
            return outcome, entries, 0
        return outcome, entries, seen.size


def _digest(blobs: Blobs, chart: bytes, blob: bytes) -> bytes:
    try:
        return blobs.digest(chart, blob)[1]
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not there
        return b""

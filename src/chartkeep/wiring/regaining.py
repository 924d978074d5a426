"""The keyholder regained: its book back in an empty folder, and what a restore asks of it.

It is asked in its folder, running or not, or over the wire where it stands elsewhere.
"""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from chartkeep.keyholder.book import Book
from chartkeep.keyholder.catching_up import catch_up
from chartkeep.keyholder.client import KeyholderClient
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.protocol import SealedLine
from chartkeep.keyholder.ring import KeyRing
from chartkeep.keyholder.verbs.restoring import charts_written, list_beds
from chartkeep.model import Millis
from chartkeep.recovery.archive import Archive
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.reading import checkpoints
from chartkeep.recovery.segment import Ledger
from chartkeep.recovery.vault.releases import TIME
from chartkeep.wiring import standby
from chartkeep.wiring.home import Home
from chartkeep.wiring.running import connection, read_clock

BATCH = 5_000


class Inpatients(NamedTuple):
    """What the keyholder says before anything is restored."""

    charts: list[bytes]
    shredded: list[bytes]


NOBODY = Inpatients([], [])


def lay_keyholder(home: Home, backup: str, shares: Sequence[str]) -> bool:
    """Bring the keyholder's book back from a sealed backup, or from its `follower`.

    Gives False when one stands here already.
    """
    folder = home.root / "keyholder"
    if (folder / "keyholder.db").exists():
        return False
    if backup == "follower":
        standby.fill_from_follower(home)
        return True
    part = folder / "restored"
    shutil.rmtree(part, ignore_errors=True)  # of a call that was killed
    standby.restore(Path(backup), part, shares)
    (part / "keyholder.db").rename(folder / "keyholder.db")
    part.rmdir()
    return True


def catch_up_keyholder(home: Home, shelf: Shelf, key_file: Path | None = None) -> int:
    """Bring a keyholder's book up to its ledger as the vault has it; gives the number of lines.

    Before it is started. Raises LedgerBrokenError when the two do not belong together.
    """
    archive = Archive(shelf, Ledger.RELEASES)
    signed = (opened.checkpoint for opened in checkpoints(archive, home.releases_key))
    head = next((each for each in signed if each.size <= archive.size), None)
    with closing(Book(home.root / "keyholder" / "keyholder.db")) as book:
        ring = KeyRing(book, home.name.id, home.kek(key_file), None)
        ring.open_roots(home.name.origin)
        return 0 if head is None else catch_up(book, ring, partial(_lines_of, archive), head)


def _lines_of(archive: Archive, start: int) -> Iterator[SealedLine]:
    """Give the sealed lines of `releases` from an index on."""
    entries = archive.lines(start)
    for segment in archive.segments:
        for piece in segment.objects() if segment.name.end > start else ():
            if piece.at >= start:
                (time,) = TIME.unpack_from(piece.words)
                yield SealedLine(time, next(entries)[1], piece.words[TIME.size :])


def ask_inpatients(home: Home, key_file: Path | None = None) -> Inpatients:
    """Ask who lies in a bed: the keyholder's book in this folder, or the one that runs elsewhere.

    Raises what the keyholder says; a restore then brings all charts back in their order.
    """
    with open_keyholder(home, key_file) as keyholder:
        if isinstance(keyholder, KeyholderClient):
            return Inpatients([bed.chart for bed in keyholder.beds()], [])
        standing = keyholder.standing
        return Inpatients([bed.chart for bed in list_beds(standing)], sorted(standing.shredded))


@contextmanager
def open_keyholder(home: Home, key_file: Path | None) -> Iterator[Keyholder | KeyholderClient]:
    """Open the keyholder's book in this folder, running or not, or else speak to it."""
    path = home.root / "keyholder" / "keyholder.db"
    if not path.exists():
        with closing(KeyholderClient(connection(home, "keyholder", "host"))) as client:
            yield client
        return
    with closing(Book(path)) as book:
        ring = KeyRing(book, home.name.id, home.kek(key_file), None)
        ring.open_roots(home.name.origin)
        yield Keyholder(book, ring, home.name, read_clock)


def find_keyless(keyholder: Keyholder | KeyholderClient, charts: list[bytes]) -> list[bytes]:
    """Ask a keyholder which charts it cannot open. Raises what it says."""
    if isinstance(keyholder, Keyholder):
        return [chart for chart in charts if not keyholder.ring.has_chart(chart)]
    pages = (charts[at : at + BATCH] for at in range(0, len(charts), BATCH))
    return [chart for page in pages for chart in keyholder.keyless(page)]


def find_written(keyholder: Keyholder | KeyholderClient, since: Millis) -> list[bytes]:
    """Ask a keyholder which charts were written to since a time. Raises what it says."""
    if isinstance(keyholder, Keyholder):
        return list(charts_written(keyholder, since))
    return keyholder.written(since)

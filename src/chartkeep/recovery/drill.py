"""Drills: a restore that nobody needs today, compared, timed, and written down with a signature.

    chartkeep.example/<facility>/drill
    {"format": "chartkeep-drill-1", …}

    — chartkeep.example/<facility>/drill <signature>

Promises that a certificate says what was found, good or bad, and is its signer's. It does not
prove that the drill took place: whoever holds the key could write one.
"""

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final, Protocol

import msgspec

from chartkeep.errors import ChartkeepError, UnknownFormatError
from chartkeep.ledger.note import VerifierKey, open_note, parse_note, sign_note
from chartkeep.ledger.tree import Tree
from chartkeep.model import Millis, to_text
from chartkeep.recovery.outcome import Outcome, Progress, Tell
from chartkeep.recovery.place import Shelf
from chartkeep.recovery.proof import name_losses
from chartkeep.recovery.restoring import House, StoreRestore
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.protocol import Found, Health
from chartkeep.store.sqlite import open_snapshot
from chartkeep.store.sqlreader import SqliteReader
from chartkeep.store.verify import verify_book

FORMAT: Final = "chartkeep-drill-1"
OVERDUE: Final = 8 * 86_400_000
EVERY: Final = 7 * 86_400_000
BEHIND: Final = 10_000
"""More lines than come in while a vault is two seconds behind."""
SAMPLE: Final = 20
NAMED: Final = 100


class Certificate(msgspec.Struct, frozen=True):
    """What one drill found; `found` is empty when all is well."""

    format: str
    time: Millis
    seconds: float
    size: int
    root: str
    blob_bytes: int
    behind: int
    """Lines the store had and the vault not yet."""
    found: list[str]

    def sentence(self) -> str:
        """Say it for people."""
        if self.found:
            return f"a restore drill failed: {self.found[0]}"
        rate = self.size / self.seconds if self.seconds else 0
        told = f"{self.size:,} lines in {self.seconds:,.0f} s ({rate:,.0f}/s)"
        return f"{told}, {self.blob_bytes / 1e6:,.0f} MB of blobs, {self.behind:,} lines behind"


class Live(Protocol):
    """What a drill asks of the running store; its client is one."""

    def read(self, chart: bytes, sections: list[int], *, history: bool = False) -> Found:
        """Give a chart's sealed entries."""

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Read a tile of its ledger."""

    def status(self) -> Health:
        """Tell its size."""


def run_drill(
    shelf: Shelf, folder: Path, house: House, live: Live, tell: Tell, now: Callable[[], Millis]
) -> Certificate:
    """Restore into an empty folder, compare with vault and running store; raises nothing of ours.

    What goes wrong is what the certificate says.
    """
    began, moved = time.monotonic(), 0

    def told(progress: Progress) -> None:
        nonlocal moved
        moved = max(moved, progress.bytes)
        tell(progress)

    size, root, behind, found = 0, b"", 0, list[str]()
    try:
        there = live.status().size
        restore = StoreRestore(shelf, folder, house, told)
        restore.lay()
        restore.rest()
        outcome = restore.end()
        size, root = outcome.head
        seconds = time.monotonic() - began
        behind, found = there - size, _compare(outcome, folder, house, live)
        if behind > BEHIND or there > size == 0:
            found.append(f"the vault lacks {behind} lines the store had when the drill began")
    except ChartkeepError as error:
        seconds = time.monotonic() - began
        found.append(str(error))
    return Certificate(
        FORMAT, now(), round(seconds, 3), size, root.hex(), moved, behind, found[:NAMED]
    )


def _compare(outcome: Outcome, folder: Path, house: House, live: Live) -> list[str]:
    """Hold what came back against its own lines, and against the store that runs."""
    found = name_losses(outcome) + [f"segment {name} is damaged" for name in outcome.damaged]
    size, root = outcome.head
    there = live.status().size
    if there < size:
        found.append(f"the vault has {size} lines, the store only {there}")
    elif Tree.load(size, live.read_tile).root() != root:
        found.append(f"the store has other lines than the vault had, of {size}")
    with closing(open_snapshot(folder / "store.db")) as book:
        found += verify_book(book, None, house.log)
        found += _sample(book, live)
    return found


def _sample(book: SqliteReader, live: Live) -> list[str]:
    """Read some charts from both: every entry that came back is the store's, byte for byte."""
    found = []
    for chart in book.some_charts(SAMPLE):
        mine = {row.object for row in book.chart_entries(chart)}
        if not mine <= set(live.read(chart, [], history=True).entries):
            found.append(f"chart {to_text(chart)} is another one in the store")
    return found


def name_of(facility: bytes) -> str:
    """Name the signer of a house's drills."""
    return f"chartkeep.example/{facility.hex()}/drill"


def sign_certificate(certificate: Certificate, facility: bytes, key: SigningKey) -> bytes:
    """Write a certificate as a signed note."""
    name = name_of(facility)
    text = f"{name}\n{msgspec.json.encode(certificate).decode()}\n"
    return sign_note(text, name, key).raw()


def read_certificate(raw: bytes, key: VerifierKey) -> Certificate:
    """Read a certificate its signer signed. Raises LedgerBrokenError, UnknownFormatError."""
    note = parse_note(raw)
    open_note(note, [key])
    try:
        found = msgspec.json.decode(note.text.split("\n")[1], type=Certificate)
    except (msgspec.MsgspecError, IndexError) as error:
        raise UnknownFormatError("this is no drill's certificate") from error
    if found.format != FORMAT:
        raise UnknownFormatError("this certificate is of another version")
    return found


def what_is_red(newest: Certificate | None, now: Millis) -> list[str]:
    """Say what a person must know: no drill, an old one, or one that failed."""
    if newest is None:
        return ["no restore was ever tried: chartkeep drill restore"]
    if newest.found:
        return [newest.sentence()]
    if now - newest.time > OVERDUE:
        return [f"the last restore drill is {(now - newest.time) // 86_400_000} days old"]
    return []

"""The full check of a store: every object against its line, every line against its tile.

Promises that a changed, swapped, missing or added object is named, and that the ledger gives the
root the store signed. Needs no key, so it cannot tell whether sealed bytes open, nor whether a
content hash is theirs. One pass; memory does not grow with the store, but for labels found wrong.
"""

from collections.abc import Container, Iterator

from chartkeep.errors import ChartkeepError, LedgerBrokenError
from chartkeep.ledger.checkpoint import Checkpoint, open_checkpoint
from chartkeep.ledger.hashing import HASH_BYTES, split_hashes
from chartkeep.ledger.note import VerifierKey, parse_note
from chartkeep.ledger.tiles import TILE_WIDTH, Tile
from chartkeep.ledger.tree import Tree
from chartkeep.model import Millis, to_text
from chartkeep.sealing.blob import BlobHeader
from chartkeep.sealing.entry import EntryHeader, read_header
from chartkeep.sealing.wrap import WrapHeader, read_wrap
from chartkeep.store.blobs import Blobs
from chartkeep.store.book import Reading
from chartkeep.store.records import RecordType, Row, blob_parts, read_labels, read_row
from chartkeep.store.rules import check_under_wrap

BATCH = 4_096
LATER = Millis(1 << 62)
_NAMES = {
    RecordType.WRAP: "wrap of key",
    RecordType.REWRAP: "wrap of key",
    RecordType.ENTRY: "entry",
    RecordType.BLOB: "blob",
    RecordType.LABELS: "labels of chart",
    RecordType.UNLABEL: "dropped labels of chart",
    RecordType.SHRED: "shredding of chart",
}


def verify_book(
    book: Reading,
    blobs: Blobs | None = None,
    log: VerifierKey | None = None,
    taken: Millis = LATER,
    decoys: Container[tuple[bytes, bytes]] = (),
) -> list[str]:
    """Check everything; a sentence for each thing that is wrong, none when nothing is.

    With `log` the newest checkpoint's signature is checked too, with `blobs` every file. `taken`:
    when the book was as it is, while a store goes on: files that came later are of later lines.
    `decoys`: files (chart, blob) that have no line and are there on purpose.
    """
    check = _Check(book, blobs, taken, decoys)
    try:
        check.run(log)
        check.found += book.damage()
    except ChartkeepError as error:
        check.found.append(f"the check could not go on: {error}")
    return check.found


def name_row(row: Row) -> str:
    """Name a line and its object for people, by what the row says of itself."""
    try:
        kind = RecordType(row.type)
        ident = row.entry or row.key or row.chart
        return f"line {row.at} ({_NAMES[kind]} {to_text(ident)})"
    except (ValueError, TypeError):
        return f"line {row.at} (of no known type)"


def object_faults(row: Row) -> list[str]:
    """Say what is wrong between a row, its object and its line.

    Raises ChartkeepError, ValueError or TypeError when it is no object of that type.
    """
    wanted = read_row(row.at, row.type, row.words)
    faults = []
    if wanted.line != row.line:
        faults.append("the object does not fit its line")
    if wanted[:9] != row[:9]:
        faults.append("it is filed under other words than its own")
    return faults


def name_line(kind: int) -> str:
    """Say what kind of object a line's type promises."""
    return _NAMES[RecordType(kind)].split(" of ")[0] if kind in set(RecordType) else "no known type"


class _Check:
    """One pass over a book."""

    def __init__(
        self,
        book: Reading,
        blobs: Blobs | None,
        taken: Millis,
        decoys: Container[tuple[bytes, bytes]],
    ) -> None:
        self._book = book
        self._blobs = blobs
        self._taken = taken
        self._decoys = decoys
        self._tree = Tree()
        self._tiles = 0
        self._shredded: set[bytes] = set()
        self._all_shredded = set(book.shreds())
        self._lost_labels: dict[bytes, tuple[bytes, str]] = {}
        self._labels = 0
        self._later = self._replaced = 0
        self._wrap: tuple[bytes, WrapHeader] | None = None
        self.found: list[str] = []

    def run(self, log: VerifierKey | None) -> None:
        signed = self._signed(log)
        for row in self._rows():
            self._check_row(row)
            self._tree.append(row.line)
            self._check_tiles(self._tree.take_tiles())
            if signed is not None and self._tree.size == signed.size:
                self._check_root(signed)
        if signed is not None and self._tree.size < signed.size:
            self._say(f"lines {self._tree.size} to {signed.size - 1} are missing")
        self._check_sums()
        if self._blobs is not None:
            self._check_files(self._blobs)

    def _check_files(self, blobs: Blobs) -> None:
        for chart, blob in blobs.names():
            if (chart, blob) in self._decoys:
                continue
            if not self._book.blob(chart, blob) and blobs.placed(chart, blob) < self._taken:
                self._say(f"blob {to_text(blob)}: a file without a line")

    def _say(self, sentence: str) -> None:
        self.found.append(sentence)

    def _signed(self, log: VerifierKey | None) -> Checkpoint | None:
        """Read the newest checkpoint the store signed, None when there is none."""
        note = self._book.note().encode()
        try:
            if note and log is not None:
                return open_checkpoint(note, log).checkpoint
            return Checkpoint.parse(parse_note(note).text) if note else None
        except ChartkeepError as error:
            self._say(f"the newest checkpoint: {error}")
            return None

    def _rows(self) -> Iterator[Row]:
        """Give all rows; a line that is not there ends the walk, for every later tile differs."""
        at = 0
        while rows := list(self._book.rows(at, BATCH)):
            for row in rows:
                if row.at != at:
                    raise LedgerBrokenError(f"line {at} is missing")
                yield row
                at += 1

    def _check_row(self, row: Row) -> None:
        name = name_row(row)
        if row.chart in self._shredded:
            self._say(f"{name}: comes after the shredding of its chart")
        if row.object is None:
            if not self._may_be_dropped(row):
                self._say(f"{name}: its object is missing")
            return
        try:
            for fault in object_faults(row):
                self._say(f"{name}: {fault}")
            self._check_object(row, name)
        except (ChartkeepError, ValueError, TypeError) as error:
            self._say(f"{name}: {error}")

    def _may_be_dropped(self, row: Row) -> bool:
        match row.type:
            case RecordType.WRAP | RecordType.REWRAP:
                return row.replaced is not None or row.chart in self._all_shredded
            case RecordType.LABELS | RecordType.UNLABEL:
                return row.chart in self._all_shredded
            case _:
                return False

    def _check_object(self, row: Row, name: str) -> None:
        assert row.object is not None
        match RecordType(row.type):
            case RecordType.ENTRY:
                self._check_sealed(read_header(row.object))
                self._check_replaced(row, name)
            case RecordType.BLOB:
                self._check_blob(row.object, name)
            case RecordType.WRAP | RecordType.REWRAP:
                if row.replaced is not None:
                    self._say(f"{name}: it was replaced and is still there")
            case RecordType.LABELS:
                self._check_labels(row, name)
            case RecordType.UNLABEL:
                _, labels = read_labels(row.object)
                self._labels -= len(labels)
                for label in labels:
                    self._lost_labels.pop(label, None)
            case RecordType.SHRED:
                self._shredded.add(row.chart)

    def _check_sealed(self, head: EntryHeader | BlobHeader) -> None:
        """Hold an entry or blob against the wrap of its key."""
        if self._wrap is None or self._wrap[0] != head.chart + head.key_id:
            wrap = self._book.wrap(head.chart, head.key_id)
            if not wrap:
                if head.chart not in self._all_shredded:
                    raise LedgerBrokenError("there is no wrap of its key")
                return
            self._wrap = (head.chart + head.key_id, read_wrap(wrap))
        check_under_wrap(head, self._wrap[1])

    def _check_replaced(self, row: Row, name: str) -> None:
        """Follow an entry to the one that replaced it; `_check_sums` counts those none leads to."""
        self._later += row.version > 1
        if row.replaced is None:
            return
        self._replaced += 1
        new = next(self._book.rows(row.replaced, 1), None)
        after = (row.chart, row.entry, row.version + 1)
        if new is None or (new.chart, new.entry, new.version) != after:
            self._say(f"{name}: what replaced it is something else")

    def _check_labels(self, row: Row, name: str) -> None:
        chart, labels = read_labels(row.object or b"")
        self._labels += len(labels)
        for label, standing in zip(labels, self._book.charts(labels), strict=True):
            if standing != chart:  # lost, unless a later line drops it
                self._lost_labels[label] = (chart, name)

    def _check_blob(self, words: bytes, name: str) -> None:
        head, size, digest = blob_parts(words)
        self._check_sealed(head)
        if self._blobs is not None and self._blobs.digest(head.chart, head.blob_id) != (
            size,
            digest,
        ):
            self._say(f"{name}: its file was changed")

    def _check_tiles(self, tiles: list[Tile]) -> None:
        for tile in tiles:
            self._tiles += 1
            kept = self._book.tile(tile.level, tile.index)
            if kept == tile.hashes:
                continue
            name = f"tile {tile.level}/{tile.index}"
            if tile.level or len(kept) != TILE_WIDTH * HASH_BYTES:
                self._say(f"{name}: it does not follow from the lines below it")
                continue
            pairs = zip(split_hashes(kept), split_hashes(tile.hashes), strict=True)
            for at, (old, new) in enumerate(pairs, tile.index * TILE_WIDTH):
                if old != new:
                    row = next(self._book.rows(at, 1))
                    self._say(f"{name}: it does not fit {name_row(row)}")

    def _check_root(self, signed: Checkpoint) -> None:
        if self._tree.root() != signed.root:
            self._say(f"lines 0 to {signed.size - 1}: they do not give the root the store signed")

    def _check_sums(self) -> None:
        """Count what no single line can show: things that stand without a line."""
        for label, (chart, name) in self._lost_labels.items():
            if chart not in self._all_shredded:
                self._say(f"{name}: label {label.hex()} does not stand for its chart")
        standing = sum(1 for _ in self._book.labels())
        if standing != self._labels:
            self._say(f"{standing} labels stand, {self._labels} should")
        if sum(1 for _ in self._book.tiles()) != self._tiles:
            self._say("there are tiles of lines that do not exist")
        if self._later != self._replaced:
            self._say(f"{self._later} entries are later versions, {self._replaced} were replaced")

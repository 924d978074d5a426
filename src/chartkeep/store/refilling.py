"""A new `store.db` from a ledger's lines and objects, which come out of their order.

    filling = Filling(path, facility, origin)       # a file nobody opens as a store's
    head = filling.lay(lines)                       # all types and lines, in order
    filling.take(first, end, pieces, weight)        # the objects of a run of lines, in any order
    lost = filling.finish(note)                     # what replaced what, labels, indexes; durable

Promises that every object it takes is its line's, and that what is missing or was changed is
named by its line. Objects are put in the order of their lines before they are written, so the
database only grows at its end; indexes are built last. A crash at any point leaves a file under
another name: begin again. Proves nothing about lines: whoever calls compares the head.
"""

import mmap
import os
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple, Protocol

import apsw

from chartkeep.errors import ChartkeepError, DamagedError, UnavailableError
from chartkeep.ledger.hashing import HASH_BYTES
from chartkeep.ledger.tiles import ReadTile
from chartkeep.ledger.tree import Tree
from chartkeep.model import FacilityId, Millis
from chartkeep.sealing.entry import read_header, read_headers
from chartkeep.store.ordering import in_order
from chartkeep.store.records import (
    CONTENT_BYTES,
    RecordType,
    Row,
    entry_row,
    read_labels,
    read_row,
)
from chartkeep.store.sequencer import LedgerHead
from chartkeep.store.settling import NOTES, WRAPLESS, settle
from chartkeep.store.sqlite import TABLES, lay_state

LINE: Final = 1 + HASH_BYTES
BATCH: Final = 4_096
AT_ONCE: Final = 256
_WRAPS: Final = frozenset({RecordType.WRAP, RecordType.REWRAP})
_SETTINGS: Final = (
    "PRAGMA page_size = 8192", "PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF",
    "PRAGMA locking_mode = EXCLUSIVE", "PRAGMA temp_store = MEMORY", "PRAGMA cache_size = -131072",
    "PRAGMA threads = 2",
)  # fmt: skip
_INSERT: Final = "INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


class Piece(Protocol):
    """An object on its way back: its line's index, its type, its words, a short blob beside it."""

    @property
    def at(self) -> int: ...  # noqa: D102 - said above
    @property
    def type(self) -> int: ...  # noqa: D102 - said above
    @property
    def words(self) -> bytes: ...  # noqa: D102 - said above
    @property
    def beside(self) -> bytes: ...  # noqa: D102 - said above


class Lost(NamedTuple):
    """A line whose object is not there; `chart` is empty where nobody knows it."""

    at: int
    type: int
    chart: bytes


TakeBlob = Callable[[Row, bytes], None]
"""Takes a blob's row, and its sealed bytes if they came along."""


class Filling:
    """A store's database while it is filled; used by one thread."""

    def __init__(self, path: Path, facility: FacilityId, origin: str, until: Millis | None) -> None:
        """Begin anew. `until`: make a view in which every entry stands as it did at that time."""
        self.path = path
        self._until = until
        self._lines_path = path.with_suffix(".lines")
        for old in (path, self._lines_path):
            old.unlink(missing_ok=True)
        with _ours():
            self._db = apsw.Connection(str(path))
            for setting in _SETTINGS:
                self._db.execute(setting).fetchall()
            self._db.execute(TABLES + NOTES)
            self._db.execute("BEGIN")
            lay_state(self._db, facility, origin)
        self._lines: mmap.mmap | bytes = b""
        self._borrowed = False
        self._tree = Tree()
        self.holes = array("Q")
        self._known: dict[int, bytes] = {}
        self._entries = self._bytes = 0
        self._fix: set[str] = set()

    def lay(self, lines: Iterable[tuple[int, bytes]]) -> LedgerHead:
        """Take the next types and lines in order; gives the head of the ledger they make so far."""
        coming = iter(lines)
        with self._lines_path.open("a+b") as file:
            while batch := list(islice(coming, 65_536)):
                file.write(b"".join(bytes((kind,)) + line for kind, line in batch))
                self._tree.append_many(line for _, line in batch)
                self._keep_tiles()
            file.flush()
            if self._tree.size:
                self._lines = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return LedgerHead(self._tree.size, self._tree.root())

    def lay_from(self, other: "Filling") -> None:
        """Take the same lines, and the tiles, from another one."""
        self._lines = other._lines  # noqa: SLF001 - of our own kind
        with _ours():
            rows = other._db.execute("SELECT level, place, hashes FROM tile ORDER BY id")  # noqa: SLF001
            self._db.executemany("INSERT INTO tile (level, place, hashes) VALUES (?, ?, ?)", rows)
        self._borrowed = True

    def where(self, kind: RecordType) -> Iterator[int]:
        """Give the lines of one type."""
        kinds = self._lines[::LINE]
        at = kinds.find(kind)
        while at >= 0:
            yield at
            at = kinds.find(kind, at + 1)

    def tree_reader(self) -> ReadTile:
        """Make what reads tiles of the laid lines."""
        return self._tree.reader(self._read_tile)

    def _read_tile(self, level: int, index: int, width: int) -> bytes:
        found = self._db.execute(
            "SELECT hashes FROM tile WHERE level = ? AND place = ?", (level, index)
        ).get
        return bytes(found or b"")[: width * HASH_BYTES]

    def line(self, at: int) -> tuple[int, bytes]:
        """Give type and line at an index."""
        raw = self._lines[at * LINE : at * LINE + LINE]
        return raw[0], raw[1:]

    def take(
        self, first: int, end: int, pieces: Iterable[Piece], weight: int, blobs: TakeBlob
    ) -> None:
        """Take the objects of lines `first … end`, in any order; about `weight` bytes of them.

        A line for which none comes, or only one that is not its, becomes a hole.
        """
        checked = self._check(first, end, pieces, blobs)
        rows = in_order(checked, first, end, weight, self.path.parent)
        self._write(self._without_gaps(first, end, rows))

    def take_some(
        self, pieces: Iterable[Piece], blobs: TakeBlob, besides: frozenset[int] = frozenset()
    ) -> None:
        """Take objects of some charts, but those of sections `besides`; for a part of all.

        Wraps come along from there too: a program that lived on writes under the key it has, and
        no key may have two wraps.
        """
        end = len(self._lines) // LINE
        rows = self._check(0, end, pieces, blobs)
        self._write(row for row in rows if row.section not in besides or row.type in _WRAPS)

    def take_ends(self) -> None:
        """Lay the lines of the last tile, without objects: a store goes on from there."""
        size = len(self._lines) // LINE
        self._write(self._hole(at) for at in range(max(0, size - (size - 1) % 256 - 1), size))
        self.holes = array("Q")

    def mend(self, pieces: Iterable[Piece], blobs: TakeBlob) -> None:
        """Take objects of holes from wherever else they are; others are passed over."""
        open_ = set(self.holes)
        wanted = (piece for piece in pieces if piece.at in open_)
        rows = list(self._check(0, len(self._lines) // LINE, wanted, blobs))
        self._write(rows)
        mended = {row.at for row in rows}
        self.holes = array("Q", (at for at in self.holes if at not in mended))

    def finish(self, note: str) -> list[Lost]:
        """Work out what follows from all of it, build the indexes, make it durable; gives losses.

        Nothing may be taken after it. The file is a whole store's, under a name of its own.
        """
        with _ours():
            settle(self._db, self._fix)
            lost = self._losses()
            charts = self._db.execute("SELECT count(DISTINCT chart) FROM record WHERE chart != x''")
            state = [(charts.get, "charts"), (self._entries, "entries"), (self._bytes, "bytes"),
                     (note, "note")]  # fmt: skip
            self._db.executemany("UPDATE state SET value = ? WHERE name = ?", state)
            if self._until is not None:
                self._db.execute("INSERT INTO state VALUES ('view', ?)", (self._until,))
            self._db.execute("COMMIT")
        self.close()
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        return lost

    def close(self) -> None:
        """Let go of the files; the lines are needed no more."""
        with suppress(apsw.Error):
            self._db.close(True)
        if isinstance(self._lines, mmap.mmap) and not self._borrowed:
            self._lines.close()
        self._lines = b""
        self._lines_path.unlink(missing_ok=True)

    def _losses(self) -> list[Lost]:
        """Name every hole, and what no wrap opens any more; what may be dropped is neither."""
        kinds = [(at, self.line(at)[0]) for at in self.holes]
        droppable = {RecordType.WRAP, RecordType.REWRAP}
        if "shredded" in self._fix:
            droppable |= {RecordType.LABELS, RecordType.UNLABEL}
        lost = [
            Lost(at, kind, self._known.get(at, b""))
            for at, kind in kinds
            if kind not in droppable or at in self._known
        ]
        if any(kind in droppable for _, kind in kinds):
            lost += [Lost(*row) for row in self._db.execute(WRAPLESS)]
        return sorted(lost)

    def _keep_tiles(self) -> None:
        rows = ((tile.level, tile.index, tile.hashes) for tile in self._tree.take_tiles())
        with _ours():
            self._db.executemany("INSERT INTO tile (level, place, hashes) VALUES (?, ?, ?)", rows)

    def _check(
        self, first: int, end: int, pieces: Iterable[Piece], blobs: TakeBlob
    ) -> Iterator[Row]:
        """Give the rows of objects that are their lines'; note for which charts others came."""
        coming = (piece for piece in pieces if first <= piece.at < end)
        while batch := list(islice(coming, AT_ONCE)):
            for piece, row in zip(batch, _read(batch), strict=True):
                kind, line = self.line(piece.at)
                if row is None or (row.type, row.line) != (kind, line):
                    self._known.setdefault(piece.at, b"" if row is None else row.chart)
                    continue
                if kind == RecordType.BLOB:
                    blobs(row, piece.beside)
                yield row

    def _without_gaps(self, first: int, end: int, rows: Iterable[Row]) -> Iterator[Row]:
        at = first
        for row in rows:
            if row.at < at:  # it came twice
                continue
            yield from map(self._hole, range(at, row.at))
            yield row
            at = row.at + 1
        yield from map(self._hole, range(at, end))

    def _hole(self, at: int) -> Row:
        kind, line = self.line(at)
        self.holes.append(at)
        chart = self._known.get(at, b"")
        return Row(at, chart, kind, 0, None, None, 0, None, None, None, line, None)

    def _write(self, rows: Iterable[Row]) -> None:
        coming = iter(rows)
        while batch := list(islice(coming, BATCH)):
            with _ours():
                self._db.executemany(_INSERT, batch)
                self._note(batch)

    def _note(self, batch: list[Row]) -> None:
        """Note what `finish` works out: later versions, new wraps, labels, shreddings."""
        later, late, rewrapped, said = [], [], [], []
        for row in batch:
            if row.object is None:
                continue
            match row.type:
                case RecordType.ENTRY:
                    self._entries += 1
                    self._bytes += len(row.object)
                    if row.version > 1:
                        later.append((row.entry,))
                    if self._until is not None and _time_of(row.object) > self._until:
                        late.append((row.at,))
                case RecordType.REWRAP:
                    rewrapped.append((row.chart, row.key))
                case RecordType.LABELS | RecordType.UNLABEL:
                    stands = row.type == RecordType.LABELS
                    said += [(x, row.chart, stands, row.at) for x in read_labels(row.object)[1]]
                case RecordType.SHRED:
                    self._fix.add("shredded")
                case _:
                    pass
        self._keep("later", "(?)", later)
        self._keep("late", "(?)", late)
        self._keep("rewrapped", "(?, ?)", rewrapped)
        self._keep("said", "(?, ?, ?, ?)", said)

    def _keep(self, table: str, marks: str, rows: Sequence[tuple[object, ...]]) -> None:
        if rows:
            self._fix.add(table)
            self._db.executemany(f"INSERT INTO {table} VALUES {marks}", rows)  # noqa: S608 - ours


def _read(batch: list[Piece]) -> list[Row | None]:
    """Make the rows of pieces, None for what is no object; entries' headers all at once."""
    entries = [piece.words for piece in batch if piece.type == RecordType.ENTRY]
    try:
        heads = iter(read_headers([words[CONTENT_BYTES:] for words in entries]))
    except ChartkeepError:  # of one of them
        return [_read_one(piece) for piece in batch]
    return [
        entry_row(piece.at, next(heads), piece.words[CONTENT_BYTES:], piece.words[:CONTENT_BYTES])
        if piece.type == RecordType.ENTRY
        else _read_one(piece)
        for piece in batch
    ]


def _read_one(piece: Piece) -> Row | None:
    try:
        return read_row(piece.at, piece.type, piece.words)
    except (ChartkeepError, ValueError):
        return None


def _time_of(sealed: bytes) -> Millis:
    return read_header(sealed).time


@contextmanager
def _ours() -> Iterator[None]:
    try:
        yield
    except apsw.FullError as error:
        raise UnavailableError("the disk is full", hint="make room and begin again") from error
    except apsw.Error as error:
        raise DamagedError(
            f"the new database cannot be filled: {type(error).__name__}", hint="begin again"
        ) from error

"""The book in one SQLite database: the whole truth of a store, one commit one truth.

Promises that a group is on the disk when it ends, or that an UnknownWriteError says that nobody
knows. Does not repair: opening the database again is the only repair (SQLite's own recovery).
docs/formats/records.md has the tables and why the settings are what they are.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

import apsw

from chartkeep.errors import DamagedError, UnavailableError, UnknownFormatError, UnknownWriteError
from chartkeep.ledger.tiles import Tile
from chartkeep.model import FacilityId
from chartkeep.store.book import Facts, Place, Plan, Question
from chartkeep.store.records import RecordType, read_labels
from chartkeep.store.sqlreader import LABEL, WRAP, SqliteReader

FORMAT: Final = "chartkeep-store-1"
TABLES: Final = """
CREATE TABLE record (
  id INTEGER PRIMARY KEY, chart BLOB NOT NULL, type INTEGER NOT NULL, section INTEGER NOT NULL,
  kind TEXT, entry BLOB, version INTEGER NOT NULL, key BLOB, content BLOB, replaced INTEGER,
  line BLOB NOT NULL, object BLOB
);
CREATE TABLE label (label BLOB PRIMARY KEY, chart BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE tile (
  id INTEGER PRIMARY KEY, level INTEGER NOT NULL, place INTEGER NOT NULL, hashes BLOB NOT NULL,
  UNIQUE (level, place)
);
CREATE TABLE state (name TEXT PRIMARY KEY, value);
"""
INDEXES: Final = """
CREATE INDEX record_chart ON record (chart, section);
CREATE UNIQUE INDEX record_entry ON record (entry) WHERE entry IS NOT NULL AND replaced IS NULL;
CREATE UNIQUE INDEX record_key ON record (chart, key) WHERE type IN (1, 7) AND replaced IS NULL;
CREATE UNIQUE INDEX record_shred ON record (chart) WHERE type = 5;
"""
_SETTINGS: Final = (
    "PRAGMA page_size = 8192",
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = FULL",
    "PRAGMA secure_delete = ON",
    "PRAGMA cache_size = -65536",
)
_LONG_LOG: Final = 4_000
"""Pages after which the write-ahead log is copied into the database, by us and at no other time."""
_INSERT: Final = "INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_HEAD: Final = """SELECT entry, chart, version, id, line
  FROM carray(?) AS asked CROSS JOIN record ON entry = asked.value AND replaced IS NULL"""
_CHART: Final = """SELECT EXISTS (SELECT 1 FROM record WHERE chart = ?1),
  EXISTS (SELECT 1 FROM record WHERE chart = ?1 AND type = 5)"""


class SqliteBook(SqliteReader):
    """The writer's connection. `vfs` names an apsw VFS, for tests that break the disk."""

    def __init__(self, path: Path, facility: FacilityId, origin: str, vfs: str = "") -> None:
        self._path = path
        self._paths = (str(path), f"{path}-wal")
        self._vfs = vfs
        self._grouped = False
        try:
            super().__init__(_connect(path, vfs))
            self._settle()
            self._lay_out(facility, origin)
        except apsw.Error as error:
            raise DamagedError(
                f"the store's database does not open: {path.name}",
                hint="is the disk full or readable? otherwise restore it from the vault",
            ) from error
        self.facility = FacilityId(self._state("facility"))
        self.origin = str(self._state("origin"))
        if (self.facility, self.origin) != (facility, origin):
            raise DamagedError("the store's database belongs to another facility or ledger")
        self.touched = self._late = False
        self._pages = 0
        self._connection.set_wal_hook(self._note_pages)  # also ends SQLite's own checkpoints
        self._seen = self._files()

    def _note_pages(self, _connection: apsw.Connection, _name: str, pages: int) -> int:
        self._pages = pages
        return 0

    def _settle(self) -> None:
        for setting in _SETTINGS:
            self._connection.execute(setting).fetchall()
        if self._ask("PRAGMA journal_mode") != [("wal",)]:  # SQLite falls back without an error
            raise UnavailableError(
                "the store's database has no write-ahead log", hint="is the disk full?"
            )

    def _lay_out(self, facility: FacilityId, origin: str) -> None:
        """Make the tables of a new database, or check that an old one is of our format."""
        connection = self._connection
        with connection:
            if not connection.execute("SELECT count(*) FROM sqlite_schema").get:
                connection.execute(TABLES + INDEXES)
                lay_state(connection, facility, origin)
        if self._state("format") != FORMAT:
            raise UnknownFormatError("the store's database is of another version")

    def reader(self) -> SqliteReader:
        """Open a connection of its own for another thread."""
        try:
            connection = _connect(self._path, self._vfs)
            connection.execute("PRAGMA query_only = ON")
        except apsw.Error as error:
            raise UnavailableError("the store's database does not open for reading") from error
        return SqliteReader(connection)

    @contextmanager
    def group(self) -> Iterator[None]:
        """Hold one commit; at its end it is on the disk, under the path it was opened by."""
        try:
            # Whoever else writes by SQL has ended before we look: from here on the lock is ours.
            self._connection.execute("BEGIN IMMEDIATE")
            before = self._seen
            self._check_files()
            self.touched = self._late or self._seen != before
            self._grouped = True
            yield
            self._connection.execute("COMMIT")
            self._grouped = False
            before = self._seen
            self._check_files()
            self._late = self._seen[0] != before[0]  # a commit writes to the log alone
            self._shorten_log()
        except (apsw.Error, OSError) as error:
            raise UnknownWriteError(
                "nobody knows what reached the store's disk",
                hint="start the store again: what it acknowledged is there",
            ) from error

    def _ask(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Ask; inside a group a failing read may have undone the group, so nobody may go on."""
        try:
            return super()._ask(statement, values)
        except DamagedError as error:
            if self._grouped:
                raise UnknownWriteError("the store's database failed inside a commit") from error
            raise

    def _shorten_log(self) -> None:
        """Copy a long log into the database; where that fails the log stays, and grows."""
        if self._pages >= _LONG_LOG:
            with suppress(apsw.Error):
                self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()
            self._seen = self._files()

    def _files(self) -> list[tuple[int, int, int, int]]:
        """Tell which files the paths name, database and log: device, inode, size, last change.

        Of the log when it was last written: as root, SQLite gives it an owner whenever it opens it.
        """
        book, log = (os.stat(path) for path in self._paths)  # noqa: PTH116 - four times a commit
        return [
            (book.st_dev, book.st_ino, book.st_size, book.st_ctime_ns),
            (log.st_dev, log.st_ino, log.st_size, log.st_mtime_ns),
        ]

    def _check_files(self) -> None:
        """Notice a database that was moved, replaced or cut while it is open.

        SQLite would go on writing to a file that no path names: acknowledged, and gone.
        """
        found = self._files()
        for old, new in zip(self._seen, found, strict=True):
            if new[:2] != old[:2] or new[2] < old[2]:
                raise UnknownWriteError(
                    "the store's database was moved, replaced or cut while it was open",
                    hint="put the file back, or restore it from the vault, and start again",
                )
        self._seen = found

    def facts(self, question: Question) -> Facts:
        """Look up what a commit names."""
        chart, keys, entries, labels = question
        known, shredded = self._connection.execute(_CHART, (chart,)).get
        wraps = self._ask_each(WRAP, keys, chart)
        heads = self._ask_each(_HEAD, entries)
        standing = self._ask_each(LABEL, labels)
        return Facts(
            bool(known),
            bool(shredded),
            {key: (line, wrap or b"") for key, (line, wrap) in wraps.items()},
            {entry: Place(*place) for entry, place in heads.items()},
            {label: owner for label, (owner,) in standing.items()},
        )

    def label_lines(self, chart: bytes) -> list[tuple[int, list[bytes]]]:
        """Give the lines that name a chart's labels, with the labels of each."""
        rows = self._connection.execute(
            "SELECT id, object FROM record WHERE chart = ? AND section = 0 AND type IN (?, ?)"
            " AND object IS NOT NULL",
            (chart, RecordType.LABELS, RecordType.UNLABEL),
        )
        return [(index, read_labels(words)[1]) for index, words in rows]

    def wrap_lines(self, chart: bytes) -> list[int]:
        """Give the lines of a chart's present wraps."""
        rows = self._connection.execute(
            "SELECT id FROM record WHERE chart = ? AND type IN (1, 7) AND replaced IS NULL",
            (chart,),
        )
        return [index for (index,) in rows]

    def replaced_since(self, start: int) -> list[tuple[int, int, int]]:
        """Give (new line, old line, type) of older lines that a line from `start` on replaced."""
        statement = "SELECT replaced, id, type FROM record WHERE id < ? AND replaced >= ?"
        return self._ask(statement, (start, start))

    def append(self, plan: Plan) -> None:
        """Do what a plan says, in an order that keeps every unique key unique."""
        many = self._connection.executemany
        if plan.replaced:
            many("UPDATE record SET replaced = ? WHERE id = ?", plan.replaced)
        many(_INSERT, plan.rows)
        if plan.dropped:
            many("UPDATE record SET object = NULL WHERE id = ?", ((i,) for i in plan.dropped))
        if plan.labels:
            many("INSERT INTO label (label, chart) VALUES (?, ?)", plan.labels)
        if plan.unlabel:
            many("DELETE FROM label WHERE label = ?", ((label,) for label in plan.unlabel))
        if any(plan.tally):
            names = zip(plan.tally, plan.tally._fields, strict=True)
            many("UPDATE state SET value = value + ? WHERE name = ?", names)

    def keep_tiles(self, tiles: Sequence[Tile]) -> None:
        """Keep full tiles."""
        rows = ((tile.level, tile.index, tile.hashes) for tile in tiles)
        self._connection.executemany(
            "INSERT INTO tile (level, place, hashes) VALUES (?, ?, ?)", rows
        )

    def keep_note(self, note: str) -> None:
        """Keep the newest signed checkpoint."""
        self._connection.execute("UPDATE state SET value = ? WHERE name = 'note'", (note,))

    def scrub(self) -> None:
        """Empty the write-ahead log, which still holds pages as they were before a shred."""
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except apsw.Error as error:
            raise UnknownWriteError("the store's write-ahead log cannot be emptied") from error
        self._seen = self._files()


def lay_state(connection: apsw.Connection, facility: FacilityId, origin: str) -> None:
    """Write what an empty store's database says of itself."""
    state = (("format", FORMAT), ("facility", facility), ("origin", origin),
             ("entries", 0), ("charts", 0), ("bytes", 0), ("note", ""))  # fmt: skip
    connection.executemany("INSERT INTO state VALUES (?, ?)", state)


def open_snapshot(path: Path) -> SqliteReader:
    """Open a store's database to read it as it stands now, whether or not a store is running.

    Close it soon: while it is open the write-ahead log cannot shrink.
    Raises UnavailableError when there is none.
    """
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        connection.execute("PRAGMA query_only = ON; BEGIN; SELECT count(*) FROM state").fetchall()
    except apsw.Error as error:
        raise UnavailableError("the store's database does not open for reading") from error
    return SqliteReader(connection)


def _connect(path: Path, vfs: str) -> apsw.Connection:
    return apsw.Connection(str(path), vfs=vfs or None)

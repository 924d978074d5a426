"""The keyholder's one database: ledger lines, wrapped keys and label numbers, one truth.

A group of changes is one transaction: after `apply` all of it is durable, or nobody knows and the
process stops. The same changes go to the follower. It decides nothing and opens nothing.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import apsw

from chartkeep.errors import (
    DamagedError,
    UnavailableError,
    UnknownFormatError,
    UnknownWriteError,
)

Change = tuple[str, tuple[Any, ...]]
"""The name of a statement below and its values."""

FORMAT = 2
"""Version of the tables and of what is in them; the first gave each keyword numbers of its own."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS line(
    idx INTEGER PRIMARY KEY, time INTEGER NOT NULL, standing INTEGER NOT NULL,
    entry BLOB NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS standing_line ON line(idx) WHERE standing = 1;
CREATE TABLE IF NOT EXISTS tile(
    level INTEGER, idx INTEGER, hashes BLOB NOT NULL, PRIMARY KEY(level, idx));
CREATE TABLE IF NOT EXISTS chart_key(
    chart BLOB, generation INTEGER, wrapped BLOB NOT NULL, touched INTEGER NOT NULL,
    PRIMARY KEY(chart, generation));
CREATE TABLE IF NOT EXISTS root_key(name TEXT PRIMARY KEY, wrapped BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS label(word BLOB, n BLOB, PRIMARY KEY(word, n)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS chart_words(chart BLOB PRIMARY KEY, sealed BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS errand(id INTEGER PRIMARY KEY, verb TEXT, chart BLOB, labels BLOB);
CREATE TABLE IF NOT EXISTS outbox(number INTEGER PRIMARY KEY, changes BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS mark(name TEXT PRIMARY KEY, value);
"""

SETTINGS = (
    "PRAGMA synchronous = FULL", "PRAGMA cache_size = -16384", "PRAGMA journal_mode = WAL",
    "PRAGMA secure_delete = ON", "PRAGMA wal_autocheckpoint = 4000",
)  # fmt: skip

STATEMENTS = {
    "line": "INSERT INTO line VALUES(?, ?, ?, ?, ?)",
    "tile": "INSERT OR REPLACE INTO tile VALUES(?, ?, ?)",
    "chart_key": "INSERT INTO chart_key VALUES(?, ?, ?, ?)",
    "touch": "UPDATE chart_key SET touched = ?3 WHERE chart = ?1 AND generation = ?2",
    "rewrap": "UPDATE chart_key SET wrapped = ?3 WHERE chart = ?1 AND generation = ?2",
    "retire": "DELETE FROM chart_key WHERE chart = ? AND generation < ?",
    "shred": "DELETE FROM chart_key WHERE chart = ?",
    "root_key": "INSERT OR REPLACE INTO root_key VALUES(?, ?)",
    "label": "INSERT INTO label VALUES(?, ?)",
    "unlabel": "DELETE FROM label WHERE word = ? AND n = ?",
    "chart_words": "INSERT OR REPLACE INTO chart_words VALUES(?, ?)",
    "forget_words": "DELETE FROM chart_words WHERE chart = ?",
    "errand": "INSERT INTO errand(verb, chart, labels) VALUES(?, ?, ?)",
    "errand_done": "DELETE FROM errand WHERE id = ?",
    "outbox": "INSERT INTO outbox VALUES(?, ?)",
    "outbox_done": "DELETE FROM outbox WHERE number <= ?",
    "mark": "INSERT OR REPLACE INTO mark VALUES(?, ?)",
}
"""The only ways this database is ever changed; a follower accepts nothing else."""

TABLES = (
    "line", "tile", "chart_key", "root_key", "label", "chart_words", "errand", "mark",
)  # fmt: skip
"""What a follower that starts from nothing, or a backup, is given, table by table."""

Rows = list[tuple[Any, ...]]

PAGE_ROWS = 5_000


class Book:
    """The open database. One thread writes; readers take `reader()` of their own."""

    def __init__(self, path: Path, *, vfs: str | None = None) -> None:
        self._path = path
        self._files = (str(path), f"{path}-wal")
        self._vfs = vfs
        try:
            self._base = apsw.Connection(str(path), vfs=vfs)
        except apsw.Error as error:
            raise _unopened(path) from error
        self._base.set_busy_timeout(10_000)
        try:
            for statement in SETTINGS:
                self._base.execute(statement).fetchall()
            self._lay_out()
            self._sizes = self._stat()
        except (apsw.Error, OSError) as error:
            self.close()
            raise _unopened(path) from error
        except UnknownFormatError:
            self.close()
            raise

    def _lay_out(self) -> None:
        """Make what tables there are not, or refuse those of another version."""
        if self._base.execute("PRAGMA user_version").get != FORMAT:
            if self._base.execute("SELECT count(*) FROM sqlite_schema").get:
                raise UnknownFormatError("the keyholder's database is of another version")
            # Before the tables: a crash in between leaves an empty database of this version.
            self._base.execute(f"PRAGMA user_version = {FORMAT}")
        self._base.execute(SCHEMA)

    def close(self) -> None:
        """Close the database; the last one closes the write-ahead log too."""
        with suppress(apsw.Error):  # what could not be written back is in the log, for a start
            self._base.close()

    def apply(self, changes: list[Change]) -> None:
        """Make changes durable, all or none.

        Raises UnknownWriteError when that failed or the files are not the ones that were opened:
        then the process must stop, and what starts next reads what is really there.
        """
        self._check_files()  # a cut log would grow again and its size tell nothing afterwards
        groups: dict[str, list[tuple[Any, ...]]] = {}
        for name, values in changes:
            groups.setdefault(name, []).append(values)
        self._write([(STATEMENTS[name], rows) for name, rows in groups.items()])

    def _write(self, statements: list[tuple[str, Rows]]) -> None:
        try:
            with self._base:
                for statement, rows in statements:
                    self._base.executemany(statement, rows)
        except (apsw.Error, OSError) as error:
            raise UnknownWriteError(
                "the keyholder's database did not take a write", hint="look at the disk, restart"
            ) from error
        self._check_files()

    def settle(self) -> bool:
        """Write the log back into the database and empty it: deleted keys leave the disk.

        False when a reader was in the way. Raises UnknownWriteError when the disk was.
        """
        try:
            busy = self._base.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()[0][0]
            self._sizes = self._stat()
        except (apsw.Error, OSError) as error:
            raise UnknownWriteError(
                "the keyholder's log could not be emptied", hint="look at the disk, restart"
            ) from error
        return not busy

    def rows(self, query: str, values: tuple[Any, ...] = ()) -> list[Any]:
        """Read. Raises DamagedError when the database cannot be read."""
        try:
            return self._base.execute(query, values).fetchall()
        except apsw.Error as error:
            raise DamagedError(
                "the keyholder's database cannot be read", hint="restore the sealed backup"
            ) from error

    def scan(self, query: str, values: tuple[Any, ...] = ()) -> Iterator[Any]:
        """Read row by row, for what does not fit into memory."""
        yield from self._base.execute(query, values)

    def value(self, query: str, values: tuple[Any, ...] = ()) -> Any:
        """Read the first column of the first row, or None."""
        found = self.rows(query, values)
        return found[0][0] if found else None

    def each(self, query: str, keys: Iterable[bytes]) -> dict[bytes, Any]:
        """Read a value for each key there is: `asked.value` in the query is a key.

        One statement for all costs a fraction of one for each.
        """
        listed = tuple(keys)
        return dict(self.rows(query, (apsw.carray(listed),))) if listed else {}

    def mark(self, name: str) -> Any:
        """Read a mark, or None."""
        return self.value("SELECT value FROM mark WHERE name = ?", (name,))

    def read_tile(self, level: int, index: int, width: int) -> bytes:
        """Read a full tile's hashes. Raises DamagedError when it is not there."""
        found = self.value("SELECT hashes FROM tile WHERE level = ? AND idx = ?", (level, index))
        if found is None or len(found) < width * 32:
            raise DamagedError(f"tile {level}/{index} of the ledger is missing", hint="restore")
        return bytes(found[: width * 32])

    def size(self) -> int:
        """Count the ledger's lines; they have no gaps."""
        return int(self.value("SELECT coalesce(max(idx) + 1, 0) FROM line"))

    def reader(self) -> "Book":
        """Open a second connection for another thread."""
        return Book(self._path, vfs=self._vfs)

    def dump(self) -> Iterator[tuple[str, Rows]]:
        """Give everything as it stands at one moment, in pages; needs a `reader` of its own."""
        with self._base:
            for table in TABLES:
                found = self._base.execute(f"SELECT * FROM {table}")  # noqa: S608 - of TABLES
                while page := list(islice(found, PAGE_ROWS)):
                    yield table, page

    def fill(self, table: str, rows: Rows) -> None:
        """Take in a page of a dump. Raises UnknownFormatError, UnknownWriteError."""
        if table not in TABLES or len({len(row) for row in rows}) != 1:
            raise UnknownFormatError("this is not a page of a keyholder's database")
        marks = ", ".join("?" * len(rows[0]))
        self._write([(f"INSERT OR REPLACE INTO {table} VALUES({marks})", rows)])

    def clear(self) -> None:
        """Forget what an unfinished seeding left."""
        self._write([(f"DELETE FROM {table}", [()]) for table in (*TABLES, "outbox")])  # noqa: S608 - of TABLES

    def _stat(self) -> list[tuple[int, int]]:
        return [(found.st_ino, found.st_size) for found in map(os.stat, self._files)]

    def _check_files(self) -> None:
        """Refuse to go on with files that were removed, replaced or cut: neither file shrinks."""
        try:
            found = self._stat()
        except OSError as error:
            raise UnknownWriteError("the ledger's file is gone", hint="restore, restart") from error
        for (node, size), (old_node, old_size) in zip(found, self._sizes, strict=True):
            if node != old_node or size < old_size:
                raise UnknownWriteError("the ledger's file was replaced or cut", hint="restore")
        self._sizes = found


def _unopened(path: Path) -> UnavailableError:
    return UnavailableError(
        f"cannot open the keyholder's database in {path.parent}",
        hint="was chartkeep init run, and may this user write there?",
    )

"""Reading a store's database: every question answered as of one commit.

Promises that cost follows the size of the answer, not the number of charts. Proves nothing about
the bytes it gives: an entry proves itself when it is opened, the rest is `verify`'s.
"""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from typing import Any, Final

import apsw

from chartkeep.errors import DamagedError
from chartkeep.ledger.tiles import Tile
from chartkeep.model import UNTOLD, Section
from chartkeep.sealing.entry import MAX_HEADER, cut_header
from chartkeep.store.book import MAX_PAGE, MAX_PAGE_BYTES, PULL_BYTES, Tally
from chartkeep.store.protocol import Found, Gone, Head, Read, Record
from chartkeep.store.records import Row

_NOWHERE: Final = Head(b"", 0, 0, "", b"")
# Each joins a list of values to the table: one statement for all costs a tenth of one for each.
_HEAD: Final = """SELECT entry, chart, section, version, kind, content
  FROM carray(?) AS asked CROSS JOIN record ON entry = asked.value AND type = 2
  AND replaced IS NULL"""
WRAP: Final = """SELECT key, id, object FROM carray(?) AS asked CROSS JOIN record
  ON chart = ? AND key = asked.value AND type IN (1, 7) AND replaced IS NULL"""
LABEL: Final = """SELECT label, chart FROM carray(?) AS asked CROSS JOIN label
  ON label = asked.value"""
# The index ends in the line: one look at the end of each section's part of it (0 is a shred's).
_TOLD: Final = ", ".join(f"({section})" for section in Section if section not in UNTOLD)
_NEWEST: Final = f"""SELECT max((SELECT max(id) FROM record WHERE chart = ?1 AND section = column1))
  FROM (VALUES (0), {_TOLD})"""  # noqa: S608 - numbers of ours
_HEADERS: Final = """SELECT id, substr(object, 1, ?) FROM record
  WHERE {}id >= ? AND type = 2 AND object IS NOT NULL ORDER BY id LIMIT ?"""
_RECORDS: Final = "SELECT type, content, object FROM record WHERE id >= ? ORDER BY id LIMIT ?"
_BARE: Final = "SELECT type, NULL, NULL FROM record WHERE id >= ? ORDER BY id LIMIT ?"
_GONE: Final = """SELECT id, line, chart, coalesce(key, x''), coalesce(replaced,
  (SELECT id FROM record AS shred WHERE shred.chart = record.chart AND shred.type = 5), -1)
  FROM record WHERE id >= ? AND id < ? AND (object IS NULL OR ?) ORDER BY id"""
_KIND: Final = """SELECT DISTINCT kind FROM carray(?) AS asked CROSS JOIN record
  ON chart = asked.value AND section = ? AND type = 2 AND replaced IS NULL"""
_FACE: Final = """SELECT chart, key, object FROM carray(?) AS asked CROSS JOIN record
  ON chart = asked.value AND section = 1 AND type = 2 AND replaced IS NULL ORDER BY id"""


class SqliteReader:
    """One connection, for one thread."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection
        connection.set_busy_timeout(10_000)

    def _ask(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        try:
            return self._connection.execute(statement, values).fetchall()
        except (apsw.Error, UnicodeDecodeError) as error:  # bytes that were made a text
            raise _damaged(error) from error

    def _ask_each(
        self, statement: str, values: Iterable[bytes], *more: bytes
    ) -> dict[bytes, tuple[Any, ...]]:
        """Ask for many values at once; gives what follows each value found."""
        listed = tuple(values)
        rows = self._ask(statement, (apsw.carray(listed), *more)) if listed else []
        return {row[0]: row[1:] for row in rows}

    def _state(self, name: str) -> Any:
        rows = self._ask("SELECT value FROM state WHERE name = ?", (name,))
        if not rows:
            raise DamagedError(f"the store's database has lost its {name}")
        return rows[0][0]

    def heads(self, entries: Sequence[bytes]) -> list[Head]:
        """Tell where each entry id stands, at which version, with which content hash."""
        found = self._ask_each(_HEAD, entries)
        return [Head(*found[entry]) if entry in found else _NOWHERE for entry in entries]

    def page(self, read: Read) -> Found:
        """Give a page of a chart's entries, oldest first, with the wraps they need."""
        limit = min(read.limit, MAX_PAGE) if read.limit > 0 else MAX_PAGE
        rows = self._page_rows(read, limit + 1)
        kept = rows[: _fitting(rows[:limit])]
        more = kept[-1][0] if len(kept) < len(rows) else 0
        keys = dict.fromkeys(key for _, key, _ in kept)
        return Found(self._wraps_of(read.chart, keys), [sealed for _, _, sealed in kept], more)

    def _page_rows(self, read: Read, limit: int) -> list[tuple[int, bytes, bytes]]:
        """Give the first rows, oldest first; of a chart that fits in a page, sorted here."""
        which, values = _page_words(read)
        if read.after <= 0:
            rows = self._ask(f"SELECT id, key, object {which} LIMIT ?", [*values, limit])
            if len(rows) < limit:
                return sorted(rows)
        # The inner question sorts ids only: sorting whole objects costs as much as reading them.
        inner = f"SELECT id AS wanted {which} ORDER BY id LIMIT ?"
        outer = f"SELECT id, key, object FROM ({inner}) CROSS JOIN record ON id = wanted"  # noqa: S608 - no value stands in the text
        return sorted(self._ask(outer, [*values, limit]))

    def _wraps_of(self, chart: bytes, keys: Iterable[bytes]) -> list[bytes]:
        found = self._ask_each(WRAP, keys, chart)
        return [wrap for _, wrap in found.values() if wrap]

    def newest(self, chart: bytes) -> int:
        """Give the index of a chart's newest line, its journal aside; -1 for none."""
        found = self._ask(_NEWEST, (chart,))[0][0]
        return -1 if found is None else int(found)

    def kinds(self, charts: Sequence[bytes], sections: Sequence[int]) -> list[str]:
        """Tell of which types the current entries of these charts' sections are, each once."""
        listed = apsw.carray(tuple(charts)) if charts else None
        rows = [self._ask(_KIND, (listed, each)) for each in sections] if listed else []
        return sorted({kind for found in rows for (kind,) in found})

    def faces(self, charts: Sequence[bytes]) -> Found:
        """Give the current face entries of many charts with their wraps."""
        listed = tuple(dict.fromkeys(charts))
        rows = self._ask(_FACE, (apsw.carray(listed),)) if listed else []
        keys: dict[bytes, dict[bytes, None]] = {}
        for chart, key, _ in rows:
            keys.setdefault(chart, {})[key] = None
        wraps = [wrap for chart, named in keys.items() for wrap in self._wraps_of(chart, named)]
        return Found(wraps, [sealed for _, _, sealed in rows], 0)

    def wraps(self, chart: bytes) -> list[bytes]:
        """Give every present wrap of a chart."""
        rows = self._ask(
            """SELECT object FROM record WHERE chart = ? AND type IN (1, 7)
            AND replaced IS NULL AND object IS NOT NULL ORDER BY id""",
            (chart,),
        )
        return [wrap for (wrap,) in rows]

    def wrap(self, chart: bytes, key: bytes) -> bytes:
        """Give the present wrap of one key, or empty bytes."""
        return b"".join(self._wraps_of(chart, [key]))

    def charts(self, labels: Sequence[bytes]) -> list[bytes]:
        """Tell which chart stands under each label, empty bytes for none."""
        found = self._ask_each(LABEL, labels)
        return [found[label][0] if label in found else b"" for label in labels]

    def chart_lines(self, chart: bytes) -> list[int]:
        """Give the newest lines of a chart, a page of them at most."""
        statement = "SELECT id FROM record WHERE chart = ? ORDER BY id DESC LIMIT ?"
        return [at for (at,) in self._ask(statement, (chart, MAX_PAGE))]

    def shreds(self) -> list[bytes]:
        """List the shredded charts."""
        return [chart for (chart,) in self._ask("SELECT chart FROM record WHERE type = 5")]

    def blob(self, chart: bytes, blob: bytes) -> bytes:
        """Give the object of a kept blob, or empty bytes."""
        rows = self._ask(
            "SELECT object FROM record WHERE entry = ? AND replaced IS NULL AND chart = ?"
            " AND type = 6",  # as a parameter, SQLite would prepare it anew for each value
            (blob, chart),
        )
        return bytes(rows[0][0]) if rows else b""

    def listed_charts(self) -> set[bytes]:
        """Name every chart there is a line of: as many as fit into memory."""
        return {chart for (chart,) in self._ask("SELECT DISTINCT chart FROM record")}

    def some_charts(self, count: int) -> list[bytes]:
        """Name some charts, a different lot each time."""
        chart, found = os.urandom(16), []
        for _ in range(count):
            rows = self._ask("SELECT chart FROM record WHERE chart > ? ORDER BY 1 LIMIT 1", [chart])
            chart = rows[0][0] if rows else b""
            found += [chart] if rows else []
        return found

    def chart_entries(self, chart: bytes) -> list[Row]:
        """Give the rows of all of a chart's entries, every version."""
        statement = "SELECT * FROM record WHERE chart = ? AND type = 2 AND object IS NOT NULL"
        return [Row._make(row) for row in self._ask(statement, (chart,))]

    def rows(self, start: int, limit: int) -> Iterator[Row]:
        """Give rows in the order of their lines."""
        statement = "SELECT * FROM record WHERE id >= ? ORDER BY id LIMIT ?"
        return map(Row._make, self._ask(statement, (start, limit)))

    def records(
        self, start: int, limit: int, *, bare: bool = False
    ) -> tuple[list[Record], list[Gone]]:
        """Give objects in the order of their lines, 8 MiB at a time, and those that are gone."""
        found: list[Record] = []
        room, gone = PULL_BYTES, False
        try:
            with closing(self._connection.cursor()) as cursor:
                for row in cursor.execute(_BARE if bare else _RECORDS, (start, limit)):
                    found.append(row)
                    gone = gone or row[2] is None
                    room -= len(row[2] or b"")
                    if room < 0:
                        break
        except (apsw.Error, UnicodeDecodeError) as error:
            raise _damaged(error) from error
        dropped = self._ask(_GONE, (start, start + len(found), bare)) if gone else []
        return found, [Gone(*row) for row in dropped]

    def headers(self, chart: bytes, start: int, limit: int) -> list[tuple[int, bytes]]:
        """Give clear headers of entries with their lines, of one chart or, empty, of all."""
        words, values = ("chart = ? AND ", [chart]) if chart else ("", [])
        rows = self._ask(_HEADERS.format(words), (MAX_HEADER, *values, start, limit))
        return [(at, cut_header(begins)) for at, begins in rows]

    def lines(self, start: int, limit: int) -> list[bytes]:
        """Give lines in order."""
        statement = "SELECT line FROM record WHERE id >= ? ORDER BY id LIMIT ?"
        return [line for (line,) in self._ask(statement, (start, limit))]

    def tile(self, level: int, place: int) -> bytes:
        """Give a full tile, or empty bytes."""
        statement = "SELECT hashes FROM tile WHERE level = ? AND place = ?"
        rows = self._ask(statement, (level, place))
        return bytes(rows[0][0]) if rows else b""

    def tiles(self) -> Iterator[Tile]:
        """Give every full tile."""
        for level, place in self._ask("SELECT level, place FROM tile ORDER BY level, place"):
            yield Tile(level, place, self.tile(level, place))

    def labels(self) -> Iterator[tuple[bytes, bytes]]:
        """Give every (label, chart) that stands."""
        statement = "SELECT label, chart FROM label WHERE label > ? ORDER BY label LIMIT 10000"
        last = b""
        while rows := self._ask(statement, (last,)):
            last = rows[-1][0]
            yield from rows

    def tally(self) -> Tally:
        """Tell how much there is."""
        return Tally(*(int(self._state(name)) for name in Tally._fields))

    def size(self) -> int:
        """Count the lines."""
        newest = self._ask("SELECT max(id) FROM record")[0][0]
        return 0 if newest is None else newest + 1

    def note(self) -> str:
        """Give the newest signed checkpoint, or an empty text."""
        return str(self._state("note"))

    def view(self) -> int | None:
        """Tell which earlier time this book shows, or None: it is a store's own."""
        rows = self._ask("SELECT value FROM state WHERE name = 'view'")
        return int(rows[0][0]) if rows else None

    def later_versions(self) -> list[tuple[bytes, bytes, str, int, int | None]]:
        """List what a view does not show: chart, entry, kind, newest version, the one shown."""
        return self._ask(
            """SELECT late.chart, late.entry, late.kind, late.version, shown.version
            FROM record AS late LEFT JOIN record AS shown
              ON shown.entry = late.entry AND shown.replaced IS NULL
            WHERE late.type = 2 AND late.replaced = late.id ORDER BY late.id"""
        )

    def damage(self) -> list[str]:
        """Let SQLite check its pages and indexes."""
        found = [text for (text,) in self._ask("PRAGMA integrity_check(20)")]
        return [] if found == ["ok"] else [f"database: {text}" for text in found]

    def close(self) -> None:
        """Close the connection; what was committed needs nothing from this."""
        with suppress(apsw.Error):
            self._connection.close()


def _page_words(read: Read) -> tuple[str, list[Any]]:
    """Say which rows a page is about; only question marks depend on what was asked."""
    words = ["chart = ?", "type = 2"]
    values: list[Any] = [read.chart]
    for column, wanted in (
        ("section", read.sections),
        ("kind", read.kinds),
        ("entry", read.entries),
    ):
        if wanted:
            words.append(f"{column} IN ({', '.join('?' * len(wanted))})")
            values += wanted
    if read.after > 0:
        words.append("id > ?")
        values.append(read.after)
    if not read.history:
        words.append("replaced IS NULL")
    return f"FROM record WHERE {' AND '.join(words)}", values


def _fitting(rows: Sequence[tuple[int, bytes, bytes]]) -> int:
    """Count the rows a page has room for: one at least."""
    room = MAX_PAGE_BYTES - sum(len(sealed) for _, _, sealed in rows)
    count = len(rows)
    while room < 0 and count > 1:
        count -= 1
        room += len(rows[count][2])
    return count


def _damaged(error: Exception) -> DamagedError:
    return DamagedError(
        f"the store's database cannot be read: {type(error).__name__}",
        hint="check the disk; chartkeep ledger verify says what is damaged",
    )

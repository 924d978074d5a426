"""SQLite files: every table's rows, by SQLite itself, which is given pages and nothing else.

Read through a file system of our own (`_Pages`): no path, no journal, no write, no view, no
trigger, no function the file names. What was only in a `-wal` file beside it is not read.
"""

from collections.abc import Iterator
from typing import BinaryIO, Final

import apsw

from chartkeep.incident.trace.intake.limits import Budget
from chartkeep.incident.trace.intake.out import MOST_VALUE, Out
from chartkeep.incident.trace.intake.telling import Trouble, TroubleError

MAGIC: Final = b"SQLite format 3\0"
MOST_TABLES: Final = 10_000
LARGEST: Final = 64 << 20
"""Bytes of one value that SQLite may hold on its way to `MOST_VALUE` characters."""
_NAME: Final = "chartkeep-pages"
_TABLES: Final = (
    "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql LIKE 'CREATE TABLE%' LIMIT ?"
)


class _Pages(apsw.VFS):
    """A file system of one file, which is read."""

    def __init__(self) -> None:
        self.file: BinaryIO | None = None
        self.size = 0
        self.budget: Budget | None = None
        super().__init__(_NAME, base="")

    def lend(self, file: BinaryIO, size: int, budget: Budget) -> None:
        """Say what the next database is."""
        self.file, self.size, self.budget = file, size, budget

    def xOpen(self, name: object, flags: list[int]) -> "_Page":  # type: ignore[override]  # noqa: ARG002, N802 -- SQLite's name
        """Open the one file; a journal or a temporary file is none."""
        if not flags[0] & apsw.SQLITE_OPEN_MAIN_DB or self.file is None or self.budget is None:
            raise apsw.CantOpenError
        return _Page(self.file, self.size, self.budget)

    def xFullPathname(self, name: str) -> str:  # noqa: N802
        """Leave a name as it is."""
        return name

    def xAccess(self, pathname: str, flags: int) -> bool:  # noqa: ARG002, N802
        """Say that there is nothing else."""
        return False

    def xCurrentTimeInt64(self) -> int:  # noqa: N802
        """Give no time."""
        return 0

    def xRandomness(self, numbytes: int) -> bytes:  # noqa: N802
        """Give no chance: nothing is made here."""
        return bytes(numbytes)

    def xGetLastError(self) -> tuple[int, str]:  # noqa: N802
        """Know of none."""
        return 0, ""


class _Page:
    """The file as SQLite reads it."""

    def __init__(self, file: BinaryIO, size: int, budget: Budget) -> None:
        self._file = file
        self._size = size
        self._budget = budget

    def xRead(self, amount: int, offset: int) -> bytes:  # noqa: N802
        """Read; what a file makes SQLite read again and again ends like a bomb."""
        self._budget.unpack(amount)
        self._file.seek(offset)
        return self._file.read(amount)

    def xFileSize(self) -> int:  # noqa: N802
        """Give its size."""
        return self._size

    def xLock(self, level: int) -> None:  # noqa: N802
        """Nobody else has it."""

    def xUnlock(self, level: int) -> None:  # noqa: N802
        """Nobody else has it."""

    def xCheckReservedLock(self) -> bool:  # noqa: N802
        """Nobody else has it."""
        return False

    def xFileControl(self, op: int, ptr: int) -> bool:  # noqa: ARG002, N802
        """Know no orders."""
        return False

    def xSectorSize(self) -> int:  # noqa: N802
        """Give any."""
        return 4096

    def xDeviceCharacteristics(self) -> int:  # noqa: N802
        """Promise that it does not change."""
        return apsw.SQLITE_IOCAP_IMMUTABLE

    def xClose(self) -> None:  # noqa: N802
        """Leave it to its owner."""


_pages = _Pages()


def read_sqlite(file: BinaryIO, size: int, budget: Budget, out: Out) -> None:
    """Read every ordinary table. Raises TroubleError when it is none or unreads without end."""
    _pages.lend(file, size, budget)
    try:
        base = _open()
        names = [str(name) for (name,) in base.execute(_TABLES, (MOST_TABLES,))]
    except apsw.Error as error:
        raise TroubleError(Trouble.BROKEN) from error
    for name in names:
        try:
            _read_table(base, name, out)
        except apsw.Error:
            out.trouble = Trouble.BROKEN  # this table; the others go on


def _open() -> apsw.Connection:
    """Open what was lent, and trust nothing it says of functions, views and triggers."""
    base = apsw.Connection(
        "file:pages?immutable=1", flags=apsw.SQLITE_OPEN_READONLY | apsw.SQLITE_OPEN_URI, vfs=_NAME
    )
    for switch, to in (
        (apsw.SQLITE_DBCONFIG_DEFENSIVE, 1),
        (apsw.SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_VIEW, 0),
        (apsw.SQLITE_DBCONFIG_ENABLE_TRIGGER, 0),
    ):
        base.config(switch, to)
    base.limit(apsw.SQLITE_LIMIT_LENGTH, LARGEST)
    base.limit(apsw.SQLITE_LIMIT_ATTACHED, 0)
    return base


def _read_table(base: apsw.Connection, name: str, out: Out) -> None:
    """Read a table's rows; a value of bytes is not held."""
    columns = [str(row[1]) for row in base.execute(f"PRAGMA table_info({_quoted(name)})")]
    if not columns:
        return
    out.table(name, columns)
    shown = ", ".join(
        f"CASE typeof({each}) WHEN 'blob' THEN '' ELSE substr({each}, 1, {MOST_VALUE}) END"
        for each in map(_quoted, columns)
    )
    for values in _rows(base, f"SELECT {shown} FROM {_quoted(name)}"):  # noqa: S608 -- quoted
        out.row(values)


def _rows(base: apsw.Connection, statement: str) -> Iterator[list[str]]:
    for row in base.execute(statement):
        yield ["" if value is None else str(value) for value in row]


def _quoted(name: str) -> str:
    """Write a name the file gave so that it can be nothing else."""
    return '"' + name.replace('"', '""') + '"'

"""Root on the primary's database: past SQLite, and through it."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from typing import Any

import apsw

from attack.acts.day import Day
from attack.acts.table import act

STORE = ("guard", "store at its start")


def run(day: Day, *statements: str) -> None:
    """Run SQL as another program."""
    with closing(apsw.Connection(str(day.root / "store.db"))) as other:
        other.set_busy_timeout(5_000)
        for statement in statements:
            other.execute(statement).fetchall()


def write_at(day: Day, name: str, at: Callable[[int], int], size: int) -> None:
    """Write noise into a file past SQLite."""
    path = day.root / name
    with path.open("r+b") as file:
        file.seek(at(path.stat().st_size))
        file.write(os.urandom(size))


@act(*STORE, quick=True)
def encrypts_the_database(day: Day) -> None:
    """The database is encrypted from its first byte on."""
    write_at(day, "store.db", lambda _: 0, (day.root / "store.db").stat().st_size)


@act(*STORE)
def encrypts_a_page(day: Day) -> None:
    """One page in the middle of the database is encrypted."""
    write_at(day, "store.db", lambda size: size // 2 // 8_192 * 8_192, 8_192)


@act(*STORE)
def encrypts_the_log(day: Day) -> None:
    """The database's log is encrypted."""
    write_at(day, "store.db-wal", lambda _: 0, (day.root / "store.db-wal").stat().st_size)


@act(*STORE)
def cuts_the_database(day: Day) -> None:
    """The database is cut to half; the next deposit comes."""
    os.truncate(day.root / "store.db", (day.root / "store.db").stat().st_size // 2)
    day.write(1, 1, 0)


@act(*STORE)
def removes_the_database(day: Day) -> None:
    """The database and its log are removed while the store runs."""
    for name in ("store.db", "store.db-wal"):
        (day.root / name).unlink()


@act(*STORE, quick=True)
def changes_objects_by_sql(day: Day) -> None:
    """All entries are overwritten by SQL."""
    run(day, "UPDATE record SET object = zeroblob(length(object)) WHERE type = 2")


@act(*STORE)
def deletes_rows(day: Day) -> None:
    """One chart's rows are deleted by SQL."""
    run(day, "DELETE FROM record WHERE chart = (SELECT chart FROM record WHERE id = 3)")


@act(*STORE)
def deletes_the_newest_rows(day: Day) -> None:
    """The ledger's last ten lines are deleted by SQL."""
    run(day, "DELETE FROM record WHERE id > (SELECT max(id) - 10 FROM record)")


@act(*STORE)
def drops_the_tables(day: Day) -> None:
    """The tables are dropped."""
    run(day, "DROP TABLE record", "DROP TABLE label", "DROP TABLE tile")


@act(*STORE)
def makes_patients_unfindable(day: Day) -> None:
    """All labels and all tiles are deleted."""
    run(day, "DELETE FROM label", "DELETE FROM tile")


@act("guard", about="its object is missing")
def drops_an_object_without_a_word(day: Day) -> None:
    """An entry's object is dropped as if it had been shredded, and the store started again."""
    day.stop_store()
    run(day, "UPDATE record SET object = NULL WHERE id = 4")
    day.start_store()


@act("store at its start", quick=True)
def puts_yesterdays_copy_back(day: Day) -> None:
    """Yesterday's copy of the store lies in its place."""
    day.stop_store()
    shutil.copytree(day.root, day.folder / "yesterday")
    day.start_store()
    day.write()
    day.settle()
    day.stop_store()
    shutil.rmtree(day.root)
    shutil.copytree(day.folder / "yesterday", day.root)
    day.start_store()


@act(*STORE)
def puts_an_old_database_under_the_running_store(day: Day) -> None:
    """Yesterday's database is copied over the one in use."""
    shutil.copyfile(day.root / "store.db", day.folder / "old.db")
    day.write()
    day.settle()
    shutil.copyfile(day.folder / "old.db", day.root / "store.db")


def slowly(day: Day, change: Callable[[int], Any]) -> None:
    """Change some objects a day while the store is stopped, until that is said; a month at most."""
    for number in range(1, 31):
        day.stop_store()
        change(number)
        day.start_store()
        day.move(wall=86_400, steady=86_400)
        rounds = day.store.guard.rounds if not day.down else 0
        if not day.down:
            day.until(lambda: day.heard or day.store.guard.rounds > rounds)  # noqa: B023 - at once
        if day.heard:
            return


@act("guard", "store at its start")
def encrypts_five_percent_of_the_blobs_a_day(day: Day) -> None:
    """A twentieth of the blobs is encrypted each night while the store is down."""
    files = day.blob_files()

    def change(number: int) -> None:
        for path in files[number - 1 :: 20]:
            path.write_bytes(os.urandom(path.stat().st_size))

    slowly(day, change)


@act("guard", "store at its start")
def encrypts_five_percent_of_the_entries_a_day(day: Day) -> None:
    """A twentieth of the entries is overwritten each night while the store is down."""
    slowly(
        day,
        lambda number: run(
            day,
            "UPDATE record SET object = zeroblob(length(object))"
            f" WHERE type = 2 AND id % 20 = {number % 20}",
        ),
    )


@act("guard")
def encrypts_where_no_watch_reaches(day: Day) -> None:
    """A blob is encrypted in a folder the kernel watches for nobody."""
    watching = day.store.guard._watching
    assert watching is not None
    day.until_watched()
    for watch in list(watching._on):
        watching._watches.remove(watch)
    path = day.blob_files()[-1]
    path.write_bytes(os.urandom(path.stat().st_size))

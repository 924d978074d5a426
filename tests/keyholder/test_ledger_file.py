"""Take the ledger away from a running keyholder, and it lets nothing go any more."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import apsw
import pytest

from chartkeep.errors import UnavailableError, UnknownFormatError, UnknownWriteError
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.protocol import OpenKeys, ReadLabels, Sameness, SealKeys, SealWant
from tests.conftest import KeyholderRun
from tests.keyholder.desk import Desk
from tests.keyholder.test_opening import a_chart, opened

pytestmark = pytest.mark.attack


def log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def remove(path: Path) -> None:
    path.unlink()


def truncate(path: Path) -> None:
    os.truncate(path, 0)


def shorten(path: Path) -> None:
    os.truncate(path, path.stat().st_size - 1)


def replace_by_itself(path: Path) -> None:
    copy = path.with_name("copy")
    shutil.copy(path, copy)
    copy.rename(path)


def move_away(path: Path) -> None:
    path.rename(path.with_name("elsewhere"))


HARMS = [remove, truncate, shorten, replace_by_itself, move_away]


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("which", [Path, log_of])
def test_releases_stop_and_nothing_is_answered_afterwards(
    keyholder: KeyholderRun, harm: Callable[[Path], None], which: Callable[[Path], Path]
) -> None:
    wanted, token = a_chart(keyholder, "3W", "1"), keyholder.login("aiko")
    assert opened(keyholder.client(), token, wanted).error == ""
    client = keyholder.client()
    client.status()
    harm(which(keyholder.folder / "keyholder.db"))
    with pytest.raises(UnavailableError, match="stops"):
        opened(client, token, wanted)
    for _ in range(3):
        with pytest.raises(UnavailableError, match="stops"):
            opened(client, token, wanted)
    assert keyholder.stopped == ["stopped"]


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("which", [Path, log_of])
def test_no_verb_that_lets_something_go_is_answered(
    desk: Desk, harm: Callable[[Path], None], which: Callable[[Path], Path]
) -> None:
    aiko, wanted = desk.login("aiko"), desk.chart("3W", "1")
    harm(which(desk.path))
    for request, instance in (
        (OpenKeys(aiko, "TREAT", "", b"", [wanted]), "desk"),
        (SealKeys([SealWant(wanted.chart, [1], False)]), "engine"),
        (ReadLabels(aiko, "TREAT", ["name:sato"]), "desk"),
        (Sameness(), "engine"),
    ):
        with pytest.raises(UnknownWriteError):
            desk.ask(request, instance)


def test_a_log_cut_and_grown_again_hides_no_line(desk: Desk) -> None:
    """The cut is seen before the next write, which would fill the hole with zeros."""
    wanted, aiko = desk.chart("3W", "1"), desk.login("aiko")
    before = len(desk.lines())
    truncate(log_of(desk.path))
    with pytest.raises(UnknownWriteError):
        desk.open(aiko, wanted)
    assert before > 10


def test_a_disk_that_cannot_be_written_stops_it(keyholder: KeyholderRun) -> None:
    wanted, token = a_chart(keyholder, "3W", "1"), keyholder.login("aiko")
    client = keyholder.client()
    client.status()
    other = Book(keyholder.folder / "keyholder.db")
    other._base.execute("DROP TABLE line").fetchall()
    other.close()
    for _ in range(2):
        with pytest.raises(UnavailableError, match="stops"):
            opened(client, token, wanted)
    assert keyholder.stopped == ["stopped"]


def test_a_database_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "keyholder.db"
    Book(path).close()
    with apsw.Connection(str(path)) as connection:
        connection.execute("PRAGMA user_version = 0")
    with pytest.raises(UnknownFormatError, match="of another version"):
        Book(path)

"""A database filled from lines and objects out of their order is the one they came from."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import apsw
import pytest

from chartkeep.model import Millis
from chartkeep.store import ordering
from chartkeep.store.blobs import Blobs
from chartkeep.store.protocol import Commit, DropLabels, ReplaceWraps, Shred
from chartkeep.store.records import RecordType, Row
from chartkeep.store.refilling import Filling, Lost
from chartkeep.store.sqlite import SqliteBook
from chartkeep.store.verify import verify_book
from tests.store.house import FACILITY, NOW, ORIGIN, Desk, Writer, ident, peer_of

KEEPER = peer_of("keyholder")


class Object(NamedTuple):
    at: int
    type: int
    words: bytes
    beside: bytes = b""


class Pulled:
    """What a vault would have taken of a book, commit by commit."""

    def __init__(self, book: SqliteBook, blobs: Blobs) -> None:
        self.book, self.blobs = book, blobs
        self.lines: list[tuple[int, bytes]] = []
        self.objects: list[Object] = []

    def pull(self) -> None:
        for row in self.book.rows(len(self.lines), 10_000):
            self.lines.append((row.type, row.line))
            if row.object is not None:
                self.objects.append(Object(row.at, row.type, row.words, self._beside(row)))

    def _beside(self, row: Row) -> bytes:
        if row.type != RecordType.BLOB:
            return b""
        return self.blobs.read(row.chart, row.entry or b"", 0, 1 << 20)


@pytest.fixture
def pulled(tmp_path: Path) -> Iterator[Pulled]:
    """Some charts with later versions, new wraps, dropped labels, a shredding and a blob."""
    book = SqliteBook(tmp_path / "store.db", FACILITY, ORIGIN)
    desk, ward = Desk(book, Blobs(tmp_path / "blobs")), Writer()
    pulled = Pulled(book, desk.blobs)
    for number in range(40):
        chart = ident(f"chart {number}")
        lease = ward.lease(chart)
        labels = (ident(f"{number} a"), ident(f"{number} b"))
        desk.put(ward, lease, *(ward.entry(lease, f"{number}/{n}") for n in range(5)),
                 labels=labels)  # fmt: skip
        desk.put(ward, lease, ward.entry(lease, f"{number}/0", b"{1}", version=2))
        pulled.pull()
        if number % 3 == 0:
            desk.put(ward, lease, ward.entry(lease, f"{number}/0", b"{2}", version=3))
            desk.ask(ReplaceWraps(chart, [ward.rotate(lease)]), KEEPER)
            desk.ask(DropLabels(chart, [labels[0]]), KEEPER)
        if number % 10 == 0:
            sealed = ward.blob(lease, os.urandom(16), os.urandom(5_000))
            blobs = (memoryview(sealed),)
            entry = ward.entry(lease, f"{number}/image", kind="Binary")
            desk.ask(Commit(chart, [lease.wrap], [entry], [], blobs), ward.peer)
        pulled.pull()
        if number % 13 == 0:
            desk.ask(Shred(chart), KEEPER)
    book.keep_note("a note")
    pulled.pull()
    yield pulled
    book.close()


def fill(
    pulled: Pulled, path: Path, objects: list[Object], until: Millis | None = None
) -> list[Lost]:
    filling = Filling(path, FACILITY, ORIGIN, until)
    head = filling.lay(pulled.lines)
    assert head.size == pulled.book.size()
    cut, blobs = head.size // 3, []
    for first, end in ((0, cut), (cut, head.size)):
        mine = [each for each in objects if first <= each.at < end]
        mine.sort(key=lambda each: each.words[-8:])  # by what is as good as chance
        filling.take(first, end, mine, sum(len(x.words) for x in mine), lambda *b: blobs.append(b))
    return filling.finish("a note")


def dump(path: Path) -> list[list[tuple[object, ...]]]:
    base = apsw.Connection(str(path))
    tables = ("record ORDER BY id", "label ORDER BY label", "state ORDER BY name")
    found = [base.execute(f"SELECT * FROM {table}").fetchall() for table in tables]
    tiles = base.execute("SELECT level, place, hashes FROM tile ORDER BY 1, 2").fetchall()
    schema = base.execute("SELECT name, sql FROM sqlite_schema ORDER BY name").fetchall()
    base.close()
    return [*found, tiles, schema]


def test_it_is_the_database_it_came_from_row_by_row(pulled: Pulled, tmp_path: Path) -> None:
    assert fill(pulled, tmp_path / "new.db", pulled.objects) == []
    assert dump(tmp_path / "new.db") == dump(tmp_path / "store.db")
    assert dump(tmp_path / "new.db")[3], "there are full tiles"


def test_so_it_is_by_way_of_files(
    pulled: Pulled, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ordering, "IN_MEMORY", 3_000)
    assert fill(pulled, tmp_path / "new.db", pulled.objects) == []
    assert dump(tmp_path / "new.db") == dump(tmp_path / "store.db")


def test_a_store_goes_on_from_it(pulled: Pulled, tmp_path: Path) -> None:
    fill(pulled, tmp_path / "new.db", pulled.objects)
    book = SqliteBook(tmp_path / "new.db", FACILITY, ORIGIN)
    book.keep_note("")
    desk, ward = Desk(book, Blobs(tmp_path / "other")), Writer()
    lease = ward.lease(ident("chart 1"))
    desk.put(ward, lease, ward.entry(lease, "1/0", b"{3}", version=3))
    assert verify_book(book) == []
    book.close()


def test_a_view_shows_each_entry_as_it_stood(pulled: Pulled, tmp_path: Path) -> None:
    fill(pulled, tmp_path / "new.db", pulled.objects, Millis(NOW - 1))
    base = apsw.Connection(str(tmp_path / "new.db"))
    assert base.execute("SELECT count(*) FROM record WHERE type = 2 AND replaced IS NULL").get == 0
    base.close()


@pytest.mark.attack
def test_what_is_missing_changed_or_swapped_is_named_and_nothing_else(
    pulled: Pulled, tmp_path: Path
) -> None:
    entries = [each for each in pulled.objects if each.type == RecordType.ENTRY]
    gone, flipped, one, other = entries[3], entries[20], entries[40], entries[50]
    changed = {
        flipped.at: flipped._replace(words=flipped.words[:-1] + bytes([flipped.words[-1] ^ 1])),
        one.at: one._replace(words=other.words),
        other.at: other._replace(words=one.words),
    }
    objects = [changed.get(x.at, x) for x in pulled.objects if x.at != gone.at]
    lost = fill(pulled, tmp_path / "new.db", objects)
    assert [each.at for each in lost] == sorted([gone.at, flipped.at, one.at, other.at])


@pytest.mark.attack
def test_entries_whose_wrap_was_taken_out_are_named(pulled: Pulled, tmp_path: Path) -> None:
    at = next(row.at for row in pulled.book.rows(0, 100) if row.type == RecordType.WRAP
              and row.chart == ident("chart 1"))  # fmt: skip
    objects = [each for each in pulled.objects if each.at != at]
    lost = fill(pulled, tmp_path / "new.db", objects)
    assert {each.chart for each in lost} == {ident("chart 1")}
    assert len(lost) == 6


def test_a_second_copy_mends_what_the_first_lost(pulled: Pulled, tmp_path: Path) -> None:
    filling = Filling(tmp_path / "new.db", FACILITY, ORIGIN, None)
    size = filling.lay(pulled.lines).size
    broken = [each for each in pulled.objects if each.at % 7]
    filling.take(0, size, broken, 0, lambda *_: None)
    filling.mend(pulled.objects, lambda *_: None)
    assert filling.finish("a note") == []
    assert dump(tmp_path / "new.db") == dump(tmp_path / "store.db")

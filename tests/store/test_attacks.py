"""A thief with the disk is named by what he changed; a writer who lies is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import pytest

from chartkeep.errors import RefusedError
from chartkeep.ledger.checkpoint import Checkpoint, sign_checkpoint
from chartkeep.ledger.note import LOG_KEY, VerifierKey
from chartkeep.model import Section, to_text
from chartkeep.sealing.signing import SigningKey
from chartkeep.store.blobs import Blobs
from chartkeep.store.protocol import Commit, ReplaceWraps, Shred
from chartkeep.store.records import RecordType, line_of
from chartkeep.store.sqlite import SqliteBook
from chartkeep.store.verify import verify_book
from tests.store.house import FACILITY, HOUR, ORIGIN, Desk, Writer, ident, peer_of

ANNA, BUDI, CITRA = ident("anna"), ident("budi"), ident("citra")
KEY = SigningKey.from_seed(b"k" * 32)
LOG = VerifierKey(ORIGIN, LOG_KEY, KEY.public)

pytestmark = pytest.mark.attack


class Stolen:
    """A store's database in a thief's hands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._write = apsw.Connection(str(path))
        self._book = SqliteBook(path, FACILITY, ORIGIN)

    def run(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        return self._write.execute(statement, values).fetchall()

    def verify(self) -> list[str]:
        return verify_book(self._book, log=LOG)

    def forge(self, line: int) -> None:
        """Change an entry's last byte, and its line with it."""
        ((content, old),) = self.run("SELECT content, object FROM record WHERE id = ?", line)
        assert isinstance(content, bytes)
        assert isinstance(old, bytes)
        forged = old[:-1] + bytes([old[-1] ^ 1])
        self.run("UPDATE record SET object = ?, line = ? WHERE id = ?", forged,
                 line_of(RecordType.ENTRY, content + forged), line)  # fmt: skip

    @contextmanager
    def changed(self, table: str, column: str, rowid: object, value: object) -> Iterator[None]:
        key = "label" if table == "label" else "id"
        ((before,),) = self.run(f"SELECT {column} FROM {table} WHERE {key} = ?", rowid)
        self.run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", value, rowid)
        yield
        again = value if column == key else rowid
        self.run(f"UPDATE {table} SET {column} = ? WHERE {key} = ?", before, again)

    def names_each_flip(self, table: str, column: str, rowid: object, name: str, step: int) -> int:
        key = "label" if table == "label" else "id"
        ((raw,),) = self.run(f"SELECT {column} FROM {table} WHERE {key} = ?", rowid)
        assert isinstance(raw, bytes)
        for at in range(0, len(raw), step):
            flipped = raw[:at] + bytes([raw[at] ^ 1 << at % 8]) + raw[at + 1 :]
            with self.changed(table, column, rowid, flipped):
                assert any(name in found for found in self.verify()), (column, at)
        return len(range(0, len(raw), step))


@contextmanager
def taken(tmp_path: Path, more: int) -> Iterator[Stolen]:
    """Three charts over twelve lines and so many more entries; signed at its end."""
    book = SqliteBook(tmp_path / "store.db", FACILITY, ORIGIN)
    desk, ward, keeper = Desk(book, Blobs(tmp_path / "blobs")), Writer(), peer_of("keyholder")
    anna, budi = ward.lease(ANNA), ward.lease(BUDI, Section.RESULTS)
    desk.put(ward, anna, ward.entry(anna, "note"), labels=(ident("a"), ident("b")))
    desk.put(ward, budi, ward.entry(budi, "lab"), labels=(ident("c"),))
    desk.put(ward, anna, ward.entry(anna, "note", version=2))
    desk.ask(ReplaceWraps(BUDI, [ward.rotate(budi)]), keeper)
    citra = ward.lease(CITRA)
    desk.put(ward, citra, ward.entry(citra), labels=(ident("d"),))
    desk.ask(Shred(CITRA), keeper)
    if more:
        desk.put(ward, anna, *(ward.entry(anna) for _ in range(more)))
    head = desk.sequencer.head
    with book.group():
        signed = sign_checkpoint(Checkpoint.at(ORIGIN, *head), KEY)
        book.keep_note(signed.raw().decode())
    book.close()
    thief = Stolen(tmp_path / "store.db")
    assert thief.verify() == []
    yield thief
    thief._write.close()
    thief._book.close()


@pytest.fixture
def stolen(tmp_path: Path) -> Iterator[Stolen]:
    """A full tile and some more lines."""
    with taken(tmp_path, 256) as thief:
        yield thief


@pytest.fixture
def few(tmp_path: Path) -> Iterator[Stolen]:
    """Few enough lines to look at all of them after every byte."""
    with taken(tmp_path, 2) as thief:
        yield thief


@pytest.mark.parametrize(
    ("line", "name"),
    [(0, "wrap of key"), (1, f"entry {to_text(ident('note'))}"), (2, "labels of chart"),
     (4, f"entry {to_text(ident('lab'))}"), (7, "wrap of key"), (11, "shredding of chart"),
     (12, "entry")],
)  # fmt: skip
def test_a_flipped_byte_of_an_object_is_named(few: Stolen, line: int, name: str) -> None:
    assert few.names_each_flip("record", "object", line, f"line {line} ({name}", 1) > 25


@pytest.mark.parametrize("line", [0, 1, 2, 200, 266])
def test_a_flipped_byte_of_a_line_is_named(stolen: Stolen, line: int) -> None:
    assert stolen.names_each_flip("record", "line", line, f"line {line} (", 1) == 32


def test_a_flipped_byte_of_a_dropped_objects_line_is_named(stolen: Stolen) -> None:
    assert stolen.names_each_flip("record", "line", 3, "line 3 (", 1) == 32


@pytest.mark.parametrize("column", ["chart", "entry", "key", "content"])
def test_a_flipped_byte_of_an_index_word_is_named(stolen: Stolen, column: str) -> None:
    assert stolen.names_each_flip("record", column, 266, "line 266 (", 1) == 16


def test_a_flipped_byte_of_a_tile_is_named(stolen: Stolen) -> None:
    assert stolen.names_each_flip("tile", "hashes", 1, "tile 0/0", 151) > 50


@pytest.mark.parametrize("column", ["label", "chart"])
def test_a_flipped_byte_of_a_label_is_named(stolen: Stolen, column: str) -> None:
    name = f"label {ident('a').hex()} does not stand"
    assert stolen.names_each_flip("label", column, ident("a"), name, 1) == 16


def test_a_flipped_byte_of_the_signed_checkpoint_is_seen(stolen: Stolen) -> None:
    ((note,),) = stolen.run("SELECT value FROM state WHERE name = 'note'")
    assert isinstance(note, str)
    for at in range(0, len(note) - 1, 7):
        changed = note[:at] + chr(ord(note[at]) ^ 1) + note[at + 1 :]
        stolen.run("UPDATE state SET value = ? WHERE name = 'note'", changed)
        assert stolen.verify() != [], at


@pytest.mark.parametrize(("one", "other"), [(1, 5), (2, 6), (0, 4), (12, 13)])
def test_swapped_objects_are_named(stolen: Stolen, one: int, other: int) -> None:
    ((first,),) = stolen.run("SELECT object FROM record WHERE id = ?", one)
    ((second,),) = stolen.run("SELECT object FROM record WHERE id = ?", other)
    with stolen.changed("record", "object", one, second):
        stolen.run("UPDATE record SET object = ? WHERE id = ?", first, other)
        found = stolen.verify()
    assert {f"line {one} (", f"line {other} ("} <= {f"{text.split('(')[0]}(" for text in found}


def test_swapped_labels_are_named(stolen: Stolen) -> None:
    with stolen.changed("label", "chart", ident("a"), BUDI):
        stolen.run("UPDATE label SET chart = ? WHERE label = ?", ANNA, ident("c"))
        found = " ".join(stolen.verify())
    assert ident("a").hex() in found
    assert ident("c").hex() in found


def test_an_object_changed_together_with_its_line_does_not_fit_its_tile(stolen: Stolen) -> None:
    stolen.forge(1)
    assert any("tile 0/0" in found and "line 1 (entry" in found for found in stolen.verify())


def test_an_object_forged_beyond_the_last_tile_breaks_the_signed_root(stolen: Stolen) -> None:
    stolen.forge(260)
    assert any("the root the store signed" in found for found in stolen.verify())


_MOVED = """UPDATE record SET object = CAST(substr(content, 16) || object AS BLOB),
  content = substr(content, 1, 15) WHERE id = 20"""

_UNREPLACED = "DROP INDEX record_entry; UPDATE record SET replaced = NULL WHERE id = 1"


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (_MOVED, "line 20 (entry"),
        ("UPDATE record SET object = object || '' WHERE id = 20", "cannot be read"),
        ("DELETE FROM record WHERE id = 50", "line 50 is missing"),
        ("DELETE FROM record WHERE id >= 260", "lines 260 to 267 are missing"),
        ("UPDATE record SET object = NULL WHERE id = 20", "its object is missing"),
        ("UPDATE record SET content = NULL WHERE id = 20", "line 20 ("),
        ("UPDATE record SET content = zeroblob(16) WHERE id = 0", "line 0 (wrap"),
        ("UPDATE record SET replaced = 20 WHERE id = 30", "line 30 (entry"),
        (_UNREPLACED, "0 were replaced"),
        ("DELETE FROM label WHERE chart IS NOT NULL", "does not stand for its chart"),
        ("INSERT INTO label VALUES (zeroblob(16), zeroblob(16))", "labels stand"),
        ("DELETE FROM tile", "tile 0/0"),
        ("INSERT INTO tile VALUES (9, 0, 9, zeroblob(8192))", "lines that do not exist"),
    ],
)
def test_what_is_removed_or_added_is_named(stolen: Stolen, statement: str, said: str) -> None:
    stolen.run(statement)
    found = stolen.verify()
    assert any(said in one for one in found), found


def test_an_entry_that_claims_another_writer_is_refused_and_rung(
    desk: Desk, ward: Writer, intruder: Writer
) -> None:
    lease = ward.lease(ANNA)
    desk.put(ward, lease)
    forged = Commit(ANNA, [], [ward.entry(lease)], [])
    with pytest.raises(RefusedError, match="claims another writer"):
        desk.ask(forged, intruder.peer)
    mine = ward.entry(lease, writer=intruder.peer.id)
    with pytest.raises(RefusedError, match="does not belong to its key"):
        desk.ask(Commit(ANNA, [], [mine], []), intruder.peer)
    assert len(desk.alarms.sentences()) == 2
    assert all(text.startswith("stolen-laptop: ") for text in desk.alarms.sentences())


def test_a_wrap_made_for_another_writer_is_refused(
    desk: Desk, ward: Writer, intruder: Writer
) -> None:
    lease = ward.lease(ANNA)
    with pytest.raises(RefusedError, match="made for another writer"):
        desk.ask(Commit(ANNA, [lease.wrap], [], []), intruder.peer)
    assert desk.book.size() == 0


def test_labels_alone_which_need_no_lease_are_refused(desk: Desk, intruder: Writer) -> None:
    """They would find a chart by what it is not, and break off what is being read of it."""
    with pytest.raises(RefusedError, match="with an entry of their chart"):
        desk.ask(Commit(ANNA, [], [], [ident("a")]), intruder.peer)
    assert desk.book.size() == 0


def test_a_key_is_worthless_after_its_lease(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    desk.put(ward, lease)
    with pytest.raises(RefusedError, match="later than its lease"):
        desk.put(ward, lease, ward.entry(lease, time=ward.now + HOUR + 1))
    with pytest.raises(RefusedError, match="later time than now"):
        desk.put(ward, lease, ward.entry(lease, time=ward.now + 61_000))
    desk.now += HOUR + 31_000
    with pytest.raises(RefusedError, match="write lease is over"):
        desk.put(ward, lease, ward.entry(lease))
    assert len(desk.alarms.sentences()) == 3


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("chart", BUDI), ("facility", b"G" * 16), ("section", Section.FACE)],
    ids=["chart", "facility", "section"],
)
def test_an_entry_moved_to_another_place_is_refused(
    desk: Desk, ward: Writer, field: str, wrong: object
) -> None:
    lease = ward.lease(ANNA)
    with pytest.raises(RefusedError, match="belong"):
        desk.put(ward, lease, ward.entry(lease, **{field: wrong}))
    assert desk.book.size() == 0


def test_an_entry_whose_wrap_was_never_sent_is_refused(desk: Desk, ward: Writer) -> None:
    lease = ward.lease(ANNA)
    with pytest.raises(RefusedError, match="whose wrap is not here"):
        desk.ask(Commit(ANNA, [], [ward.entry(lease)], []), ward.peer)
    with pytest.raises(RefusedError, match="whose wrap is not here"):
        desk.put(ward, ward.lease(ANNA), ward.entry(lease))


@pytest.mark.parametrize("section", [Section.CLINICAL, Section.FINGERPRINTS])
def test_nobody_puts_fingerprints_over_an_entry(tmp_path: Path, section: Section) -> None:
    """Whoever may write fingerprints alone would hide a diagnosis so."""
    book = SqliteBook(tmp_path / "store.db", FACILITY, ORIGIN)
    desk, ward, thief = Desk(book, Blobs(tmp_path / "blobs")), Writer(), Writer()
    clinical, prints = ward.lease(ANNA, section), thief.lease(ANNA, Section.FINGERPRINTS)
    desk.put(ward, clinical, ward.entry(clinical, "a diagnosis"))
    with pytest.raises(RefusedError, match="over another entry"):
        desk.put(thief, prints, thief.entry(prints, "a diagnosis", version=2))
    book.close()

"""A keyholder from an old backup knows what its ledger says, and opens what it has keys of."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from chartkeep.errors import LedgerBrokenError
from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.backup import make_backup, restore_backup
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.catching_up import Lines, catch_up
from chartkeep.keyholder.protocol import SealedLine
from chartkeep.keyholder.ring import KeyRing
from chartkeep.keyholder.verbs.rotating import shred_chart
from chartkeep.ledger.checkpoint import Checkpoint
from chartkeep.model import Millis
from chartkeep.sealing.backup import make_operators
from tests import cast
from tests.keyholder.desk import Desk


class Backed:
    """A keyholder, a backup of it opened elsewhere, and what happened since."""

    def __init__(self, desk: Desk, folder: Path, clock: cast.FakeClock) -> None:
        self.desk, self.folder, self.clock = desk, folder, clock
        self.old = desk.chart("3W", "1")
        public, shares = make_operators(2, 2)
        backup = io.BytesIO()
        reader = desk.keyholder.book.reader()
        make_backup(reader, backup.write, cast.FACILITY.id, public, Millis(clock.at))
        reader.close()
        backup.seek(0)
        (folder / "new").mkdir()
        restore_backup(backup, folder / "new", shares)
        self.aiko = desk.login("aiko")
        self.new = desk.chart("3W", "2")
        desk.two(
            desk.login("erik"),
            desk.login("fumi"),
            actions.SetLimit("site", "", "chart", 3_600_000, 7),
        )
        desk.ask(protocol.Act(desk.login("dewi"), actions.Freeze("instance", "second desk")))

    def lines(self, start: int) -> Iterator[SealedLine]:
        query = "SELECT time, entry, body FROM line WHERE idx >= ? ORDER BY idx"
        for row in self.desk.keyholder.book.rows(query, (start,)):
            yield SealedLine(*row)

    @property
    def head(self) -> Checkpoint:
        tree = self.desk.keyholder.tree
        return Checkpoint.at(cast.FACILITY.origin, tree.size, tree.root())

    def catch_up(self, head: Checkpoint | None = None, lines: Lines | None = None) -> int:
        book = Book(self.folder / "new" / "keyholder.db")
        try:
            ring = KeyRing(book, cast.FACILITY.id, cast.KEK, None)
            ring.open_roots(cast.FACILITY.origin)
            return catch_up(book, ring, lines or self.lines, head or self.head)
        finally:
            book.close()

    def open(self) -> Desk:
        return Desk(self.folder / "new", self.clock)


@pytest.fixture
def backed(desk: Desk, tmp_path: Path, clock: cast.FakeClock) -> Backed:
    return Backed(desk, tmp_path, clock)


def test_sessions_freezes_limits_and_beds_are_what_they_were(backed: Backed) -> None:
    standing = backed.desk.keyholder.standing
    assert backed.catch_up() > 0
    again = backed.open()
    mine = again.keyholder.standing
    assert (mine.frozen, mine.places, mine.people) == (
        standing.frozen,
        standing.places,
        standing.people,
    )
    assert again.open(backed.aiko, backed.old) == [""]
    assert again.ask(protocol.AskKeyless([backed.old.chart, backed.new.chart]), "host").charts == [
        backed.new.chart
    ]
    again.stop()


def test_twice_is_once(backed: Backed) -> None:
    backed.catch_up()
    assert backed.catch_up() == 0


@pytest.mark.attack
def test_lines_nobody_signed_for_change_nothing(backed: Backed) -> None:
    head = backed.head
    false = Checkpoint.at(head.origin, head.size, bytes(32))
    with pytest.raises(LedgerBrokenError, match="do not continue"):
        backed.catch_up(false)
    book = Book(backed.folder / "new" / "keyholder.db")
    assert book.size() < head.size
    book.close()


@pytest.mark.attack
def test_a_vault_that_gives_other_lines_the_second_time_is_noticed(backed: Backed) -> None:
    asked: list[int] = []

    def lines(start: int) -> Iterator[SealedLine]:
        asked.append(start)
        coming = list(backed.lines(start))
        yield from coming if len(asked) == 1 else coming[:-1]

    with pytest.raises(LedgerBrokenError, match="other lines the second time"):
        backed.catch_up(lines=lines)


@pytest.mark.attack
def test_a_line_of_another_time_than_its_own_is_refused(backed: Backed) -> None:
    """The time beside a line decides what a budget's window still holds."""

    def lines(start: int) -> Iterator[SealedLine]:
        for line in backed.lines(start):
            yield SealedLine(line.time + 3_600_000, line.entry, line.body)

    with pytest.raises(LedgerBrokenError, match="another time"):
        backed.catch_up(lines=lines)


@pytest.mark.attack
def test_a_chart_shredded_since_the_backup_has_no_key_again(backed: Backed) -> None:
    desk = backed.desk
    turn = desk.keyholder.open_turn()
    shred_chart(desk.keyholder, turn, backed.old.chart)
    desk.keyholder.write(turn)
    backed.catch_up()
    again = backed.open()
    assert not again.keyholder.ring.has_chart(backed.old.chart)
    again.stop()

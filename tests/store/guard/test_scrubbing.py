"""Who says of everything that it does not open: the rounds go on."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chartkeep.store.blobs import Blobs
from chartkeep.store.guard import scrubbing
from chartkeep.store.guard.scrubbing import Scrub
from chartkeep.store.sqlite import SqliteBook
from tests.store.house import FACILITY, ORIGIN, Desk, Writer, ident

CHARTS = [ident(f"chart {number}") for number in range(5)]
LINES = 120


class Counting:
    """A book that counts the rows it gives: one at a time to a doubt, several to a round."""

    def __init__(self, book: SqliteBook) -> None:
        self._book = book
        self.doubted = self.rounds = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._book, name)

    def rows(self, start: int, count: int) -> list[Any]:
        if count == 1:
            self.doubted += 1
        else:
            self.rounds += count
        return list(self._book.rows(start, count))


class Scrubbed:
    """Five charts, what goes round them, and a clock set by hand."""

    def __init__(self, book: SqliteBook, folder: Path) -> None:
        desk, ward = Desk(book, Blobs(folder)), Writer()
        for chart in CHARTS:
            lease = ward.lease(chart)
            desk.put(ward, lease, *(ward.entry(lease) for _ in range(LINES - 1)))
        self.book, self.now = Counting(book), 1_000.0
        self.said: list[str] = []
        told: Any = self.book
        self.scrub = Scrub(
            told, desk.blobs, lambda: desk.sequencer.head, lambda _, words: self.said.append(words)
        )

    def steps(self, count: int, seconds: float) -> None:
        """Doubt every chart before each of so many steps, some seconds apart."""
        for _ in range(count):
            for chart in CHARTS:
                self.scrub.doubt(chart)
            self.scrub._step()
            self.now += seconds


@pytest.fixture
def scrubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scrubbed]:
    with closing(SqliteBook(tmp_path / "store.db", FACILITY, ORIGIN)) as book:
        made = Scrubbed(book, tmp_path / "blobs")
        monkeypatch.setattr(scrubbing, "time", SimpleNamespace(monotonic=lambda: made.now))
        yield made


@pytest.mark.attack
def test_who_doubts_everything_takes_no_more_than_half_of_the_looking(scrubbed: Scrubbed) -> None:
    scrubbed.steps(3_000, seconds=61)
    assert scrubbed.scrub.rounds > 2
    assert scrubbed.book.doubted > LINES, "and yet is heard"
    assert scrubbed.book.doubted <= scrubbed.book.rounds + 2 * LINES
    assert scrubbed.said == []


@pytest.mark.attack
def test_a_chart_is_looked_at_once_a_minute_however_often_it_is_doubted(
    scrubbed: Scrubbed,
) -> None:
    scrubbed.steps(1_500, seconds=0)
    assert scrubbed.book.doubted == LINES * len(CHARTS)
    assert scrubbed.scrub.rounds == 1

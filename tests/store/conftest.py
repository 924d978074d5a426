from collections.abc import Iterator
from pathlib import Path

import pytest

from chartkeep.store.blobs import Blobs
from chartkeep.store.book import Book
from chartkeep.store.memory import MemoryBook
from chartkeep.store.sqlite import SqliteBook
from tests.store.house import FACILITY, ORIGIN, Desk, Writer


@pytest.fixture(params=["sqlite", "memory"])
def book(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Book]:
    made: Book = (
        SqliteBook(tmp_path / "store.db", FACILITY, ORIGIN)
        if request.param == "sqlite"
        else MemoryBook(FACILITY, ORIGIN)
    )
    yield made
    made.close()


@pytest.fixture
def desk(book: Book, tmp_path: Path) -> Desk:
    return Desk(book, Blobs(tmp_path / "blobs"))


@pytest.fixture
def ward() -> Writer:
    return Writer("ward-3")


@pytest.fixture
def intruder() -> Writer:
    return Writer("stolen-laptop")

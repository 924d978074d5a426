"""An answer made while it is read: whole, or seen to be broken off; never made for nobody."""

import http.client
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from chartkeep.errors import FrozenError
from chartkeep.fhir.http.app import fhir_app
from chartkeep.fhir.http.asked import NDJSON, Answer, Asked
from chartkeep.web.bounds import Bounded, Bounds
from tests.web.served import Served, serving

PIECE = b"x" * 65_536
ASK = b"GET /fhir HTTP/1.1\r\nHost: a\r\n\r\n"
MANY = 2_000


class Pieces:
    """Makes pieces, and remembers how many, and whether it was ended."""

    def __init__(self, most: int, fault: Exception | None = None) -> None:
        self.made, self.ended = 0, False
        self._most, self._fault = most, fault

    def answer(self, _: Asked) -> Answer:
        return Answer(200, b"first", kind=NDJSON, stream=self._make())

    def _make(self) -> Generator[bytes]:
        try:
            while self.made < self._most:
                self.made += 1
                yield PIECE
            if self._fault is not None:
                raise self._fault
        finally:
            self.ended = True

    def until_ended(self) -> bool:
        end = time.monotonic() + 60
        while not self.ended and time.monotonic() < end:
            time.sleep(0.01)
        return self.ended


@contextmanager
def served(pieces: Pieces, folder: Path) -> Iterator[Served]:
    threads = ThreadPoolExecutor(2)
    app = Bounded(fhir_app(pieces.answer, threads), Bounds(), lambda _: None)
    with serving(app, folder) as running:
        yield running
    threads.shutdown()


def test_a_stream_arrives_whole(tmp_path: Path) -> None:
    pieces = Pieces(5)
    with served(pieces, tmp_path) as running:
        heard = running.ask(ASK)
    assert (heard.status, heard.body) == (200, b"first" + 5 * PIECE)
    assert heard.headers["content-type"] == NDJSON
    assert heard.headers["cache-control"] == "no-store"
    assert pieces.ended


def test_one_that_breaks_off_is_seen_to_have_no_end(tmp_path: Path) -> None:
    pieces = Pieces(2, FrozenError("frozen meanwhile"))
    with served(pieces, tmp_path) as running, pytest.raises(http.client.IncompleteRead):
        running.ask(ASK)


@pytest.mark.attack
def test_nothing_is_made_for_a_client_that_left(tmp_path: Path) -> None:
    pieces = Pieces(MANY)
    with served(pieces, tmp_path) as running:
        wire = running.wire()
        wire.send(ASK)
        wire.close()
        assert pieces.until_ended()
    assert pieces.made < MANY


@pytest.mark.attack
def test_a_client_that_does_not_read_is_let_go(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chartkeep.web.bridge.PATIENCE", 0.3)
    pieces = Pieces(MANY)
    with served(pieces, tmp_path) as running:
        wire = running.wire()
        wire.send(ASK)
        assert pieces.until_ended()
        wire.close()
    assert pieces.made < 100

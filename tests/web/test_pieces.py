"""Bodies too long to be held: taken in pieces by a thread, within bytes and time."""

import threading
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from chartkeep.web.body import Limit
from chartkeep.web.bounds import Bounded, Bounds
from chartkeep.web.bridge import Heard, bridge
from tests.web.served import Served, serving, until

BOUNDS = Bounds(ordinary=Limit(10_000, 5.0), streamed=Limit(50_000_000, 0.5))
PATH = "/dicom-web/studies"


class Counted(NamedTuple):
    """An answer that says how many bytes came."""

    body: bytes
    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    kind: str = "text/plain"
    stream: Generator[bytes] | None = None


class Taker:
    """A door that counts what comes, as fast as it is let."""

    def __init__(self) -> None:
        self.whole: list[bytes] = []
        self.taken = 0
        self.ended: BaseException | None = None
        self.go_on = threading.Event()
        self.go_on.set()

    def answer(self, heard: Heard) -> Counted:
        self.whole.append(heard.body)
        try:
            for piece in heard.pieces:
                self.go_on.wait(30)
                self.taken += len(piece)
        except BaseException as error:
            self.ended = error
            raise
        return Counted(str(self.taken).encode())


@pytest.fixture
def taker() -> Taker:
    return Taker()


@pytest.fixture
def served(taker: Taker, tmp_path: Path) -> Iterator[Served]:
    with ThreadPoolExecutor(1) as threads, ThreadPoolExecutor(2) as streams:
        app = bridge(taker.answer, lambda _: "/", threads, streams)
        with serving(Bounded(app, BOUNDS, lambda _: None), tmp_path) as running:
            yield running


def head(length: int, path: str = PATH, more: str = "") -> bytes:
    lines = f"POST {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n{more}"
    return f"{lines}Connection: close\r\n\r\n".encode()


def test_a_short_body_comes_whole(taker: Taker, served: Served) -> None:
    assert served.ask(head(5) + b"12345").body == b"5"
    assert taker.whole == [b"12345"]


def test_a_long_one_comes_in_pieces(taker: Taker, served: Served) -> None:
    assert served.ask(head(3_000_000) + b"x" * 3_000_000).body == b"3000000"
    assert taker.whole == [b""]


def test_one_of_unknown_length_comes_in_pieces(taker: Taker, served: Served) -> None:
    start = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    assert served.ask(start + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n").body == b"5"
    assert taker.whole == [b""]


def test_elsewhere_a_long_one_is_refused(taker: Taker, served: Served) -> None:
    assert served.ask(head(3_000_000, "/elsewhere") + b"x" * 3_000_000).status == 413
    assert not taker.whole


def test_a_packed_one_is_inflated_within_the_bounds_of_a_short_one(served: Served) -> None:
    packed = "Content-Encoding: gzip\r\n"
    assert served.ask(head(3_000_000, more=packed) + b"x" * 3_000_000).status == 413


@pytest.mark.attack
def test_a_client_waits_while_its_pieces_are_not_taken(taker: Taker, served: Served) -> None:
    taker.go_on.clear()
    wire, sent = served.wire(), 0
    wire.send(head(40_000_000))
    sender = threading.Thread(target=wire.send, args=(b"x" * 40_000_000,))
    sender.start()
    time.sleep(0.3)
    assert sender.is_alive(), sent  # neither the pipe nor the sockets hold it
    taker.go_on.set()
    assert wire.hear().body == b"40000000"
    sender.join()
    wire.close()


@pytest.mark.attack
def test_one_that_stops_is_refused_and_frees_its_thread(taker: Taker, served: Served) -> None:
    wire = served.wire()
    wire.send(head(3_000_000) + b"x" * 10)
    assert wire.hear().status == 408
    wire.close()
    until(lambda: taker.ended is not None)


@pytest.mark.attack
def test_one_that_is_too_long_is_refused(taker: Taker, served: Served) -> None:
    assert served.ask(head(50_000_001)).status == 413
    assert not taker.whole
    start = f"POST {PATH} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    piece = b"1000000\r\n" + b"x" * 0x1000000 + b"\r\n"
    assert served.ask(start + piece * 4).status == 413


def test_a_client_that_leaves_frees_its_thread(taker: Taker, served: Served) -> None:
    wire = served.wire()
    wire.send(head(3_000_000) + b"x" * 20_000)
    until(lambda: taker.taken > 0)
    wire.close()
    until(lambda: taker.ended is not None)
    assert served.ask(head(5) + b"12345").status == 200

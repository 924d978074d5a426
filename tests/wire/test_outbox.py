"""Answers leave whole and in order, whoever reads slowly, and never over another's descriptor."""

import asyncio
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from chartkeep.wire.calls import Call, Lane
from chartkeep.wire.frames import FRAME, Done, encode
from chartkeep.wire.outbox import Outbox, Way
from chartkeep.wire.server import Listener
from tests.wire.test_wire import Echo, Echoes, client

LONG = 100_000
COUNT = 20


class Slow(Echoes):
    """Answers on two lanes at once, each word repeated until it is long."""

    def __init__(self) -> None:
        super().__init__()
        self.lanes = [Lane(self._serve), Lane(self._serve)]

    def take(self, call: Call) -> None:
        self.lanes[call.sequence % 2].put(call)

    def _serve(self, calls: list[Call]) -> None:
        for call in calls:
            call.answer(Echo(call.request.word * LONG))


class Transport:
    """As much of a transport as a way out needs."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.written: list[bytes] = []
        self.waiting = 0
        self.closing = False

    def get_extra_info(self, name: str) -> Any:
        return self.sock if name == "socket" else None

    def is_closing(self) -> bool:
        return self.closing

    def write(self, data: Any) -> None:
        self.written.append(bytes(data))

    def get_write_buffer_size(self) -> int:
        return self.waiting


@pytest.fixture
def ends() -> Any:
    mine, theirs = socket.socketpair()
    mine.setblocking(False)
    with mine, theirs:
        yield mine, theirs


def make(sock: socket.socket) -> tuple[Way, Transport]:
    transport = Transport(sock)
    way = Way(cast("asyncio.Transport", transport), Outbox(cast("Any", Loop())))
    way.send(bytearray(b"1"))
    return way, transport


class Loop:
    """Runs at once, on one thread as a loop does, what others would have run by the loop."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)

    def call_soon_threadsafe(self, call: Any) -> None:
        self._thread.submit(call)


def wait_for(transport: Transport, end: bytes) -> None:
    until = time.monotonic() + 30
    while not b"".join(transport.written).endswith(end) and time.monotonic() < until:
        time.sleep(0.001)


def test_answers_of_two_lanes_come_whole_to_who_reads_slowly(tmp_path: Path) -> None:
    service = Slow()
    listener = Listener(service, f"unix:{tmp_path / 'echo.sock'}")
    listener.start()
    mine = client(f"unix:{tmp_path / 'echo.sock'}")
    mine.ask(Echo("a"), Echo)
    line, number, first = mine._socket, mine._number, mine._sequence + 1
    assert line is not None
    for n in range(COUNT):
        line.sendall(encode(number, first + n, Echo(chr(ord("a") + n % 26))))
    time.sleep(0.2)
    heard = {}
    for _ in range(COUNT):
        length, _, sequence = FRAME.unpack(mine._exactly(FRAME.size))
        heard[sequence - first] = msgspec.msgpack.decode(mine._exactly(length), type=Echo).word
    assert heard == {n: chr(ord("a") + n % 26) * LONG for n in range(COUNT)}
    mine.close()
    listener.stop()


def test_what_a_full_socket_does_not_take_follows_by_the_loop(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    mine, theirs = ends
    way, transport = make(mine)
    wait_for(transport, b"1")
    frame = encode(1, 1, Done())
    way.send(frame)
    assert theirs.recv(100) == frame
    way.send(bytearray(4 << 20))
    way.send(bytearray(b"behind"))
    wait_for(transport, b"behind")
    mine.setblocking(False)
    theirs.setblocking(False)
    sent = 0
    while True:
        try:
            sent += len(theirs.recv(1 << 20))
        except BlockingIOError:
            break
    rest = b"".join(transport.written[1:])
    assert sent + len(rest) == (4 << 20) + 6
    assert rest.endswith(b"behind")
    way.close()


@pytest.mark.attack
def test_an_answer_never_leaves_over_the_descriptor_of_who_came_after(
    ends: tuple[socket.socket, socket.socket],
) -> None:
    mine, _ = ends
    way, transport = make(mine)
    wait_for(transport, b"1")
    handle = way._handle
    way.close()
    transport.closing = True
    strangers = socket.socketpair()
    with strangers[0], strangers[1]:
        assert handle in {each.fileno() for each in strangers}, "the test needs it used again"
        way.send(bytearray(b"a section key"))
        for each in strangers:
            each.setblocking(False)
            with pytest.raises(BlockingIOError):
                each.recv(1)

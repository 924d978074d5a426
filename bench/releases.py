"""How many releases a second does a keyholder write down, and what does one caller wait for?

    python -m bench.releases [--callers 256] [--charts 20000] [--seconds 10] [--profile FILE]

A keyholder in a process of its own, over its Unix socket; each caller is a connection that sends
its next request when it has the last answer; each opening is of a chart drawn from all, with three
wraps, counted on budgets that `SetLimit` raised. No store, no follower, no witness.
"""

import argparse
import asyncio
import cProfile
import os
import statistics
import tempfile
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NamedTuple

import msgspec
from tests import cast
from tests.keyholder.desk import CARE, Letter

from bench import machine
from chartkeep.inventor.chance import chance_for
from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.budget import DEFAULT_LIMITS, Kind
from chartkeep.keyholder.founding import found_keyholder
from chartkeep.keyholder.roles import mask
from chartkeep.keyholder.service import HANDLERS, KeyholderService
from chartkeep.keyholder.verbs import people
from chartkeep.wire.frames import FRAME, Challenge, Proof, encode, signed_words
from chartkeep.wire.server import Listener
from chartkeep.wiring.running import read_clock

TARGET = 5_000
TURN = 500


def serve(folder: Path, charts: int, pipe: Connection, profile: str) -> None:
    """Be the keyholder: found it, make charts, say a token and the wraps, serve until told."""
    book = Book(folder / "keyholder.db")
    raised = [
        actions.SetLimit(x.scope, "", x.kind, x.window, 1 << 40)
        for x in DEFAULT_LIMITS
        if x.kind == Kind.CHART
    ]
    first = [*cast.founders(), *raised]
    keyholder = found_keyholder(book, cast.FACILITY, cast.KEK, read_clock, first)

    def ask(*letters: Letter) -> list:
        keyholder.serve([(letter, HANDLERS[type(letter.request)]) for letter in letters])
        return [letter.result for letter in letters]

    wanted = []
    for start in range(0, charts, TURN):
        names = [os.urandom(16) for _ in range(start, min(start + TURN, charts))]
        sealed = ask(*(_sealing(name) for name in names))
        ask(*(_placing(name) for name in names))
        for name, one in zip(names, sealed, strict=True):
            wanted.append((name, [key.wrap for key in one.keys]))
    login = Letter("desk", protocol.Login("aiko", "", ""))
    login.finding = people.Proved(holds=True, step=1)
    (session,) = ask(login)
    service = KeyholderService(keyholder, lambda: read_clock().wall / 1000)
    if profile:
        service._main.close()
        service._main = _profiled(service, profile)
    listener = Listener(service, f"unix:{folder / 'keyholder.sock'}")
    listener.start()
    pipe.send((session.token, wanted))
    pipe.recv()
    listener.stop()
    service.close()
    pipe.send(book.size())
    book.close()


def _sealing(chart: bytes) -> Letter:
    want = protocol.SealWant(chart, [int(section) for section in CARE], True)
    return Letter("engine", protocol.SealKeys([want]))


def _placing(chart: bytes) -> Letter:
    return Letter("engine", protocol.Act(b"", actions.Place(chart, "3W", "")))


def _profiled(service: KeyholderService, path: str) -> object:
    """Run the main lane under cProfile, which makes it slower: for shares, not for figures."""
    from chartkeep.wire.calls import Lane  # noqa: PLC0415 - only when asked for

    profile = cProfile.Profile()

    class ProfiledLane(Lane):
        def _run(self) -> None:
            profile.enable()
            super()._run()
            profile.disable()
            profile.dump_stats(path)

    return ProfiledLane(service._serve)


class Caller(asyncio.Protocol):
    """One connection: proves itself, then asks one opening after the other."""

    def __init__(self, bodies: list[bytes], until: list[float], ready: asyncio.Event) -> None:
        self.times: list[float] = []
        self._bodies = bodies
        self._at = 0
        self._until = until
        self._ready = ready
        self._buffer = b""
        self._sequence = -1
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) < FRAME.size:
            return
        length, number, _ = FRAME.unpack_from(self._buffer)
        if len(self._buffer) < FRAME.size + length:
            return
        body, self._buffer = self._buffer[FRAME.size :], b""
        self._sequence += 1
        if self._sequence == 0:
            self._prove(number, body)
        elif self._sequence == 1:
            self._number = number
            self._ready.set()
        else:
            self._take(body)

    def ask(self) -> None:
        body = self._bodies[self._at % len(self._bodies)]
        self._at += 1
        self._asked = time.perf_counter()
        self._transport.write(FRAME.pack(len(body), self._number, self._sequence + 1) + body)

    def _prove(self, number: int, body: bytes) -> None:
        challenge = msgspec.msgpack.decode(body, type=Challenge)
        worker = os.urandom(16)
        words = signed_words(challenge, "desk", worker)
        proof = Proof("desk", worker, cast.key_of("desk").sign(words))
        self._transport.write(encode(number, 1, proof))

    def _take(self, body: bytes) -> None:
        now = time.perf_counter()
        self.times.append(now - self._asked)
        assert len(body) > 3 * 32, "the keys came"
        if now < self._until[0]:
            self.ask()
        elif not self.done.done():
            self.done.set_result(None)
            self._transport.close()


class Measured(NamedTuple):
    """Releases a second, latencies of single ones, processor seconds of the keyholder."""

    rate: float
    times: list[float]
    cpu: float


async def call(path: Path, bodies: list[bytes], callers: int, seconds: float, pid: int) -> Measured:
    """Have callers ask for a while."""
    until, made = [0.0], []
    for number in range(callers):
        ready, mine = asyncio.Event(), bodies[number::callers]
        made.append(await _connect(path, mine, until, ready))
        await ready.wait()
    start, cpu = time.perf_counter(), machine.cpu_seconds(pid)
    until[0] = start + seconds
    for caller in made:
        caller.ask()
    await asyncio.gather(*(caller.done for caller in made))
    took, spent = time.perf_counter() - start, machine.cpu_seconds(pid) - cpu
    times = [one for caller in made for one in caller.times]
    return Measured(len(times) / took, times, spent / len(times))


async def _connect(
    path: Path, bodies: list[bytes], until: list[float], ready: asyncio.Event
) -> Caller:
    loop = asyncio.get_running_loop()
    _, caller = await loop.create_unix_connection(lambda: Caller(bodies, until, ready), str(path))
    return caller


def main() -> None:
    asked = _options()
    print(machine.header())
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        print(f"folder on {machine.filesystem(folder)}")
        measure(folder, asked)


def measure(folder: Path, asked: argparse.Namespace) -> None:
    context = get_context("spawn")
    here, there = context.Pipe()
    arguments = (folder, asked.charts, there, asked.profile)
    child = context.Process(target=serve, args=arguments)
    child.start()
    there.close()  # so that a child that dies is heard of
    token, wanted = here.recv()
    bodies = [_body(token, name, wraps) for name, wraps in wanted]
    chance_for(1, "order").shuffle(bodies)
    path, pid = folder / "keyholder.sock", child.pid
    sync = machine.fdatasync(folder)
    alone = asyncio.run(call(path, bodies, 1, 3, pid))
    many = asyncio.run(call(path, bodies, asked.callers, asked.seconds, pid))
    memory = machine.rss(pid)
    here.send(None)
    lines = here.recv()
    child.join()
    assert lines >= len(alone.times) + len(many.times), "every release has its line"
    report(asked, sync, alone, many, memory)


def _body(token: bytes, chart: bytes, wraps: list[bytes]) -> bytes:
    wanted = protocol.ChartWraps(chart, mask(*CARE), wraps)
    return msgspec.msgpack.encode(protocol.OpenKeys(token, "TREAT", "", b"", [wanted]))


def report(
    asked: argparse.Namespace, sync: list[float], alone: Measured, many: Measured, memory: float
) -> None:
    figures = [
        machine.at_least(f"releases/s, {asked.callers} callers", many.rate, TARGET, "/s"),
        machine.Figure("  one of them waits", machine.milliseconds(many.times)),
        machine.Figure("  keyholder processor time each", f"{many.cpu * 1e6:.0f} us"),
        machine.Figure("one caller alone waits", machine.milliseconds(alone.times)),
        machine.Figure("  keyholder processor time each", f"{alone.cpu * 1e6:.0f} us"),
        machine.Figure("one fdatasync of 4 KiB there", machine.milliseconds(sync)),
        machine.Figure("one caller, of it not the fdatasync", _apart(alone.times, sync)),
        machine.Figure(f"keyholder memory, {asked.charts:,} charts", f"{memory:.0f} MB"),
    ]
    machine.print_figures("Releases", figures)


def _apart(times: list[float], sync: list[float]) -> str:
    return f"p50 {(statistics.median(times) - statistics.median(sync)) * 1e3:.2f} ms"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--callers", type=int, default=256)
    parser.add_argument("--charts", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--profile", default="", help="write a profile of the main lane here")
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on which disk")
    return parser.parse_args()


if __name__ == "__main__":
    main()

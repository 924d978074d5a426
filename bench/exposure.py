"""How long does it take to prove to a stranger who was exposed in a window?

    python -m bench.exposure [--lines 10000000] [--window 100000] [--charts 5000] [--repeats 3]

A ledger of invented days (25,000 lines a day, as a hospital of 500 beds writes) is put straight
into a new keyholder's book. Lines that are read are real: commitments, sealed bodies and tiles, of
the window, two days around it and the newest two days, which a keyholder reads when it starts. The
others are an entry of random bytes without a body: nobody opens them, yet every proof passes over
them. Ten million take two minutes and a gigabyte. Then the house's own processes serve it and a
privacy officer asks, in a process of its own for each question, for its peak memory.
"""

import argparse
import os
import resource
import statistics
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bench import machine
from bench.house import BenchHouse, bench_house
from chartkeep.custody.lines import Window
from chartkeep.incident.estimate.proving import write_proof
from chartkeep.keyholder import details
from chartkeep.keyholder.book import Book, Change
from chartkeep.keyholder.clock import Reading
from chartkeep.keyholder.group import load_tree
from chartkeep.keyholder.ring import KeyRing
from chartkeep.ledger.body import LINE_SALT_BYTES, write
from chartkeep.ledger.exposure_list import Asked, Question
from chartkeep.ledger.line import Line
from chartkeep.sealing.lines import seal_body
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import read_clock

DAY = 86_400_000
LINES_A_DAY = 25_000
STEP = DAY // LINES_A_DAY
BATCH = 25_000
STAFF = 60


class Asking(NamedTuple):
    """One question's costs: seconds, processor seconds, peak memory in MB, and what it found."""

    listing: float
    cpu: float
    peak: float
    worker_peak: float
    lines: int
    charts: int


class Days(NamedTuple):
    """What to invent: how many lines, how many charts, since when, and which indices are read."""

    lines: int
    charts: int
    began: int
    read: list[range]


def main() -> None:
    asked = _options()
    span = asked.lines * STEP
    day = asked.lines // 2 // LINES_A_DAY
    if day * LINES_A_DAY + asked.window + LINES_A_DAY > asked.lines or day < 1:
        raise SystemExit("the window does not fit: give more lines")
    began = read_clock().wall - span
    since = began + day * DAY + DAY // 12  # two hours after a day's log-ins
    around = range((day - 1) * LINES_A_DAY, (day + 1) * LINES_A_DAY + asked.window)
    newest = range(asked.lines - 2 * LINES_A_DAY, asked.lines)
    days = Days(asked.lines, asked.charts, began, [around, newest])
    with bench_house(
        clock=lambda: Reading(began, read_clock().steady), fill=partial(_fill, days)
    ) as house:
        token = house.login(-1, house.join("desk"))
        used = machine.cpu_seconds(house.pid("keyholder"))
        sizes = (asked.window // 10, asked.window)
        seen = {size: _ask_often(house, token, since, size, asked.repeats) for size in sizes}
        used = (machine.cpu_seconds(house.pid("keyholder")) - used) / asked.repeats
        keyholder = machine.rss(house.pid("keyholder"), peak=True)
        book = sum(path.stat().st_size for path in (house.home.root / "keyholder").iterdir()) / 1e9
    _print(asked, seen, Keeper(used, keyholder, book))


class Keeper(NamedTuple):
    """The keyholder's side: processor seconds for all questions once, peak MB, its book in GB."""

    cpu: float
    peak: float
    book: float


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=10_000_000)
    parser.add_argument("--window", type=int, default=100_000, help="lines in the window")
    parser.add_argument("--charts", type=int, default=5_000, help="charts in use")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def _fill(days: Days, home: Home) -> None:
    book = Book(home.root / "keyholder" / "keyholder.db")
    ring = KeyRing(book, home.name.id, home.kek(), None)
    ring.open_roots(home.name.origin)
    tree, start = load_tree(book, book.size()), time.perf_counter()
    while tree.size < days.lines:
        indices = range(tree.size, min(tree.size + BATCH, days.lines))
        rows: list[Change] = [("line", _row(ring, days, at)) for at in indices]
        tree.append_many(values[3] for _, values in rows)
        rows += [("tile", (t.level, t.index, t.hashes)) for t in tree.take_tiles()]
        book.apply(rows)
        if not tree.size // BATCH % 20:
            rate = tree.size / (time.perf_counter() - start)
            machine.progress(f"exposure: {tree.size:,} of {days.lines:,} lines, {rate:,.0f}/s")
    book.close()


def _row(ring: KeyRing, days: Days, at: int) -> tuple[int, int, int, bytes, bytes]:
    now = days.began + at * STEP
    if not any(at in read for read in days.read):
        return at, now, 0, os.urandom(32), b""
    line = _line(at, now, days.charts)
    entry, body = write(line, os.urandom(LINE_SALT_BYTES))
    sealed = seal_body(ring.lines, at, body)
    return at, now, int(line.verb in details.STANDING), entry, sealed


def _line(at: int, now: int, charts: int) -> Line:
    """Invent a line; a worker lives from each day's first line to its last."""
    day, place = divmod(at, LINES_A_DAY)
    person = at % STAFF
    session = day.to_bytes(8, "big") + person.to_bytes(8, "big")
    fields = {
        "time": now, "person": f"nurse {person}", "session": session, "instance": "desk",
        "worker": day.to_bytes(16, "big"),
    }  # fmt: skip
    if place in (0, LINES_A_DAY - 1):
        fields |= {"person": "", "session": b""}
        verb = "gone" if place else "hello"
        return Line(verb=verb, detail=details.pack(details.Told()), **fields)
    if place <= STAFF:
        told = details.LoggedIn(os.urandom(32), now + DAY // 2, now // 30_000)
        return Line(verb="login", detail=details.pack(told), **fields)
    chart = (at * 7_919 % charts).to_bytes(16, "big")
    if place % 20 == 0:
        return Line(verb="search", detail=details.pack(details.Counted(2, "TREAT")), **fields)
    if place % 5 == 0:
        sealed = details.pack(details.Sealed(now + DAY // 24, new=False))
        fields |= {"person": "", "session": b"", "instance": "loader"}
        return Line(verb="seal_key", chart=chart, sections=28, detail=sealed, **fields)
    told = details.Released("TREAT", "", "free", False, now + DAY // 288, b"", 12)
    return Line(verb="release", chart=chart, sections=26, detail=details.pack(told), **fields)


def _ask_often(
    house: BenchHouse, token: bytes, since: int, size: int, repeats: int
) -> list[Asking]:
    machine.progress(f"exposure: asking about {size:,} lines")
    asking = (house.home.root, token, since, since + size * STEP)
    return [_in_own_process(asking) for _ in range(repeats)]


def _in_own_process(asking: tuple[Path, bytes, int, int]) -> Asking:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_ask, *asking).result()


def _ask(root: Path, token: bytes, since: int, until: int) -> Asking:
    home = Home(root)
    keyholder = join(home, "desk").keyholder
    keyholder.checkpoint()  # the connection is made before the clock starts
    question = Question(Asked.INSTANCE, b"desk", since, until)
    start, mine = time.perf_counter(), _cpu()
    window = Window(keyholder, home.releases_key, token, since, until)
    charts = len(write_proof(window, question, home.releases_key, root / "proof.list").charts)
    listing, cpu = time.perf_counter() - start, _cpu() - mine
    peak = machine.rss(os.getpid(), peak=True)
    worker = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    lines = window.end - window.first
    return Asking(listing, cpu, peak, worker, lines, charts)


def _cpu() -> float:
    """Give this process's processor seconds, and those of its processes that ended."""
    return sum(os.times()[:4])


def _floor(count: int, charts: int) -> float:
    """Time the least there is: AES-256-GCM and one SHA-256 over as many such lines."""
    key = AESGCM(os.urandom(32))
    nonce, salts = os.urandom(12), bytes(LINE_SALT_BYTES)
    bodies = [write(_line(at, 0, charts), salts)[1] for at in range(2_048)]
    sealed = [key.encrypt(nonce, body, None) for body in bodies]
    start = time.process_time()
    for at in range(count):
        sha256(key.decrypt(nonce, sealed[at % len(sealed)], None)).digest()
    return time.process_time() - start


def _print(asked: argparse.Namespace, seen: dict[int, list[Asking]], keeper: Keeper) -> None:
    print("# exposure\n\n" + machine.header())
    print(f"\n{asked.lines:,} lines, {keeper.book:.1f} GB; the question is of an instance, so that "
          "nearly every line of the window is in the answer")  # fmt: skip
    small, large = (
        {name: statistics.median(getattr(a, name) for a in askings) for name in Asking._fields}
        for askings in seen.values()
    )
    lines, figure = large["lines"], machine.Figure
    floor, each = _floor(int(lines), asked.charts) / lines * 1e6, large["cpu"] / lines * 1e6
    machine.print_figures(
        f"A window of {asked.window:,} lines, {lines:,.0f} with the twelve hours before it",
        [
            figure("list with proofs written and read back", f"{large['listing']:.2f} s"),
            figure("lines a second", f"{lines / large['listing']:,.0f}"),
            figure("processor time of it, asking side", f"{large['cpu']:.2f} s"),
            figure("a line of it", f"{each:.1f} us; floor {floor:.1f} us (AES-GCM, one SHA-256)"),
            figure("keyholder's processor time, both windows, all of it", f"{keeper.cpu:.2f} s"),
            figure("charts named", f"{large['charts']:,.0f}; {small['charts']:,.0f} in a tenth"),
            machine.at_most("peak memory, asking side, against a tenth of the window",
                            (large["peak"] / small["peak"] - 1) * 100, 10, "%"),
            figure("peak memory, asking side", f"{large['peak']:,.0f} MB; {small['peak']:,.0f} "
                   f"MB in a tenth; each of its processes {large['worker_peak']:,.0f} MB"),
            figure("peak memory, keyholder", f"{keeper.peak:,.0f} MB"),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()

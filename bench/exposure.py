"""How long does it take to say who was exposed in a window, proved against the ledger?

    python -m bench.exposure [--lines 1000000] [--window 100000] [--repeats 3]

A ledger of invented days (25,000 lines a day, as a hospital of 500 beds writes) is put straight
into a new keyholder's book: real lines, commitments, sealed bodies and tiles. Then its own
processes serve it and a privacy officer asks. `--lines 10000000` is the figure of the target; it
takes about five minutes and 6 GB. Each question runs in a process of its own, for its peak memory.
"""

import argparse
import os
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

from bench import machine
from bench.house import BenchHouse, bench_house
from chartkeep.custody.lines import Window
from chartkeep.incident.exposure import expose
from chartkeep.incident.listing import list_exposure
from chartkeep.keyholder import details
from chartkeep.keyholder.book import Book, Change
from chartkeep.keyholder.clock import Reading
from chartkeep.keyholder.group import load_tree
from chartkeep.keyholder.ring import KeyRing
from chartkeep.ledger.exposure_list import Asked, Question
from chartkeep.ledger.line import LINE_SALT_BYTES, Line, commit, encode
from chartkeep.sealing.lines import seal_body
from chartkeep.wiring.home import Home
from chartkeep.wiring.joining import join
from chartkeep.wiring.running import read_clock

DAY = 86_400_000
LINES_A_DAY = 25_000
STEP = DAY // LINES_A_DAY
BATCH = 25_000
STAFF = 60
CHARTS = 50_000


class Asking(NamedTuple):
    """One question's costs: seconds, processor seconds, peak memory in MB, and what it found."""

    select: float
    cpu: float
    listing: float
    peak: float
    lines: int
    charts: int


def main() -> None:
    asked = _options()
    span = asked.lines * STEP
    if asked.lines < 2 * asked.window + LINES_A_DAY:
        raise SystemExit("the window does not fit: give more lines")
    began = read_clock().wall - span
    with bench_house(
        clock=lambda: Reading(began, read_clock().steady), fill=_filling(asked.lines, began)
    ) as house:
        token = house.login(-1, house.join("desk"))
        middle = began + span // 2 // DAY * DAY + DAY // 12  # two hours after a day's log-ins
        sizes = (asked.window // 10, asked.window)
        seen = {size: _ask_often(house, token, middle, size, asked.repeats) for size in sizes}
        keyholder = machine.rss(house.pid("keyholder"), peak=True)
        book = sum(path.stat().st_size for path in (house.home.root / "keyholder").iterdir()) / 1e9
    _print(asked, seen, keyholder, book)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--window", type=int, default=100_000, help="lines in the window")
    parser.add_argument("--repeats", type=int, default=3)
    return parser.parse_args()


def _filling(count: int, began: int) -> Callable[[Home], None]:
    def fill(home: Home) -> None:
        book = Book(home.root / "keyholder" / "keyholder.db")
        ring = KeyRing(book, home.name.id, home.kek(), None)
        ring.open_roots(home.name.origin)
        tree, start = load_tree(book, book.size()), time.perf_counter()
        while tree.size < count:
            rows: list[Change] = []
            first = tree.size
            for at in range(first, min(first + BATCH, count)):
                line, salt = _line(at, began + at * STEP), os.urandom(LINE_SALT_BYTES)
                sealed = seal_body(ring.lines, at, encode(line, salt))
                standing = int(line.verb in details.STANDING)
                rows.append(("line", (at, line.time, standing, commit(line, salt), sealed)))
            tree.append_many(values[3] for _, values in rows)
            rows += [("tile", (t.level, t.index, t.hashes)) for t in tree.take_tiles()]
            book.apply(rows)
            if not tree.size // BATCH % 10:
                rate = tree.size / (time.perf_counter() - start)
                machine.progress(f"exposure: {tree.size:,} of {count:,} lines, {rate:,.0f}/s")
        book.close()

    return fill


def _line(at: int, now: int) -> Line:
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
    chart = (at * 7_919 % CHARTS).to_bytes(16, "big")
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
    start, mine = time.perf_counter(), time.process_time()
    window = Window(keyholder, home.releases_key, token, since, until)
    first, end = (
        max(window.first, window.place(since) - 1),
        min(window.end, window.place(until) + 1),
    )
    found = expose((body.line for body in window.bodies(first, end)), question)
    select, cpu = time.perf_counter() - start, time.process_time() - mine
    start = time.perf_counter()
    list_exposure(window, question, home.releases_key, root / "exposure.list")
    listing = time.perf_counter() - start
    peak = machine.rss(os.getpid(), peak=True)
    return Asking(select, cpu, listing, peak, end - first, len(found.charts))


def _print(
    asked: argparse.Namespace, seen: dict[int, list[Asking]], keyholder: float, book: float
) -> None:
    print("# exposure\n\n" + machine.header())
    print(f"\n{asked.lines:,} lines, {book:.1f} GB; the question is of an instance, so that "
          "nearly every line of the window is in the answer")  # fmt: skip
    small, large = (
        {name: statistics.median(getattr(a, name) for a in askings) for name in Asking._fields}
        for askings in seen.values()
    )
    machine.print_figures(
        f"A window of {large['lines']:,.0f} lines",
        [
            machine.at_most("selected and checked against the ledger", large["select"], 1, "s", 2),
            machine.Figure("processor time of it, asking side", f"{large['cpu']:.2f} s"),
            machine.Figure("list with proofs written and read back", f"{large['listing']:.2f} s"),
            machine.Figure("charts named", f"{large['charts']:,.0f}"),
            machine.at_most("peak memory, asking side, against a tenth of the window",
                            (large["peak"] / small["peak"] - 1) * 100, 10, "%"),
            machine.Figure("peak memory, asking side", f"{large['peak']:,.0f} MB"),
            machine.Figure("peak memory, keyholder", f"{keyholder:,.0f} MB"),
        ],
    )  # fmt: skip


if __name__ == "__main__":
    main()

"""What does a search over a large house cost, without the fdatasync of its line and the faces?

    python -m bench.search [--charts 100000] [--each 300] [--folder FOLDER]

Every patient has about forty keywords (name beginnings, birth date, identifiers, a phone), written
through the keyholder's own verb; their labels lie in a store. A search is the keyholder's decision
and its labels, then the charts the store has under them; measured in one process, without the
wire. The memory is that of a fresh keyholder process that has opened the same folder and served.
"""

import argparse
import collections
import os
import tempfile
import time
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from tests import cast
from tests.keyholder.desk import Letter

from bench import machine
from chartkeep.clinical.keywords import patient_keywords
from chartkeep.inventor.chance import chance_for
from chartkeep.keyholder import actions, protocol
from chartkeep.keyholder.book import Book
from chartkeep.keyholder.budget import DEFAULT_LIMITS, Kind
from chartkeep.keyholder.core import Keyholder
from chartkeep.keyholder.founding import found_keyholder, open_keyholder
from chartkeep.keyholder.service import HANDLERS
from chartkeep.keyholder.verbs import people
from chartkeep.sealing.kek import KekDocument, PassphraseFile
from chartkeep.store.book import Plan
from chartkeep.store.sqlite import SqliteBook
from chartkeep.wiring.running import read_clock

TURN = 1_000
HITS = 100

ORIGIN = "bench.example/records"
SYLLABLES = [c + v for c in "bdfghjklmnprstwyz" for v in "aeiou"]


def invent(number: int) -> frozenset[str]:
    """Give a patient's keywords: a name of two words, as many prefixes as real ones have."""
    chance = chance_for(5, "patient", number)
    given, family = (
        "".join(chance.choice(SYLLABLES) for _ in range(chance.randint(3, 5))) for _ in range(2)
    )
    born = f"{chance.randint(1930, 2024)}-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
    return patient_keywords(
        {
            "name": [{"family": family, "given": [given]}],
            "birthDate": born,
            "identifier": [{"system": "urn:mrn", "value": f"{number:08}"}],
            "telecom": [{"system": "phone", "value": f"090{number:08}"}],
        }
    )


def build(folder: Path, charts: int, kek: PassphraseFile) -> None:
    """Write the house: keys and labels of every chart."""
    raised = [
        actions.SetLimit(x.scope, "", x.kind, x.window, 1 << 40)
        for x in DEFAULT_LIMITS
        if x.kind in {Kind.SEARCH, Kind.HIT, Kind.CHART}
    ]
    book = Book(folder / "keyholder.db")
    first = [*cast.founders(), *raised]
    keyholder = found_keyholder(book, cast.FACILITY, kek, read_clock, first)
    store = SqliteBook(folder / "store.db", cast.FACILITY.id, ORIGIN)
    for start in range(0, charts, TURN):
        names = [os.urandom(16) for _ in range(start, min(start + TURN, charts))]
        keys = [protocol.SealKeys([protocol.SealWant(name, [1], True)]) for name in names]
        ask(keyholder, keys)
        wanted = [
            protocol.WriteLabels(name, [protocol.Labelled(name, sorted(invent(number)))])
            for number, name in enumerate(names, start)
        ]
        given = ask(keyholder, wanted)
        pairs = [
            (label, name) for name, one in zip(names, given, strict=True) for label in one.labels
        ]
        with store.group():
            store.append(Plan([], labels=pairs))
        if not start % 10_000:
            machine.progress(f"{start:,} charts")
    store.close()
    book.close()


def ask(keyholder: Keyholder, requests: list) -> list:
    letters = [Letter("engine", request) for request in requests]
    keyholder.serve([(letter, HANDLERS[type(letter.request)]) for letter in letters])
    return [letter.result for letter in letters]


class Searcher:
    """A logged-in person and both keepers."""

    def __init__(self, folder: Path, kek: PassphraseFile) -> None:
        self.book = Book(folder / "keyholder.db")
        self.keyholder = open_keyholder(self.book, cast.FACILITY, kek, read_clock)
        self.store = SqliteBook(folder / "store.db", cast.FACILITY.id, ORIGIN)
        self.reader = self.store.reader()
        login = Letter("desk", protocol.Login("aiko", "", ""))
        login.finding = people.Proved(holds=True, step=1)
        self.keyholder.serve([(login, HANDLERS[protocol.Login])])
        self.token = login.result.token

    def search(self, *words: str) -> tuple[float, float, int]:
        """Search; gives the keyholder's seconds, the store's, and how many charts it found."""
        letter = Letter("desk", protocol.ReadLabels(self.token, "TREAT", list(words)))
        turn = self.keyholder.open_turn()
        start = time.perf_counter()
        after = HANDLERS[protocol.ReadLabels](self.keyholder, turn, letter)
        decided = time.perf_counter()
        self.keyholder.write(turn)
        written = time.perf_counter()
        (found,) = after().found
        labelled = time.perf_counter()
        charts = {chart for chart in self.reader.charts(found.labels) if chart}
        done = time.perf_counter()
        return decided - start + labelled - written, done - labelled, len(charts)

    def close(self) -> None:
        self.reader.close()
        self.store.close()
        self.book.close()


def measure(folder: Path, charts: int, each: int) -> list[machine.Figure]:
    """Search by identifier, and by beginnings of names that about a hundred have."""
    searcher, chance = Searcher(folder, cast.KEK), chance_for(6, "searches")
    drawn = [chance.randrange(charts) for _ in range(each)]
    by_id = [searcher.search(f"id:urn:mrn|{number:08}") for number in drawn]
    assert {hits for _, _, hits in by_id} == {1}
    prefixes = common_prefixes(charts, each)
    by_name = [searcher.search(prefix) for prefix in prefixes]
    hits = sorted(found for _, _, found in by_name)
    searcher.close()
    totals = {"id": [k + s for k, s, _ in by_id], "name": [k + s for k, s, _ in by_name]}
    return [
        at_most("identifier, p50", totals["id"], 0.5, 1),
        at_most("identifier, p99", totals["id"], 0.99, None),
        machine.Figure("  of it the store", machine.milliseconds([s for _, s, _ in by_id])),
        at_most(f"three letters, {hits[0]} to {hits[-1]} hits, p50", totals["name"], 0.5, 5),
        at_most("three letters, p99", totals["name"], 0.99, None),
        machine.Figure("  of it the store", machine.milliseconds([s for _, s, _ in by_name])),
    ]


def at_most(what: str, times: list[float], share: float, most: float | None) -> machine.Figure:
    value = machine.quantile(times, share) * 1e3
    if most is None:
        return machine.Figure(what, f"{value:.2f} ms")
    return machine.at_most(what, value, most, "ms", 2)


def common_prefixes(charts: int, each: int) -> list[str]:
    """Give the beginnings of three letters that have nearest to a hundred hits."""
    counts = collections.Counter(
        word for n in range(charts) for word in invent(n) if len(word) == len("name:abc")
        and word.startswith("name:")
    )  # fmt: skip
    nearest = sorted(counts, key=lambda word: (abs(counts[word] - HITS), word))
    return (nearest[: each // 3] * 3)[:each]


def weigh(folder: Path, pipe: Connection, document: KekDocument) -> None:
    """Be a fresh keyholder on the folder, serve some openings and searches, say the memory."""
    book = Book(folder / "keyholder.db")
    kek = PassphraseFile.open(document, cast.PASSPHRASE)
    keyholder = open_keyholder(book, cast.FACILITY, kek, read_clock)
    login = Letter("desk", protocol.Login("budi", "", ""))
    login.finding = people.Proved(holds=True, step=1)
    keyholder.serve([(login, HANDLERS[protocol.Login])])
    query = "SELECT chart FROM chart_key ORDER BY chart"
    charts = [chart for (chart,) in book.scan(query)]
    for start in range(0, len(charts), TURN):
        names = charts[start : start + TURN]
        ask(keyholder, [protocol.SealKeys([protocol.SealWant(n, [1], False)]) for n in names])
        ask(keyholder, [protocol.Act(b"", actions.Place(n, "3W", "")) for n in names])
    pipe.send((len(charts), machine.rss(os.getpid())))
    book.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--charts", type=int, default=100_000)
    parser.add_argument("--each", type=int, default=300)
    parser.add_argument("--folder", type=Path, default=Path.cwd(), help="on which disk")
    asked = parser.parse_args()
    print(machine.header())
    with tempfile.TemporaryDirectory(dir=asked.folder) as name:
        folder = Path(name)
        context = get_context("spawn")
        build(folder, asked.charts, cast.KEK)
        figures = measure(folder, asked.charts, asked.each)
        here, there = context.Pipe()
        weigher = context.Process(target=weigh, args=(folder, there, cast.KEK.document))
        weigher.start()
        there.close()  # so that a child that dies is heard of
        charts, memory = here.recv()
        weigher.join()
        what = f"keyholder memory, {charts - 1:,} charts, each written to and placed"
        figures.append(machine.at_most(what, memory, 150, "MB", 0))
        machine.print_figures(f"Search over {asked.charts:,} patients", figures)


if __name__ == "__main__":
    main()

"""Whose are a leak's rows: how many are found, how many wrongly, and how long it takes.

    python -m bench.incident_rows [--charts 6000000] [--rows 10000]

A population is invented (names, numbers, phones and addresses put together from parts, the common
ones as common as in life, one in fifty born on a first of January) and indexed. Leaks of it are
made worse by moderate slips (level 1: words swapped, dropped, mistyped, days for months, another
phone, another address) and mixed with strangers from the same names, half as many. `wrong` is a
row said to be of another chart at a posterior over .99; `strangers`, one of nobody here. Beside
it stands what the reference measured, with 300,000 charts.
"""

import argparse
import csv
import hashlib
import resource
import tempfile
import time
from bisect import bisect
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import reduce
from itertools import accumulate, pairwise, repeat
from multiprocessing import cpu_count, get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench import machine
from chartkeep.fingerprint.addresses import read_address
from chartkeep.fingerprint.keys import FingerprintKey
from chartkeep.fingerprint.names import read_name
from chartkeep.fingerprint.numbers import fold_number, read_phones
from chartkeep.fingerprint.person import Reading
from chartkeep.incident.trace import keeping
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.found import Row
from chartkeep.incident.trace.index import ARRAYS, Index, merged
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.matching import Matcher
from chartkeep.incident.trace.ours import Tally, copy_of, false_matches, judge_table, settle
from chartkeep.incident.trace.tracing import Tracing
from chartkeep.inventor.chance import Chance, chance_for
from chartkeep.model import ChartId, Millis

KEY = FingerprintKey(b"k" * 32)
ADMITTED = Millis(1_700_000_000_000)
SYLLABLES = [first + second for first in "bdghjklmnrstw" for second in "aiu"]
BLOCK = 10_000
GIVEN, FAMILY, STREETS, CITIES = 4_000, 30_000, 20_000, 120
LEAKS = (
    ("all fields", (0, 1, 2, 3, 4, 5, 6), "1.00 / .998"),
    ("national number", (0,), "1.00 / .91"),
    ("phone", (4,), "1.00 / .79"),
    ("name, birth", (1, 2), ".73 / .60"),
    ("name, birth, sex, town", (1, 2, 3, 6), ".98 / .87"),
    ("name, phone", (1, 4), "1.00 / .82"),
    ("name, address, town", (1, 5, 6), "1.00 / .79"),
    ("birth, sex, address", (2, 3, 5), "1.00 / .63"),
    ("name", (1,), ".02 / .01"),
)
FIGURES: list[tuple[str, str, str]] = []
Values = tuple[str, ...]


class Person(NamedTuple):
    """Somebody invented."""

    number: str
    name: str
    birth: tuple[int, int, int]
    sex: str
    phone: str
    address: str
    city: str


class World:
    """People from parts, each made from his number alone."""

    def __init__(self, seed: int) -> None:
        chance = chance_for("parts")
        self._seed = seed
        self._given = _words(chance, GIVEN, 3)
        self._family = _words(chance, FAMILY, 4)
        self._streets = _words(chance, STREETS, 4)
        self._cities = _words(chance, CITIES, 3)
        self._common = {
            size: list(accumulate(1 / (n + 8) for n in range(size))) for size in (GIVEN, FAMILY)
        }

    def person(self, number: int) -> Person:
        chance = chance_for(self._seed, number)
        draw = chance.random
        year, month, day = 1930 + int(draw() * 95), 1 + int(draw() * 12), 1 + int(draw() * 28)
        if draw() < 0.02:
            month = day = 1
        name = f"{self._zipf(self._given, draw())} {self._zipf(self._family, draw())}"
        region, serial = 1101 + int(draw() * 500), int(draw() * 10**6)
        return Person(
            f"{region:04}{day:02}{month:02}{year % 100:02}{serial:06}", name, (year, month, day),
            "L" if draw() < 0.5 else "P", f"08{11 + int(draw() * 40)}{int(draw() * 10**8):08}",
            f"Jl. {self._street(draw())} No. {1 + int(draw() * 200)} RT {int(draw() * 9)}",
            self._cities[int(draw() ** 2 * CITIES)],
        )  # fmt: skip

    def _street(self, at: float) -> str:
        return self._streets[int(at * STREETS)]

    def _zipf(self, words: list[str], at: float) -> str:
        heights = self._common[len(words)]
        return words[bisect(heights, at * heights[-1])]


def _words(chance: Chance, count: int, syllables: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(chance.choice(SYLLABLES) for _ in range(syllables)).capitalize()] = None
    return list(found)


def reading_of(who: Person) -> Reading:
    name, address = read_name(who.name), read_address(who.address)
    year, month, day = who.birth
    return Reading(
        (name,) if name else (), (f"{year}-{month:02}-{day:02}",),
        ("m" if who.sex == "L" else "f",), read_phones(who.phone),
        (fold_number(who.number),), (address,) if address else (), (), (who.city.lower(),),
    )  # fmt: skip


def told(who: Person, level: int, chance: Chance) -> Values:
    """Write a person as a leak does, with moderate slips at level 1."""
    number, name, (year, month, day), sex, phone, address, city = who
    if level:
        given, family = name.split()
        slip = chance.random()
        if slip < 0.15:
            name = f"{family} {given}"
        elif slip < 0.25:
            name = given
        if chance.random() < 0.25:
            name = mistyped(name, chance)
        if chance.random() < 0.08 and day <= 12:
            month, day = day, month
        elif chance.random() < 0.05:
            day = 1 + chance.randrange(28)
        if chance.random() < 0.2:
            phone = f"08{11 + chance.randrange(40)}{chance.randrange(10**8):08}"
        if chance.random() < 0.2:
            address = f"Jl. Baru No. {chance.randrange(500)}"
        if chance.random() < 0.08:
            number = mistyped(number, chance)
        phone = f"+62{phone[1:]}" if chance.random() < 0.3 else phone
    return number, name, f"{day:02}/{month:02}/{year}", sex, phone, address, city


def mistyped(text: str, chance: Chance) -> str:
    at = chance.randrange(1, len(text) - 1)
    new = "0123456789" if text[at].isdigit() else "abcdefghijklmnoprstuw"
    kind = chance.randrange(3)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + chance.choice(new) + text[at + 1 :]


def chart_of(number: int) -> ChartId:
    return ChartId(hashlib.blake2b(b"%d" % number, digest_size=16).digest())


def build(charts: int, folder: Path) -> tuple[Index, float]:
    """Index the population by all cores; gives it, and processor microseconds a chart."""
    cores = cpu_count()
    ends = [charts * at // cores for at in range(cores + 1)]
    with ProcessPoolExecutor(cores, get_context("fork")) as pool:
        spent = sum(pool.map(build_part, *zip(*pairwise(ends), strict=True), repeat(folder)))
    began = time.process_time()
    parts = [read_part(folder / f"{at}.npz") for at in ends[:-1]]
    index = reduce(merged, parts)
    return index, (spent + time.process_time() - began) / charts * 1e6


def build_part(first: int, end: int, folder: Path) -> float:
    """Index some of the population into a file; gives processor seconds, without inventing."""
    world, builder, spent = World(1), Builder(KEY), 0.0
    for at in range(first, end, BLOCK):
        people = [(n, world.person(n)) for n in range(at, min(at + BLOCK, end))]
        began = time.thread_time()
        for number, who in people:
            history = [(ADMITTED, reading_of(who))]
            builder.add(chart_of(number), history, [f"{number:08}".lstrip("0")])
        spent += time.thread_time() - began
    began = time.thread_time()
    index = builder.finish()
    spent += time.thread_time() - began
    with (folder / f"{first}.npz").open("wb") as file:
        np.savez(file, **{name: each.view(np.uint8) for name, each in index.arrays.items()})
    return spent


def read_part(path: Path) -> Index:
    """Read a part, once."""
    with np.load(path) as parts:
        arrays = {name: parts[name].view(kind) for name, kind in ARRAYS.items()}
    path.unlink()
    return Index(arrays)


def leak(
    worlds: tuple[World, World], asked: tuple[int, int, int], chance: Chance
) -> Iterator[tuple[int, Values]]:
    """Draw rows of people here, and half as many of strangers (-1), in no order."""
    charts, rows, level = asked
    ours, theirs = worlds
    found = [
        (n, told(ours.person(n), level, chance))
        for n in (chance.randrange(charts) for _ in range(rows))
    ]
    found += [(-1, told(theirs.person(n), level, chance)) for n in range(rows // 2)]
    chance.shuffle(found)
    yield from found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.incident_rows")
    parser.add_argument("--charts", type=int, default=300_000)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--each", type=int, default=2_000, help="rows of each kind of leak")
    parser.add_argument("--sample", type=int, default=0, help="rows of a file traced whole")
    asked = parser.parse_args()
    worlds = (World(1), World(2))
    with tempfile.TemporaryDirectory() as folder:
        index, micros = build(asked.charts, Path(folder))
    sizes = index.bytes_each
    tokens = sizes["tokens"] + sizes["owners"]
    say("charts", f"{index.size:,}")
    say("made, processor, a chart", f"{micros:.0f} us")
    say("tokens, bytes a chart", f"{tokens:.0f}", "<= 200")
    say("all of it, bytes a chart", f"{sum(sizes.values()):.0f}")
    with tempfile.TemporaryDirectory() as folder:
        began = time.process_time()
        keeping.keep(index, Path(folder), b"s" * 32)
        say("sealed and kept, processor", f"{time.process_time() - began:.1f} s")
        began = time.process_time()
        index = keeping.load(Path(folder), b"s" * 32)
        say("start-up: opened into memory, processor", f"{time.process_time() - began:.1f} s")
    matcher, chance = Matcher(index, KEY), chance_for(7)
    timed(matcher, worlds, asked.charts, asked.rows, chance)
    eighteen(matcher, worlds, asked.charts, chance)
    for name, columns, reference in LEAKS:
        each(matcher, worlds, (asked.charts, asked.each), (name, columns, reference), chance)
    others(matcher, worlds, asked.charts, chance)
    if asked.sample:
        whole(matcher, worlds, asked.charts, asked.sample)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    say("peak memory, index made in the same process", f"{peak:.1f} GB")
    machine.print_table("incident_rows", ("what", "measured", "asked"), FIGURES)


def say(what: str, measured: str, wanted: str = "") -> None:
    FIGURES.append((what, measured, wanted))
    machine.progress(f"{what}: {measured}")


def run(
    matcher: Matcher, drawn: list[tuple[int, Values]], columns: tuple[int, ...]
) -> tuple[int, int, int]:
    """Count rows found right, found wrong, and strangers found."""
    rows = [Row(n, tuple(values[at] for at in columns)) for n, (_, values) in enumerate(drawn, 1)]
    labels = matcher.label([row.values for row in rows])
    share = matcher.share(rows[:: max(1, len(rows) // 1_000)], labels)
    right = wrong = strange = 0
    for (number, _), found in zip(drawn, matcher.match(rows, labels, share), strict=True):
        if found.is_sure:
            strange += number < 0
            right += number >= 0 and found.candidates[0].chart == chart_of(number)
            wrong += number >= 0 and found.candidates[0].chart != chart_of(number)
    return right, wrong, strange


def timed(
    matcher: Matcher, worlds: tuple[World, World], charts: int, rows: int, chance: Chance
) -> None:
    drawn = list(leak(worlds, (charts, rows * 2 // 3, 1), chance))
    began, wall = time.process_time(), time.perf_counter()
    run(matcher, drawn, LEAKS[0][1])
    spent = f"{time.process_time() - began:.1f} s (wall {time.perf_counter() - wall:.1f} s)"
    say(f"{len(drawn):,} rows of all fields, processor", spent, "<= 60 s at 10,000")


def whole(matcher: Matcher, worlds: tuple[World, World], charts: int, rows: int) -> None:
    """Trace a file of many rows from its bytes to the answer."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "sample.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            told_by = csv.writer(file)
            told_by.writerow(("number", "name", "birth", "sex", "phone", "address", "town"))
            chance = chance_for("sample")
            for at in range(rows):
                who = worlds[at % 3 == 0].person(at if at % 3 == 0 else chance.randrange(charts))
                told_by.writerow(told(who, 1, chance))
        before, began, tracing = memory(), time.process_time(), Tracing(matcher)
        with Intake() as intake:
            tracing.read(intake, path)
        answer = tracing.answer(Millis(ADMITTED + 1))
        spent = time.process_time() - began
    say(f"{rows:,} rows from a file, processor", f"{spent:.0f} s, {len(answer.evidence):,} sure")
    say("... memory the answer takes", f"{memory() - before:.2f} GB")


def memory() -> float:
    """Give the memory in use, in GB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e9


def eighteen(matcher: Matcher, worlds: tuple[World, World], charts: int, chance: Chance) -> None:
    drawn = list(leak(worlds, (charts, 18_000, 1), chance))
    right, wrong, strange = run(matcher, drawn, LEAKS[0][1])
    say("all fields, moderate slips: found of 18,000", f"{right / 18_000:.4f}", ">= .99")
    say("… wrong charts of 18,000", str(wrong), "0")
    say("… strangers claimed of 9,000", str(strange), "0")


def each(
    matcher: Matcher, worlds: tuple[World, World], sizes: tuple[int, int],
    what: tuple[str, tuple[int, ...], str], chance: Chance,
) -> None:  # fmt: skip
    charts, rows = sizes
    name, columns, reference = what
    found = [
        run(matcher, list(leak(worlds, (charts, rows, level), chance)), columns) for level in (0, 1)
    ]
    rates = " / ".join(f"{right / rows:.3f}" for right, _, _ in found)
    wrong, strange = sum(w for _, w, _ in found), sum(s for _, _, s in found)
    say(
        f"{name}: found, clean / slips",
        f"{rates}; wrong {wrong}, strangers {strange}",
        f"reference {reference}",
    )


def others(matcher: Matcher, worlds: tuple[World, World], charts: int, chance: Chance) -> None:
    """The neighbour's leak, a fifth of whose people are ours; a foreign one; and ours."""
    cases: tuple[tuple[str, Callable[[int], Person]], ...] = (
        ("ours", lambda n: worlds[0].person(n * 7 % charts)),
        ("the neighbour's, a fifth shared", lambda n: worlds[n % 5 > 0].person(n)),
        ("a foreign one", worlds[1].person),
    )
    for name, of in cases:
        # Every hospital counts from 1: the others' numbers are ours too, of other people.
        shift = 0 if name == "ours" else 1_001
        numbers = [f"{(n * 7 + shift) % charts:08}" for n in range(4_000)]
        rows = [Row(n, (numbers[n], *told(of(n), 1, chance))) for n in range(4_000)]
        labels = matcher.label([row.values for row in rows])
        share, tally = matcher.share(rows[::4], labels), Tally()
        for found in matcher.match(rows, labels, share):
            tally.add(found)
        shuffled = false_matches(matcher, rows, labels, share)
        settle(tally, shuffled)
        verdict = judge_table(tally, copy_of(tally, ()))
        chance_says = f"shuffled {shuffled.claimed} of {shuffled.rows:,}"
        say(f"4,000 rows of {name}", f"{verdict}: {tally.sure:,} rows sure, {chance_says}")


if __name__ == "__main__":
    main()

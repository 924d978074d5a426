"""Whose data, of any mix of suspects, of a ledger of years: how long, how much memory, how right?

    python -m bench.incident_exposure [--lines 100000000] [--charts 6000000] [--repeats 3]

An invented hospital's ledger (2,000 people, 60 programs, log-ins each morning, workers of eight
hours, 70 % openings, 10 % write keys, 10 % searches, the rest acts) goes into columns as reading
it would put it there; its truth is kept apart, in arrays of its own, and every answer is held
against it. Then each question is asked by a process of its own, for its peak memory: one
program for all the years (nearly all lines of one in 60), a day of a person, all people of a ward
for a month, a mix, and the keyholder's host. Columns of 100 million lines take four gigabytes.
"""

import argparse
import os
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from bench import machine
from chartkeep.incident.estimate.asking import ask
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.estimate import How
from chartkeep.incident.estimate.rows import CODED, Rows
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.model import Millis

Column = NDArray[Any]
SECRET: Final = b"k" * 32
ORIGIN: Final = "chartkeep.example/bench/releases"
FACILITY: Final = b"f" * 16
DAY: Final = 86_400_000
STEP: Final = 346  # 250,000 lines a day: a large hospital
BATCH: Final = 1 << 18
PEOPLE: Final = 2_000
PROGRAMS: Final = 60
VERBS: Final = (("release", 26, "chart"), ("release", 16, "chart"), ("seal_key", 24, ""),
                ("search", 0, ""), ("act", 0, ""))  # fmt: skip
SHARES: Final = (0.5, 0.2, 0.1, 0.1, 0.1)


class Batch(NamedTuple):
    """Invented lines: what each column says, and the chart's number (0 for none)."""

    times: Column
    whats: Column
    people: Column
    programs: Column
    charts: Column


class Question(NamedTuple):
    """A question, and which lines it truly asks for."""

    name: str
    suspects: tuple[Suspect, ...]


class Asked(NamedTuple):
    """What one question cost, and what it found wrong: missing, too many."""

    seconds: float
    cpu: float
    peak: float
    charts: int
    missing: int
    surplus: int
    sections: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--lines", type=int, default=100_000_000)
    parser.add_argument("--charts", type=int, default=6_000_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--folder", type=Path, default=None, help="where four gigabytes may lie")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as folder:
        filled = _fill(Path(folder), given.lines, given.charts)
        asked = {
            question.name: [
                _in_own_process(Path(folder), given.lines, given.charts, question, repeat)
                for repeat in range(given.repeats)
            ]
            for question in _questions(given.lines)
        }
        size = sum(path.stat().st_size for path in Path(folder).iterdir()) / 1e9
    _print(given, filled, size, asked)


def _batch(start: int, count: int, charts: int) -> Batch:
    """Invent lines `start … start + count`: the same for the same start."""
    draw = np.random.default_rng(start)  # a seed for each batch: truth is drawn again, not kept
    at = np.arange(start, start + count, dtype=np.int64)
    whats = draw.choice(len(VERBS), count, p=SHARES)
    people = draw.integers(0, PEOPLE, count)
    seen = (draw.random(count) ** 2 * charts).astype(np.int64) + 1
    return Batch(
        1 + at * STEP,
        whats,
        people,
        people % PROGRAMS,
        np.where(whats <= 2, seen, 0),
    )


def _ids(numbers: Column, tag: int) -> list[bytes]:
    """Make ids that look random: each number's own."""
    words = np.empty((len(numbers), 2), np.uint64)
    words[:, 0] = (numbers.astype(np.uint64) + np.uint64(tag)) * np.uint64(0x9E3779B97F4A7C15)
    words[:, 1] = words[:, 0] * np.uint64(0xC2B2AE3D27D4EB4F) + np.uint64(1)
    raw = words.tobytes()
    return [raw[place : place + 16] for place in range(0, len(raw), 16)]


def _rows(batch: Batch) -> Rows:
    """Write lines as `rows_of` would."""
    days = batch.times // DAY
    sessions = days * PEOPLE + batch.people
    workers = batch.times // (DAY // 3) * PROGRAMS + batch.programs
    values: dict[str, list[Any]] = {}
    codes: dict[str, Column] = {}
    for name, column in (("session", sessions), ("worker", workers), ("chart", batch.charts)):
        different, codes[name] = np.unique(column, return_inverse=True)
        values[name] = _ids(different, len(name) << 40)
        if name == "chart" and different[0] == 0:
            values[name][0] = b""
    values["what"], codes["what"] = list(VERBS), batch.whats
    values["person"], codes["person"] = [f"p{n}" for n in range(PEOPLE)], batch.people
    values["instance"], codes["instance"] = [f"i{n}" for n in range(PROGRAMS)], batch.programs
    for name in ("grant", "pack"):
        values[name], codes[name] = [b""], np.zeros(len(days), np.uint32)
    assert values.keys() == set(CODED)
    return Rows(batch.times, values, codes, [], [])


def _fill(folder: Path, lines: int, charts: int) -> float:
    columns = Columns(folder, SECRET, ORIGIN)
    start = time.process_time()
    for at in range(0, lines, BATCH):
        columns.append(_rows(_batch(at, min(BATCH, lines - at), charts)))
        if not at // BATCH % 40:
            machine.progress(f"incident_exposure: {at:,} of {lines:,} lines")
    columns.save(1 + lines * STEP, ())
    return time.process_time() - start


def _questions(lines: int) -> list[Question]:
    end = 1 + lines * STEP
    day = lines * STEP // DAY // 2 * DAY + DAY // 3
    nurse = Suspect(Kind.PERSON, b"p7", day, day + DAY // 3)
    host = Suspect(Kind.INSTANCE, b"i3", 1, end)
    month = [Suspect(Kind.PERSON, b"p%d" % n, day, day + 30 * DAY) for n in range(20)]
    return [
        Question("one nurse, a shift", (nurse,)),
        Question("twenty people, a month", tuple(month)),
        Question("one program, all years", (host,)),
        Question("a host of twenty programs, all years",
                 tuple(host.__class__(host.kind, b"i%d" % n, 1, end) for n in range(20))),
        Question("nurse, program and the keyholder's host",
                 (nurse, host, Suspect(Kind.KEYHOLDER, b"", day, end))),
    ]  # fmt: skip


def _in_own_process(
    folder: Path, lines: int, charts: int, question: Question, repeat: int
) -> Asked:
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:
        return pool.submit(_ask, folder, lines, charts, question, repeat).result()


def _ask(folder: Path, lines: int, charts: int, question: Question, repeat: int) -> Asked:
    start, cpu = time.perf_counter(), time.process_time()
    columns = Columns(folder, SECRET, ORIGIN)
    found = ask(columns, question.suspects, FACILITY, Millis(0))
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    peak = machine.rss(os.getpid(), peak=True)
    if repeat:  # the truth of all lines takes longer than the answer: once is enough
        return Asked(seconds, cpu, peak, len(found), 0, 0, 0)
    truth = _truth(lines, charts, question, found.widened)
    masks = {How.RELEASED: truth[0], How.WRITTEN: truth[1], How.HELD: truth[2]}
    everybody = np.arange(1, charts + 1)
    at = found.rows(_ids(everybody, len("chart") << 40))
    there = np.zeros(charts + 1, np.bool_)
    there[1:] = at >= 0
    true = (truth[0] | truth[1] | truth[2]) != 0
    wrong = sum(
        int(np.count_nonzero(mask[1:][at >= 0] != found.masks[way][at[at >= 0]]))
        for way, mask in masks.items()
    )
    return Asked(
        seconds, cpu, peak, len(found), int(np.count_nonzero(true & ~there)),
        len(found) - int(np.count_nonzero(true & there)), wrong,
    )  # fmt: skip


def _truth(lines: int, charts: int, question: Question, widened: tuple[int, ...]) -> list[Column]:
    """Say from the invention itself what each chart was: released, written, held."""
    truth = [np.zeros(charts + 1, np.uint32) for _ in range(3)]
    sections = np.array([bits for _, bits, _ in VERBS], np.uint32)
    began = [_began(one) for one in question.suspects]
    assert tuple(began) == widened, "a window was widened wrongly"
    for at in range(0, lines, BATCH):
        batch = _batch(at, min(BATCH, lines - at), charts)
        for one, since in zip(question.suspects, began, strict=True):
            mine = batch.times < one.until
            if one.kind is Kind.KEYHOLDER:
                held = mine & (batch.whats == 2)
                np.bitwise_or.at(truth[2], batch.charts[held], sections[batch.whats[held]])
                continue
            number = int(one.value[1:])
            who = batch.people if one.kind is Kind.PERSON else batch.programs
            mine &= (batch.times >= since) & (who == number)
            for place, verbs in ((0, (0, 1)), (1, (2,))):
                rows = mine & np.isin(batch.whats, verbs)
                np.bitwise_or.at(truth[place], batch.charts[rows], sections[batch.whats[rows]])
    return truth


def _began(one: Suspect) -> int:
    """Say when what was live at a window's start began: nobody logs out, no worker says goodbye.

    A session lives a day from its first line on, a worker eight hours; each counts from the first
    line of the twelve hours before the window.
    """
    if one.kind is Kind.KEYHOLDER:
        return 0
    early = max(0, one.since - DAY // 2)
    first, last = max(0, (early - 1 + STEP - 1) // STEP), -(-(one.since - 1) // STEP)
    number = int(one.value[1:])
    for at in range(first // BATCH * BATCH, last, BATCH):
        batch = _batch(at, BATCH, 1)
        who = batch.people if one.kind is Kind.PERSON else batch.programs
        mine = (batch.times >= early) & (batch.times < one.since) & (who == number)
        if mine.any():
            return int(batch.times[mine][0])
    return one.since


def _print(
    given: argparse.Namespace, filled: float, size: float, asked: dict[str, list[Asked]]
) -> None:
    print("# incident_exposure\n\n" + machine.header())
    print(f"\n{given.lines:,} lines, {given.charts:,} charts, columns of {size:.1f} GB; "
          f"put there in {filled:,.0f} s of processor time")  # fmt: skip
    most = 10.0 if given.lines > 10_000_000 else 1.0
    for name, each in asked.items():
        wall, cpu, peak = (
            statistics.median(getattr(a, f) for a in each) for f in Asked._fields[:3]
        )
        wrong = max(a.missing + a.surplus + a.sections for a in each)
        machine.print_figures(
            name,
            [
                machine.at_most("answered", wall, most, "s", 2),
                machine.Figure("processor time", f"{cpu:.2f} s"),
                machine.at_most("peak memory", peak / 1000, 2, "GB", 2),
                machine.Figure("charts", f"{each[0].charts:,}"),
                machine.at_most("missing, too many, or with wrong sections", wrong, 0, "charts", 0),
            ],
        )


if __name__ == "__main__":
    main()

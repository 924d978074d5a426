"""How few rows of an export point back at it, also when three buyers mix their copies?

    python -m bench.incident_marks [--leaks 100] [--exports 150]

Lines as `$export` sends them, of exports of 1,000 patients; a leak is some of them drawn by chance,
in no order, each row from one of the copies. Named right means: all who are guilty and nobody else.
"""

import argparse
import time

import numpy as np
import orjson

from bench import machine
from chartkeep.custody.marking import Code, Mark
from chartkeep.fingerprint.spacing import read_bits
from chartkeep.incident.trace.marks.reading import Reading
from chartkeep.model import EntryId

PATIENTS = 1_000
CASES = ((1, 30), (1, 100), (3, 300), (3, 600))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--leaks", type=int, default=100)
    parser.add_argument("--exports", type=int, default=150)
    asked = parser.parse_args()
    code = Code(b"bench of marks..")
    idents = [EntryId(at.to_bytes(16, "big")) for at in range(asked.exports)]
    marks = {ident: Mark(code, b"own" + ident) for ident in idents}
    lines = [_line(at) for at in range(PATIENTS)]
    print("# incident_marks\n\n" + machine.header())
    figures = []
    for buyers, rows in CASES:
        began, right, false = time.process_time(), 0, 0
        for leak in range(asked.leaks):
            chance = np.random.default_rng([buyers, rows, leak])
            guilty = [idents[at] for at in chance.permutation(len(idents))[:buyers]]
            accused = _read(chance, marks, guilty, lines, rows)
            right += accused == set(guilty)
            false += bool(accused - set(guilty))
        used = (time.process_time() - began) / asked.leaks
        told = f"{right} of {asked.leaks}; a wrong export {false}; {used * 1e3:.0f} ms a leak"
        good = right >= 0.99 * asked.leaks
        figures.append(machine.Figure(f"{buyers} mixed, {rows} rows", told, ">= 99 %", good))
    machine.print_figures(f"Bits alone, among {asked.exports} exports", figures)


def _line(at: int) -> bytes:
    meta = {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00.000Z"}
    return orjson.dumps({"resourceType": "Patient", "id": f"p-{at}", "meta": meta, "active": True})


def _read(
    chance: np.random.Generator,
    marks: dict[EntryId, Mark],
    guilty: list[EntryId],
    lines: list[bytes],
    rows: int,
) -> set[EntryId]:
    reading = Reading(marks)
    for at in chance.permutation(len(lines))[:rows]:
        whose = guilty[int(chance.integers(len(guilty)))]
        found = read_bits(marks[whose].line(lines[at]))
        reading.take_bits([found] if found else [])
    likely = 1 / (100 * len(marks))
    return {ident for ident, each in reading.chances().items() if each <= likely}


if __name__ == "__main__":
    main()

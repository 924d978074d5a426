"""Tables written as text, and text that is none: one reader, which decides by the first lines.

A quote that is never closed costs its own line only: a record that grows past `MOST_LINES` is
taken line by line without quoting, and what follows is read as before. No line is left out.
"""

import csv
from collections import deque
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import chain, islice

from chartkeep.incident.trace.found import Kind
from chartkeep.incident.trace.intake.layout import columns_of, delimiter_of
from chartkeep.incident.trace.intake.out import MOST_COLUMNS, Out

MOST_LINES = 30
LONGEST = 1 << 20
"""Characters of one line; a longer one goes on as the next."""
_SAMPLE = 100
_BATCH = 256


def read_text(text: TextIOWrapper, name: str, out: Out) -> Kind:
    """Read lines as a table if they lie like one, else as running text."""
    lines = lines_of(text)
    sample = list(islice(lines, _SAMPLE))
    delimiter = delimiter_of(sample[: _SAMPLE - 1] or sample, name)
    if not delimiter:
        for line in chain(sample, lines):
            out.text(line)
        return Kind.TEXT
    read_table(chain(sample, lines), delimiter, out)
    return Kind.CSV


def read_table(lines: Iterator[str], delimiter: str, out: Out, name: str = "") -> None:
    """Read delimited records; the first names the columns if it looks like names."""
    rows = records(lines, delimiter)
    first = list(islice(rows, _SAMPLE))
    if not first:
        return
    columns = columns_of(first[0], first[1:])
    width = max(len(row) for row in first)
    if columns:
        first = first[1:]
        columns += ("",) * (width - len(columns))
    columns = (columns or ("",) * width)[:MOST_COLUMNS]
    out.table(name, columns)
    for row in chain(first, rows):
        if len(row) > len(columns):
            row = [*row[: len(columns) - 1], delimiter.join(row[len(columns) - 1 :])]  # noqa: PLW2901 -- too wide
        out.row(row)


def lines_of(text: TextIOWrapper) -> Iterator[str]:
    """Yield lines without their ends, NULs taken out, none longer than `LONGEST`."""
    while line := text.readline(LONGEST):
        yield line.rstrip("\r\n").replace("\0", "")


def records(lines: Iterator[str], delimiter: str) -> Iterator[list[str]]:
    """Split lines into records; quoted line ends belong to their value."""
    waiting: deque[str] = deque()
    while batch := list(islice(chain(_drain(waiting), lines), _BATCH)):
        if not any('"' in line for line in batch):
            yield from (line.split(delimiter) for line in batch if line.strip())
            continue
        waiting.extendleft(reversed(batch))
        for _ in range(len(batch)):
            if not waiting:
                break
            record = _record(waiting, lines, delimiter)
            if record:
                yield record


def _drain(waiting: deque[str]) -> Iterator[str]:
    while waiting:
        yield waiting.popleft()


def _record(waiting: deque[str], lines: Iterator[str], delimiter: str) -> list[str]:
    """Take the first record off the lines that wait, and more lines if it needs them."""
    first = waiting.popleft()
    if not first.strip():
        return []
    taken = [first]
    odd = first.count('"') % 2
    while odd and len(taken) <= MOST_LINES and sum(map(len, taken)) < LONGEST:
        following = waiting.popleft() if waiting else next(lines, None)
        if following is None:
            break
        taken.append(following)
        odd ^= following.count('"') % 2
    if odd:  # never closed: this line as it stands, the others again
        waiting.extendleft(reversed(taken[1:]))
        return [value.strip('"') for value in first.split(delimiter)]
    try:
        return next(csv.reader(["\n".join(taken)], delimiter=delimiter), [])
    except csv.Error:
        waiting.extendleft(reversed(taken[1:]))
        return [value.strip('"') for value in first.split(delimiter)]

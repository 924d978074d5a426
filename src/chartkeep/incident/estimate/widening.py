"""When a suspect's window really begins (DESIGN 5): when what was live at its start began.

Of a session its log-in, of a person that of the oldest session live then, of a program or a process
when the oldest worker live then said hello, of a keyholder its last start: Python cannot erase
memory.
"""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.estimate.block import Block
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.stretch import Stretch
from chartkeep.incident.estimate.suspect import Kind, Suspect
from chartkeep.incident.estimate.verbs import Verbs
from chartkeep.keyholder.protocol import WIDEN

Column = NDArray[Any]
COLUMN: Final = {
    Kind.PERSON: "person", Kind.SESSION: "session", Kind.INSTANCE: "instance",
    Kind.WORKER: "worker", Kind.GRANT: "grant", Kind.PACK: "pack", Kind.CHART_KEY: "chart",
}  # fmt: skip
"""The column that names a suspect."""
_LIVES: Final = {
    Kind.PERSON: ("session", "logout"), Kind.SESSION: ("session", "logout"),
    Kind.INSTANCE: ("worker", "gone"), Kind.WORKER: ("worker", "gone"),
}  # fmt: skip
"""What of a suspect lives, and the verb it ends by."""


def widen(columns: Columns, suspect: Suspect, verbs: Verbs) -> int:
    """Give the time a suspect's window begins, at the latest its `since`."""
    if suspect.kind is Kind.KEYHOLDER:
        return _last_start(columns, suspect.since, verbs)
    if suspect.kind not in _LIVES:
        return suspect.since
    _, end = _LIVES[suspect.kind]
    began: dict[int, int] = {}
    dead: set[int] = set()
    for whos, times, whats in _lines(columns, suspect, verbs, suspect.since - WIDEN, suspect.since):
        ends = verbs.are(end)[whats]
        for code, at in _firsts(whos[~ends]):
            began.setdefault(code, int(times[~ends][at]))
        for code, at in _firsts(whos[::-1]):
            (dead.add if ends[::-1][at] else dead.discard)(code)
    if dead & began.keys():  # a worker's connections may end while it lives on
        for whos, _, _ in _lines(columns, suspect, verbs, suspect.since, suspect.until):
            dead -= set(np.unique(whos).tolist())
    return min([suspect.since, *(began[code] for code in began if code not in dead)])


def _last_start(columns: Columns, since: int, verbs: Verbs) -> int:
    """Find when the keyholder that ran at a time was started; 0 when no line says so."""
    began, start = 0, verbs.are("start")
    for block in columns.blocks(0, since + 1):
        first, end = between(block, 0, since + 1)
        there = np.flatnonzero(start[block.column("what")[first:end]])
        if len(there):
            began = int(block.column("time")[there[-1]])
    return began


def _lines(
    columns: Columns, suspect: Suspect, verbs: Verbs, since: int, until: int
) -> Iterator[tuple[Column, Column, Column]]:
    """Give whose each of a suspect's lines is, its time and its code, block by block."""
    name, (who, _) = COLUMN[suspect.kind], _LIVES[suspect.kind]
    code = columns.code(name, suspect.value)
    for block in columns.blocks(since, until) if code else ():
        first, end = between(block, since, until)
        rows = first + np.flatnonzero(block.column(name)[first:end] == code)
        if len(rows):
            whos, whats = block.column(who)[rows], block.column("what")[rows]
            live = (whos > 0) & ~verbs.gap[whats]
            yield whos[live], block.column("time")[rows[live]], whats[live]


def _firsts(whos: Column) -> list[tuple[int, int]]:
    codes, places = np.unique(whos, return_index=True)
    return list(zip(codes.tolist(), places.tolist(), strict=True))


def between(block: Block | Stretch, since: int, until: int) -> tuple[int, int]:
    """Find the rows of a block or a stretch with `since <= time < until`."""
    if since <= block.span.oldest and block.span.newest < until:
        return 0, len(block)
    times = block.column("time")
    first, end = np.searchsorted(times, [since, until], side="left")
    return int(first), int(end)

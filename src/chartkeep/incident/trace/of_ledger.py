"""A site as the doors' arithmetic needs it, from the ledger's columns and the trace index.

    site = site_of(columns, index, veil, posted)
    numbers = numbers_of(columns, charts)

A chart's number is its code in the columns. Releases in a person's name are a door each, hidden by
the veil; a program's are a door by its name; those under one grant are an export, those for one
pack a pack; what was released after the post is left out. A sealed backup of the keyholder is a
door of all charts at its time, a gap of the ledger one of all that stood in it. Pure.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.estimate.block import Block
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.rows import PROGRAM
from chartkeep.incident.estimate.verbs import Verbs
from chartkeep.incident.trace.doors.leak import FIELDS
from chartkeep.incident.trace.doors.openings import ALL_SECTIONS, Numbers, sort_openings
from chartkeep.incident.trace.doors.site import (
    EVER,
    Door,
    Histories,
    Kind,
    Site,
    Stays,
    sort_changes,
    sort_stays,
)
from chartkeep.incident.trace.doors.veil import Veil
from chartkeep.incident.trace.index import Index
from chartkeep.keyholder.budget import Kind as Budget
from chartkeep.model import ID_BYTES, ChartId, Millis

SECOND = 1_000
_PERSON, _GRANT, _PACK, _INSTANCE = range(4)
_SHIFT = 32

Column = NDArray[Any]


class _Opened(NamedTuple):
    """Openings of a block: whose chart, through which door (its kind and code), when, what."""

    chart: Numbers
    door: Numbers
    second: Numbers
    sections: Column


def site_of(
    columns: Columns,
    index: Index,
    veil: Veil,
    posted: Millis,
    without: Iterable[bytes] = (),
) -> Site:
    """Make a site of all that was released before a post.

    `without`: grants whose releases are left out, as those this very index was built under.
    """
    verbs, charts = Verbs(columns.whats), len(columns.ids("chart")) + 1
    kinds = _kinds(columns)
    left_out = columns.ids("grant").codes([*without])
    found = [_opened(each, verbs, kinds, posted, left_out) for each in columns.blocks(0, posted)]
    joined = _Opened(*(_join(parts) for parts in zip(*found, strict=True))) if found else _none()
    codes, door = np.unique(joined.door, return_inverse=True)
    first = np.full(len(codes), EVER, np.int64)
    np.minimum.at(first, door, joined.second)
    programs = _programs(columns)
    doors = tuple(
        _door(int(code), int(moment), columns, veil, programs)
        for code, moment in zip(codes, first, strict=True)
    )
    doors += (*_backups(columns, posted), *_gaps(columns, posted))
    sections = joined.sections.astype(np.uint8)
    openings = sort_openings(joined.chart, door, joined.second, sections, charts)
    return Site(doors, openings, _histories(columns, index), _stays(columns, posted, charts))


def numbers_of(columns: Columns, charts: Iterable[ChartId]) -> dict[ChartId, int]:
    """Give the numbers of charts; one the ledger does not name has none."""
    asked = list(charts)
    codes = columns.ids("chart").codes(asked).tolist()
    return {chart: code for chart, code in zip(asked, codes, strict=True) if code}


def _kinds(columns: Columns) -> Column:
    """Say by the code of a line which kind of door it was."""
    kinds: dict[str, int] = {Budget.BULK: _GRANT, Budget.PACK: _PACK}
    return np.array([kinds.get(budget, _PERSON) for _, _, budget in columns.whats] or [0], np.int64)


def _opened(block: Block, verbs: Verbs, kinds: Column, posted: Millis, left_out: Column) -> _Opened:
    what, chart, time = (block.column(name) for name in ("what", "chart", "time"))
    sections = verbs.released[what] & np.uint64(ALL_SECTIONS)
    meant = ~np.isin(block.column("grant"), left_out[left_out > 0])
    at = np.flatnonzero((sections > 0) & (chart > 0) & (time < posted) & meant)
    kind = kinds[what[at]]
    kind[(kind == _PERSON) & (block.column("person")[at] == 0)] = _INSTANCE
    ways = np.stack([block.column(name)[at] for name in ("person", "grant", "pack", "instance")])
    code = ways[kind, np.arange(len(at))].astype(np.int64)
    return _Opened(
        chart[at].astype(np.int64), kind << _SHIFT | code, time[at] // SECOND, sections[at]
    )


def _none() -> _Opened:
    empty = np.zeros(0, np.int64)
    return _Opened(empty, empty, empty, empty)


def _join(parts: tuple[Column, ...]) -> Column:
    return np.concatenate(parts)


def _door(code: int, second: int, columns: Columns, veil: Veil, programs: set[int]) -> Door:
    kind, code = code >> _SHIFT, code & EVER
    if kind == _INSTANCE or (kind == _PERSON and code in programs):
        word = "instance" if kind == _INSTANCE else "person"
        return Door(columns.word(word, code), Kind.PROGRAM)
    if kind == _PERSON:
        return Door(veil.hide(columns.people[code]), Kind.PERSON)
    name, what = ("grant", Kind.EXPORT) if kind == _GRANT else ("pack", Kind.PACK)
    raw = columns.ids(name).ids(np.array([code])).tobytes().hex() if code else "unnamed"
    return Door(raw, what, Millis(second * SECOND))


def _programs(columns: Columns) -> set[int]:
    """Give the codes of the names under which programs logged in."""
    wanted = np.array([each[::2] == ("login", PROGRAM) for each in columns.whats] or [False])
    found: set[int] = set()
    for block in columns.blocks(0, columns.until) if wanted.any() else ():
        found.update(block.column("person")[wanted[block.column("what")]].tolist())
    return found


def _backups(columns: Columns, posted: Millis) -> Iterator[Door]:
    """Give each sealed backup: with its operators' shares and any copy of the store it opens."""
    made = Verbs(columns.whats).are("backup")
    for block in columns.blocks(0, posted) if made.any() else ():
        for time in block.column("time")[made[block.column("what")]].tolist():
            if time < posted:
                said = datetime.fromtimestamp(time / SECOND, UTC)
                yield Door(f"of {said:%Y-%m-%d %H:%MZ}", Kind.BACKUP, Millis(time), whole=True)


def _gaps(columns: Columns, posted: Millis) -> Iterator[Door]:
    """Give each gap: who opened what in it nobody knows."""
    for hole in columns.holes:
        if hole.since < posted:
            until = Millis(min(hole.time, posted))
            lines = f"lines {hole.first:,} to {hole.last:,} of the ledger are lost"
            yield Door(lines, Kind.GAP, Millis(hole.since), whole=True, until=until)


def _histories(columns: Columns, index: Index) -> Histories:
    """Give when the fields of each chart changed, by the versions their values begin at."""
    arrays: dict[str, Any] = index.arrays
    raw = arrays["charts"].tobytes()
    ids = [raw[at : at + ID_BYTES] for at in range(0, len(raw), ID_BYTES)]
    codes = columns.ids("chart").codes(ids).astype(np.int64)
    held, at = arrays["compared"], arrays["compared_at"].astype(np.int64)
    chart = np.repeat(np.arange(len(ids)), np.diff(at))
    begins = arrays["versions"][arrays["versions_at"].astype(np.int64)[chart] + held["first"]]
    known = codes[chart] > 0
    changes = []
    for field in FIELDS:
        at = np.flatnonzero(known & (held["field"] == int(field)))
        both = np.stack([codes[chart[at]], begins[at].astype(np.int64)])
        changes.append(tuple(np.unique(both, axis=1)))
    return sort_changes(*((chart, second) for chart, second in changes))


def _stays(columns: Columns, posted: Millis, charts: int) -> Stays:
    """Give who lay where: from one placement of a chart to its next."""
    moves = np.array([*_moves(columns, posted)], np.int64).reshape(-1, 3)
    moves = moves[np.lexsort((moves[:, 2], moves[:, 0]))]
    chart, ward, start = moves[:, 0], moves[:, 1], moves[:, 2]
    end = np.full(len(moves), EVER, np.int64)
    same = chart[:-1] == chart[1:]
    end[:-1][same] = start[1:][same]
    lies = ward > 0
    return sort_stays(chart[lies], ward[lies], start[lies], end[lies], charts)


def _moves(columns: Columns, posted: Millis) -> Iterator[tuple[int, int, int]]:
    for block in columns.blocks(0, posted):
        times = block.column("time")
        for row, chart, ward in block.placed().tolist():
            yield chart, ward, int(times[row]) // SECOND

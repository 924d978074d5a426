"""A site as the doors' arithmetic needs it, from the ledger's columns and the trace index.

    site = site_of(columns, index, veil, posted)
    numbers = numbers_of(columns, charts)

A chart's number is its code in the columns. Releases in a person's name are a door each, hidden by
the veil; those under one grant are an export, those for one pack a pack; what was released after
the post is left out. A backup is no door: it opens nothing without the keyholder. Pure.
"""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.fingerprint.keys import Field
from chartkeep.incident.estimate.block import Block
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.verbs import Verbs
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
LEAKED = frozenset(
    {Field.NAME, Field.BIRTH, Field.PHONE, Field.NUMBER, Field.ADDRESS, Field.STREET, Field.CITY}
)
"""Fields whose changes cut versions, where nobody says which of them were leaked."""
_PERSON, _GRANT, _PACK = 0, 1, 2
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
    leaked: frozenset[Field] = LEAKED,
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
    doors = tuple(
        _door(int(code), int(moment), columns, veil)
        for code, moment in zip(codes, first, strict=True)
    )
    sections = joined.sections.astype(np.uint8)
    openings = sort_openings(joined.chart, door, joined.second, sections, charts)
    return Site(
        doors, openings, _histories(columns, index, leaked), _stays(columns, posted, charts)
    )


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
    ways = np.stack([block.column(name)[at] for name in ("person", "grant", "pack")])
    code = ways[kind, np.arange(len(at))].astype(np.int64)
    return _Opened(
        chart[at].astype(np.int64), kind << _SHIFT | code, time[at] // SECOND, sections[at]
    )


def _none() -> _Opened:
    empty = np.zeros(0, np.int64)
    return _Opened(empty, empty, empty, empty)


def _join(parts: tuple[Column, ...]) -> Column:
    return np.concatenate(parts)


def _door(code: int, second: int, columns: Columns, veil: Veil) -> Door:
    kind, code = code >> _SHIFT, code & EVER
    if kind == _PERSON:
        return Door(veil.hide(columns.people[code]), Kind.PERSON)
    name, what = ("grant", Kind.EXPORT) if kind == _GRANT else ("pack", Kind.PACK)
    raw = columns.ids(name).ids(np.array([code])).tobytes().hex() if code else "unnamed"
    return Door(raw, what, Millis(second * SECOND))


def _histories(columns: Columns, index: Index, leaked: frozenset[Field]) -> Histories:
    """Give when the leaked fields of each chart changed, by the versions its values begin at."""
    arrays: dict[str, Any] = index.arrays
    raw = arrays["charts"].tobytes()
    ids = [raw[at : at + ID_BYTES] for at in range(0, len(raw), ID_BYTES)]
    codes = columns.ids("chart").codes(ids).astype(np.int64)
    held, at = arrays["compared"], arrays["compared_at"].astype(np.int64)
    chart = np.repeat(np.arange(len(ids)), np.diff(at))
    wanted = np.isin(held["field"], [int(field) for field in leaked]) & (codes[chart] > 0)
    chart = chart[wanted]
    begins = arrays["versions_at"].astype(np.int64)[chart] + held["first"][wanted]
    changes = np.unique(
        np.stack([codes[chart], arrays["versions"][begins].astype(np.int64)]), axis=1
    )
    return sort_changes(changes[0], changes[1])


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

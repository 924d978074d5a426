"""From a mix of suspects to an estimate: one pass over the columns, block by block. Pure.

Each suspect's window is widened first (`widening`). Bounded: a block and four dozen bytes a chart.
"""

from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from chartkeep.incident.estimate.block import Block
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.estimate import Estimate, How, Unknown
from chartkeep.incident.estimate.suspect import Kind, Suspect, check_mix
from chartkeep.incident.estimate.totals import Totals
from chartkeep.incident.estimate.verbs import Verbs
from chartkeep.incident.estimate.widening import COLUMN, between, widen
from chartkeep.model import Millis

Column = NDArray[Any]
STANDS: Final = {
    Kind.KEYHOLDER: How.HELD, Kind.CHART_KEY: How.HELD, Kind.STORE: How.SEALED
}  # fmt: skip
"""What holds of all that was sealed at any time before; and in which way."""
FILES: Final = {Kind.GRANT: How.EXPORTED, Kind.PACK: How.PACKED}
ALL: Final = (Kind.KEYHOLDER, Kind.STORE)
OWN_WORD = "who has the keyholder's host writes its lines: what they leave out nobody can say"


class _Term(NamedTuple):
    """A suspect, its number, the code it is found by, and its widened beginning.

    `alike`: flags the codes of all suspects that the same column names: it is gone through once.
    """

    number: int
    suspect: Suspect
    code: int
    since: int
    alike: Column


def ask(columns: Columns, mix: tuple[Suspect, ...], facility: bytes, now: Millis) -> Estimate:
    """Say whose charts were exposed to any of a mix. Raises RefusedError, DamagedError."""
    check_mix(mix)
    verbs = Verbs(columns.whats)
    terms = _terms(columns, mix, verbs)
    totals = Totals(len(columns.ids("chart")))
    searches = lines = 0
    until = max((suspect.until for suspect in mix), default=0)
    for block in columns.blocks(0, until):
        hit = _add_block(block, terms, verbs, totals)
        if hit is not None:
            lines += int(np.count_nonzero(hit))
            searches += int(np.count_nonzero(verbs.search[block.column("what")[hit]]))
    met = totals.met()
    return Estimate(
        mix, tuple(term.since for term in terms), facility, now, columns.size, columns.until,
        columns.ids("chart").ids(met),
        *totals.of(met), totals.wards[met], columns.wards,
        searches, lines, _unknown(columns, terms),
    )  # fmt: skip


def is_known(columns: Columns, suspect: Suspect) -> bool:
    """Say whether any line names a suspect; of none, nothing exposed may be a name misspelt."""
    column = COLUMN.get(suspect.kind, "")
    return not column or columns.code(column, suspect.value) > 0


def _terms(columns: Columns, mix: tuple[Suspect, ...], verbs: Verbs) -> list[_Term]:
    names = [COLUMN.get(suspect.kind, "") for suspect in mix]
    codes = [
        columns.code(name, suspect.value) if name else 0
        for name, suspect in zip(names, mix, strict=True)
    ]
    alike = {name: np.zeros(columns.count(name) if name else 1, np.bool_) for name in names}
    for name, code in zip(names, codes, strict=True):
        alike[name][code] = code > 0
    return [
        _Term(number, suspect, code, widen(columns, suspect, verbs), alike[name])
        for number, (name, code, suspect) in enumerate(zip(names, codes, mix, strict=True))
    ]


def _add_block(block: Block, terms: list[_Term], verbs: Verbs, totals: Totals) -> Column | None:
    """Add what a block says; gives which of its lines were the suspects', None for none."""
    whose: dict[Kind | None, Column] = {}  # of each row the suspects as bits; files apart
    for term in terms:
        rows = _rows(block, term, verbs)
        if not len(rows):
            continue
        if term.suspect.kind in STANDS:
            _add_standing(block, term, rows, verbs, totals)
            continue
        file = term.suspect.kind if term.suspect.kind in FILES else None
        if file not in whose:
            whose[file] = np.zeros(len(block), np.uint64)
        whose[file][rows] |= np.uint64(1 << term.number)
    placed = block.placed()
    if not whose:
        totals.move(placed)
        return None
    hit: Column = np.logical_or.reduce([by != 0 for by in whose.values()])
    rows = np.flatnonzero(hit)
    totals.lie(rows, block.column("chart")[rows], placed)
    for file, by in whose.items():
        _add_opened(block, file, by, verbs, totals)
    return hit


def _rows(block: Block, term: _Term, verbs: Verbs) -> Column:
    """Find a suspect's rows in a block."""
    kind, suspect = term.suspect.kind, term.suspect
    since = 0 if kind in STANDS else term.since
    if block.span.newest < since or block.span.oldest >= suspect.until:
        return np.empty(0, np.int64)
    first, end = between(block, since, suspect.until)
    if kind in ALL:
        return first + np.flatnonzero(verbs.seal_key[block.column("what")[first:end]])
    if not term.code:
        return np.empty(0, np.int64)
    wanted = verbs.exposing
    if kind in FILES:
        wanted = verbs.release
    elif kind is Kind.CHART_KEY:
        wanted = verbs.seal_key
    alike, codes = block.where(COLUMN[kind], kind, term.alike, wanted)
    rows: Column = alike[codes == term.code]
    if (first, end) != (0, len(block)):
        rows = rows[np.searchsorted(rows, first) : np.searchsorted(rows, end)]
    return rows


def _add_opened(block: Block, file: Kind | None, by: Column, verbs: Verbs, totals: Totals) -> None:
    """Add what went out to suspects, or into files of a kind: `by` has their bits, row by row."""
    rows = np.flatnonzero(by)
    charts, whats = block.column("chart")[rows], block.column("what")[rows]
    there = (charts > 0) & ~verbs.search[whats]
    rows, charts, whats = rows[there], charts[there], whats[there]
    times = block.column("time")[rows]
    if file is None:
        ways = {How.RELEASED: verbs.released[whats], How.WRITTEN: verbs.written[whats]}
    else:
        ways = {FILES[file]: verbs.released[whats]}
    totals.add(charts, (times, times), ways, by[rows])


def _add_standing(block: Block, term: _Term, rows: Column, verbs: Verbs, totals: Totals) -> None:
    """Add what was there to be had all the time: since it was sealed, to the window's end."""
    charts, whats = block.column("chart")[rows], block.column("what")[rows]
    charts, whats, rows = charts[charts > 0], whats[charts > 0], rows[charts > 0]
    first = np.maximum(block.column("time")[rows], term.since)
    last = np.full(len(rows), term.suspect.until - 1, np.int64)
    by = np.full(len(rows), 1 << term.number, np.uint64)
    totals.add(charts, (first, last), {STANDS[term.suspect.kind]: verbs.written[whats]}, by)


def _unknown(columns: Columns, terms: list[_Term]) -> list[Unknown]:
    """List the holes in the evidence."""
    if not terms:
        return []
    since = min(term.since for term in terms)
    until = max(term.suspect.until for term in terms)
    found = [
        Unknown(f"lines {hole.first} to {hole.last - 1} are lost", hole.since, hole.time)
        for hole in columns.holes
        if hole.time >= since
    ]
    if until > columns.until:
        found.append(Unknown("the ledger is not read that far", columns.until, until))
    found += [
        Unknown(OWN_WORD, term.since) for term in terms if term.suspect.kind is Kind.KEYHOLDER
    ]
    return found

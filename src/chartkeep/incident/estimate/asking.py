"""From a mix of suspects to an estimate: one pass over the columns, stretch by stretch.

Each suspect's window is widened first (`widening`). Bounded: a stretch for each core, and five
dozen bytes a chart.
"""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

import numpy as np

from chartkeep.errors import DamagedError
from chartkeep.incident.estimate.block import Block
from chartkeep.incident.estimate.columns import Columns
from chartkeep.incident.estimate.estimate import Estimate, How, Unknown
from chartkeep.incident.estimate.rows import Column
from chartkeep.incident.estimate.stretch import Stretch, stretches
from chartkeep.incident.estimate.suspect import Kind, Suspect, check_mix
from chartkeep.incident.estimate.totals import (
    MEANING_BITS,
    PLACES,
    Sums,
    Totals,
    add_up,
    mask_of,
    write_hits,
)
from chartkeep.incident.estimate.verbs import Verbs
from chartkeep.incident.estimate.widening import COLUMN, between, widen
from chartkeep.model import Millis

STANDS: Final = {
    Kind.KEYHOLDER: How.HELD, Kind.CHART_KEY: How.HELD, Kind.STORE: How.SEALED
}  # fmt: skip
"""What holds of all that was sealed at any time before; and in which way."""
FILES: Final = {Kind.GRANT: How.EXPORTED, Kind.PACK: How.PACKED}
OWN_WORD = "who has the keyholder's host writes its lines: what they leave out nobody can say"


class _Term(NamedTuple):
    """A suspect, its number, the code it is found by, and its widened beginning."""

    number: int
    suspect: Suspect
    code: int
    since: int

    @property
    def column(self) -> str:
        """Name the column it is found by; "" for whoever has all."""
        return COLUMN.get(self.suspect.kind, "")


class _Stream(NamedTuple):
    """Suspects whose lines mean the same: which verbs, and what each of them exposes.

    By code of a line: `wanted` flags; `kinds` which of `masks`, of a column of Totals, it means.
    """

    place: int
    wanted: Column
    kinds: Column
    masks: Column
    terms: list[_Term]
    stands: bool


class _Found(NamedTuple):
    """What a stretch says: sums to add, placements, the suspects' lines and searches."""

    sums: list[Sums]
    placed: Column
    lines: int
    searches: int


def ask(columns: Columns, mix: tuple[Suspect, ...], facility: bytes, now: Millis) -> Estimate:
    """Say whose charts were exposed to any of a mix. Raises RefusedError, DamagedError."""
    check_mix(mix)
    verbs = Verbs(columns.whats)
    terms = _terms(columns, mix, verbs)
    streams = list(_streams(terms, verbs))
    totals = Totals(len(columns.ids("chart")))
    lines = searches = 0
    placed = [np.zeros((0, 3), np.int64)]
    until = max((suspect.until for suspect in mix), default=0)
    for found in _on_every_core(partial(_look, streams, verbs), columns.blocks(0, until)):
        for sums in found.sums:
            totals.add(sums)
        placed.append(found.placed)
        lines, searches = lines + found.lines, searches + found.searches
    met = totals.met()
    return Estimate(
        mix, tuple(term.since for term in terms), facility, now, columns.size, columns.until,
        columns.ids("chart").ids(met),
        *totals.of(met), totals.wards(met, np.concatenate(placed)), columns.wards,
        searches, lines, _unknown(columns, terms),
    )  # fmt: skip


def is_known(columns: Columns, suspect: Suspect) -> bool:
    """Say whether any line names a suspect; of none, nothing exposed may be a name misspelt."""
    column = COLUMN.get(suspect.kind, "")
    return not column or columns.code(column, suspect.value) > 0


def _terms(columns: Columns, mix: tuple[Suspect, ...], verbs: Verbs) -> list[_Term]:
    terms = []
    for number, suspect in enumerate(mix):
        column = COLUMN.get(suspect.kind, "")
        code = columns.code(column, suspect.value) if column else 0
        terms.append(_Term(number, suspect, code, widen(columns, suspect, verbs)))
    return terms


def _streams(terms: list[_Term], verbs: Verbs) -> Iterator[_Stream]:
    """Sort suspects by what their lines mean; what stands, each by itself."""
    both = mask_of(verbs.released, How.RELEASED) | mask_of(verbs.written, How.WRITTEN)
    opened = [term for term in terms if term.suspect.kind not in {**STANDS, **FILES}]
    yield from _stream(How.RELEASED, verbs.exposing, both, opened)
    for kind, way in FILES.items():
        mine = [term for term in terms if term.suspect.kind is kind]
        yield from _stream(way, verbs.release, mask_of(verbs.released, way), mine)
    for term in terms:
        if term.suspect.kind in STANDS:
            way = STANDS[term.suspect.kind]
            yield from _stream(way, verbs.seal_key, mask_of(verbs.written, way), [term])


def _stream(way: How, wanted: Column, words: Column, terms: list[_Term]) -> Iterator[_Stream]:
    """Make streams of as many suspects as the meanings of a hit can name."""
    masks, kinds = np.unique(words, return_inverse=True)
    most = (1 << MEANING_BITS) // len(masks)
    if not most:
        raise DamagedError(f"the ledger names more than {1 << MEANING_BITS:,} sets of sections")
    for at in range(0, len(terms), most):
        some = terms[at : at + most]
        stands = some[0].suspect.kind in STANDS
        yield _Stream(PLACES[way][0], wanted, kinds.astype(np.uint64), masks, some, stands)


def _on_every_core(look: Callable[[Stretch], _Found], blocks: Iterable[Block]) -> Iterator[_Found]:
    """Look at stretches side by side (numpy and the cipher leave Python's lock), in their order."""
    source, cores = stretches(blocks), len(os.sched_getaffinity(0))
    with ThreadPoolExecutor(cores) as pool:
        while some := list(islice(source, cores)):
            yield from pool.map(look, some)


def _look(streams: list[_Stream], verbs: Verbs, stretch: Stretch) -> _Found:
    """Find what a stretch says of all suspects."""
    sums: list[Sums] = []
    hit: Column = np.zeros(0, np.bool_)
    for stream in streams:
        hits: list[Column] = []
        by: list[int] = []
        for alike in _alike(stream.terms, stretch):
            rows, whose = _rows(stretch, alike, stream.wanted)
            if not stream.stands and len(rows):
                hit = hit if len(hit) else np.zeros(len(stretch), np.bool_)
                hit[rows] = True
            hits.append(_hits(stretch, rows, whose + np.uint64(len(by)), stream, verbs))
            by += [1 << each.term.number for each in alike]
        found = np.concatenate(hits) if hits else np.zeros(0, np.uint64)
        if len(found):
            sums.append(_add_up(found, by, stream, stretch))
    whats = stretch.column("what")[hit] if len(hit) else np.zeros(0, np.uint16)
    searches = int(np.count_nonzero(verbs.search[whats]))
    return _Found(sums, stretch.placed(), len(whats), searches)


class _Part(NamedTuple):
    """A suspect's part of a stretch: rows `first … end`."""

    term: _Term
    first: int
    end: int


def _alike(terms: list[_Term], stretch: Stretch) -> Iterable[list[_Part]]:
    """Sort suspects by the column that names them, no code twice: it is gone through once."""
    found: dict[tuple[str, int], list[_Part]] = {}
    times: Counter[tuple[str, int]] = Counter()
    for term in terms:
        since = 0 if term.suspect.kind in STANDS else term.since
        is_there = stretch.span.newest >= since and stretch.span.oldest < term.suspect.until
        if is_there and (term.code or not term.column):
            time = times[term.column, term.code]
            times[term.column, term.code] += 1
            part = _Part(term, *between(stretch, since, term.suspect.until))
            found.setdefault((term.column, time), []).append(part)
    return found.values()


def _rows(stretch: Stretch, alike: list[_Part], wanted: Column) -> tuple[Column, Column]:
    """Find the rows of suspects that one column names, and which of them each row names."""
    first, end = min(each.first for each in alike), max(each.end for each in alike)
    whats, name = stretch.column("what")[first:end], alike[0].term.column
    if not name or len(alike) == 1:
        named = stretch.column(name)[first:end] == alike[0].term.code if name else wanted[whats]
        rows = np.flatnonzero(named)
        rows = rows[wanted[whats[rows]]] + first
        return rows, np.zeros(len(rows), np.uint64)
    column, codes = stretch.column(name)[first:end], [each.term.code for each in alike]
    table = np.zeros(max(int(column.max(initial=0)), *codes) + 1, np.uint8)
    table[codes] = np.arange(1, len(codes) + 1)
    marks = table[column]
    rows = np.flatnonzero(marks)
    rows = rows[wanted[whats[rows]]]
    whose, rows = marks[rows].astype(np.uint64) - np.uint64(1), rows + first
    inside = rows >= np.array([each.first for each in alike])[whose]
    inside &= rows < np.array([each.end for each in alike])[whose]
    return rows[inside], whose[inside]


def _hits(stretch: Stretch, rows: Column, whose: Column, stream: _Stream, verbs: Verbs) -> Column:
    """Write the rows that name a chart, and are no search, as hits."""
    charts, whats = stretch.column("chart")[rows], stretch.column("what")[rows]
    there = (charts > 0) & ~verbs.search[whats]
    kinds = stream.kinds[whats] + whose * np.uint64(len(stream.masks))
    return write_hits(charts[there], rows[there], kinds[there])


def _add_up(hits: Column, by: list[int], stream: _Stream, stretch: Stretch) -> Sums:
    masks = np.tile(stream.masks, len(by))
    whose = np.repeat(np.array(by, np.uint64), len(stream.masks))
    sums, rows = add_up(hits, masks, whose, stretch.column("time"), stream.place)
    if not stream.stands:
        return sums._replace(lines=rows + stretch.span.first)
    (term,) = stream.terms
    last = np.full(len(sums.charts), term.suspect.until - 1, np.int64)
    return sums._replace(first=np.maximum(sums.first, term.since), last=last)


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

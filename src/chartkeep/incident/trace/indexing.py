"""The job that builds the index from the charts, under a grant two people gave, and brings it on.

Charts go the one road: each is a line of `releases` in the investigator's name, and stands in
every later exposure list. Only what is new is opened: charts not indexed yet, and those with
entries after the `records` line the index knows; charts that are no more leave it. What is done is
kept now and then, so that an interrupted run goes on from there. Nothing that was opened lies
anywhere; tokens do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Final, NamedTuple

import orjson

from chartkeep.custody.house import House
from chartkeep.custody.release import Look, Opened, release
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import NotAllowedError, NotFoundError, RefusedError, UnavailableError
from chartkeep.fingerprint.numbers import fold_number
from chartkeep.fingerprint.person import Reading
from chartkeep.incident.trace import charting, keeping
from chartkeep.incident.trace.at_desk import IndexPlace, Warrant
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.index import Index, merged
from chartkeep.ledger.line import mask_sections
from chartkeep.model import ChartId, Millis, Purpose, Section, to_text
from chartkeep.sealing.entry import read_cut_header

ROLL: Final = 5_000
PAGE: Final = 2_000
KEPT_EVERY: Final = 20_000
"""Charts after which what is done is kept; with a growing index rarer, for it is written whole."""
ASKED: Final = 100
"""Charts that are read to find out which numbers are this house's own."""
READ: Final = frozenset({Section.IDENTITY, Section.CLINICAL, Section.RESULTS, Section.IMAGING})

Tell = Callable[[int, int], None]
"""Hears how many charts are done, of how many."""


class Job(NamedTuple):
    """An investigator's warrant, and where the index is."""

    warrant: Warrant
    place: IndexPlace
    own: frozenset[str] = frozenset()
    """Systems of the numbers this house gives; empty: the one most patients have one of."""


@dataclass
class Indexed:
    """What a run did; `left_out` were refused, `gone` are no more, `beyond`: there are more charts.

    `again`: charts in the index that changed and were not opened; the next run asks for them.
    """

    index: Index | None
    own: frozenset[str]
    beyond: bool = False
    opened: int = 0
    left_out: int = 0
    damaged: int = 0
    gone: frozenset[ChartId] = frozenset()
    again: frozenset[ChartId] = frozenset()


def bring_up(job: Job, tell: Tell = lambda _done, _of: None) -> Indexed:
    """Build the index, or bring it up to what the store holds now.

    Raises RefusedError when the grant does not carry identities, NotAllowedError when it ended,
    OverBudgetError when it or a budget is used up. Whatever ends it: what was done is kept.
    """
    old = _newest(job)
    size = job.warrant.house.store.status().size
    look = _look(job)
    due = _due(job, old)
    own = job.own or (old.own if old else frozenset())
    if due.wanted and not own:
        own = _own(_asked(due.wanted, old), look, job.warrant.house)
    done = Indexed(old, own, due.beyond, gone=due.gone, again=due.changed)
    # What is kept on the way says what it knows of: of the charts it had, not yet the newest.
    known = old.upto if old else size
    builder = Builder(job.place.key)
    try:
        for number, chart in enumerate(due.wanted, 1):
            _index(chart, look, job.warrant.house, builder, done)
            tell(number, len(due.wanted))
            if builder.size >= max(KEPT_EVERY, done.index.size // 4 if done.index else 0):
                _keep(job, builder.finish(known), done)
                builder = Builder(job.place.key)
        known = size
    finally:
        _keep(job, builder.finish(known), done)
    return done


def _look(job: Job) -> Look:
    terms = job.warrant.house.keyholder.read_grant(job.warrant.token, job.warrant.grant)
    sections = READ.intersection(mask_sections(terms.sections))
    if Section.IDENTITY not in sections:
        raise RefusedError("the grant does not carry identities", hint="--section identity")
    return Look(
        job.warrant.token, sections, Purpose(terms.purpose), "trace index", job.warrant.grant
    )


def _index(chart: ChartId, look: Look, house: House, builder: Builder, done: Indexed) -> None:
    found = _open(chart, look, house)
    if found is None:
        done.left_out += 1
        return
    done.damaged += len(found.damaged)
    done.opened += 1
    done.again -= {chart}
    _add(builder, found, done.own)


def _newest(job: Job) -> Index | None:
    try:
        return keeping.load(job.place.folder, job.place.secret)
    except UnavailableError:
        return None


def _keep(job: Job, new: Index, done: Indexed) -> None:
    old = done.index
    index = merged(old, new, done.gone) if old else new
    grants = (old.grants if old else frozenset()) | {job.warrant.grant}
    done.index = replace(index, own=done.own, again=done.again, grants=grants)
    keeping.keep(done.index, job.place.folder, job.place.secret)


class Due(NamedTuple):
    """Charts of the grant that are new or changed; of those known: which changed, which are gone.

    `beyond`: there are more charts than the grant is for.
    """

    wanted: list[ChartId]
    changed: frozenset[ChartId]
    gone: frozenset[ChartId]
    beyond: bool


def _due(job: Job, old: Index | None) -> Due:
    roll, beyond = _roll(job.warrant)
    if old is None:
        return Due(roll, frozenset(), frozenset(), beyond)
    known = {old.chart(number) for number in range(old.size)}
    # Of charts behind the roll's last nothing is told: they may be there.
    told = known if not beyond else {each for each in known if roll and each <= roll[-1]}
    gone = frozenset(told.difference(roll))
    changed = (known & (_changed(job.warrant.house, old.upto) | old.again)) - gone
    wanted = [each for each in roll if each not in known or each in changed]
    return Due(wanted, frozenset(changed), gone, beyond)


def _roll(warrant: Warrant) -> tuple[list[ChartId], bool]:
    """Give the charts of a grant, in order; and whether there are more."""
    roll: list[ChartId] = []
    while True:
        after = roll[-1] if roll else b""
        terms = warrant.house.keyholder.read_grant(warrant.token, warrant.grant, after, ROLL)
        roll += [ChartId(each) for each in terms.roll]
        if terms.beyond or len(terms.roll) < ROLL:
            return roll, terms.beyond


def _changed(house: House, upto: int) -> set[ChartId]:
    """Give the charts with entries after a line of `records`: their headers are in clear."""
    found: set[ChartId] = set()
    while headers := house.store.headers(b"", upto, PAGE):
        found.update(ChartId(read_cut_header(raw).chart) for _, raw in headers)
        upto = headers[-1][0] + 1
    return found


def _open(chart: ChartId, look: Look, house: House) -> Opened | None:
    try:
        return release(chart, look, house, history=True)
    except (NotAllowedError, NotFoundError):
        # One chart's no, unless the grant itself has ended: asking for its words says which.
        house.keyholder.read_grant(look.token, look.grant)
        return None


def _asked(wanted: list[ChartId], old: Index | None) -> list[ChartId]:
    """Give the charts that tell which numbers are ours: a few new ones alone would tell too little.

    So that the one patient who came since has their record number in the index, too.
    """
    known = (old.chart(number) for number in range(old.size)) if old else ()
    return list(islice(dict.fromkeys(chain(wanted, known)), ASKED))


def _own(charts: list[ChartId], look: Look, house: House) -> frozenset[str]:
    """Find the system most patients have a hospital's number under; none if none is."""
    patients: list[charting.Json] = []
    faces = look._replace(sections=frozenset({Section.IDENTITY}))
    for chart in charts:
        if found := _open(chart, faces, house):
            patients += [_json(each) for each in found.entries if each.header.kind == "Patient"]
    counted = charting.own_systems(patients)
    most = max(counted.values(), default=0)
    return frozenset(system for system, count in counted.items() if count == most and count > 1)


def _add(builder: Builder, found: Opened, own: frozenset[str]) -> None:
    """Take one opened chart in."""
    history: list[tuple[Millis, Reading]] = []
    records: list[str] = [fold_number(to_text(found.chart))]
    facts: list[str] = []
    for entry in _in_order(found.entries):
        kind = entry.header.kind
        if kind == "Patient":
            body = _json(entry)
            history.append((entry.header.time, charting.read_patient(body)))
            records += charting.patient_numbers(body, own)
        elif kind in charting.NUMBERED:
            records += charting.record_numbers(_json(entry))
            records.append(fold_number(to_text(entry.header.entry_id)))
        elif kind == charting.MEASURED:
            facts += charting.results(_json(entry))
    builder.add(found.chart, history, records, facts)


def _in_order(entries: list[OpenedEntry]) -> Iterator[OpenedEntry]:
    return iter(sorted(entries, key=lambda each: (each.header.time, each.header.version)))


def _json(entry: OpenedEntry) -> charting.Json:
    body = orjson.loads(entry.raw) if entry.raw else {}
    return body if isinstance(body, dict) else {}

"""The job that builds the index from the charts' fingerprints, under a grant, and brings it on.

Fingerprints go the one road: each chart is a line of `releases` in the investigator's name, and
stands in every later exposure list with that section alone. Only charts that are new or changed
are opened; of those with entries from before there were fingerprints the contents, once. What is
done is kept now and then, so that an interrupted run goes on from there. Charts that are no more
leave the index. Nothing that was opened lies anywhere; tokens do.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from typing import Final, NamedTuple

from chartkeep.custody.bulk import Wanted, fetch, open_batch
from chartkeep.custody.house import House
from chartkeep.custody.prints import KIND
from chartkeep.custody.release import Look
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import OverBudgetError, RefusedError, UnavailableError
from chartkeep.fingerprint.prints import SYSTEM_BYTES
from chartkeep.incident.trace import keeping
from chartkeep.incident.trace.at_desk import IndexPlace, Warrant
from chartkeep.incident.trace.building import Builder
from chartkeep.incident.trace.index import Index, merged
from chartkeep.incident.trace.printed import PAGE, Filling, Known, Lines, lines_of, read_known
from chartkeep.ledger.hashing import HASH_BYTES
from chartkeep.ledger.line import mask_sections
from chartkeep.ledger.tiles import TILE_WIDTH
from chartkeep.model import PRINTED_SECTIONS, ChartId, Millis, Purpose, Section
from chartkeep.sealing.entry import read_cut_header

ROLL: Final = 5_000
KEPT_EVERY: Final = 20_000
"""Charts after which what is done is kept; with a growing index rarer, for it is written whole."""
TOGETHER: Final = 100
"""Charts that are asked for together, and that tell which numbers are this house's own."""
REASON: Final = "trace index"
_ALL: Final = Wanted(KIND, Millis(0), Millis(1 << 62), history=True)
HOW: Final = (
    "two privacy officers: chartkeep grant NAME --charts 100000 --section safe --section "
    "fingerprints --purpose HSYSADMIN --until …, then chartkeep approve; --charts as many as there "
    "are, and where some came before there were fingerprints, --section identity, clinical, "
    "results, imaging and documents too"
)
"""How a grant that makes the index is come by, whole."""

Tell = Callable[[int, int], None]
"""Hears how many charts are done, of how many."""


class Job(NamedTuple):
    """An investigator's warrant, where the index is, and who writes fingerprints that lack."""

    warrant: Warrant
    place: IndexPlace
    writer: House
    own: frozenset[str] = frozenset()
    """Systems of this house's numbers; empty: found, as the one most patients have."""


@dataclass
class Indexed:
    """What a run did; `left_out` were refused, `gone` are no more, `beyond`: there are more charts.

    `again`: charts in the index that changed and were not opened; the next run asks for them.
    `filled`: charts whose contents were opened, for there were no fingerprints of them; of `bare`
    ones that could not be, since the grant does not carry identities.
    """

    index: Index | None
    beyond: bool = False
    opened: int = 0
    filled: int = 0
    bare: int = 0
    left_out: int = 0
    damaged: int = 0
    gone: frozenset[ChartId] = frozenset()
    again: set[ChartId] = field(default_factory=set)


def bring_up(job: Job, tell: Tell = lambda _done, _of: None) -> Indexed:
    """Build the index, or bring it up to what the store holds now.

    Raises RefusedError when the grant does not carry fingerprints, NotAllowedError when it ended,
    OverBudgetError when it or a budget is used up. Whatever ends it: what was done is kept.
    """
    now = _stand(job.warrant.house)
    old = _newest(job)
    reader = _Reader(job, old)
    due = _due(job, old, every=not reader.own)
    done = reader.done = Indexed(old, due.beyond, gone=due.gone, again=set(due.changed))
    # What is kept on the way says what it knows of: of the charts it had, not yet the newest.
    stand = Stand(old.upto, old.last) if old else now
    builder = Builder(job.place.key)
    try:
        for number, chart in enumerate(reader.read(due.wanted), 1):
            chart.add_to(builder, reader.own, job.place.key.digest)
            tell(number, len(due.wanted))
            if builder.size >= max(KEPT_EVERY, done.index.size // 4 if done.index else 0):
                _keep(job, builder.finish(), reader, stand)
                builder = Builder(job.place.key)
        stand = now
    finally:
        _keep(job, builder.finish(), reader, stand)
    return done


class Stand(NamedTuple):
    """How far the `records` ledger is: its lines, and the hash of the last."""

    upto: int
    last: bytes


def _stand(house: House, upto: int | None = None) -> Stand:
    """Say how far the ledger is, or that it is not what it was there: then by no line."""
    size = house.store.status().size
    upto = size if upto is None else upto
    if not 0 < upto <= size:
        return Stand(0, b"")
    index, place = divmod(upto - 1, TILE_WIDTH)
    return Stand(upto, house.store.read_tile(0, index, place + 1)[-HASH_BYTES:])


def _newest(job: Job) -> Index | None:
    """Load the index; of a store that was set back since, as one that knows no line of it."""
    try:
        old = keeping.load(job.place.folder, job.place.secret)
    except UnavailableError:
        return None
    is_same = _stand(job.warrant.house, old.upto).last == old.last
    return old if is_same else replace(old, upto=0, last=b"")


def _keep(job: Job, new: Index, reader: "_Reader", stand: Stand) -> None:
    done = reader.done
    old = done.index
    index = merged(old, new, done.gone) if old else new
    grants = (old.grants if old else frozenset()) | {job.warrant.grant}
    done.index = replace(
        index, upto=stand.upto, last=stand.last, own=reader.own, again=frozenset(done.again),
        grants=grants,
    )  # fmt: skip
    keeping.keep(done.index, job.place.folder, job.place.secret)


class Due(NamedTuple):
    """Charts of the grant that are new or changed; of those known: which changed, which are gone.

    `beyond`: there are more charts than the grant is for.
    """

    wanted: list[ChartId]
    changed: frozenset[ChartId]
    gone: frozenset[ChartId]
    beyond: bool


def _due(job: Job, old: Index | None, *, every: bool) -> Due:
    """Say what there is to do; `every`: whatever there is tells which numbers are the house's."""
    roll, beyond = _roll(job.warrant)
    if old is None:
        return Due(roll, frozenset(), frozenset(), beyond)
    known = {old.chart(number) for number in range(old.size)}
    # Of charts behind the roll's last nothing is told: they may be there.
    told = known if not beyond else {each for each in known if roll and each <= roll[-1]}
    gone = frozenset(told.difference(roll))
    changed = (known & (_changed(job.warrant.house, old.upto) | old.again)) - gone
    wanted = [each for each in roll if each not in known or each in changed]
    if every and wanted:  # a few new ones alone would tell too little
        wanted = list(dict.fromkeys(chain(wanted, islice(roll, TOGETHER))))
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


class _Reader:
    """Reads what charts' fingerprints say, as far as the grant goes, and counts what it did."""

    def __init__(self, job: Job, old: Index | None) -> None:
        self._house, self._place = job.warrant.house, job.place
        terms = self._house.keyholder.read_grant(job.warrant.token, job.warrant.grant)
        carried = mask_sections(terms.sections)
        if Section.FINGERPRINTS not in carried:
            raise RefusedError("the grant does not carry fingerprints", hint=HOW)
        self._look = Look(
            job.warrant.token, frozenset({Section.FINGERPRINTS}), Purpose(terms.purpose), REASON,
            job.warrant.grant,
        )  # fmt: skip
        whole = self._look._replace(sections=PRINTED_SECTIONS.intersection(carried))
        self._filling = Filling(whole, self._house, job.writer, job.place)
        own = frozenset(job.place.key.digest(each)[:SYSTEM_BYTES] for each in job.own)
        self.own = own or (old.own if old else own)
        """Digests of the systems of this house's numbers; none: the first charts will tell."""
        self.done = Indexed(old)

    def read(self, charts: Sequence[ChartId]) -> Iterator[Known]:
        """Open the fingerprints of charts, some together; those refused are left out.

        Raises OverBudgetError when the grant or a budget is used up: behind what it still gave.
        """
        for at in range(0, len(charts), TOGETHER):
            known, spent = self._read(charts[at : at + TOGETHER])
            self.own = self.own or _own(known)
            for each in known:
                self.done.opened += 1
                self.done.damaged += each.damaged
                yield each
            if spent:
                raise OverBudgetError(
                    "the grant, or a budget, is used up", hint="ask two people again"
                )

    def _read(self, charts: Sequence[ChartId]) -> tuple[list[Known], bool]:
        lines = {chart: lines_of(chart, self._house) for chart in charts}
        sealed = [fetch(chart, _ALL, self._look, self._house) for chart in charts]
        batch = open_batch([each for each in sealed if each.wraps], self._look, self._house)
        self.done.damaged += batch.damaged
        self.done.left_out += len(batch.left_out)
        entries: dict[ChartId, list[OpenedEntry]] = {
            chart: [] for chart in charts if chart not in batch.left_out
        }
        for entry in batch.entries:
            entries[entry.header.chart].append(entry)
        known: list[Known] = []
        for chart, mine in entries.items():
            told = read_known(chart, mine, lines[chart], self._place.vouching)
            if found := self._filled(told, lines[chart]):
                known.append(found)
        return known, batch.spent

    def _filled(self, known: Known, lines: Lines) -> Known | None:
        """Add what nothing speaks for yet: opened once, if the grant carries identities."""
        missing = known.missing(lines)
        if missing and Section.IDENTITY not in self._filling.look.sections:
            self.done.bare += 1
            # Those that have some are found by them meanwhile, and asked for again.
            self.done.again.add(known.chart)
            return known if known.prints else None
        carried = self._filling.look.sections
        missing = {at: head for at, head in missing.items() if head.section in carried}
        if missing:
            filled = self._filling.fill(known, missing)
            if filled is None:
                self.done.left_out += 1
                return None
            self.done.filled += 1
            known = filled
        self.done.again.discard(known.chart)
        return known


def _own(charts: Sequence[Known]) -> frozenset[bytes]:
    """Find the system most patients have a hospital's number under; none if none is."""
    counted = Counter(chain.from_iterable(each.own_systems() for each in charts))
    most = max(counted.values(), default=0)
    return frozenset(system for system, count in counted.items() if count == most and count > 1)

"""The exports of one worker: whose charts, which files there are, and the lines of a file.

A file is made while it is read, and lies nowhere (decision 0015). What is kept here is what a look
through the store found and may be found again at any time: charts, types, and how much was left out
of what this worker sent.
"""

import threading
from collections.abc import Callable, Generator, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import NamedTuple

from chartkeep.clinical.face import PERSON_KIND
from chartkeep.clinical.sections import SECTIONS
from chartkeep.custody.bulk import Wanted, fetch_batches, open_batch
from chartkeep.custody.exports import Order, check_order
from chartkeep.custody.house import House
from chartkeep.custody.marking import read_mark
from chartkeep.custody.release import Look
from chartkeep.errors import ChartkeepError, OverBudgetError, UnavailableError
from chartkeep.fhir.http.marked import Marked
from chartkeep.fhir.http.records import resources
from chartkeep.ledger.line import mask_sections
from chartkeep.model import ChartId, EntryId, Millis, Section

PART = 1_000
"""Charts in a file: it is read well within the five minutes a program's session has."""
MOST_ORDERS = 100
MOST_STREAMS = 4
"""Files a worker makes at once: each holds a batch of charts in clear."""
PIECE = 256 << 10


class Listed(NamedTuple):
    """Whose charts; `beyond`: there are more than the grant lets, `missing`: named, not there."""

    charts: Sequence[ChartId]
    beyond: bool = False
    missing: int = 0


class File(NamedTuple):
    """One type of the charts `first` to `last`, both in it."""

    kind: str
    first: ChartId
    last: ChartId


@dataclass
class Known:
    """What this worker knows of an order; `files` is None until it was looked through."""

    listed: Listed | None = None
    looked: int = 0
    files: list[File] | None = None
    failed: ChartkeepError | None = None
    left_out: set[ChartId] = field(default_factory=set)
    damaged: int = 0


class Exports:
    """What one worker knows of exports, for all its threads; bounded in orders and in streams."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._known: dict[EntryId, Known] = {}
        self._lock = threading.Lock()
        self._looking = ThreadPoolExecutor(1, "export")
        self._streams = threading.Semaphore(MOST_STREAMS)

    def known(self, ident: EntryId) -> Known:
        """Give what is known of an order; the ones longest unknown of make room."""
        with self._lock:
            while len(self._known) >= MOST_ORDERS and ident not in self._known:
                self._known.pop(next(iter(self._known)))
            return self._known.setdefault(ident, Known())

    def look_through(self, ident: EntryId, order: Order, charts: Callable[[], Listed]) -> Known:
        """Begin to look through the store for what files there are, if nobody did; opens nothing.

        Raises what an earlier look failed with; the next one begins anew.
        """
        known = self.known(ident)
        with self._lock:
            if known.failed is not None:
                self._known.pop(ident, None)
                raise known.failed
            if known.files is None and not known.looked:
                known.looked = 1
                self._looking.submit(self._look, known, order, charts)
        return known

    def _look(self, known: Known, order: Order, charts: Callable[[], Listed]) -> None:
        try:
            listed = known.listed = known.listed or charts()
            files: list[File] = []
            for at in range(0, len(listed.charts), PART):
                part = listed.charts[at : at + PART]
                there = self._house.store.kinds(list(part), [*mask_sections(order.sections)])
                files += [File(kind, part[0], part[-1]) for kind in _types(there, order)]
                known.looked += len(part)
            known.files = files
        except ChartkeepError as error:
            known.failed = error

    def lines(
        self, ident: EntryId, order: Order, look: Look, kind: str, charts: Sequence[ChartId]
    ) -> Generator[bytes]:
        """Release charts and give their resources of a type as NDJSON, in pieces.

        They carry the export's mark: an order of its own, spaces, one invented Patient beside a
        hundred (`custody.marking`). Before each batch of charts it is asked whether the order and
        its grant still hold. What ends all of it is raised; a grant that is used up ends it as if
        there were no more.
        """
        house, known = self._house, self.known(ident)
        wanted = Wanted(_entry_kind(kind, order), Millis(order.since), Millis(order.moment))
        look = look._replace(sections=sections_of(kind, order))
        marked = Marked(read_mark(order.mark), charts, known.listed.charts if known.listed else ())
        if not self._streams.acquire(blocking=False):
            raise UnavailableError("too many files are read at once", hint="one after the other")
        try:
            for batch in fetch_batches(marked.charts, wanted, look, house):
                check_order(ident, house)
                house.keyholder.read_grant(look.token, order.grant)
                found = open_batch(batch, look, house)
                known.left_out.update(found.left_out)
                known.damaged += found.damaged
                yield from _pieces(marked.lines(resources(found.entries)))
                if found.spent:
                    self._check_used_up(look, order)
                    return
        finally:
            self._streams.release()

    def _check_used_up(self, look: Look, order: Order) -> None:
        """Tell a grant that is used up, which ends a file, from a budget, which breaks it off."""
        terms = self._house.keyholder.read_grant(look.token, order.grant)
        if terms.used < terms.charts:
            raise OverBudgetError("a budget is used up", hint="go on tomorrow with what is left")


def sections_of(kind: str, order: Order) -> frozenset[Section]:
    """Say in which of the order's sections a type lies; a Patient without `identity` is a face."""
    mine = mask_sections(order.sections)
    lies = {SECTIONS[kind], Section.RESTRICTED} if kind in SECTIONS else set()
    if kind == "Patient" and Section.IDENTITY not in mine:
        lies = {Section.FACE}
    return frozenset(lies.intersection(mine))


def _entry_kind(kind: str, order: Order) -> str:
    return PERSON_KIND if sections_of(kind, order) == {Section.FACE} else kind


def _types(there: Iterable[str], order: Order) -> list[str]:
    """Give the types of files, of the kinds of entries that are there."""
    kinds = {"Patient" if kind == PERSON_KIND else kind for kind in there}
    wanted = kinds & {*order.kinds} if order.kinds else kinds
    found = (kind for kind in wanted if sections_of(kind, order))
    return sorted(found, key=lambda kind: (kind != "Patient", kind))


def _pieces(resources: Iterable[bytes]) -> Generator[bytes]:
    """Join lines to pieces of some size."""
    piece = bytearray()
    for line in resources:
        piece += line + b"\n"
        if len(piece) >= PIECE:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)

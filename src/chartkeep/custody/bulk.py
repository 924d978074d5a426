"""Many charts released under a grant, one type of entry at a time; nothing of it is kept.

The same road as `release`: read sealed, asked of the keyholder, a line for each chart, then opened.
Charts go to the keyholder together. One that is refused is left out; a grant or a session that has
ended, a freeze, and a keeper that does not answer end all of it with an error.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from chartkeep.custody.house import House
from chartkeep.custody.opening import Chart, Headers, Shown, open_all, sort_entries
from chartkeep.custody.release import Look, keys_of, sort_wraps, without
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import NotAllowedError, NotFoundError, OverBudgetError
from chartkeep.keyholder.protocol import ChartWraps, OpenedChart, OpenKeys
from chartkeep.model import ChartId, EntryId, KeyId, Millis
from chartkeep.sealing.entry import EntryHeader
from chartkeep.store.client import PAGE
from chartkeep.store.protocol import Read

MOST_CHARTS = 100
MOST_BYTES = 8 << 20
"""What is asked about together: a chart of any size is at least asked about alone."""
_LEFT_OUT = frozenset(each.__name__ for each in (NotAllowedError, NotFoundError, OverBudgetError))
"""What is refused of one chart and not of all."""


class Wanted(NamedTuple):
    """Entries of one type, as they stood at `until`, if they are not older than `since`.

    `entries` names some of them, empty means all; `history`: each in all its versions.
    """

    kind: str
    since: Millis
    until: Millis
    entries: tuple[EntryId, ...] = ()
    history: bool = False


class Sealed(NamedTuple):
    """What is wanted of one chart, not opened yet; `damaged` counts what lies where it must not."""

    chart: ChartId
    wraps: dict[bytes, KeyId]
    headers: Headers
    damaged: int


class Batch(NamedTuple):
    """What some charts showed; `left_out` were refused, `damaged` counts what did not open.

    `spent`: one was refused because the grant or a budget is used up.
    """

    entries: list[OpenedEntry]
    left_out: list[ChartId]
    damaged: int
    spent: bool


def fetch_batches(
    charts: Iterable[ChartId], wanted: Wanted, look: Look, house: House
) -> Iterator[list[Sealed]]:
    """Read charts from the store, as many at a time as are asked about together.

    One that has nothing of what is wanted is not asked about: nothing of it is opened.
    """
    batch: list[Sealed] = []
    size = 0
    for chart in charts:
        found = fetch(chart, wanted, look, house)
        if not found.wraps:
            continue
        batch.append(found)
        size += sum(map(len, found.headers))
        if len(batch) == MOST_CHARTS or size > MOST_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def fetch(chart: ChartId, wanted: Wanted, look: Look, house: House) -> Sealed:
    """Read what is wanted of one chart, sealed: what is not too new, of it the newest versions."""
    wraps, headers, damaged = _read(chart, wanted, look, house, history=wanted.history)
    if not wanted.history:
        if any(head.time > wanted.until for head in headers.values()):
            wraps, headers, damaged = _read(chart, wanted, look, house, history=True)
        headers = _newest(headers, wanted.until)
    kept = {
        sealed: head
        for sealed, head in headers.items()
        if wanted.since <= head.time <= wanted.until
    }
    needed = {head.key_id for head in kept.values()}
    return Sealed(chart, {w: key for w, key in wraps.items() if key in needed}, kept, damaged)


def _newest(headers: Headers, until: Millis) -> Headers:
    newest: dict[EntryId, tuple[bytes, EntryHeader]] = {}
    for sealed, head in headers.items():
        there = newest.get(head.entry_id)
        if head.time <= until and (there is None or there[1].version < head.version):
            newest[head.entry_id] = sealed, head
    return dict(newest.values())


def open_batch(batch: list[Sealed], look: Look, house: House) -> Batch:
    """Have charts opened together: a line each, one commit. Raises what ends all of it."""
    asked = [ChartWraps(each.chart, _mask(each), list(each.wraps)) for each in batch]
    answer = house.keyholder.open_keys(
        OpenKeys(look.token, look.purpose, look.reason, look.grant, asked)
    )
    entries: list[OpenedEntry] = []
    left_out: list[ChartId] = []
    damaged = sum(each.damaged for each in batch)
    for each, opened in zip(batch, answer.charts, strict=True):
        if opened.error in _LEFT_OUT:
            left_out.append(each.chart)
            continue
        shown = _open(each, opened)
        entries += shown.entries.values()
        damaged += len(shown.damaged)
    spent = any(opened.error == OverBudgetError.__name__ for opened in answer.charts)
    return Batch(entries, left_out, damaged, spent)


def _open(sealed: Sealed, opened: OpenedChart) -> Shown:
    """Open one chart's entries, without the sections a consent keeps shut."""
    keys = keys_of(sealed.wraps.values(), opened)
    return open_all(without(sealed.headers, opened.withheld), keys)


def _read(
    chart: ChartId, wanted: Wanted, look: Look, house: House, *, history: bool
) -> tuple[dict[bytes, KeyId], Headers, int]:
    """Read what is wanted of a chart: wraps, headers, and how much is damaged."""
    sections = [int(section) for section in look.sections]
    wraps: dict[bytes, None] = {}
    entries: list[bytes] = []
    after = 0
    while True:
        read = Read(chart, sections, [wanted.kind], list(wanted.entries), history, after, PAGE)
        page = house.store.page(read)
        wraps |= dict.fromkeys(page.wraps)
        entries += page.entries
        after = page.more
        if not after:
            break
    good, foreign = sort_wraps(list(wraps), chart, look, house)
    headers, misplaced = sort_entries(entries, Chart(house.facility, chart))
    return good, headers, len(foreign) + len(misplaced)


def _mask(sealed: Sealed) -> int:
    """Write the sections that something is wanted of as bits: no others are opened."""
    return sum({1 << head.section for head in sealed.headers.values()})

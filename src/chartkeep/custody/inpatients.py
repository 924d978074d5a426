"""The charts of a ward's inpatients, opened for its pack: a line for each, a few in one commit.

The same road as `release`: read sealed, asked of the keyholder, opened. A chart that is refused is
given as None, and the others go on; what ends all of it (a freeze, a grant that ended, a keeper
that does not answer) is raised.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chartkeep.custody.house import House
from chartkeep.custody.opening import Chart, Headers, newest, open_all, sort_entries
from chartkeep.custody.release import Look, Opened, keys_of, sort_wraps, without
from chartkeep.errors import NotAllowedError, NotFoundError, OverBudgetError
from chartkeep.keyholder.protocol import ChartWraps, OpenedChart, OpenKeys
from chartkeep.model import ChartId, KeyId, Millis

TOGETHER = 10
"""Charts asked about at once: as many lie in memory in clear."""
_LEFT_OUT = frozenset(each.__name__ for each in (NotAllowedError, NotFoundError, OverBudgetError))


class _Sealed(NamedTuple):
    chart: ChartId
    wraps: dict[bytes, KeyId]
    headers: Headers
    damaged: list[str]


def open_inpatients(
    charts: Sequence[bytes], look: Look, house: House
) -> Iterator[tuple[ChartId, Opened | None]]:
    """Open each of these charts, in their order; None for one that is refused."""
    for at in range(0, len(charts), TOGETHER):
        found = [_fetch(ChartId(chart), look, house) for chart in charts[at : at + TOGETHER]]
        wanted = [ChartWraps(each.chart, look.mask, list(each.wraps)) for each in found]
        answer = house.keyholder.open_keys(
            OpenKeys(look.token, look.purpose, look.reason, look.grant, wanted)
        )
        for sealed, opened in zip(found, answer.charts, strict=True):
            shown = (
                None
                if opened.error in _LEFT_OUT
                else _open(sealed, opened, Millis(answer.lease_end))
            )
            yield sealed.chart, shown


def _fetch(chart: ChartId, look: Look, house: House) -> _Sealed:
    found = house.store.read(chart, [int(section) for section in look.sections])
    wraps, foreign = sort_wraps(found.wraps, chart, look, house)
    headers, misplaced = sort_entries(found.entries, Chart(house.facility, chart))
    return _Sealed(chart, wraps, headers, foreign + misplaced)


def _open(sealed: _Sealed, opened: OpenedChart, lease_end: Millis) -> Opened:
    keys = keys_of(sealed.wraps.values(), opened)
    entries, broken = open_all(without(sealed.headers, opened.withheld), keys)
    shown, replayed = newest(entries.values())
    damaged = sealed.damaged + broken + replayed
    return Opened(sealed.chart, opened.line, lease_end, shown, damaged, opened.withheld, keys)

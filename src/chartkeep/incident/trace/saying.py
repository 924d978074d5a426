"""A trace's answer in plain words. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from chartkeep.incident.trace.tracing import Answer

MOST_TROUBLES: Final = 25
NOT_ASKED: Final = "through which door: the house's ledger was not asked"
NO_CHART: Final = (
    "through which door: unknown, the ledger released none of these charts before the post"
)


def words(answer: Answer) -> Iterator[str]:
    """Write an answer in plain words."""
    yield f"{answer.verdict}: {len(answer.charts):,} patients for certain"
    yield from (each.words() for each in answer.judged)
    yield from _when(answer)
    lost = [each for each in answer.sources if each.trouble]
    yield from (f"{each.where}: {each.trouble}" for each in lost[:MOST_TROUBLES])
    if len(lost) > MOST_TROUBLES:
        yield f"and {len(lost) - MOST_TROUBLES:,} more files were not read whole"


def _when(answer: Answer) -> Iterator[str]:
    moment = answer.moment
    if not moment.instants:
        yield "as of when: unknown, no row holds to a version"
        return
    first = moment.instants[0]
    snapshot = "copied" if moment.is_snapshot else "not one snapshot; most rows were copied"
    low, high = _day(first.low), _day(first.high)
    yield f"{snapshot} between {low} and {high} (99 %): {first.rows:,} of {moment.rows:,} rows"
    for other in moment.instants[1:]:
        yield f"others between {_day(other.low)} and {_day(other.high)}: {other.rows:,} rows"
    if moment.disagreeing:
        yield f"{len(moment.disagreeing):,} rows agree with neither"
    for clock in moment.contradicted:
        yield f"against it, and can be forged: {clock.what}, {_day(clock.time)}"


def _day(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%MZ}"

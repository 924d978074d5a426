"""A trace's answer in plain words. Pure."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from chartkeep.incident.counted import many
from chartkeep.incident.trace.found import Source
from chartkeep.incident.trace.ours import Verdict
from chartkeep.incident.trace.tracing import Answer

MOST_TROUBLES: Final = 25
NOT_ASKED: Final = "through which door: the house's ledger was not asked"
NO_CHART: Final = (
    "through which door: unknown, the ledger released none of these charts before the post"
)


def words(answer: Answer) -> Iterator[str]:
    """Write an answer in plain words, file by file."""
    yield _whose(answer)
    yield from (each.words() for each in answer.judged)
    yield from _when(answer)
    lost = _lost(answer)
    yield from (f"{each.where}: {each.trouble}" for each in lost[:MOST_TROUBLES])
    if len(lost) > MOST_TROUBLES:
        yield f"and {many(len(lost) - MOST_TROUBLES, 'more file')} not read whole"


def in_short(answer: Answer) -> Iterator[str]:
    """Write it without the name of a file: a case goes out, and files are named for people."""
    yield _whose(answer)
    ours = sum(each.verdict is not Verdict.FOREIGN for each in answer.judged)
    yield f"{ours:,} of {many(len(answer.judged), 'table')} about patients of ours"
    yield from _when(answer)
    if lost := _lost(answer):
        yield f"{many(len(lost), 'file')} not read, or not whole"


def _whose(answer: Answer) -> str:
    return f"{answer.verdict}: {many(len(answer.charts), 'patient')} for certain"


def _lost(answer: Answer) -> list[Source]:
    return [each for each in answer.sources if each.trouble]


def _when(answer: Answer) -> Iterator[str]:
    moment = answer.moment
    if not moment.instants:
        yield "as of when: unknown, no row holds to a version"
        return
    first = moment.instants[0]
    snapshot = "copied" if moment.is_snapshot else "not one snapshot; most rows were copied"
    low, high = _day(first.low), _day(first.high)
    rows = f"{first.rows:,} of {many(moment.rows, 'row')}"
    yield f"{snapshot} between {low} and {high} (99 %): {rows}"
    for other in moment.instants[1:]:
        yield f"others between {_day(other.low)} and {_day(other.high)}: {many(other.rows, 'row')}"
    if moment.disagreeing:
        yield f"{many(len(moment.disagreeing), 'row agrees', 'rows agree')} with neither"
    for clock in moment.contradicted:
        yield f"against it, and can be forged: {clock.what}, {_day(clock.time)}"


def _day(time: int) -> str:
    return f"{datetime.fromtimestamp(time / 1000, UTC):%Y-%m-%d %H:%MZ}"

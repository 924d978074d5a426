"""A case in a few lines, for whoever opens it: how much it says, whose data, what is open, its end.

Promises that it says so also of a case whose letters or lists are damaged: what cannot be told is
said to be unknown.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from chartkeep.errors import ChartkeepError
from chartkeep.incident.case.case import Case
from chartkeep.incident.case.events import Estimate
from chartkeep.incident.closing import open_duties, open_else, say_closing
from chartkeep.incident.counted import many
from chartkeep.model import Millis

_NAMED: Final = 3
"""Duties that are named; of more the count."""


def overview(case: Case, now: Millis) -> Iterator[str]:
    """Say how a case stands: events by kind, the last estimate, what is open, its end."""
    standing = [each.what for each in case.events() if each.number not in case.gone]
    kinds = Counter(each.__struct_config__.tag for each in standing)
    counts = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common())
    yield f"{many(len(standing), 'event')}: {counts}"
    estimates = [each for each in standing if isinstance(each, Estimate)]
    if estimates:
        yield str(max(estimates, key=lambda each: each.version))
    try:
        yield f"open: {'; '.join(_open(case, now)) or 'nothing'}"
        if closed := say_closing(case, now):
            yield closed
    except ChartkeepError as error:
        yield f"what is open is unknown: {error}"


def _open(case: Case, now: Millis) -> Iterator[str]:
    duties = list(open_duties(case, now))
    yield from duties[:_NAMED]
    if more := duties[_NAMED:]:
        yield f"{many(len(more), 'more duty', 'more duties')}: chartkeep incident duties"
    yield from open_else(case, now)

"""How many answers that did not agree the call desk bears: of one code, one claim, one agent, all.

Pure over the register's lines, so that a restart forgets nothing. Past a limit nothing is asked of
the house any more, and what is said is the same as to a wrong answer.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from chartkeep.errors import OverBudgetError
from chartkeep.incident.notify.register import Called, Line, Outcome
from chartkeep.model import Millis

HOUR: Final = 3_600_000
ABOUT_ONE: Final = 5
"""Misses about one code or one claim in a day."""
BY_AGENT: Final = 10
"""Misses of one agent in an hour."""
IN_ALL: Final = 60
"""Misses of the whole desk in an hour."""


class Misses(NamedTuple):
    """What lately did not agree."""

    about: Counter[bytes]
    agent: Counter[str]
    total: int


def misses(calls: Sequence[Line], now: Millis) -> Misses:
    """Count what did not agree, of calls in their order; one kept silent counts too.

    What did not agree on somebody's own page counts for its letter, and for no agent.
    """
    about: Counter[bytes] = Counter()
    agent: Counter[str] = Counter()
    total = 0
    for line in reversed(calls):
        if line.time <= now - 24 * HOUR:
            break  # the rest is older still
        called = line.what
        if not isinstance(called, Called):
            continue
        if called.outcome not in {Outcome.NOT_CONFIRMED, Outcome.SILENT}:
            continue
        about[called.about] += 1
        if line.time > now - HOUR and called.agent:
            agent[called.agent] += 1
            total += 1
    return Misses(about, agent, total)


def check_agent(found: Misses, agent: str) -> None:
    """Refuse an agent, or all, after too many misses. Raises OverBudgetError."""
    if found.agent[agent] >= BY_AGENT or found.total >= IN_ALL:
        raise OverBudgetError(
            "too many callers were not confirmed in this hour",
            hint="the desk waits; tell who is responsible: somebody may be trying names",
        )


def is_silent(found: Misses, about: bytes) -> bool:
    """Say whether so much was guessed about one code or claim that it is not asked again today."""
    return found.about[about] >= ABOUT_ONE

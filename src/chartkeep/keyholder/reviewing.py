"""Which break-glass openings nobody has looked at yet. Pure: a fold over lines, no clock.

Who breaks glass again for the same patient while the lease runs is asked about once, until
somebody has answered. It decides nothing and forgets nothing but what was reviewed.
"""

from dataclasses import dataclass, field
from typing import NamedTuple

from chartkeep.keyholder import details
from chartkeep.ledger.line import Line

DUE = 24 * 3_600_000
"""A review that waits longer makes the status red."""


class BrokenGlass(NamedTuple):
    """A break-glass that waits: its first line, its lease's end, what was open, how many times."""

    line: int
    time: int
    person: str
    session: bytes
    instance: str
    chart: bytes
    sections: int
    reason: str
    until: int
    times: int
    denied: int
    """Sections of it that the patient's consent denies."""


@dataclass
class Reviews:
    """Break-glass openings that wait for a privacy officer, oldest first."""

    waiting: dict[int, BrokenGlass] = field(default_factory=dict)
    _last: dict[tuple[bytes, bytes], int] = field(default_factory=dict)

    def note(self, index: int, line: Line, told: details.Released) -> None:
        """Take in an opening by break-glass."""
        known = self.waiting.get(self._last.get((line.session, line.chart), -1))
        if known is None or known.until <= line.time:
            self._last[line.session, line.chart] = index
            self.waiting[index] = BrokenGlass(
                index, line.time, line.person, line.session, line.instance, line.chart,
                line.sections, told.reason, told.lease_end, 1, told.denied,
            )  # fmt: skip
            return
        self.waiting[known.line] = known._replace(
            sections=known.sections | line.sections,
            until=told.lease_end,
            times=known.times + 1,
            denied=known.denied | told.denied,
        )

    def end(self, index: int) -> None:
        """Take one off the list: it was reviewed."""
        known = self.waiting.pop(index, None)
        if known is not None and self._last.get((known.session, known.chart)) == index:
            del self._last[known.session, known.chart]

    def oldest(self, now: int) -> int:
        """Say for how many milliseconds the oldest has waited; 0 when none waits."""
        return max((now - each.time for each in self.waiting.values()), default=0)

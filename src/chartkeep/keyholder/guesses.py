"""Wrong guesses about charts: which questions were answered no within an hour. Pure, no clock.

So that a stolen feed cannot try names on one chart until one agrees.
"""

from dataclasses import dataclass, field

from chartkeep.keyholder.budget import HOUR

MOST = 20_000
"""Charts asked about wrongly before those of an hour ago are looked for."""


@dataclass
class Guesses:
    """For each chart the questions answered no, by their keyed hashes, and when."""

    asked: dict[bytes, dict[bytes, int]] = field(default_factory=dict)
    most: int = MOST

    def note(self, chart: bytes, question: bytes, now: int) -> None:
        """Take in a question that was answered no."""
        fresh = self._fresh(chart, now)
        fresh.setdefault(question, now)
        self.asked[chart] = fresh
        if len(self.asked) > self.most:
            kept = {each: self._fresh(each, now) for each in self.asked}
            self.asked = {each: asked for each, asked in kept.items() if asked}
            self.most = max(MOST, 2 * len(self.asked))

    def past(self, chart: bytes, question: bytes, now: int) -> int:
        """Count the questions of the last hour answered no, 0 when this is one of them."""
        fresh = self._fresh(chart, now)
        return 0 if question in fresh else len(fresh)

    def _fresh(self, chart: bytes, now: int) -> dict[bytes, int]:
        asked = self.asked.get(chart, {})
        return {question: at for question, at in asked.items() if now - at < HOUR}

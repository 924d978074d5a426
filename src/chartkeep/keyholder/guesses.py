"""Wrong guesses about charts: which questions were answered no within an hour. Pure, no clock.

So that a stolen feed cannot try names on one chart until one agrees.
"""

from chartkeep.keyholder.budget import HOUR

MOST = 20_000
"""Charts asked about wrongly before those of an hour ago are looked for."""


class Guesses:
    """For each chart the questions answered no, by their keyed hashes, and when."""

    def __init__(self) -> None:
        self._asked: dict[bytes, dict[bytes, int]] = {}
        self._most = MOST

    def note(self, chart: bytes, question: bytes, now: int) -> None:
        """Take in a question that was answered no."""
        fresh = self._fresh(chart, now)
        fresh.setdefault(question, now)
        self._asked[chart] = fresh
        if len(self._asked) > self._most:
            kept = {each: self._fresh(each, now) for each in self._asked}
            self._asked = {each: asked for each, asked in kept.items() if asked}
            self._most = max(MOST, 2 * len(self._asked))

    def past(self, chart: bytes, question: bytes, now: int) -> int:
        """Count the questions of the last hour answered no, 0 when this is one of them."""
        fresh = self._fresh(chart, now)
        return 0 if question in fresh else len(fresh)

    def _fresh(self, chart: bytes, now: int) -> dict[bytes, int]:
        asked = self._asked.get(chart, {})
        return {question: at for question, at in asked.items() if now - at < HOUR}

"""What a worker was told about whose things are, for minutes: one question a patient.

Bounded and safe to share between threads. What it remembers is a question and the chart it led to,
or none. A merge or a correction made elsewhere is seen when that ends.
"""

import threading
from collections.abc import Hashable

from chartkeep.model import ChartId, Millis

KNOWN = 15 * 60_000
AGREED = 60 * 60_000
"""How long it is remembered that the same name and birth date agreed with the same chart."""
DOUBTED = 60_000
"""How long it is remembered that a name did not agree: somebody may correct it now."""
UNKNOWN = 5_000
"""How long it is remembered that nobody carries a number: somebody may admit them now."""
MOST = 20_000


class Places:
    """Answers by what was asked, each until it ends; the oldest make room."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._answers: dict[Hashable, tuple[Millis, ChartId | None]] = {}
        self._lock = threading.Lock()

    def get(self, asked: Hashable, now: Millis) -> ChartId | None:
        """Give an answer. Raises KeyError where none is remembered."""
        with self._lock:
            until, answer = self._answers[asked]
            if until <= now:
                del self._answers[asked]
                raise KeyError
            return answer

    def put(self, asked: Hashable, answer: ChartId | None, until: Millis) -> None:
        """Remember an answer."""
        with self._lock:
            self._answers.pop(asked, None)
            while len(self._answers) >= self._most:
                self._answers.pop(next(iter(self._answers)))
            self._answers[asked] = until, answer

    def forget(self) -> None:
        """Forget all: a person was made, merged, parted or corrected here."""
        with self._lock:
            self._answers.clear()

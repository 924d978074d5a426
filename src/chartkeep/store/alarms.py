"""Sentences for people: what somebody must look into. Kept until the process ends, each once.

They are the store's own, so they never block or fail what is being done.
"""

import threading
from typing import Final

MAX_SENTENCES: Final = 100


class Alarms:
    """What `Status` shows; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._times: dict[str, int] = {}

    def ring(self, sentence: str) -> bool:
        """Add a sentence, or count it once more, and say if it is new; at most a hundred stay."""
        with self._lock:
            new = sentence not in self._times
            self._times[sentence] = self._times.pop(sentence, 0) + 1
            if len(self._times) > MAX_SENTENCES:
                del self._times[next(iter(self._times))]
        return new

    def sentences(self) -> list[str]:
        """List them, the newest last."""
        with self._lock:
            return [
                text if times == 1 else f"{text} ({times} times)"
                for text, times in self._times.items()
            ]

"""What a person must look into: a line of `alarms.jsonl`, a sentence in the status, a hook.

    {"time": <ms>, "alarm": "<sentence>"}

A sentence that comes again within the hour is written once: who can cause alarms shall not fill
the vault's disk. The hook takes the sentence to people; it does not block.
"""

import json
import os
import re
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from chartkeep.model import Millis

MOST: Final = 100
HOUR: Final = 3_600_000


class VaultAlarms:
    """Alarms of one vault, from any thread; `ring` never fails."""

    def __init__(
        self, path: Path, now: Callable[[], int], hook: Callable[[str], None] | None = None
    ) -> None:
        """Write to `path`; `now` gives milliseconds."""
        self._path = path
        self._now = now
        self._hook = hook
        self._lock = threading.Lock()
        self._last: dict[str, tuple[int, str]] = {}

    def ring(self, sentence: str) -> None:
        """Say something, unless it was said within the hour but for its numbers."""
        now, key = self._now(), re.sub(r"\d+", "#", sentence)
        with self._lock:
            before = self._last.pop(key, None)
            again = before is not None and now - before[0] < HOUR
            self._last[key] = (before[0] if before and again else now, sentence)
            while len(self._last) > MOST:
                del self._last[next(iter(self._last))]
            if again:
                return
            self._write(Millis(now), sentence)
        if self._hook is not None:
            self._hook(sentence)

    def sentences(self) -> list[str]:
        """List what was said within a day, the newest last."""
        with self._lock:
            now = self._now()
            return [text for at, text in self._last.values() if now - at < 24 * HOUR]

    def _write(self, now: Millis, sentence: str) -> None:
        line = json.dumps({"time": now, "alarm": sentence}, ensure_ascii=False)
        with suppress(OSError), self._path.open("a") as file:
            file.write(f"{line}\n")
            file.flush()
            os.fsync(file.fileno())

"""The vault's own clock: nothing expires by a time that somebody set. Pure but for one small file.

Time goes on at the monotonic clock's pace from what was last seen; the wall clock is followed only
where a witness's cosignature, made just now, agrees with it. While the wall stands off by more than
a minute, and after a longer stop until a witness agreed, `trusted` is false and nothing expires.
No stop moves the time by more than `AWAY`.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.model import Millis

JUMP: Final = 60_000
FRESH: Final = 600_000
"""How far (ms) a cosignature's time may stand from a wall clock it vouches for."""
AWAY: Final = 60 * 86_400_000
SAVE_EACH: Final = 10_000


class Reading(NamedTuple):
    """Milliseconds of the wall clock (since 1970) and of the monotonic clock (since anything)."""

    wall: int
    steady: int


class VaultClock:
    """One clock for all threads of a vault; `tick` is called by one of them, each second."""

    def __init__(
        self, path: Path, read: Callable[[], Reading], alarm: Callable[[str], None]
    ) -> None:
        """Go on from the time kept in `path`; a new vault believes the wall."""
        self._path = path
        self._read = read
        self._alarm = alarm
        here, seen = read(), _load(path)
        self._steady = here.steady
        self._time = here.wall if seen is None else min(max(here.wall, seen), seen + AWAY)
        self._vouched = seen is None or abs(here.wall - seen) <= JUMP
        self._jumped = False
        self._saved = 0
        if seen is not None and here.wall < seen - JUMP:
            alarm("the vault's clock was set back while it was down: nothing expires")
        self._save()

    @property
    def trusted(self) -> bool:
        """Tell whether anything may expire by this clock."""
        return self._vouched and not self._jumped

    def now(self) -> Millis:
        """Give the vault's time; never the wall's alone, never backwards."""
        return Millis(self._time + self._read().steady - self._steady)

    def tick(self) -> None:
        """Hold the wall clock against our own."""
        here = self._read()
        mine = self._time + here.steady - self._steady
        off = here.wall - mine
        if abs(off) > JUMP and not self._jumped:
            self._alarm(f"the vault's clock jumped by {off // 1000} s: nothing expires")
        self._jumped = abs(off) > JUMP
        if mine - self._saved > SAVE_EACH:
            self._save()

    def vouch(self, cosigned: int) -> None:
        """Hear when (ms) a witness cosigned something new: it may show that the wall is right."""
        here = self._read()
        if abs(here.wall - cosigned) <= FRESH:
            self._time, self._steady = max(here.wall, self.now()), here.steady
            self._vouched = True

    def _save(self) -> None:
        self._saved = self.now()
        new = self._path.with_suffix(".new")
        with suppress(OSError):  # an old time is believed no more than a new one
            new.write_text(f"{self._saved}\n")
            os.replace(new, self._path)  # noqa: PTH105 - as everywhere where a name must change at once


def _load(path: Path) -> int | None:
    """Read the time that was seen last; None where there is none, or no number."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None

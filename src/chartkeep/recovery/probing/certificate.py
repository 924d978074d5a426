"""What was tried on a place, what it answered, and whether it may be written to: pure.

A certificate is good for a day. It never says that a place is safe: it says what was tried and
failed, which holes are known and lived with, and what no client can prove.
"""

from enum import StrEnum
from typing import Final

import msgspec

from chartkeep.errors import NotAllowedError
from chartkeep.model import Millis

DAY: Final = 86_400_000
PROBE_AGAIN: Final = DAY - 4 * 3_600_000
"""A place is probed anew at this age, so that a probe that fails once leaves time for another."""


class Verdict(StrEnum):
    """What a trial says of a place."""

    HELD = "held"
    HOLE = "hole"
    """It did not hold, and the vault does not rely on it; the note says on what instead."""
    BROKEN = "broken"
    UNTRIED = "untried"
    """It could not be tried here or now; the note says why."""


class Trial(msgspec.Struct, frozen=True):
    """One thing that was tried: `answer` is the place's, in its own words where it has some."""

    tried: str
    answer: str
    verdict: Verdict
    note: str = ""


class Victim(msgspec.Struct, frozen=True):
    """A locked object that is attacked; the next probes look for it as a witness of this one.

    `sha256` of its bytes in hexadecimal; `until` is 0 while no lock of it is known.
    """

    key: str
    version: str
    sha256: str
    until: Millis = Millis(0)


class Certificate(msgspec.Struct, frozen=True):
    """What a probe found; `unproved` is what no probe can find."""

    place: str
    made: Millis
    trials: tuple[Trial, ...]
    unproved: tuple[str, ...] = ()
    witnesses: tuple[Victim, ...] = ()

    @property
    def broken(self) -> tuple[Trial, ...]:
        """The trials for which this place is refused."""
        return tuple(trial for trial in self.trials if trial.verdict is Verdict.BROKEN)

    @property
    def held(self) -> bool:
        """Whether something was tried, and nothing that counts broke."""
        return any(trial.verdict is Verdict.HELD for trial in self.trials) and not self.broken

    def due(self, now: Millis) -> bool:
        """Tell whether it is time to probe again; a clock that ran back is a reason too."""
        return not self.made <= now < self.made + PROBE_AGAIN


def check_certificate(certificate: Certificate | None, now: Millis) -> None:
    """Refuse to write to a place nobody probed today, or that broke. Raises NotAllowedError."""
    if certificate is None:
        raise NotAllowedError("this place was never probed", hint="chartkeep probe PLACE")
    if not certificate.held:
        words = "; ".join(trial.tried for trial in certificate.broken[:3])
        raise NotAllowedError(
            f"this place does not keep what it is given: {words}", hint="chartkeep probe PLACE"
        )
    if not certificate.made <= now < certificate.made + DAY:
        raise NotAllowedError(
            "this place was not probed within a day", hint="chartkeep probe PLACE"
        )

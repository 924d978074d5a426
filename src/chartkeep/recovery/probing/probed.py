"""A place that is written to only while its certificate is fresh and held.

Reading never asks: what lies in a place that lost its certificate is still there to restore from.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from chartkeep.model import Millis
from chartkeep.recovery.place import Parts, Place
from chartkeep.recovery.probing.certificate import Certificate, check_certificate

Probe = Callable[[Certificate | None], Certificate]


class ProbedPlace:
    """A place, its probe and its last certificate, which outlives the process as a file."""

    def __init__(
        self, place: Place, probe: Probe, clock: Callable[[], Millis], kept: Path | None = None
    ) -> None:
        """Take a place; `kept` is the file of its certificate, none for one in memory only."""
        self._place = place
        self._probe = probe
        self._clock = clock
        self._kept = kept
        self.certificate = _load(kept)

    def tend(self) -> Certificate | None:
        """Probe when it is time; gives the new certificate, for whoever alarms. Call it hourly.

        Raises UnavailableError; the certificate that stands is then good for the rest of its day.
        """
        if self.certificate is None or self.certificate.due(self._clock()):
            return self.renew()
        return None

    def renew(self) -> Certificate:
        """Probe now, whatever the certificate that stands says."""
        self.certificate = self._probe(self.certificate)
        if self._kept is not None:
            coming = self._kept.with_name(f"{self._kept.name}.coming")
            coming.write_bytes(msgspec.json.encode(self.certificate))
            os.replace(coming, self._kept)  # noqa: PTH105 - a lost one is made anew by a probe
        return self.certificate

    def put(self, name: str, parts: Parts, until: Millis) -> None:
        """Keep these bytes, if the place is trusted today. Raises NotAllowedError if not."""
        check_certificate(self.certificate, self._clock())
        self._place.put(name, parts, until)

    def extend(self, name: str, until: Millis) -> None:
        """Keep an object longer; to ask for more is no risk in any place."""
        self._place.extend(name, until)

    def expire(self, name: str, now: Millis) -> None:
        """Delete what is over, if the place is trusted today: else it may be the last copy."""
        check_certificate(self.certificate, self._clock())
        self._place.expire(name, now)

    def read(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        """Give bytes of an object."""
        return self._place.read(name, start, length)

    def size(self, name: str) -> int:
        """Give an object's length in bytes."""
        return self._place.size(name)

    def names(self, prefix: str = "", after: str = "") -> Iterator[str]:
        """Give names in order."""
        return self._place.names(prefix, after)

    def until(self, name: str) -> Millis:
        """Tell until when an object is kept."""
        return self._place.until(name)


def _load(kept: Path | None) -> Certificate | None:
    """Read the certificate; one that cannot be read is none."""
    if kept is not None:
        with suppress(OSError, msgspec.DecodeError):
            return msgspec.json.decode(kept.read_bytes(), type=Certificate)
    return None

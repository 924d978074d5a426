"""Merging what was pulled, and letting go of what is superseded, by the vault's own clock.

Promises that a segment is merged only when all it is merged from have the digests of their names,
and that nothing expires but what another object, checked in full, says too: however a clock is
set, one copy of everything is always there. What is not superseded is kept longer, again and again.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from chartkeep.errors import ChartkeepError, NotAllowedError
from chartkeep.model import Millis
from chartkeep.recovery.merging import merge
from chartkeep.recovery.mirrored import sound
from chartkeep.recovery.place import Place
from chartkeep.recovery.segment import Ledger, SegmentName
from chartkeep.recovery.vault.cover import FULL, Cover, pick

DAY: Final = 86_400_000
REMEMBERED: Final = 65_536


class Retention(NamedTuple):
    """For how long (ms) things are locked when they are put, and again when half of it is over.

    `fresh`: what was just pulled, of which most is merged within minutes. `merged`: what is merged
    and will be again. `whole`: full segments, long blobs, kits.
    """

    fresh: int = 7 * DAY
    merged: int = 35 * DAY
    whole: int = 1_095 * DAY


class Tidying:
    """The upkeep of a place; called by one thread."""

    def __init__(
        self,
        place: Place,
        covers: list[Cover],
        retention: Retention,
        alarm: Callable[[str], None],
    ) -> None:
        self._place = place
        self._covers = {cover.ledger: cover for cover in covers}
        self._retention = retention
        self._alarm = alarm
        self._sound: set[SegmentName] = set()
        self._full: dict[SegmentName, bool] = {}
        self._damaged: frozenset[SegmentName] = frozenset()

    def merge(self, now: Millis) -> bool:
        """Merge sixteen neighbours of each ledger that has them; tells whether anything was done.

        Raises UnavailableError; then nothing has changed.
        """
        return any(self._merge(cover, now) for cover in self._covers.values())

    def _merge(self, cover: Cover, now: Millis) -> bool:
        run = pick(cover.names, self._damaged.union(filter(self._is_full, cover.names)))
        if not run:
            return False
        damaged = [name for name in run if not self._is_sound(name)]
        if damaged:
            self._damaged |= frozenset(damaged)  # and so not tried for ever
            self._alarm(f"{len(damaged)} segments of the vault are damaged: {damaged[0].text()}")
            return False
        # 1. Every byte that is merged is what was once proved: names are digests.
        merged, bytes_of = merge(self._place, run)
        # 2. Durable, under the digest of what was meant to be written.
        size = sum(self._place.size(name.text()) for name in run)
        keep = self._retention.whole if size >= FULL else self._retention.merged
        self._place.put(merged.text(), bytes_of.parts(), Millis(now + keep))
        # 3. It counts from here; what it was merged from stays until its own time is over.
        cover.replace(run, merged)
        return True

    def keep(self, now: Millis, *, trusted: bool) -> int:
        """Lock longer what is needed, and let superseded objects expire; gives how many did.

        Without a `trusted` clock nothing expires, and everything is still kept longer.
        """
        expired = 0
        heads = {max(self._place.names(f"heads/{each.word}/"), default="") for each in Ledger}
        for name in self._place.names():
            segment = _segment(name)
            over = self._over(segment) if segment else None
            if over is not None:
                expired += trusted and self._is_sound(over) and self._expire(name, now)
            elif name.startswith("heads/") and name not in heads:
                expired += trusted and self._expire(name, now)
            else:
                self._extend(name, segment, now)
        return expired

    def _expire(self, name: str, now: Millis) -> bool:
        if self._place.until(name) > now:
            return False
        try:
            self._place.expire(name, now)
        except NotAllowedError:
            return False
        return True

    def _extend(self, name: str, segment: SegmentName | None, now: Millis) -> None:
        keep = self._retention.whole
        if segment is not None and not self._is_full(segment):
            keep = self._retention.merged
        if self._place.until(name) < now + keep // 2:
            self._place.extend(name, Millis(now + keep))

    def _over(self, segment: SegmentName) -> SegmentName | None:
        """Find the one segment of the cover that says all that another one says."""
        cover = self._covers.get(segment.ledger)
        names = cover.names if cover else []
        found = next((n for n in names if n.first <= segment.first and segment.end <= n.end), None)
        return None if found in (None, segment) else found

    def _is_full(self, name: SegmentName) -> bool:
        """Tell whether a segment is merged no more: by its size, asked once a process."""
        if name not in self._full:
            if len(self._full) > REMEMBERED:
                self._full.clear()
            self._full[name] = self._place.size(name.text()) >= FULL
        return self._full[name]

    def _is_sound(self, name: SegmentName) -> bool:
        """Tell whether a segment has the digest of its name; each is read once a process."""
        if name in self._sound:
            return True
        if not sound(self._place, name.text()):
            return False
        self._sound.add(name)
        if len(self._sound) > REMEMBERED:
            self._sound.clear()
        return True


def _segment(name: str) -> SegmentName | None:
    try:
        return SegmentName.parse(name)
    except ChartkeepError:
        return None

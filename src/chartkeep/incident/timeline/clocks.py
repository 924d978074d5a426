"""How wrong each source's clock is: said by a person, or measured on what two sources both saw.

Two sources that saw the same connection, log-in or program say the same address, name or file a
second apart; over many such pairs the true difference of their clocks stands out as a peak, and
one that does not stand out is no measure. Whole hours of difference are a zone read wrongly, and
come out the same way. What cannot be measured is said so, and its times are taken as uncertain.
Pure.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Literal

import msgspec

from chartkeep.incident.timeline.event import HOUSE, REPORTS, VAULT, Event, What

FARTHEST: Final = 14 * 3_600_000
"""Milliseconds two clocks can be apart and still be measured: all zones."""
NEAR: Final = 2_000
"""Half of how wide a peak may be."""
LEAST_PAIRS: Final = 5
STANDS_OUT: Final = 3
"""How many times as high as the next a peak must be."""
MOST_CLUES: Final = 20_000
MOST_OF_ONE: Final = 100
MOST_DIFFERENCES: Final = 1_000_000
UNMEASURED: Final = 300_000
"""Milliseconds by which the times of a source nobody measured are taken to be wrong, either way."""
OURS: Final = frozenset({HOUSE, VAULT, REPORTS})
"""Sources whose clock is the house's own."""


class Skew(msgspec.Struct, frozen=True):
    """By how much a source's clock is ahead of ours, in ms, and within how many that is known."""

    ahead: int
    within: int
    how: Literal["ours", "said", "measured", "not measured"]
    against: str = ""
    pairs: int = 0

    def sentence(self) -> str:
        """Say it plainly."""
        match self.how:
            case "ours":
                return "the house's own clock"
            case "not measured":
                minutes = self.within // 60_000
                return f"clock not measured: its times are taken as they stand, ± {minutes} min"
            case _:
                way = "ahead" if self.ahead >= 0 else "behind"
                told = f"{abs(self.ahead) / 1000:,.0f} s {way}"
                if self.how == "said":
                    return f"{told}, as somebody said"
                seconds = max(1, self.within // 1000)
                return f"{told} ± {seconds} s, by {self.pairs} things {self.against} saw too"


NOT_MEASURED: Final = Skew(0, UNMEASURED, "not measured")
Clues = Mapping[str, Sequence[int]]


def clues_of(event: Event, name: Callable[[str], str]) -> Iterable[str]:
    """Name what another source saw at the same moment, if it saw it: the same fact, no other.

    Somebody's log-in at the VPN and a minute later at a server are two facts: a script that always
    takes a minute would be measured as a clock. `name` gives a machine the one name it has here.
    """
    place = name(event.target) if event.what is What.CONNECT else name(event.host)
    if event.what is What.LOGIN and event.ok and event.person and place:
        yield f"who {event.person} at {place}"
    if event.what in {What.LOGIN, What.CONNECT} and event.ok and event.address and place:
        yield f"from {event.address} to {place}"
    if event.what in {What.RUN, What.DETECTION} and event.digest:
        yield f"file {event.digest} at {place}"
    if event.what is What.DEVICE and place:
        yield f"device at {place}"


class Collected:
    """The clues of one source, within bounds: a clue that comes all day measures nothing."""

    def __init__(self, name: Callable[[str], str]) -> None:
        self._name = name
        self._times: dict[str, list[int]] = defaultdict(list)

    def add(self, event: Event) -> None:
        """Take an event's clues."""
        for clue in clues_of(event, self._name):
            if clue in self._times or len(self._times) < MOST_CLUES:
                times = self._times[clue]
                if len(times) < MOST_OF_ONE:
                    times.append(event.said)

    def clues(self) -> Clues:
        """Give the times at which each was seen."""
        return self._times


def measure(ours: Clues, theirs: Clues) -> tuple[int, int, int] | None:
    """Measure by how much `theirs` is ahead: milliseconds, half its width, how many pairs.

    None when nothing stands out.
    """
    apart: list[int] = []
    for clue in ours.keys() & theirs.keys():
        for ours_at in ours[clue]:
            for theirs_at in theirs[clue]:
                if abs(theirs_at - ours_at) <= FARTHEST and len(apart) < MOST_DIFFERENCES:
                    apart.append(theirs_at - ours_at)
    apart.sort()
    best, count = _peak(apart)
    if count < LEAST_PAIRS:
        return None
    rest = [each for each in apart if abs(each - best) > 4 * NEAR]
    if count < STANDS_OUT * _peak(rest)[1]:
        return None
    inside = [each for each in apart if abs(each - best) <= NEAR]
    middle = inside[len(inside) // 2]
    return middle, max(1_000, *(abs(each - middle) for each in inside)), count


def _peak(apart: Sequence[int]) -> tuple[int, int]:
    """Find where most of sorted differences lie within a peak's width; its middle and how many."""
    best, most = 0, 0
    for at, low in enumerate(apart):
        count = bisect_right(apart, low + 2 * NEAR) - at
        if count > most:
            best, most = low + NEAR, count
    return best, most


def find_skews(found: Mapping[str, Clues], said: Mapping[str, int]) -> dict[str, Skew]:
    """Say how wrong each source's clock is: ours are right, others by those already known.

    `said`: milliseconds ahead, by a person's word, which goes before measuring.
    """
    known = {name: Skew(0, 0, "ours") for name in OURS & found.keys()}
    known |= {name: Skew(ahead, 1_000, "said") for name, ahead in said.items() if name in found}
    waiting = sorted(found.keys() - known.keys())
    while waiting:
        measured = [
            (
                told[2],
                name,
                Skew(told[0] + base.ahead, told[1] + base.within, "measured", by, told[2]),
            )
            for name in waiting
            for by, base in known.items()
            if (told := measure(found[by], found[name])) is not None
        ]
        if not measured:
            break
        _, name, skew = max(measured, key=lambda each: each[:2])  # the surest first
        known[name] = skew
        waiting.remove(name)
    return known | dict.fromkeys(waiting, NOT_MEASURED)

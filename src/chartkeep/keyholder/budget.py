"""Budgets: how much may be opened, by whom, in which time. Pure, no clock.

Counts are kept in sixtieths of a window and leave it only as a whole, so that in no window of
any position more is opened than the limit says. It knows nothing of charts or of reasons.
"""

from collections import deque
from enum import StrEnum
from typing import NamedTuple

HOUR = 3_600_000
DAY = 24 * HOUR
SLICES = 60


class Kind(StrEnum):
    """What is counted."""

    FREE = "free"
    FACE = "face"
    CHART = "chart"
    SEARCH = "search"
    """Keywords asked, not searches: a search has one to twelve."""
    BULK = "bulk"
    PACK = "pack"
    """Inpatients that went into a ward's pack, each once a day."""
    BREAK_GLASS = "break-glass"
    LOGIN = "failed log-in"
    PLACE = "admission"
    HIT = "search hit"
    CONSENT = "consent"
    MATCH = "match"
    """What feeds ask about: a number, or whether a name and a birth date agree."""
    MISS = "unknown number"
    """Numbers asked about that nobody carries: what a dictionary of numbers is full of."""


class Scope(StrEnum):
    """On whom it is counted; the order is the order in which limits are asked."""

    PERSON = "person"
    ROLE = "role"
    INSTANCE = "instance"
    SITE = "site"


class Who(NamedTuple):
    """The one who opens, in the words a limit can be set on."""

    person: str
    role: str
    instance: str

    def name(self, scope: Scope) -> str:
        """Say this one's name in a scope; the site has none."""
        return {"person": self.person, "role": self.role, "instance": self.instance}.get(scope, "")


def feed_of(instance: str) -> Who:
    """Name a feed, which asks without a person."""
    return Who(f"feed {instance}", "", instance)


class Limit(NamedTuple):
    """At most `most` of `kind` in any `window` (ms), counted per `scope`."""

    scope: Scope
    kind: Kind
    window: int
    most: int


MOST_ADMISSIONS = 60
"""Into one ward in an hour: whoever places patients can widen the care floor by no more."""

DEFAULT_LIMITS = (
    Limit(Scope.PERSON, Kind.FACE, HOUR, 1_500),
    Limit(Scope.PERSON, Kind.CHART, HOUR, 60),
    Limit(Scope.PERSON, Kind.CHART, DAY, 200),
    Limit(Scope.PERSON, Kind.SEARCH, HOUR, 600),
    Limit(Scope.PERSON, Kind.HIT, HOUR, 2_000),
    Limit(Scope.PERSON, Kind.BULK, DAY, 20_000),
    Limit(Scope.PERSON, Kind.BREAK_GLASS, DAY, 12),
    Limit(Scope.PERSON, Kind.LOGIN, HOUR, 20),
    Limit(Scope.PERSON, Kind.PLACE, HOUR, MOST_ADMISSIONS),
    Limit(Scope.ROLE, Kind.CHART, HOUR, 1_200),
    Limit(Scope.INSTANCE, Kind.FACE, HOUR, 20_000),
    Limit(Scope.INSTANCE, Kind.CHART, HOUR, 900),
    Limit(Scope.INSTANCE, Kind.SEARCH, HOUR, 10_000),
    Limit(Scope.INSTANCE, Kind.HIT, HOUR, 20_000),
    Limit(Scope.INSTANCE, Kind.PACK, DAY, 3_000),
    Limit(Scope.INSTANCE, Kind.CONSENT, HOUR, 600),
    Limit(Scope.INSTANCE, Kind.MATCH, HOUR, 40_000),
    Limit(Scope.INSTANCE, Kind.MATCH, DAY, 250_000),
    Limit(Scope.INSTANCE, Kind.MISS, HOUR, 10_000),
    Limit(Scope.INSTANCE, Kind.MISS, DAY, 20_000),
    Limit(Scope.SITE, Kind.FACE, HOUR, 60_000),
    Limit(Scope.SITE, Kind.CHART, HOUR, 1_500),
    Limit(Scope.SITE, Kind.CHART, DAY, 9_000),
    Limit(Scope.SITE, Kind.SEARCH, HOUR, 30_000),
    Limit(Scope.SITE, Kind.BREAK_GLASS, HOUR, 60),
    Limit(Scope.SITE, Kind.MATCH, HOUR, 80_000),
    Limit(Scope.SITE, Kind.MATCH, DAY, 500_000),
    Limit(Scope.SITE, Kind.MISS, HOUR, 20_000),
    Limit(Scope.SITE, Kind.MISS, DAY, 40_000),
)
"""For a hospital of some 500 beds; `SetLimit` changes them, which takes two people.

A feed asks about each patient again after a quarter of an hour (custody.places): 500 beds whose
vital signs come all day are 50,000 questions, and 10,000 outpatients as many. Who is unknown is
new, or sent by mistake: a tenth of that.
"""

NEVER_FREEZES = frozenset({Kind.BREAK_GLASS, Kind.MATCH, Kind.MISS})
"""Kinds whose ceilings refuse and freeze nothing: nobody may close a hospital through its feeds."""


class Window:
    """What was spent in the last `width` milliseconds."""

    __slots__ = ("_slices", "_total", "width")

    def __init__(self, width: int) -> None:
        self.width = width
        self._slices: deque[tuple[int, int]] = deque()
        self._total = 0

    def used(self, now: int) -> int:
        """Count what still lies in the window that ends at `now`."""
        oldest = (now - self.width) * SLICES // self.width
        while self._slices and self._slices[0][0] < oldest:
            self._total -= self._slices.popleft()[1]
        return self._total

    def add(self, now: int, count: int) -> None:
        """Count `count` at `now`, which never lies before an earlier one."""
        here = now * SLICES // self.width
        if self._slices and self._slices[-1][0] == here:
            self._slices[-1] = (here, self._slices[-1][1] + count)
        else:
            self._slices.append((here, count))
        self._total += count


class Spending:
    """All windows of a site."""

    def __init__(self, limits: tuple[Limit, ...] = DEFAULT_LIMITS) -> None:
        self._defaults = limits
        self._set: dict[tuple[Scope, str, Kind, int], int] = {}
        self._windows: dict[tuple[Scope, str, Kind, int], Window] = {}
        self._asked: dict[tuple[Who, Kind], list[tuple[Limit, Window]]] = {}
        self._filled = -DAY

    def set_limit(self, limit: Limit, who: str) -> None:
        """Replace a limit for one name, or for every name of the scope when `who` is empty."""
        self._set[limit.scope, who, limit.kind, limit.window] = limit.most
        self._asked.clear()

    def over(self, who: Who, kind: Kind, now: int, count: int = 1) -> Limit | None:
        """Give the first limit that `count` more would pass, or None when there is room."""
        for limit, window in self._limits(who, kind):
            if window.used(now) + count > limit.most or now - limit.window < self._filled:
                return limit
        return None

    def spend(self, who: Who, kind: Kind, now: int, count: int = 1) -> None:
        """Count an opening that happened, whether or not there was room."""
        for _, window in self._limits(who, kind):
            window.add(now, count)

    def fill(self, now: int) -> None:
        """Count every budget as spent: after a gap nobody knows what was opened."""
        self._filled = now

    def ceiling(self, scope: Scope, kind: Kind, window: int) -> int:
        """Say the limit that holds for every name of a scope, 0 when there is none."""
        return next(
            (x.most for x in self._all(scope, "") if (x.kind, x.window) == (kind, window)), 0
        )

    def _limits(self, who: Who, kind: Kind) -> list[tuple[Limit, Window]]:
        found = self._asked.get((who, kind))
        if found is None:
            found = [
                (limit, self._window(scope, who.name(scope), limit))
                for scope in Scope
                for limit in self._all(scope, who.name(scope))
                if limit.kind == kind
            ]
            self._asked[who, kind] = found
        return found

    def _all(self, scope: Scope, name: str) -> list[Limit]:
        rules = {(x.kind, x.window): x.most for x in self._defaults if x.scope == scope}
        for general in ("", name):
            rules |= {
                (kind, window): count
                for (at, who, kind, window), count in self._set.items()
                if at == scope and who == general
            }
        return [Limit(scope, kind, window, count) for (kind, window), count in rules.items()]

    def _window(self, scope: Scope, name: str, limit: Limit) -> Window:
        key = (scope, name, limit.kind, limit.window)
        found = self._windows.get(key)
        if found is None:
            found = self._windows[key] = Window(limit.window)
        return found

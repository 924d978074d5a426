"""What a leak shows of each export's mark, and by what chance it would without that export.

Three readings, each against its own arithmetic: bits of the Tardos code (symmetric score, Skoric et
al. 2008), ascents in the order of charts, and invented patients. Copies of several buyers mixed
show all of their marks. Holds sums, no row.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import erfc, inf, sqrt
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from chartkeep.custody.marking import BITS, Code, Mark, read_bits
from chartkeep.inventor.names import Origin
from chartkeep.model import ChartId, EntryId

MOST_INVENTED = 200
"""Hundreds of patients looked for of each export: as many as a grant lets out."""
BY_ERROR = 1e-6
"""The chance that an invented patient stands in a leak by an error of ours."""
LEAST_BITS, LEAST_CHARTS, MOST_CHARTS = 64, 20, 2_000
"""Fewer say nothing; more charts in their order would say nothing more."""
_READINGS = 3
_ANY: Mapping[EntryId, int] = MappingProxyType({})


@dataclass(frozen=True)
class Shown:
    """What was found of one export: scores in standard deviations, and invented patients."""

    bits: float
    order: float
    invented: int

    @property
    def chance(self) -> float:
        """Say by what chance all of it would be there by accident: the best of three readings."""
        found = BY_ERROR ** min(self.invented, 5) if self.invented else 1.0
        return min(1.0, _READINGS * min(_tail(self.bits), _tail(self.order), found))


class Reading:
    """The marks of one leak, read row by row."""

    def __init__(
        self, marks: Mapping[EntryId, Mark], hundreds: Mapping[EntryId, int] = _ANY
    ) -> None:
        """Take the marks of a house, and how many hundreds of patients an export had, if known."""
        self._code = next((mark.code for mark in marks.values()), Code(b""))
        self._hundreds = hundreds
        self._marks = dict(marks)
        self._words = np.array([each.word for each in self._marks.values()], np.bool_)
        self._biases = np.array(self._code.biases)
        self._seen = np.zeros(BITS, np.int64)
        self._last: list[bytes] = []
        self._charts = 0
        self._ascents = np.zeros(len(self._marks), np.int64)
        self._invented: dict[frozenset[str], EntryId] | None = None
        self._found: dict[EntryId, set[frozenset[str]]] = {}

    def take_line(self, raw: bytes) -> bool:
        """Read a line as it was found; says whether it stands as our exports write it."""
        found = read_bits(raw)
        if found is None:
            return False
        for place, bit in zip(self._code.places(found[0]), found[1], strict=True):
            self._seen[place] += 1 if bit else -1
        return True

    def take_chart(self, chart: ChartId) -> None:
        """Take the next chart in the order of the leak; one that comes again at once is one."""
        ranks = [mark.rank(chart) for mark in self._marks.values()]
        if ranks == self._last or self._charts >= MOST_CHARTS:
            return
        if self._last:
            self._ascents += [low < high for low, high in zip(self._last, ranks, strict=True)]
        self._last = ranks
        self._charts += 1

    def take_row(self, values: Sequence[str]) -> bool:
        """Look for an invented patient: birth date and phone stand in one row, or name and date."""
        if self._invented is None:
            self._invented = dict(self._invent())
        told = {_plain(value) for value in values}
        pairs = [frozenset((one, two)) for one in told for two in told if one < two]
        for pair in pairs:
            ident = self._invented.get(pair)
            if ident is not None:
                self._found.setdefault(ident, set()).add(pair)
                return True
        return False

    def shown(self) -> dict[EntryId, Shown]:
        """Give what was found of each export."""
        bits = self._bits()
        middle, spread = (self._charts - 1) / 2, sqrt((self._charts + 1) / 12)  # Knuth 5.1.3
        if self._charts < LEAST_CHARTS:
            spread = inf
        order = (self._ascents - middle) / spread
        told = zip(self._marks, bits, order, strict=True)
        return {
            ident: Shown(float(bit), float(rank), len(self._found.get(ident, ())))
            for ident, bit, rank in told
        }

    def chances(self) -> dict[EntryId, float]:
        """Give, for each export, by what chance its mark would be found without it."""
        return {ident: each.chance for ident, each in self.shown().items()}

    def _bits(self) -> NDArray[np.float64]:
        """Score each word: agreeing on what is rare is worth most; of the innocent 0, spread 1.

        A place that several rows carry counts as often, and its spread with it.
        """
        spread = float(np.sqrt((self._seen**2).sum()))
        if not self._marks or np.count_nonzero(self._seen) < LEAST_BITS:
            return np.zeros(len(self._marks))
        odds = np.sqrt((1 - self._biases) / self._biases)
        worth = np.where(self._words, odds, -1 / odds)
        scores: NDArray[np.float64] = worth @ self._seen / spread
        return scores

    def _invent(self) -> Iterable[tuple[frozenset[str], EntryId]]:
        for ident, mark in self._marks.items():
            for number in range(self._hundreds.get(ident, MOST_INVENTED)):
                for origin in Origin:
                    who = mark.patient(number, origin)
                    born = _plain(who.birth.isoformat())
                    yield frozenset((born, _plain(who.phone))), ident
                    yield frozenset((born, _plain(who.names.official.text))), ident


def _plain(value: str) -> str:
    """Write a value so that its usual spellings meet."""
    letters = "".join(sign for sign in value.casefold() if sign.isalnum())
    return letters.removeprefix("0") if letters.isdecimal() and len(letters) > 8 else letters


def _tail(score: float) -> float:
    return 0.5 * erfc(score / sqrt(2))

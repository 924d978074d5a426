"""What a leak shows of each export's mark, and by what chance it would without that export.

Three readings, each against its own arithmetic: bits of the Tardos code (symmetric score, Skoric et
al. 2008), ascents in the order of charts, and invented patients. Copies of several buyers mixed
show all of their marks. Holds sums, no row.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import erfc, inf, sqrt
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from chartkeep.custody.marking import BITS, Code, Mark
from chartkeep.custody.sheet_marks import CHANCE, SHORTEST, SheetMarks
from chartkeep.fingerprint.dates import read_days
from chartkeep.fingerprint.numbers import read_phones
from chartkeep.fingerprint.spacing import HEADS, Bits, read_bits
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
        self,
        marks: Mapping[EntryId, Mark],
        hundreds: Mapping[EntryId, int] = _ANY,
        sheets: SheetMarks | None = None,
    ) -> None:
        """Take the marks of a house, and how many hundreds of patients an export had, if known."""
        self._sheets, self._tried = sheets, 0
        self._packs = set[bytes]()
        self._code = next((mark.code for mark in marks.values()), Code(b""))
        self._hundreds = hundreds
        self._marks = dict(marks)
        self._words = np.array([each.word for each in self._marks.values()], np.bool_)
        self._biases = np.array(self._code.biases)
        self._seen = np.zeros(BITS, np.int64)
        self._last: list[bytes] = []
        self._charts = 0
        self._ascents = np.zeros(len(self._marks), np.int64)
        self._invented: dict[str, dict[str, EntryId]] | None = None
        self._found: dict[EntryId, set[tuple[str, str]]] = {}

    @property
    def known(self) -> bool:
        """Say whether there is any mark to look for."""
        return bool(self._marks) or self._sheets is not None

    def take_bits(self, spaced: Iterable[Bits]) -> None:
        """Read what the spaces of lines say."""
        for row, bits in spaced if self._marks else ():
            for place, bit in zip(self._code.places(row), bits, strict=True):
                self._seen[place] += 1 if bit else -1

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
        """Look for an invented patient: birth date and phone stand in one row, or name and date.

        Also for numbers of ward packs' sheets, and lines of an export kept whole in a cell.
        """
        self._take_cells(values)
        if self._invented is None:
            self._invented = self._invent()
        told = {form for value in values for form in _forms(value)}
        for born in told & self._invented.keys():
            for other in told & self._invented[born].keys():
                self._found.setdefault(self._invented[born][other], set()).add((born, other))
                return True
        return False

    def _take_cells(self, values: Sequence[str]) -> None:
        for value in values:
            if value.startswith(HEADS):
                found = read_bits(value.encode(errors="replace"))
                self.take_bits([found] if found else [])
            elif self._sheets and len(value) >= SHORTEST:
                self._tried += 1
                self._packs |= self._sheets.packs(value)

    def packs(self) -> dict[bytes, float]:
        """Give the packs whose sheets' numbers were found, by what chance one would be by accident.

        By the first bytes of their ids.
        """
        return dict.fromkeys(self._packs, min(1.0, self._tried * CHANCE))

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

    def _invent(self) -> dict[str, dict[str, EntryId]]:
        """Give the invented of all exports: birth date, then phone or name."""
        found: dict[str, dict[str, EntryId]] = {}
        for ident, mark in self._marks.items():
            for number in range(self._hundreds.get(ident, MOST_INVENTED)):
                for origin in Origin:
                    who = mark.patient(number, origin)
                    one = found.setdefault(_plain(who.birth.isoformat()), {})
                    one[_plain(who.names.official.text)] = ident
                    one |= dict.fromkeys(read_phones(who.phone), ident)
        return found


def _forms(value: str) -> Iterator[str]:
    """Write a value in every way it may be meant: a day, a phone, words."""
    yield _plain(value)
    yield from map(_plain, read_days(value))
    yield from read_phones(value)


def _plain(value: str) -> str:
    """Write a value without its signs and capitals."""
    return "".join(sign for sign in value.casefold() if sign.isalnum())


def _tail(score: float) -> float:
    return 0.5 * erfc(score / sqrt(2))

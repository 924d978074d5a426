"""Is it ours: of a row in two layers, whose it is and whose copy; of a table by all its rows.

"This person is our patient" is not "this row is our record": an insurer or the hospital next door
has the same people. What only our record could have given (its numbers, a result with its minute,
its own time of entry) makes a row our record; a table without any is a copy of it only by signs of
other kinds, weighed together (`copying`). What would be claimed of a table if its columns were
shuffled against each other is the rate of false matches of this very file, found without knowing
the truth. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np

from chartkeep.incident.trace.byte_by_byte import EXACT
from chartkeep.incident.trace.copying import Copying, Signs, weigh_copy
from chartkeep.incident.trace.found import Evidence, Row
from chartkeep.incident.trace.labelling import Labels
from chartkeep.incident.trace.layouts import layout_odds
from chartkeep.incident.trace.matching import Matched, Matcher
from chartkeep.incident.trace.persons import Join
from chartkeep.model import ChartId

OWN: Final = frozenset({"record number", "result", "entry time", *EXACT})
"""What only our record could have given."""
SHUFFLED: Final = 2_000
"""Rows of a table that are shuffled to find its rate of false matches."""
FEW: Final = 30
"""Rows below which shuffling tells nothing, and the posteriors stand alone."""
_SHARE: Final = 0.2
"""Of rows about our patients, so many must be our record for the table to be."""
_NUMBERS: Final = frozenset({"number", "phone"})
_LIKELY: Final = 0.5
_TIMES: Final = 2
_BEYOND: Final = 3


class Verdict(StrEnum):
    """What is said of a row, and of a table."""

    RECORD = "our record"
    PATIENT = "our patient, not our record"
    CANDIDATES = "one of several patients of ours"
    FOREIGN = "not ours"


def judge(matched: Matched) -> Verdict:
    """Judge one row."""
    if matched.is_sure:
        return Verdict.RECORD if OWN.intersection(matched.copy) else Verdict.PATIENT
    if matched.known >= _LIKELY:
        return Verdict.CANDIDATES
    return Verdict.FOREIGN


class Shuffled(NamedTuple):
    """How many rows of a shuffled table were claimed all the same, and of how many.

    Numbers and phones are left out: one of ours stays ours wherever it is shuffled to.
    """

    rows: int = 0
    claimed: int = 0

    def of(self, rows: int) -> float:
        """Say how many of so many rows are claimed by chance."""
        return rows * self.claimed / self.rows if self.rows else 0.0


@dataclass
class Tally:
    """What came of the rows of one table."""

    rows: int = 0
    verdicts: dict[Verdict, int] = field(default_factory=lambda: dict.fromkeys(Verdict, 0))
    copied: dict[str, int] = field(default_factory=dict)
    charts: set[ChartId] = field(default_factory=set)
    by_name: int = 0
    """Sure rows that rest on nothing but what shuffling takes apart: `is_by_name`."""
    firm: set[ChartId] = field(default_factory=set)
    """Charts of the other sure rows."""
    signs: Signs = field(default_factory=Signs)

    def __repr__(self) -> str:
        """Say how many, and nobody."""
        return f"<Tally of {self.rows} rows>"

    def add(self, matched: Matched) -> Verdict:
        """Take in a row."""
        verdict = judge(matched)
        self.rows += 1
        self.verdicts[verdict] += 1
        if matched.is_sure:
            told = matched.evidence()
            charts = {each.chart for each in told}
            self.charts |= charts
            if is_by_name(told[0]):
                self.by_name += 1
            else:
                self.firm |= charts
            self.signs.add(matched.signs, matched.turns)
            for each in matched.copy:
                self.copied[each] = self.copied.get(each, 0) + 1
        return verdict

    @property
    def sure(self) -> int:
        """Count the rows that are of one patient."""
        return self.verdicts[Verdict.RECORD] + self.verdicts[Verdict.PATIENT]


def is_by_name(row: Evidence) -> bool:
    """Say whether a row is somebody's by name, dates and places alone.

    Shuffled, these meet by chance; a number, a phone or a result of ours stays ours.
    """
    return not (_NUMBERS.intersection(row.fields) or OWN.intersection(row.copy))


def settle(tally: Tally, shuffled: Shuffled) -> bool:
    """Take back what is claimed by name alone where chance gives as much; says whether it was.

    Rows with a number in the same table lend these no certainty: they are candidates.
    """
    chance = shuffled.of(tally.rows) if tally.rows >= FEW else 0.0
    if tally.by_name > _TIMES * chance + _BEYOND * (chance > 0):
        return False
    tally.verdicts[Verdict.PATIENT] -= tally.by_name
    tally.verdicts[Verdict.CANDIDATES] += tally.by_name
    if tally.by_name:
        tally.by_name, tally.charts, tally.signs = 0, set(tally.firm), Signs()
    return True


def copy_of(tally: Tally, columns: Sequence[str]) -> Copying:
    """Weigh what a table without our numbers shows of our record; `columns`: their names."""
    known = tally.sure + tally.verdicts[Verdict.CANDIDATES]
    return weigh_copy(tally.signs, (known, tally.rows), layout_odds(columns))


def judge_table(tally: Tally, copying: Copying) -> Verdict:
    """Judge a table by its rows and signs, once `settle` took back what chance gives."""
    own = tally.verdicts[Verdict.RECORD]
    if (own and own >= _SHARE * tally.sure) or copying.is_ours:
        return Verdict.RECORD
    if tally.sure:
        return Verdict.PATIENT
    some = tally.verdicts[Verdict.CANDIDATES]
    return Verdict.CANDIDATES if some > tally.rows / 2 else Verdict.FOREIGN


def shuffle(rows: Sequence[Row], seed: int) -> list[Row]:
    """Shuffle each column by itself: values stay, who they belong to does not."""
    chance = np.random.default_rng(seed)
    width = max((len(row.values) for row in rows), default=0)
    columns = [
        [row.values[at] if at < len(row.values) else "" for row in rows] for at in range(width)
    ]
    mixed = [[column[at] for at in chance.permutation(len(rows))] for column in columns]
    return [
        Row(row.number, values) for row, values in zip(rows, zip(*mixed, strict=True), strict=False)
    ]


def false_matches(
    matcher: Matcher, rows: Sequence[Row], labels: Labels, share: float,
    join: Join = iter, seed: int = 1,
) -> Shuffled:  # fmt: skip
    """Match some of a table's rows shuffled: whatever is claimed then is claimed by chance."""
    taken = rows[:: -(-len(rows) // SHUFFLED) or 1]  # evenly, to the last
    told = labels._replace(numbers=(), phones=())
    matched = join(matcher.match(shuffle(taken, seed), told, share))
    claimed = sum(each.is_sure for each in matched)
    return Shuffled(len(taken), claimed)

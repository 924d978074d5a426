"""A trace: files in, and of each table whose it is and whose copy; of all, as of when.

    tracing = Tracing(matcher)
    for path in paths: tracing.read(intake, path)
    answer = tracing.answer(posted)

A table's rows pass once: a sample of them tells its columns and is shuffled for its rate of false
matches, equal rows count once, and of each row its evidence is left, which is all the doors'
arithmetic needs. No value of a row is kept.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import chain, islice
from pathlib import Path
from typing import Final, NamedTuple

from chartkeep.incident.counted import many
from chartkeep.incident.trace.byte_by_byte import match_exactly, match_picture
from chartkeep.incident.trace.copying import Copying
from chartkeep.incident.trace.found import (
    Clock,
    Evidence,
    Kind,
    Picture,
    Row,
    Source,
    Table,
    Where,
)
from chartkeep.incident.trace.intake.reading import Intake, written_path
from chartkeep.incident.trace.labelling import PROSE_LABELS
from chartkeep.incident.trace.marks.reading import Reading
from chartkeep.incident.trace.matching import Matched, Matcher
from chartkeep.incident.trace.moment import Bound, Forgeable, Moment, OtherClock, find_moment
from chartkeep.incident.trace.ours import (
    Shuffled,
    Tally,
    Verdict,
    copy_of,
    false_matches,
    is_by_name,
    judge_table,
    settle,
)
from chartkeep.incident.trace.persons import Join
from chartkeep.model import ChartId, Millis

SAMPLE: Final = 2_000
"""Rows a table's columns are told by, and that are shuffled."""
FILES: Final = "files"
_ONE_PICTURE: Final = 0.5
"""The share of ours of which a header that is read alone is taken to be."""

Tell = Callable[[int], None]
"""Hears how many rows are read."""


class Judged(NamedTuple):
    """One table, or the files of one folder or archive: the verdict, and what it rests on."""

    where: Where
    name: str
    verdict: Verdict
    tally: Tally
    shuffled: Shuffled
    copying: Copying
    repeated: int = 0

    def words(self) -> str:
        """Say it in plain words."""
        told = [f"{self.where}: {self.verdict}"]
        told.append(many(self.tally.rows, "file" if self.name == FILES else "row"))
        if self.repeated:
            told.append(f"{self.repeated:,} more are repeats")
        told.append(f"{self.tally.sure:,} of {many(len(self.tally.charts), 'patient')} of ours")
        told += [f"{count:,} with our {what}" for what, count in sorted(self.tally.copied.items())]
        if self.copying.reasons and not self.tally.verdicts[Verdict.RECORD]:
            signs = ", ".join(self.copying.reasons)
            told.append(
                f"by its signs a copy of ours with {self.copying.probability:.4f} ({signs})"
            )
        if some := self.tally.verdicts[Verdict.CANDIDATES]:
            told.append(f"{some:,} one of several patients")
        if self.shuffled.rows:
            told.append(
                f"{self.shuffled.claimed:,} of {self.shuffled.rows:,} by chance when shuffled"
            )
        return ", ".join(told)


class Answer(NamedTuple):
    """What a trace says so far: of each table, as of when, and which files were not read whole."""

    judged: tuple[Judged, ...]
    moment: Moment
    evidence: tuple[Evidence, ...]
    sources: tuple[Source, ...]
    posted: Millis

    @property
    def charts(self) -> set[ChartId]:
        """Give the charts that stand in it for certain."""
        return {each.chart for each in self.evidence}

    @property
    def verdict(self) -> Verdict:
        """Give the strongest verdict of all tables."""
        found = {each.verdict for each in self.judged}
        return next((each for each in Verdict if each in found), Verdict.FOREIGN)


@dataclass
class Tracing:
    """One trace, as far as it has come."""

    matcher: Matcher
    tell: Tell = lambda _rows: None
    marks: Reading = field(default_factory=lambda: Reading({}))
    """What is read of the marks of exports, on the way."""
    join: Join = iter
    """Joins what is one person's in the rows that were matched: `persons`."""
    judged: list[Judged] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list, repr=False)
    sources: list[Source] = field(default_factory=list)
    rows: int = 0
    _folders: dict[Where, int] = field(default_factory=dict)

    def read(self, intake: Intake, path: Path, called: str = "") -> None:
        """Read a file and match what it holds; its trouble, if any, stands among the sources.

        `called`: as `Intake.read` has it.
        """
        folder = Where(called or written_path(path.parent))
        for found in intake.read(path, called):
            match found:
                case Table():
                    self._table(found)
                case Picture():
                    matched = match_picture(found, self.matcher, self.rows + 1, _ONE_PICTURE)
                    self._take_file(found, folder, matched)
                case Source():
                    self.sources.append(found)
                    self.marks.take_bits(found.spaced)
                    if ours := match_exactly(found, self.matcher, self.rows + 1):
                        self._take_file(found, folder, ours)

    def answer(self, posted: Millis) -> Answer:
        """Give what is known; `posted`: when the seller showed it."""
        spans = [each.window for each in self.evidence if each.window]
        began = min((start for window in spans for start, _ in window), default=Millis(0))
        clocks = tuple(clock for source in self.sources for clock in _clocks(source))
        moment = find_moment(spans, (began, posted), clocks)
        return Answer(tuple(self.judged), moment, tuple(self.evidence), tuple(self.sources), posted)

    def _table(self, table: Table) -> None:
        once = _Once()
        rows = self._marked(once.rows(row for batch in table.rows for row in batch))
        sample = list(islice(rows, SAMPLE))
        if not sample:
            return
        labels = PROSE_LABELS if table.prose else self.matcher.label([r.values for r in sample])
        share = self.matcher.share(sample, labels)
        shuffled = Shuffled()
        if not table.prose:
            shuffled = false_matches(self.matcher, sample, labels, share, self.join)
        matched = self.matcher.match(chain(sample, rows), labels, share)
        judged = self._take(table.where, table.name, matched, shuffled, table.columns)
        self.judged[-1] = judged._replace(repeated=once.repeated)

    def _marked(self, rows: Iterable[Row]) -> Iterator[Row]:
        for row in rows:
            if self.marks.known:
                self.marks.take_row(row.values)
            yield row

    def _take(
        self,
        where: Where,
        name: str,
        rows: Iterable[Matched],
        shuffled: Shuffled,
        columns: Sequence[str] = (),
    ) -> Judged:
        tally = Tally()
        self._count(rows, tally, shuffled)
        copying = copy_of(tally, columns)
        judged = Judged(where, name, judge_table(tally, copying), tally, shuffled, copying)
        self.judged.append(judged)
        return judged

    def _take_file(self, found: Picture | Source, folder: Where, matched: Matched) -> None:
        """Judge a file with those of its folder, or of the archive it lies in."""
        where = Where(found.where.path) if found.where.inside else folder
        at = self._folders.setdefault(where, len(self.judged))
        if at == len(self.judged):
            self._take(where, FILES, (), Shuffled())
        judged = self.judged[at]
        self._count([matched], judged.tally, Shuffled())
        verdict = judge_table(judged.tally, judged.copying)
        self.judged[at] = judged._replace(verdict=verdict)

    def _count(self, rows: Iterable[Matched], tally: Tally, shuffled: Shuffled) -> None:
        """Take rows into a tally, and what they show for certain into the evidence."""
        before = len(self.evidence)
        for matched in self.join(rows):
            tally.add(matched)
            self.rows += 1
            if matched.is_sure:
                for each in matched.evidence():
                    self.evidence.append(each)
                    self.marks.take_chart(each.chart)
            if self.rows % SAMPLE == 0:
                self.tell(self.rows)
        if settle(tally, shuffled):
            # As many would match by chance: of these nobody stands in it for certain.
            self.evidence[before:] = [e for e in self.evidence[before:] if not is_by_name(e)]


class _Once:
    """Lets each different row through once: sellers repeat rows, and repeats prove nothing."""

    def __init__(self) -> None:
        self.repeated = 0
        self._seen: set[bytes] = set()

    def rows(self, rows: Iterable[Row]) -> Iterator[Row]:
        """Give the rows whose values did not come before."""
        for row in rows:
            digest = blake2b("\0".join(row.values).encode(errors="replace"), digest_size=12)
            if digest.digest() in self._seen:
                self.repeated += 1
                continue
            self._seen.add(digest.digest())
            yield row


def _clocks(source: Source) -> Iterator[OtherClock]:
    """Give a file's own times as signs of when it was made: after the copy, and easily forged.

    A picture's header says when it was taken, which is before.
    """
    for clock, time in source.clocks.items():
        in_header = clock is Clock.HEADER
        hard = Forgeable.SOME if in_header else Forgeable.EASILY
        taken = in_header and source.kind is Kind.DICOM
        bound = Bound.NOT_BEFORE if taken else Bound.NOT_AFTER
        yield OtherClock(f"{clock} of {source.where}", Millis(time), bound, hard)

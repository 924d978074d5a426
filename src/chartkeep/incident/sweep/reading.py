"""One file of a sweep: read by intake, matched row by row, and what is left is who and how sure.

Tables are matched as their rows pass. What running text gives waits with that of other files, so
that one look into the index serves many of them.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from chartkeep.incident.sweep.finding import Lost, Patient, Swept
from chartkeep.incident.sweep.walking import Seen
from chartkeep.incident.trace.byte_by_byte import match_exactly, match_picture
from chartkeep.incident.trace.found import Kind, Picture, Row, Source, Table
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.intake.telling import Trouble
from chartkeep.incident.trace.labelling import Labels
from chartkeep.incident.trace.matching import Matched, Matcher
from chartkeep.incident.trace.persons import Join

SHARE = 0.9
"""Of people named in a hospital's own papers, how many are taken for its patients beforehand."""
SAMPLES = (24, 100)
"""Rows of a block by which its columns are told; of the few, the share of ours is not estimated."""
BLOCK = 4_000
MOST_WAITING = 20_000
"""Rows of one file's running text that wait; more of them are matched where they are read."""
MOST_LOST = 200
_LIKELY = 0.5
_SHOWN = 0.05
Values = tuple[str, ...]


@dataclass
class Draft:
    """What is known of a file so far."""

    seen: Seen
    kind: Kind = Kind.UNKNOWN
    sha256: bytes = b""
    patients: dict[bytes, Patient] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    rows: int = 0
    prose: dict[Values, None] = field(default_factory=dict, repr=False)

    def take(self, matched: Matched) -> None:
        """Take in one matched row: one patient's charts, or a few it may be."""
        if matched.is_sure:
            for told in matched.evidence():
                self._put(Patient(told.chart, sure=True, fields=told.fields, copied=told.copy))
        elif matched.known >= _LIKELY:
            for each in matched.candidates:
                if each.posterior >= _SHOWN:
                    fields = tuple(dict.fromkeys(one.name for one in each.weighed.agreed))
                    self._put(Patient(each.chart, sure=False, fields=fields))

    def _put(self, new: Patient) -> None:
        old = self.patients.get(new.chart)
        if old is not None and old.sure and not new.sure:
            return
        if old is not None and old.sure == new.sure:
            fields = tuple(dict.fromkeys((*old.fields, *new.fields)))
            copied = tuple(dict.fromkeys((*old.copied, *new.copied)))
            new = Patient(new.chart, new.sure, fields, copied)
        self.patients[new.chart] = new

    def done(self) -> Swept:
        """Give what is kept of it."""
        patients = tuple(sorted(self.patients.values(), key=lambda each: each.chart))
        return Swept(
            self.seen.name, self.seen.stamp, self.seen.owner, str(self.seen.readers),
            self.kind, self.sha256, patients, tuple(self.lost[:MOST_LOST]), self.rows,
        )  # fmt: skip


def read_file(
    intake: Intake, matcher: Matcher, seen: Seen, prose: Labels, join: Join = iter
) -> Draft:
    """Read one file and match what its tables and pictures hold; its running text waits.

    `prose`: the labels of tables made of running text. `join`: as `Tracing` has it.
    """
    draft = Draft(seen)
    for found in intake.read(seen.path):
        match found:
            case Table(prose=True):
                for batch in found.rows:
                    draft.rows += len(batch)
                    draft.prose.update((row.values, None) for row in batch)
                    if len(draft.prose) >= MOST_WAITING:
                        match_prose(matcher, [draft], prose, join)
            case Table():
                for each in join(_match_table(matcher, found, draft)):
                    draft.take(each)
            case Picture():
                draft.rows += 1
                (picture,) = join([match_picture(found, matcher, 1, SHARE)])
                draft.take(picture)
            case Source():
                _note(found, draft)
                if ours := match_exactly(found, matcher, 1):
                    (ours,) = join([ours])
                    draft.take(ours)
    return draft


def match_prose(
    matcher: Matcher, drafts: Sequence[Draft], prose: Labels, join: Join = iter
) -> None:
    """Match what waits of several files at once; nothing waits afterwards."""
    whose: list[Draft] = []
    rows: list[Row] = []
    for draft in drafts:
        for values in draft.prose:
            whose.append(draft)
            rows.append(Row(len(whose), values))
        draft.prose = {}
    for matched in join(matcher.match(rows, prose, SHARE)):
        whose[matched.row - 1].take(matched)


def _match_table(matcher: Matcher, table: Table, draft: Draft) -> Iterator[Matched]:
    """Match a table block by block: its columns are told by the first block that knows anybody."""
    rows = _counted(table, draft)
    labels, share = Labels(), SHARE
    while block := list(islice(rows, BLOCK)):
        if labels.names:
            found = matcher.match(block, labels, share)
        else:
            labels, share, found = _told(matcher, block)
        yield from found


def _told(matcher: Matcher, block: Sequence[Row]) -> tuple[Labels, float, Iterator[Matched]]:
    """Tell columns and share by a few rows, or by more where the few know nobody; and match."""
    for most in SAMPLES:
        step = -(-len(block) // most)  # evenly, to the end of the block
        sample = block[::step]
        labels = matcher.columns([row.values for row in sample])
        if labels.names or len(sample) == len(block):
            break
    thoughts = matcher.think(block, labels)
    labels = labels._replace(differs=matcher.differs(thoughts[::step]))
    share = SHARE
    if len(sample) > SAMPLES[0]:
        share = matcher.share_of(thoughts[::step], labels)
    return labels, share, matcher.judge(thoughts, labels, share)


def _counted(table: Table, draft: Draft) -> Iterator[Row]:
    for batch in table.rows:
        draft.rows += len(batch)
        yield from batch


def _note(source: Source, draft: Draft) -> None:
    if not source.where.inside:
        draft.kind, draft.sha256 = source.kind, source.sha256
    if source.trouble and source.trouble != Trouble.CHARACTERS:
        draft.lost.append(Lost(source.where.inside, source.trouble))

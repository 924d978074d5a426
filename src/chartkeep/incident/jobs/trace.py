"""The question of a trace: is what somebody posted ours, as of when, through which door.

What was matched is remembered until the answer is written (`trace.remembering`): a trace that was
cut is asked again with the same words, and goes on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Final, NamedTuple

from msgspec import Meta
from msgspec.json import encode
from msgspec.structs import replace

from chartkeep.custody.paper import paper_look
from chartkeep.errors import BadInputError, NotFoundError, RefusedError
from chartkeep.incident.case.case import Case, Saying
from chartkeep.incident.case.events import Estimate, Finding, Group
from chartkeep.incident.counted import many
from chartkeep.incident.estimate.filling import fill
from chartkeep.incident.estimate.joining import of_post
from chartkeep.incident.estimate.keeping import open_columns
from chartkeep.incident.jobs.evidence import opened
from chartkeep.incident.jobs.question import Answered, Far, Grant, Means, Question, Tell
from chartkeep.incident.sweep.walking import walk
from chartkeep.incident.trace.at_desk import open_index
from chartkeep.incident.trace.doors.veil import Veil
from chartkeep.incident.trace.intake.reading import Intake
from chartkeep.incident.trace.marks.of_house import Looked
from chartkeep.incident.trace.marks.reading import Reading
from chartkeep.incident.trace.remembering import Memory, Remembering, forget, open_memory
from chartkeep.incident.trace.saying import NO_CHART, NOT_ASKED, in_short, words
from chartkeep.incident.trace.through import Through, through
from chartkeep.incident.trace.tracing import Answer, Tracing
from chartkeep.keyholder.roles import mask
from chartkeep.model import ChartId, Millis, Section

MATCHED: Final = "matched"
"""Where in the desk's folder traces that were cut remember what they matched."""
MOST: Final = 1_000
FOUND_IN: Final = mask(Section.FACE, Section.IDENTITY)
"""Where what rows are matched by lies; what else they held, only their columns say."""
WHY: Final = {
    "certain": "rows that match",
    "implied": "all of the one file they may be cut from",
    "possible": "all that the doors of the answer showed",
}
Some = Annotated[tuple[str, ...], Meta(max_length=MOST)]


class Found(NamedTuple):
    """What a trace found: the answer, the door where it was asked for, and that in words."""

    answer: Answer
    door: Through | None
    through: list[str]

    @property
    def words(self) -> list[str]:
        """Give all of it in words, file by file."""
        return [*words(self.answer), *self.through]

    @property
    def says(self) -> list[str]:
        """Give it without the name of a file, for a case and for who asks over HTTP."""
        return [*in_short(self.answer), *self.through]

    @property
    def sets(self) -> dict[str, list[ChartId]]:
        """Give the nested sets, as far as they are known."""
        return self.door.sets if self.door else {"certain": sorted(self.answer.charts)}


class Trace(Question, frozen=True, tag="trace"):
    """Trace what was posted: files and folders of this host, evidence of the case (SHA-256).

    `grant`: what two people gave to whom asks, hex: it opens the index. `posted` None: now. `door`:
    ask the house's ledger too.
    """

    paths: Some = ()
    evidence: Some = ()
    posted: int | None = None
    door: bool = False
    grant: Grant = ""

    def files(self) -> tuple[str, ...]:
        """Name what is read of this host."""
        return self.paths

    def ask(self, means: Means, tell: Tell) -> Answered:
        """Trace, and say so in the case."""
        with self.remembered(means) as memory:
            found = self.find(means, memory, tell)
            return Answered(tuple(found.says), tell_case(found, means.the_case(), means.clock()))

    @contextmanager
    def remembered(self, means: Means) -> Iterator[Memory]:
        """Open what a run of the same words that was cut remembers; forgotten at the end."""
        case = means.case.id if means.case else ""
        name = sha256(case.encode() + encode(replace(self, grant=""))).hexdigest()[:32]
        secret, place = means.desk.key_for(f"matched/{name}"), means.desk.root / MATCHED
        forget(place, means.clock())
        with open_memory(place / name, secret) as memory:
            yield memory

    def find(self, means: Means, memory: Memory, tell: Tell) -> Found:
        """Read, match, judge; ask for the door. Raises NotFoundError for a path that is none."""
        if not self.paths and not self.evidence:
            raise RefusedError("there is nothing to trace", hint="name what was posted")
        for path in self.paths:
            if not Path(path).exists():
                raise NotFoundError(f"there is no {path}", hint="give what was posted, as a file")
        posted = means.clock() if self.posted is None else Millis(self.posted)
        if posted > means.clock():
            raise BadInputError("it was posted later than now", hint="say when, in UTC")
        index = open_index(means.desk, means.warrant(self.grant))
        matcher = Remembering(index.matcher(), memory)
        looked = self._marks(means)
        tracing = Tracing(
            matcher, lambda rows: tell(Far("matching rows", rows)), looked.reading, means.join()
        )
        with Intake(ocr=True) as intake:
            self._read(tracing, intake, means, tell)
        answer = tracing.answer(posted)
        if not answer.evidence and not looked.is_marked:
            return Found(answer, None, [])
        if not self.door:
            return Found(answer, None, [NOT_ASKED])
        door = self._through(tracing, means, posted, (looked, index.veil()), tell)
        return Found(answer, door, list(door.words()) if door else [NO_CHART])

    def _marks(self, means: Means) -> Looked:
        """Open what every export and pack of the house carries of its own."""
        if not self.door:
            return Looked({}, Reading({}))
        site = means.the_site()
        return Looked.of(paper_look(site.token), site.house, site.notes or site.house)

    def _read(self, tracing: Tracing, intake: Intake, means: Means, tell: Tell) -> None:
        for path in _files(self.paths):
            tell(Far("reading", tracing.rows))
            tracing.read(intake, path)
        for digest in self.evidence:
            tell(Far("reading", tracing.rows))
            with opened(means.the_case(), digest) as path:
                tracing.read(intake, path, f"evidence {digest[:12]}")

    def _through(
        self, tracing: Tracing, means: Means, posted: Millis, by: tuple[Looked, Veil], tell: Tell
    ) -> Through | None:
        """Read the ledger on, and ask it through which door the rows left."""
        site, (looked, veil) = means.the_site(), by
        with open_columns(means.desk, site.log) as columns:
            until = min(posted, means.clock())
            fill(
                columns, site.house, site.log, site.token, until,
                lambda read, size: tell(Far("reading the ledger", read, size)),
            )  # fmt: skip
            return through(
                tracing.evidence, columns, tracing.matcher.index, posted, veil,
                looked.found(),
                lambda done: tell(Far("replaying leaks on this house's own log", done)),
            )  # fmt: skip


def _files(paths: tuple[str, ...]) -> Iterator[Path]:
    """Name files, and those of folders, out of which no link leads."""
    for path in map(Path, paths):
        if path.is_dir():
            yield from (each.path for each in walk([path]))
        else:
            yield path


def tell_case(found: Found, case: Case, now: Millis) -> tuple[Saying, ...]:
    """Say what was found: the finding in words, and the sets, their lists kept as evidence.

    What is said of each file is evidence that names people, and the estimate is of these files:
    what is traced later takes nobody back (`notify.estimated`), unless it is the same once more.
    """
    answer = found.answer
    files = [each for each in answer.sources if each.sha256 and not each.where.inside]
    told = [*found.words, *(f"SHA-256 of {each.where}: {each.sha256.hex()}" for each in files)]
    listed = case.keep("\n".join(told).encode(errors="replace"), "trace: the answer, file by file")
    groups = {
        name: _group(name, charts, answer, (case, now)) for name, charts in found.sets.items()
    }
    lists = tuple(each.list for each in groups.values())
    says = Finding("trace", "; ".join(found.says), answer.verdict)
    before = max((each.version for _, each in case.standing(Estimate)), default=0)
    certain, implied, possible = (groups.get(name) for name in WHY)
    of = sha256(b"".join(sorted({each.sha256 for each in files}))).hexdigest()[:12]
    query = f"chartkeep incident trace, {many(len(files), 'file')} [{of}]"
    sets = Estimate(before + 1, "trace of what was posted", certain, implied, possible, query)
    finding = Saying(says, evidence=(listed, *lists))
    was_asked = query in {each.query for _, each in case.standing(Estimate)}
    if not was_asked and not any(each.count for each in groups.values()):
        return (finding,)  # nobody's, and nobody is taken back: no number for a draft
    return finding, Saying(sets, evidence=lists)


def _group(name: str, charts: list[ChartId], answer: Answer, into: tuple[Case, Millis]) -> Group:
    """Keep a set's list, as letters and the next estimate read it."""
    case, now = into
    instants = answer.moment.instants
    low = min((each.low for each in instants), default=answer.posted)
    high = max((each.high for each in instants), default=answer.posted)
    facility = bytes.fromhex(case.desk.file.id)
    results = any("result" in each.copy for each in answer.evidence)
    sections = FOUND_IN | (mask(Section.RESULTS) if results else 0)
    sections |= mask(*(each.section for each in answer.evidence))
    listed = of_post(sorted(charts), sections, (low, max(high, low + 1)), facility, now)
    return Group(len(charts), case.keep(listed.raw(), f"trace: the charts {name}"), WHY[name])

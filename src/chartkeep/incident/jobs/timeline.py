"""The question of how it happened: all logs in one order, the first foreign act, its door."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct, field

from chartkeep.custody.release import Look
from chartkeep.errors import BadInputError
from chartkeep.incident.case.case import Case, Saying
from chartkeep.incident.case.events import Finding, Report, when
from chartkeep.incident.jobs.evidence import opened
from chartkeep.incident.jobs.memory import folder_in_memory
from chartkeep.incident.jobs.question import Answered, Far, Means, Question, Site, Tell
from chartkeep.incident.jobs.zones import zone_of
from chartkeep.incident.timeline.event import HOUSE, REPORTS, VAULT
from chartkeep.incident.timeline.export import ABOUT, EVENTS, NOTE, Export
from chartkeep.incident.timeline.logs.importing import Imported, newest
from chartkeep.incident.timeline.logs.reading import LogReaders
from chartkeep.incident.timeline.logs.times import Hand
from chartkeep.incident.timeline.merged import Own, Source, Timeline
from chartkeep.incident.timeline.ours import of_happening, of_report, vault_alarms
from chartkeep.incident.timeline.reading import Reading, about, read
from chartkeep.incident.timeline.saying import say
from chartkeep.incident.timeline.signs import Door, Facts
from chartkeep.incident.trail import Question as Asked
from chartkeep.incident.trail import Trail
from chartkeep.model import Millis, Purpose, Section

OURS: Final = frozenset({HOUSE, VAULT, REPORTS})
MOST_LOGS: Final = 100
MOST_SAID: Final = 4_000
_NO_FACTS: Final = Facts()


class Log(Struct, frozen=True, forbid_unknown_fields=True):
    """A log of another machine: a file of this host, or evidence of the case (SHA-256)."""

    name: str
    path: str = ""
    evidence: str = ""


class How(Question, frozen=True, tag="timeline"):
    """How it happened, between two moments (ms).

    `house`: read its ledger too. `alarms`: the vault's, a file. `zone`, `dates` (dmy, mdy): of
    times that say neither. `ahead`: by how many ms a log's clock is known to be ahead.
    """

    since: int
    until: int
    logs: Annotated[tuple[Log, ...], Meta(max_length=MOST_LOGS)] = ()
    house: bool = False
    alarms: str = ""
    facts: Facts = _NO_FACTS
    zone: str = "UTC"
    dates: Literal["", "dmy", "mdy"] = ""
    ahead: dict[str, int] = field(default_factory=dict)

    def files(self) -> tuple[str, ...]:
        """Name what is read of this host."""
        return tuple(filter(None, (*(log.path for log in self.logs), self.alarms)))

    def ask(self, means: Means, tell: Tell) -> Answered:
        """Read everything; the case keeps the proposal, and a signed export as evidence."""
        case = means.the_case()
        # In memory: what is exported names staff in clear, and lies sealed in the case afterwards.
        with self.line(case, means.site) as line, folder_in_memory() as folder:
            export = Export(folder / "timeline")
            try:
                reading = read(line, self.facts, export, lambda done: tell(Far("reading", done)))
                export.finish(
                    about(line, reading, means.desk.file.facility), means.desk, means.clock()
                )
            finally:
                export.close()
            says = keep(case, reading, export, (EVENTS, ABOUT, NOTE))
        words = [f"{reading.events:,} events of {len(line.sources)} sources"]
        return Answered((*words, *say(reading.cause, when)), (says,))

    @contextmanager
    def line(self, case: Case | None, site: Site | None) -> Iterator[Timeline]:
        """Open all sources as one timeline. Raises BadInputError when they have one name."""
        with ExitStack() as stack:
            readers = stack.enter_context(LogReaders())
            sources: list[Source] = [self._imported(log, case, readers, stack) for log in self.logs]
            sources += self._ours(case, site if self.house else None)
            names = [source.name for source in sources]
            if not sources or len(set(names)) < len(names):
                raise BadInputError("name each source once", hint="--log vpn=vpn.log --home FOLDER")
            if strange := self.ahead.keys() - set(names):
                raise BadInputError(
                    f"no log is called {min(strange)}", hint=f"one of {', '.join(names)}"
                )
            yield Timeline(sources, self.since, self.until, self.ahead, self.facts.same)

    def _imported(
        self, log: Log, case: Case | None, readers: LogReaders, stack: ExitStack
    ) -> Imported:
        if log.name in OURS:
            raise BadInputError(f"{log.name} is a source of our own", hint="call it otherwise")
        if bool(log.path) == bool(log.evidence) or (log.evidence and case is None):
            raise BadInputError("a log is a file, or evidence of a case", hint="name one")
        if case is None or log.path:
            path = Path(log.path)
            until = newest(path)
        else:
            path = stack.enter_context(opened(case, log.evidence))
            until = Millis(self.until)  # no file's own time: what names no year is of the last one
        hand = Hand(zone_of(self.zone), self.dates, until)
        return Imported(path, log.name, hand, readers, log.evidence)

    def _ours(self, case: Case | None, site: Site | None) -> Iterator[Source]:
        """Open our own sources, as far as they are named."""
        if site is not None:
            trail = _trail(site)
            asked = Asked(self.since, self.until)
            yield Own(HOUSE, lambda: map(of_happening, trail.happened(asked)))
        if self.alarms:
            yield Own(VAULT, lambda: vault_alarms(Path(self.alarms)))
        if case is not None:
            told = [
                of_report(each.number, report.when, f"{report.channel}: {report.text}")
                for each, report in case.standing(Report)
            ]
            yield Own(REPORTS, lambda: told)


def keep(case: Case, reading: Reading, export: Export | None, names: tuple[str, ...]) -> Saying:
    """Say what was found, files of its export kept as evidence."""
    folder = export.folder if export else Path()
    files = [case.keep(folder / name, f"timeline: {name}", people=False) for name in names]
    sure = "unknown" if reading.cause.door is Door.UNKNOWN else "proposed, with reasons"
    says = "\n".join(say(reading.cause, when))[:MOST_SAID]
    return Saying(Finding("cause", says, sure), evidence=tuple(files))


def _trail(site: Site) -> Trail:
    sections = frozenset({Section.JOURNAL})
    look = Look(site.token, sections, Purpose.AUDIT, "a timeline")
    return Trail(look, site.house, site.log, dict(site.programs))

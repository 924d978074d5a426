"""What every interaction stands on: which chart a name means, and opening it on the one road.

A name nobody gave and a chart this session may not open are answered alike: both go to the
keyholder, both are a line, both are refused in the same words. So nobody learns by asking whether
somebody's chart, or something in it, exists.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chartkeep.clinical.deciding import FACILITY, REFUSED
from chartkeep.clinical.schema import is_type
from chartkeep.clinical.sections import SECTIONS
from chartkeep.custody.charts import Charts
from chartkeep.custody.deposit import Receipt
from chartkeep.custody.house import House
from chartkeep.custody.journal import Journal
from chartkeep.custody.merging import open_beside
from chartkeep.custody.names import DIRECT, candidates
from chartkeep.custody.note import Note
from chartkeep.custody.release import face_of
from chartkeep.custody.sessions import Sessions
from chartkeep.errors import NotFoundError
from chartkeep.fhir.http.exports import Exports
from chartkeep.fhir.http.outcome import note
from chartkeep.fhir.http.records import VIEWS, Open
from chartkeep.ledger.note import VerifierKey
from chartkeep.model import CHART_SECTIONS, ChartId, EntryId, Section
from chartkeep.web.caller import Caller

ORDINARY = frozenset({Section.ORDINARY})
FACE = frozenset({Section.FACE})
EVERYTHING = CHART_SECTIONS - {Section.RESTRICTED}


class Located(NamedTuple):
    """Where a resource lies; `version` 0 when nobody has it."""

    entry: EntryId
    chart: ChartId
    section: int
    version: int
    newest: int | None = None
    """The chart's newest line just now; None where nobody has asked."""


class Person(NamedTuple):
    """A pool of all charts of one person; `others`: the Patient's id in each of the others.

    `shut`: how many of them this session may not open.
    """

    pool: Open
    others: dict[ChartId, str]
    shut: int

    @property
    def notes(self) -> list[dict[str, object]]:
        """Say what is not shown, as issues of an OperationOutcome."""
        words = f"{self.shut} other charts of this person were merged with it and are not open here"
        hint = "open them by their own relation, or break the glass"
        return [note("warning", "suppressed", words, hint=hint)] if self.shut else []


class Door:
    """One worker's hold on the house, for all its threads."""

    def __init__(
        self,
        house: House,
        journal: Journal,
        author: str = "",
        profiles: Mapping[str, dict[str, Any]] | None = None,
        log: VerifierKey | None = None,
        programs: Mapping[bytes, str] | None = None,
    ) -> None:
        """Stand in `house`. `author` is the facility's name, `profiles` those `$validate` knows.

        `log` signs `releases`, `programs` names instances: without them nothing is audited here.
        """
        self.house = house
        self.author = author
        self.profiles = profiles or {}
        self.log = log
        self.programs = programs or {}
        self.charts = Charts(house)
        self.sessions = Sessions(house)
        self.exports = Exports(house)
        self.journal = journal

    def locate(self, kind: str, ident: str, *, views: bool = False) -> Located:
        """Find where a name lies. A name nobody gave is in a chart of its own, that nobody has.

        `views`: also the name of what nobody sent (`records.VIEWS`).
        """
        tried = candidates(f"{kind}/{ident}", DIRECT, self.house)
        found = self.house.store.where(list(tried))
        for entry, (head, newest) in zip(tried, found, strict=True):
            if head.version and kind in {head.kind, VIEWS.get(head.kind) if views else None}:
                return Located(entry, ChartId(head.chart), head.section, head.version, newest)
        return self._nowhere(kind, tried[-1])

    def reach(self, caller: Caller, kind: str, ident: str, *, views: bool = False) -> Located:
        """Find where a name lies, for somebody who wants to see it.

        What lies in a section they did not ask for is nowhere for them, like a name nobody gave.
        """
        where = self.locate(kind, ident, views=views)
        if not where.version or where.section in self.asked(caller, where.chart, kind):
            return where
        return self._nowhere(kind, where.entry)

    def _nowhere(self, kind: str, entry: EntryId) -> Located:
        if kind in FACILITY:
            return Located(entry, self.house.chart, 0, 0)
        return Located(entry, ChartId(entry), 0, 0, -1)  # asked as often as for one that is there

    def asked(self, caller: Caller, chart: ChartId, kind: str) -> frozenset[Section]:
        """Say in which sections a caller looks for one resource of a type."""
        if chart == self.house.chart:
            return ORDINARY | (caller.extra & {Section.RESTRICTED})
        return self.sections(frozenset({kind}), caller) | {SECTIONS.get(kind, Section.RESTRICTED)}

    def open(
        self, caller: Caller, chart: ChartId, sections: frozenset[Section],
        newest: int | None = None,
    ) -> Open:  # fmt: skip
        """Open sections of a chart, those that are open already without asking again.

        `newest`: as just located. Raises what the keyholder refuses with.
        """
        return Open(self.charts.look(chart, caller.look(sections), newest))

    def open_for(
        self, caller: Caller, chart: ChartId, kinds: Iterable[str], newest: int | None = None
    ) -> Open:
        """Open what resources of these types need: sections of the chart, and the facility's."""
        wanted = frozenset(kinds)
        if chart == self.house.chart:
            mine = ORDINARY | (caller.extra & {Section.RESTRICTED})
            return self.open(caller, chart, mine, newest)
        held = self.charts.look(chart, caller.look(self.sections(wanted, caller)), newest)
        if wanted & FACILITY:
            held = held + self.charts.look(self.house.chart, caller.look(ORDINARY))
        return Open(held)

    def open_person(
        self, caller: Caller, chart: ChartId, pool: Open, sections: frozenset[Section]
    ) -> "Person":
        """Open beside a chart that is open the others of the same person: a line for each."""
        look = caller.look(sections)
        newest = next((each.newest for each in pool.held), None)
        beside = open_beside(chart, look, self.charts, newest)
        faces = {
            other: face_of(other, (e for part in held for e in part.entries.values()))
            for other, held in beside.opened.items()
        }
        names = {other: face.ident for other, face in faces.items() if face is not None}
        held = [part for part in beside.held if part.section in sections]
        joined = Open([*pool.held, *held]) if held else pool
        return Person(joined, names, len(beside.shut))

    def sections(self, kinds: frozenset[str], caller: Caller) -> frozenset[Section]:
        """Say which sections of a chart these types lie in, for this role.

        Who may not open `identity` is shown a Patient by its face. Without a grant nothing is
        asked that the role never opens, unless it is all that is asked: then that is a line.
        Beside pictures the face is opened: it says what their patient is called.
        """
        wanted = frozenset(SECTIONS[kind] for kind in kinds if kind in SECTIONS)
        wanted |= caller.extra & CHART_SECTIONS
        if caller.grant:
            return wanted
        mine = frozenset(s for s in wanted if caller.rights.sections & 1 << s)
        if "Patient" in kinds and Section.IDENTITY not in mine:
            mine |= FACE
        if "ImagingStudy" in kinds and mine and caller.rights.sections & 1 << Section.FACE:
            mine |= FACE
        return mine or wanted or FACE

    def end(self, token: bytes) -> None:
        """End a session, and drop what it has open here."""
        self.house.keyholder.logout(token)
        self.sessions.forget(token)
        self.charts.forget(token)

    def note(
        self, caller: Caller, chart: ChartId, what: str, kind: str, ident: str = "", *,
        version: int = 0, query: str = "", count: int = 0, held: Open | None = None,
        receipt: Receipt | None = None, refused: str = "",
    ) -> None:  # fmt: skip
        """Write into the journal what is about to be shown, was written, or was refused."""
        line = max((each.line for each in held.held), default=-1) if held else -1
        known = caller.known
        wrote = (receipt.first, receipt.last) if receipt else (-1, -1)
        self.journal.note(
            Note(
                self.house.clock(), known.session, known.person, caller.purpose, chart,
                what, kind, ident, version, query, count, line, refused, known.role, *wrote,
            )
        )  # fmt: skip


def check_kind(kind: str) -> None:
    """Refuse a type that is not kept here. Raises NotFoundError."""
    check_type(kind)
    if kind in REFUSED:
        raise NotFoundError(REFUSED[kind])


def check_type(kind: str) -> None:
    """Refuse a type FHIR R4 has not. Raises NotFoundError."""
    if not is_type(kind):
        raise NotFoundError("no such resource type in FHIR R4")

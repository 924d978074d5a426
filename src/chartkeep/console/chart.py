"""The chart: one look opens what stands first, a button opens more, a reason breaks the glass.

The page of a chart one does not treat is a form that asks why; nothing of the patient is on it.
"""

from itertools import chain
from typing import NamedTuple

from chartkeep.console.asked import Answer, Asked, first
from chartkeep.console.bodies import Bodies, bodies_of, once
from chartkeep.console.contents import Item, Note, address_of, first_of, list_all, notes_of
from chartkeep.console.desk import Desk
from chartkeep.console.faces import row_of
from chartkeep.console.outcome import tell
from chartkeep.console.pages import page
from chartkeep.console.pictures import studies_of
from chartkeep.console.plots import LARGE, SMALL, Plot, plot_of
from chartkeep.console.results import Series, groups_of
from chartkeep.console.signals import signal_of
from chartkeep.console.timeline import dated, timeline_of
from chartkeep.console.visitor import Visitor
from chartkeep.custody.charts import Held
from chartkeep.custody.merging import Beside, open_beside
from chartkeep.custody.release import face_of
from chartkeep.errors import (
    BadInputError,
    FrozenError,
    NotAllowedError,
    NotFoundError,
    OverBudgetError,
    RefusedError,
)
from chartkeep.model import ChartId, Purpose, Section, to_id, to_text

AT_FIRST = frozenset({Section.FACE, Section.CLINICAL, Section.RESULTS})
ASKED_FOR = (Section.IMAGING, Section.DOCUMENTS, Section.IDENTITY, Section.RESTRICTED)
"""What a button opens, in this order."""
TITLES = {
    Section.FACE: "Face", Section.CLINICAL: "Clinical", Section.RESULTS: "Results",
    Section.IMAGING: "Imaging", Section.DOCUMENTS: "Documents",
    Section.IDENTITY: "Address and insurance", Section.RESTRICTED: "Restricted",
}  # fmt: skip
NEEDS_RELATION = (NotAllowedError, OverBudgetError, FrozenError)
SHORTEST_REASON, LONGEST_REASON = 8, 500


class Way(NamedTuple):
    """How a chart is opened: `reason` is empty but for break-glass."""

    chart: ChartId
    reason: str
    wanted: frozenset[Section]

    @property
    def purpose(self) -> Purpose:
        """Say why, as the ledger has it."""
        return Purpose.BREAK_GLASS if self.reason else Purpose.TREATMENT


def show_chart(desk: Desk, visitor: Visitor, asked: Asked, ident: str) -> Answer:
    """Draw a chart, or the form that asks why."""
    way = _way(visitor, asked, ident)
    if asked.method == "GET" and visitor.rights.care and "glass" in asked.query:
        return _ask_why(visitor, way, "")
    if asked.method == "POST" and len(way.reason) < SHORTEST_REASON:
        return _ask_why(visitor, way, "Say in at least eight letters why")
    try:
        held = _open(desk, visitor, way, way.wanted)
    except NEEDS_RELATION as error:
        if not visitor.rights.care:
            raise
        return _ask_why(visitor, way, "" if not way.reason else tell(error)[1], error)
    beside = _beside(desk, visitor, way, way.wanted)
    return _draw(desk, visitor, way, _together(held, beside), beside)


def show_section(desk: Desk, visitor: Visitor, asked: Asked, ident: str, name: str) -> Answer:
    """Draw one more section, as a piece of the page."""
    section = next((each for each in ASKED_FOR if each.name.lower() == name), None)
    if section is None:
        raise NotFoundError("there is no such section")
    way = _way(visitor, asked, ident)
    held = _open(desk, visitor, way, frozenset({section}))
    held = _together(held, _beside(desk, visitor, way, frozenset({section})))
    each, chart = _more(section, held[0]), to_text(way.chart)
    return page("section.html", visitor.words, visitor, way=way, chart=chart, each=each)


def _way(visitor: Visitor, asked: Asked, ident: str) -> Way:
    """Read which chart, why, and which sections. Raises BadInputError."""
    try:
        chart = ChartId(to_id(ident))
    except ValueError as error:
        raise NotFoundError("there is no such chart") from error
    fields = asked.form() if asked.method == "POST" else asked.query
    named = set(fields.get("open", ()))
    reason = first(fields, "reason").strip() if asked.method == "POST" else ""
    if len(reason) > LONGEST_REASON:
        raise BadInputError(f"the reason is too long: at most {LONGEST_REASON} letters")
    more = {each for each in ASKED_FOR if each.name.lower() in named}
    return Way(chart, reason, (_at_first(visitor) | more) & visitor.sections)


def _at_first(visitor: Visitor) -> frozenset[Section]:
    """Say what a role is shown at once: who treats nobody works with addresses."""
    mine = AT_FIRST & visitor.sections
    return mine if visitor.rights.care or visitor.rights.audit else mine | {Section.IDENTITY}


def _open(desk: Desk, visitor: Visitor, way: Way, sections: frozenset[Section]) -> list[Held]:
    if not sections:
        raise NotAllowedError("this role opens no charts", hint="see docs/roles.md")
    held = desk.charts.look(way.chart, visitor.look(sections, way.reason))
    shown = sum(len(each.entries) for each in held)
    line = max(each.line for each in held)
    desk.note(visitor, way.purpose, way.chart, "summary", count=shown, line=line)
    return held


def _beside(desk: Desk, visitor: Visitor, way: Way, sections: frozenset[Section]) -> Beside:
    """Open the other charts of a person whose charts were merged: a release for each."""
    beside = open_beside(way.chart, visitor.look(sections, way.reason), desk.charts)
    for chart, held in beside.opened.items():
        shown, line = sum(len(each.entries) for each in held), max(each.line for each in held)
        desk.note(visitor, way.purpose, chart, "summary", count=shown, line=line)
    return beside


def _together(held: list[Held], beside: Beside) -> list[Held]:
    """Put the sections of all charts of a person together; the face stays the one asked for."""
    joined = {each.section: each for each in held}
    for other in beside.held:
        if other.section in joined and other.section != Section.FACE:
            joined[other.section] = joined[other.section].joined(other)
    return list(joined.values())


def _ask_why(
    visitor: Visitor, way: Way, sentence: str, error: RefusedError | None = None
) -> Answer:
    return page(
        "glass.html", visitor.words, visitor, status=403, action=f"/chart/{to_text(way.chart)}",
        where=f"/chart/{to_text(way.chart)}", name="reason",
        sentence=sentence, error=error, shortest=SHORTEST_REASON, longest=LONGEST_REASON,
        reason=way.reason,
    )  # fmt: skip


class Drawn(NamedTuple):
    """A group of results with their plots, small and large."""

    title: str
    series: list[tuple[Series, Plot | None, Plot | None]]


def _draw(desk: Desk, visitor: Visitor, way: Way, held: list[Held], beside: Beside) -> Answer:
    opened = {each.section: each for each in held}
    results = opened.get(Section.RESULTS)
    clinical = opened.get(Section.CLINICAL)
    askable = [s for s in ASKED_FOR if s in visitor.sections]
    now = desk.house.clock()
    face = face_of(way.chart, opened[Section.FACE].entries.values())
    return page(
        "chart.html", visitor.words, visitor, way=way, chart=to_text(way.chart), now=now,
        row=row_of(face, now) if face else None, held=held, titles=TITLES,
        merged=[to_text(chart) for chart in beside.opened],
        shut=[to_text(chart) for chart in beside.shut],
        first=once(clinical, first_of) if clinical else None, shows_results=results is not None,
        groups=once(results, _groups) if results else [],
        reports=once(results, _reports) if results else [],
        signal=once(results, signal_of) if results else None,
        studies=studies_of(opened[Section.FACE]) if Section.IMAGING in visitor.sections else [],
        timeline=timeline_of(chain.from_iterable(once(each, dated) for each in held)),
        more=[_more(section, opened.get(section)) for section in askable],
        damaged=list(dict.fromkeys(name for each in held for name in each.damaged)),
    )  # fmt: skip


def _groups(results: Bodies) -> list[Drawn]:
    return [
        Drawn(group.title, [(s, plot_of(s, SMALL), plot_of(s, LARGE)) for s in group.series])
        for group in groups_of(results)
    ]


def _reports(results: Bodies) -> list[Item]:
    return list_all(each for each in results if each["resourceType"] == "DiagnosticReport")


class More(NamedTuple):
    """A section that is asked for by a button; `held` is None while it is shut."""

    name: str
    title: str
    held: Held | None
    items: list[Item]
    notes: list[Note]
    address: list[tuple[str, str]]


def _more(section: Section, held: Held | None) -> More:
    bodies = bodies_of(held) if held is not None else ()
    apart = {"DocumentReference", "Patient"}
    return More(
        section.name.lower(), TITLES[section], held,
        list_all(each for each in bodies if each["resourceType"] not in apart),
        notes_of(bodies), address_of(bodies),
    )  # fmt: skip

"""The desk where a form is keyed: one look at its chart, by the road of every look.

Charts that were merged with it are looked at too: an allergy may stand in the other one. What is
shut to whoever keys, withheld by a consent or damaged makes every line wait for a person.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chartkeep.clinical.reading import parse_resource
from chartkeep.clinical.schema import is_type
from chartkeep.continuity.paper.contradictions import Chart
from chartkeep.continuity.paper.keying import Desk, KeyedLine, Policy
from chartkeep.continuity.paper.sheets import Sheet
from chartkeep.custody.charts import Charts
from chartkeep.custody.merging import open_beside
from chartkeep.custody.paper import Kind, read_said
from chartkeep.custody.release import Face, Look, face_of
from chartkeep.custody.shelf import OpenedEntry
from chartkeep.errors import ConflictError
from chartkeep.model import ChartId, Section

SECTIONS = frozenset({Section.FACE, Section.CLINICAL, Section.RESULTS})
"""What is opened to key a form: what a ward's staff opens of its inpatients first."""


class Seen(NamedTuple):
    """What a look showed: the desk, and for the journal the line that let it out."""

    desk: Desk
    line: int
    shown: int
    face: Face | None


def open_desk(sheet: Sheet, look: Look, person: str, charts: Charts, policy: Policy) -> Seen:
    """Open the chart a form's keying has begun for.

    Raises what the keyholder refuses with; ConflictError when nobody has said whose form it is.
    """
    chart = sheet.chart
    if chart is None:
        raise ConflictError("nobody has said whose form this is", hint="confirm the patient")
    look = look._replace(sections=SECTIONS)
    held = charts.look(chart, look)
    beside = open_beside(chart, look, charts)
    parts = [*held, *beside.held]
    shut = bool(beside.shut) or any(part.withheld or part.damaged for part in parts)
    entries = [entry for part in parts for entry in part.entries.values()]
    face = face_of(chart, (each for part in held for each in part.entries.values()))
    known = Chart(face.person.gender if face else "", list(_bodies(entries)), shut)
    desk = Desk(sheet, chart, known, _lines(chart, str(sheet.number), entries), person, policy)
    return Seen(desk, max(part.line for part in held), len(entries), face)


def _bodies(entries: Iterable[OpenedEntry]) -> Iterable[dict[str, Any]]:
    """Give the resources, once for as long as they are needed; what was deleted is none."""
    return (
        parse_resource(entry.raw).body
        for entry in entries
        if entry.raw and is_type(entry.header.kind)
    )


def _lines(
    chart: ChartId, number: str, entries: Iterable[OpenedEntry]
) -> Mapping[int, tuple[KeyedLine, int]]:
    """Read what was keyed of a form so far."""
    found: dict[int, tuple[KeyedLine, int]] = {}
    for entry in entries:
        if entry.header.kind in (Kind.LINE, Kind.LINE_DONE) and entry.header.chart == chart:
            said = read_said(entry.raw, KeyedLine)
            if said.number == number:
                found[said.at] = said, entry.header.version
    return dict(sorted(found.items()))

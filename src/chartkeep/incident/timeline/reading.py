"""One reading of a timeline: measured, watched, written out, and its cause proposed.

reading = read(timeline, facts, export)
reading.cause, reading.notable
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from chartkeep.incident.timeline.cause import Cause, Watch
from chartkeep.incident.timeline.event import HOUSE
from chartkeep.incident.timeline.export import Export, cause_row
from chartkeep.incident.timeline.logs.importing import Imported
from chartkeep.incident.timeline.merged import STEP, Timeline
from chartkeep.incident.timeline.signs import Door, Facts, Sign, Strength

MOST_NOTABLE = 200


class Reading(NamedTuple):
    """What came of it: how many events, the signs that are clear, the proposal."""

    events: int
    notable: list[Sign]
    cause: Cause


def read(
    timeline: Timeline,
    facts: Facts,
    export: Export | None = None,
    told: Callable[[int], None] = lambda _done: None,
) -> Reading:
    """Read a timeline through; BadInputError for no log.

    `told` hears how many events were read to measure the clocks, then how many again.
    """
    told(0)
    timeline.measure(told)
    watch = Watch(facts, timeline.reach, timeline.aliases)
    count, notable = 0, list[Sign]()
    for event in timeline.events():
        signs = watch.look(event)
        count += 1
        if count % STEP == 0:
            told(count)
        if len(notable) < MOST_NOTABLE:
            notable += [sign for sign in signs if sign.strength > Strength.WEAK]
        if export is not None:
            export.add(event, signs)
    return Reading(count, notable, _unless_silent(watch.cause(), timeline))


def _unless_silent(cause: Cause, timeline: Timeline) -> Cause:
    """Call nothing innocent while a source says nothing, or who opened charts was not read."""
    names = [each.name for each in timeline.sources]
    told = [
        f"the log {name}: nothing in it could be read"
        for name in names
        if name not in timeline.reach
    ]
    if HOUSE not in names:
        told.append("the house's own ledger was not read (--home)")
    if cause.door is not Door.NONE or not told:
        return cause
    return Cause(Door.UNKNOWN, missing=(*told, *cause.missing))


def about(timeline: Timeline, reading: Reading, facility: str) -> dict[str, Any]:
    """Say what an export is about: whose, of when, from which sources, and what came of it."""
    return {
        "facility": facility,
        "since": timeline.since,
        "until": timeline.until,
        "sources": [_source(timeline, source.name) for source in timeline.sources],
        "proposal": cause_row(reading.cause),
        "left_out": "reasons people typed, what was searched for, all content of charts",
    }


def _source(timeline: Timeline, name: str) -> dict[str, Any]:
    skew, reach = timeline.skews[name], timeline.reach.get(name)
    told: dict[str, Any] = {"name": name, "clock": skew.sentence(), "ahead_ms": skew.ahead}
    if reach is not None:
        told |= {"first": reach.first, "last": reach.last, "events": reach.events}
    source = next(each for each in timeline.sources if each.name == name)
    if isinstance(source, Imported):
        said = source.said()
        told |= {"file": said.file, "form": said.form, "sha256": said.sha256}
        told |= {"rows": said.rows, "troubles": list(said.troubles)}
    return told

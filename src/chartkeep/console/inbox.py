"""The inbox: what nobody could place by rule; a registrar looks, and says whose it is.

Listing and showing are releases, and lines. Nothing is filed by looking: a form names the chart.
"""

from typing import NamedTuple

from chartkeep.console.asked import Answer, Asked, first, go_to
from chartkeep.console.desk import Desk
from chartkeep.console.faces import Age, Row
from chartkeep.console.pages import page
from chartkeep.console.visitor import Visitor
from chartkeep.console.ward import MOST_ENTERED, MOST_TYPED, find_rows
from chartkeep.custody.clearing import (
    LONGEST_REASON,
    SHORTEST_REASON,
    Kept,
    Waiting,
    dismiss,
    file_away,
    find_waiting,
    inbox_look,
    list_inbox,
    read_ident,
    take_out,
)
from chartkeep.custody.placing import make_person
from chartkeep.errors import BadInputError, NotAllowedError, NotFoundError
from chartkeep.model import ChartId, Purpose, Section, to_id, to_text

MOST_SHOWN = 200
MOST_PREVIEW = 20_000
"""Bytes of a text that are shown of it."""
HOUR, DAY = 3_600_000, 86_400_000
_TEXTS = ("text/", "application/json", "application/fhir", "application/xml", "x-application/hl7")
SAID = {"filed": "Filed, and written down", "dismissed": "Dismissed, and written down"}


class Shown(NamedTuple):
    """One thing as the pages show it."""

    ident: str
    waiting: Waiting
    age: Age
    lately: bool


def show_inbox(desk: Desk, visitor: Visitor, asked: Asked) -> Answer:
    """Draw what waits, the newest first; or with `all` what was settled, too."""
    _check(visitor)
    found = list_inbox(inbox_look(visitor.token), desk.house)
    waiting = [each for each in found if each.state is None]
    everything = "all" in asked.query
    shown = found if everything else waiting
    desk.note(visitor, Purpose.OPERATIONS, desk.house.chart, "search", count=len(shown))
    now = desk.house.clock()
    return page(
        "inbox.html", visitor.words, visitor, rows=[_shown(e, now) for e in shown[:MOST_SHOWN]],
        waiting=len(waiting), settled=len(found) - len(waiting), everything=everything,
        more=max(0, len(shown) - MOST_SHOWN), said=SAID.get(first(asked.query, "said"), ""),
    )  # fmt: skip


def show_aside(desk: Desk, visitor: Visitor, _: Asked, ident: str) -> Answer:
    """Draw one thing: what it says, and the forms that settle it."""
    _check(visitor)
    waiting = find_waiting(read_ident(ident), inbox_look(visitor.token), desk.house)
    text = _preview(take_out(waiting.ident, inbox_look(visitor.token), desk.house))
    desk.note(visitor, Purpose.OPERATIONS, desk.house.chart, "read", count=1)
    claim = waiting.row.claim
    typed = " ".join(filter(None, (*claim.names[:1], claim.birth_date)))
    return page(
        "aside.html", visitor.words, visitor, each=_shown(waiting, desk.house.clock()),
        row=waiting.row, state=waiting.state, text=text, typed=typed,
        cut=waiting.row.size > MOST_PREVIEW, rows=None, sentence="",
        error=None, shortest=SHORTEST_REASON, longest=LONGEST_REASON,
        new=any(number.keyword for number in claim.numbers),
    )  # fmt: skip


def act(desk: Desk, visitor: Visitor, asked: Asked, ident: str, name: str) -> Answer:
    """Find a patient for it, file it, make a chart for it, or dismiss it."""
    _check(visitor)
    form = asked.form()
    match name:
        case "find":
            return _find(desk, visitor, asked, ident)
        case "file":
            chart = _chart(first(form, "chart"))
            _file(desk, visitor, ident, chart)
        case "new":
            if first(form, "sure") != "yes":
                raise BadInputError("a new chart must be meant", hint="tick the box")
            waiting = find_waiting(read_ident(ident), inbox_look(visitor.token), desk.house)
            _file(desk, visitor, ident, make_person(waiting.row.claim, desk.house))
        case "dismiss":
            waiting = find_waiting(read_ident(ident), inbox_look(visitor.token), desk.house)
            dismiss(waiting, first(form, "reason"), visitor.known.person, desk.house)
            return go_to("/inbox?said=dismissed", asked)
        case _:
            raise NotFoundError("there is no such act")
    return go_to("/inbox?said=filed", asked)


def _find(desk: Desk, visitor: Visitor, asked: Asked, ident: str) -> Answer:
    """Draw the patients somebody typed for, each with a button that files it there."""
    typed = first(asked.form(), "typed")[:100]
    most = MOST_TYPED if asked.by_htmx else MOST_ENTERED
    rows: list[Row] = find_rows(desk, visitor, typed, most)
    return page(
        "choose.html" if asked.by_htmx else "choose_page.html", visitor.words, visitor,
        ident=to_text(read_ident(ident)), rows=rows, typed=typed,
    )  # fmt: skip


def _file(desk: Desk, visitor: Visitor, ident: str, chart: ChartId) -> None:
    kept = take_out(read_ident(ident), inbox_look(visitor.token), desk.house)
    desk.note(visitor, Purpose.OPERATIONS, chart, "create", count=1)
    file_away(kept, chart, visitor.known.person, desk.house, desk.refiles)


def _check(visitor: Visitor) -> None:
    if Section.INBOX not in visitor.sections:
        raise NotAllowedError("only a registrar opens the inbox", hint="see docs/roles.md")


def _chart(text: str) -> ChartId:
    try:
        return ChartId(to_id(text))
    except ValueError as error:
        raise BadInputError("name the chart", hint="search for the patient, and choose") from error


def _shown(waiting: Waiting, now: int) -> Shown:
    for_ms = max(0, now - waiting.time)
    age = Age(for_ms // DAY, "days") if for_ms >= 2 * DAY else Age(for_ms // HOUR, "hours")
    return Shown(to_text(waiting.ident), waiting, age, for_ms < DAY)


def _preview(kept: Kept) -> str:
    """Give the beginning of a text as people read it, nothing of what is none."""
    if not kept.row.media_type.startswith(_TEXTS):
        return ""
    raw = kept.open().read(MOST_PREVIEW)
    return raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")

"""One paper form: whose it is, by two identifiers; its lines, one after the other; its end.

The second keying of a line shows nothing of the first. What waits shows why, to whom may open the
chart: the page is a look at it, and a line in the ledger.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from chartkeep.clinical.keywords import Query
from chartkeep.console.asked import Answer, Asked, Fields, first, go_to
from chartkeep.console.chart import NEEDS_RELATION
from chartkeep.console.chart import SHORTEST_REASON as SHORTEST_GLASS
from chartkeep.console.desk import Desk
from chartkeep.console.faces import row_of
from chartkeep.console.outcome import tell
from chartkeep.console.pages import page
from chartkeep.console.paper import KINDS, check_paper
from chartkeep.console.visitor import Visitor
from chartkeep.continuity.forms import FormNumber, read_number
from chartkeep.continuity.numbers import LONGEST_REASON, SHORTEST_REASON, Hold
from chartkeep.continuity.paper import keying
from chartkeep.continuity.paper.keying import KeyedLine, Policy, kinds_of, waiting
from chartkeep.continuity.paper.lines import FIELDS, KEYED_TWICE, MOST_LINES, LineKind, differences
from chartkeep.continuity.paper.opening import open_desk
from chartkeep.continuity.paper.sheets import Sheet, begin, find_sheet, finish, give_up
from chartkeep.continuity.registry import Ending, end_number
from chartkeep.custody.release import Face, Look, find_patients
from chartkeep.errors import BadInputError, NotAllowedError, NotFoundError
from chartkeep.model import ChartId, Purpose, Section, to_text

FACE = frozenset({Section.FACE})
MOST_FACES = 5
TITLES = {
    LineKind.VITALS: "Vital signs", LineKind.GIVEN: "Medication given", LineKind.ORDER: "Order",
    LineKind.NOTE: "Note", LineKind.ALLERGY: "Allergy",
}  # fmt: skip
LABELS = {
    "temperature": "Temperature", "pulse": "Pulse", "respiration": "Respiration",
    "systolic": "Systolic", "diastolic": "Diastolic", "saturation": "Oxygen saturation",
    "weight": "Weight", "pain": "Pain", "consciousness": "Consciousness", "checked": "Checked by",
    "medicine": "Medicine", "dose": "Dose", "route": "Route",
    "done": "Given or not", "remark": "Remark", "what": "Kind of order", "order": "Order",
    "timing": "Timing", "text": "Text", "substance": "Substance", "reaction": "Reaction",
    "criticality": "Criticality", "time": "Time",
}  # fmt: skip
UNITS = {"Cel": "°C", "mm[Hg]": "mmHg", "{score}": "0-10"}
STATES = {
    "once": "waits for its second keying", "differs": "the two keyings differ",
    "held": "waits for a person", "filed": "filed", "dropped": "not filed",
}  # fmt: skip


class Shown(NamedTuple):
    """A line as the page shows it; `differ` names the fields two keyings do not agree in."""

    keyed: KeyedLine
    differ: list[str]


class Wanted(NamedTuple):
    """Which line is to be keyed: its kind and place where they are named, and what was typed.

    `glass`: why, where the patient is not treated here any more; then every look is break-glass.
    """

    kind: str
    at: str
    typed: Mapping[str, str]
    glass: str


class Field(NamedTuple):
    """A field of the form as the page draws it."""

    name: str
    label: str
    unit: str
    choices: tuple[str, ...]
    needed: bool
    long: bool
    number: bool


def show_form(desk: Desk, visitor: Visitor, asked: Asked, text: str) -> Answer:
    """Draw a form: the question whose it is, or its lines, or its end."""
    hold = check_paper(desk, visitor)
    sheet = find_sheet(read_number(text), hold)
    if sheet.state == "begun":
        return _show(desk, visitor, sheet, _asked_of(asked.query)._replace(glass=""))
    desk.note(visitor, Purpose.OPERATIONS, desk.house.chart, "read", count=1)
    return page(
        "form.html", visitor.words, visitor, sheet=sheet, kind=KINDS[sheet.number.kind],
        shortest=SHORTEST_REASON, longest=LONGEST_REASON,
    )  # fmt: skip


def act(desk: Desk, visitor: Visitor, asked: Asked, text: str, name: str) -> Answer:
    """Begin, key, choose, file, drop, finish, give up or end."""
    hold, form = check_paper(desk, visitor), asked.form()
    number = read_number(text)
    person, here = visitor.known.person, f"/paper/{number}"
    if name == "end":
        _end(number, form, person, hold)
        return go_to("/paper?said=ended", asked)
    sheet = find_sheet(number, hold)
    if name == "begin":
        chart = _confirm(desk, visitor, form)
        begin(sheet, chart, first(form, "downtime"), first(form, "sex"), person, desk.house)
        return go_to(here, asked)
    wanted = _asked_of(form)
    if name == "look":
        return _show(desk, visitor, sheet, wanted)
    try:
        after = _settle(desk, visitor, sheet, form, name)
    except BadInputError as error:
        if name != "line":
            raise
        return _draw(desk, visitor, sheet, wanted, error)  # what was typed is kept
    if wanted.glass and not after:  # an address has no room for a reason
        return _draw(desk, visitor, sheet, Wanted("", "", {}, wanted.glass))
    return go_to(after or here, asked)


def _show(desk: Desk, visitor: Visitor, sheet: Sheet, wanted: Wanted) -> Answer:
    """Draw an open form, or ask why somebody keys for whom they do not treat."""
    try:
        return _draw(desk, visitor, sheet, wanted)
    except NEEDS_RELATION as error:
        if not visitor.rights.care:
            raise
        here = f"/paper/{sheet.number}"
        return page(
            "glass.html", visitor.words, visitor, status=403, action=f"{here}/look", where=here,
            name="glass", sentence=tell(error)[1] if wanted.glass else "", error=error,
            shortest=SHORTEST_GLASS, longest=LONGEST_REASON, reason=wanted.glass,
        )  # fmt: skip


def _settle(desk: Desk, visitor: Visitor, sheet: Sheet, form: Fields, name: str) -> str:
    """Do something with an open form's lines; gives where to go, empty for back to it."""
    look = _look(visitor, first(form, "glass"))
    seen = open_desk(sheet, look, visitor.known.person, desk.charts, _policy(desk))
    at, house, reason = _place(form), desk.house, first(form, "reason")
    filed = sum(line.state == "filed" for line, _ in seen.desk.lines.values())
    waits = len(waiting(seen.desk.lines))
    desk.note(visitor, look.purpose, seen.desk.chart, "create", count=1, line=seen.line)
    match name:
        case "line":
            typed = {field: first(form, field) for field in form}
            keying.key_line(seen.desk, at, first(form, "kind"), typed, house)
            return ""
        case "choose":
            keying.choose(seen.desk, at, int(first(form, "chosen") == "1"), house)
            return ""
        case "file":
            keying.file_held(seen.desk, at, reason, house)
            return ""
        case "drop":
            keying.drop_line(seen.desk, at, reason, house)
            return ""
        case "finish":
            finish(sheet, filed, waits, visitor.known.person, check_paper(desk, visitor))
            return "/paper?said=entered"
        case "giveup":
            give_up(sheet, filed, waits, reason, visitor.known.person, check_paper(desk, visitor))
            return "/paper?said=ended"
        case _:
            raise NotFoundError("there is no such act")


def _draw(
    desk: Desk, visitor: Visitor, sheet: Sheet, wanted: Wanted, error: BadInputError | None = None
) -> Answer:
    """Draw an open form: a look at its chart. Shows of a line keyed once that it was, no more."""
    look = _look(visitor, wanted.glass)
    seen = open_desk(sheet, look, visitor.known.person, desk.charts, _policy(desk))
    chart = seen.desk.chart
    desk.note(visitor, look.purpose, chart, "summary", count=seen.shown, line=seen.line)
    lines = [_shown(line) for line, _ in seen.desk.lines.values()]
    kinds = kinds_of(seen.desk)
    there = next((each.keyed for each in lines if str(each.keyed.at) == wanted.at), None)
    again = there is not None and there.state == "once"
    kind = there.line.kind if there and again else _kind(wanted.kind, kinds)
    last = max((line.keyed.at for line in lines), default=0)
    now = desk.house.clock()
    return page(
        "keying.html", visitor.words, visitor, status=400 if error else 200, sheet=sheet,
        lines=lines, titles=TITLES, kind=kind, kinds=kinds, form_kind=KINDS[sheet.number.kind],
        states=STATES, labels=LABELS, row=row_of(seen.face, now) if seen.face else None,
        chart=to_text(chart), fields=_fields(kind), again=again, twice=kind in KEYED_TWICE,
        at=wanted.at if again or error else min(last + 1, MOST_LINES), most=MOST_LINES,
        day=_day(sheet, lines, now), typed=wanted.typed, error=error, glass=wanted.glass,
        waits=len(waiting(seen.desk.lines)), shortest=SHORTEST_REASON, longest=LONGEST_REASON,
    )  # fmt: skip


def _asked_of(fields: Fields) -> Wanted:
    return Wanted(
        first(fields, "kind"),
        first(fields, "at")[:2],
        {name: first(fields, name) for name in fields},
        first(fields, "glass")[:LONGEST_REASON],
    )


def _kind(name: str, kinds: Sequence[LineKind]) -> LineKind:
    return next((each for each in kinds if each.value == name), kinds[0])


def _confirm(desk: Desk, visitor: Visitor, form: Fields) -> ChartId:
    """Find whose a form is by two identifiers, both as they stand on it.

    Raises BadInputError when nobody has both: it does not say which of them is wrong.
    """
    number, born = first(form, "identifier").strip()[:100], first(form, "born").strip()[:10]
    if not number or not born:
        raise BadInputError("two identifiers confirm a patient", hint="type both of the form")
    query = Query(identifier=number, birthdate=born)
    faces = find_patients(query, visitor.look(FACE), desk.house, MOST_FACES)
    desk.note(
        visitor, Purpose.TREATMENT, ChartId(b""), "search", query="identifier,birthdate",
        count=len(faces),
    )  # fmt: skip
    exact = [face.chart for face in faces if _is_exact(face, number, born)]
    if len(exact) != 1:
        raise BadInputError(
            "nobody here has this number and this birth date",
            hint="read both again from the form; else somebody must find out whose it is",
        )
    return exact[0]


def _is_exact(face: Face, number: str, born: str) -> bool:
    values = {each.value for each in face.person.identifiers}
    return face.person.birth_date == born and number in values


def _end(number: FormNumber, form: Fields, person: str, hold: Hold) -> None:
    ended = first(form, "ended")
    if ended not in ("void", "missing"):
        raise BadInputError("say whether it is void or missing")
    state: Ending = "void" if ended == "void" else "missing"
    end_number(number, state, first(form, "reason"), person, hold)


def _look(visitor: Visitor, glass: str) -> Look:
    if not visitor.rights.care:
        raise NotAllowedError(
            "forms are keyed by those who treat the patient", hint="see docs/roles.md"
        )
    return visitor.look(FACE, glass.strip())


def _policy(desk: Desk) -> Policy:
    """Say what the house asks of a second keying; the ward's clocks stood as this machine's."""
    return Policy(None, desk.second_person)


def _day(sheet: Sheet, lines: list[Shown], now: int) -> str:
    """Say which day a line is of, most likely: the last line's, else the downtime's first."""
    ready = [line.keyed.line.when for line in lines if line.keyed.state != "once"]
    at = max(ready, default=sheet.downtime.begins if sheet.downtime else now)
    return datetime.fromtimestamp(at / 1000, UTC).astimezone().date().isoformat()


def _place(form: Fields) -> int:
    text = first(form, "at")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= len("60") else 0


def _shown(line: KeyedLine) -> Shown:
    both = [each.line for each in line.keyings]
    return Shown(line, differences(*both) if len(both) > 1 else [])


def _fields(kind: LineKind) -> list[Field]:
    return [
        Field(
            each.name, LABELS[each.name], UNITS.get(each.unit, each.unit), each.choices,
            each.needed, each.long, each.number,
        )
        for each in FIELDS[kind]
    ]  # fmt: skip

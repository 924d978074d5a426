"""My ward: who lies there, and finding somebody who does not. Faces, and nothing behind them."""

import re

from chartkeep.clinical.keywords import Query
from chartkeep.clinical.names import is_dense, name_tokens
from chartkeep.console.asked import Answer, Asked, first
from chartkeep.console.desk import Desk
from chartkeep.console.faces import Row, row_of
from chartkeep.console.outcome import tell
from chartkeep.console.pages import page
from chartkeep.console.visitor import Visitor
from chartkeep.custody.release import Face, find_patients
from chartkeep.custody.ward import Bed, ward_beds
from chartkeep.errors import ChartkeepError, NotAllowedError
from chartkeep.model import ChartId, Purpose, Section

FACE = frozenset({Section.FACE})
MOST_TYPED, MOST_ENTERED = 20, 100
"""How many may match, while typing and after Enter: so many faces are opened, and counted."""
_DATE = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})(?:[-/.]([0-9]{1,2}))?")
_DIGIT = re.compile("[0-9]")
_SHORTEST_NUMBER = 4


def show_ward(desk: Desk, visitor: Visitor, asked: Asked) -> Answer:
    """Draw the ward's beds in order, and the field to search in."""
    wards = visitor.known.wards
    named = first(asked.query, "ward") or next(iter(wards), "")
    beds = ward_beds(named, visitor.look(FACE), desk.house) if named else []
    now = desk.house.clock()
    rows = [(each, _row(each, now)) for each in beds]
    return page(
        "ward.html", visitor.words, visitor, ward=named, wards=wards, beds=rows, typed="",
        rows=None, sentence="", error=None,
    )  # fmt: skip


def search(desk: Desk, visitor: Visitor, asked: Asked) -> Answer:
    """Find patients by the beginning of a name, a birth date or a number."""
    form = asked.form()
    typed = first(form, "typed")[:100]
    rows: list[Row] | None = None
    sentence, error, status = "", None, 200
    if is_enough(typed):
        try:
            rows = find_rows(desk, visitor, typed, MOST_TYPED if asked.by_htmx else MOST_ENTERED)
        except ChartkeepError as refusal:
            error, (status, sentence) = refusal, tell(refusal)
            if str(refusal).startswith("over "):
                sentence = "Too many match: type more, or add a birth date"
    values = {"typed": typed, "rows": rows, "sentence": sentence, "error": error}
    if asked.by_htmx:
        return page("found.html", visitor.words, visitor, status=status, **values)
    return page(
        "ward.html", visitor.words, visitor, status=status, ward="", wards=visitor.known.wards,
        beds=[], **values,
    )  # fmt: skip


def is_enough(typed: str) -> bool:
    """Say whether it is worth a search: two letters, one Han, kana or hangul, or four digits."""
    query = query_of(typed)
    return (
        any(len(token) > 1 or is_dense(token) for token in name_tokens(query.name))
        or len(query.identifier) >= _SHORTEST_NUMBER
        or len(query.birthdate) > len("1956-08")
    )


def query_of(typed: str) -> Query:
    """Read what was typed: a birth date, a number, and else parts of a name."""
    names, born, number = [], "", ""
    for word in typed.split():
        if date := _DATE.fullmatch(word):
            born = "-".join(part.zfill(2) for part in date.groups() if part)
        elif _DIGIT.search(word):
            number = word
        else:
            names.append(word)
    return Query(name=" ".join(names), birthdate=born, identifier=number)


def find_rows(desk: Desk, visitor: Visitor, typed: str, most: int) -> list[Row]:
    """Find patients by what was typed: a search, and a release of each face."""
    if not visitor.look(FACE).sections <= visitor.sections:
        raise NotAllowedError("this role does not search for patients", hint="see docs/roles.md")
    faces = find_patients(query_of(typed), visitor.look(FACE), desk.house, most)
    desk.note(
        visitor, Purpose.TREATMENT, ChartId(b""), "search", query="name,birthdate,identifier",
        count=len(faces),
    )  # fmt: skip
    now = desk.house.clock()
    rows = [row_of(face, now) for face in faces]
    return sorted(rows, key=lambda row: (row.name, row.born, row.chart))


def _row(bed: Bed, now: int) -> Row | None:
    return row_of(bed.face, now) if isinstance(bed.face, Face) else None

"""A face as a row of a list shows it. Pure."""

from datetime import UTC, date, datetime
from typing import NamedTuple

from chartkeep.clinical.face import Identifier, Name
from chartkeep.clinical.names import is_dense
from chartkeep.custody.release import Face
from chartkeep.model import to_text

MOST_NUMBERS = 3


class Age(NamedTuple):
    """Whole years from the second on, months before, days in the first."""

    number: int
    unit: str


class Row(NamedTuple):
    """One person: `name` in their own script, `others` as it is written or said elsewhere."""

    chart: str
    name: str
    others: list[str]
    sex: str
    born: str
    age: Age | None
    ward: str
    bed: str
    numbers: list[Identifier]
    deceased: bool


def row_of(face: Face, now: int) -> Row:
    """Make the row of a face; `now` (ms) says how old they are."""
    person, place = face.person, face.place
    names = list(dict.fromkeys(filter(None, map(full_name, person.names))))
    return Row(
        to_text(face.chart), names[0] if names else "", names[1:], person.gender,
        person.birth_date, None if person.deceased else age(person.birth_date, now),
        place.ward if place else "", place.bed if place else "",
        list(person.identifiers[:MOST_NUMBERS]), person.deceased,
    )  # fmt: skip


def full_name(name: Name) -> str:
    """Write a name: as given in one piece, else family first where that is the custom."""
    if name.text:
        return name.text
    parts = [name.family, *name.given] if is_dense(name.family) else [*name.given, name.family]
    return " ".join(filter(None, parts))


def age(born: str, now: int) -> Age | None:
    """Count a life; None when the day is not known, or is still to come."""
    try:
        birth = date.fromisoformat(born)
    except ValueError:
        return None
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone().date()
    months = (today.year - birth.year) * 12 + today.month - birth.month - (today.day < birth.day)
    if months >= 24:
        return Age(months // 12, "years")
    if months >= 1:
        return Age(months, "months")
    return Age((today - birth).days, "days") if today >= birth else None

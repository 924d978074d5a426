"""A line of a form as it is keyed: its fields, read once and trusted after that. Pure.

Two keyings of a line are one when their fields are; what is kept is what stands on the paper, in
the hand's own words and digits. Does not know the chart: `contradictions` does.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import NamedTuple

import msgspec

from chartkeep.continuity.forms import FormKind
from chartkeep.errors import BadInputError
from chartkeep.model import Millis

MOST_LINES = 60
"""Of one form: more than any page has."""
MOST_TEXT, MOST_NOTE = 200, 8_000


class LineKind(StrEnum):
    """What a line is about."""

    VITALS = "vitals"
    GIVEN = "given"
    ORDER = "order"
    NOTE = "note"
    ALLERGY = "allergy"


LINE_KINDS = {
    FormKind.VITALS: (LineKind.VITALS,),
    FormKind.MEDICATION: (LineKind.GIVEN,),
    FormKind.ORDERS: (LineKind.ORDER,),
    FormKind.NOTES: (LineKind.NOTE, LineKind.ALLERGY),
}
"""What stands on each kind of form."""
KEYED_TWICE = frozenset({LineKind.GIVEN, LineKind.ORDER, LineKind.ALLERGY})
"""Medication, given or ordered, and allergies: a slip of the hand here kills."""


class Field(NamedTuple):
    """One field of a line: a number with its unit, one of some choices, or text."""

    name: str
    unit: str = ""
    choices: tuple[str, ...] = ()
    needed: bool = False
    long: bool = False

    @property
    def number(self) -> bool:
        """Say whether it holds a number."""
        return bool(self.unit)


FIELDS = {
    LineKind.VITALS: (
        Field("temperature", "Cel"), Field("pulse", "/min"), Field("respiration", "/min"),
        Field("systolic", "mm[Hg]"), Field("diastolic", "mm[Hg]"), Field("saturation", "%"),
        Field("weight", "kg"), Field("pain", "{score}"), Field("consciousness"),
    ),
    LineKind.GIVEN: (
        Field("medicine", needed=True), Field("dose", needed=True), Field("route"),
        Field("done", choices=("given", "not given"), needed=True), Field("checked"),
        Field("remark"),
    ),
    LineKind.ORDER: (
        Field("what", choices=("medicine", "other"), needed=True),
        Field("order", needed=True), Field("dose"), Field("route"), Field("timing"),
        Field("remark"),
    ),
    LineKind.NOTE: (Field("text", needed=True, long=True),),
    LineKind.ALLERGY: (
        Field("substance", needed=True), Field("reaction"),
        Field("criticality", choices=("", "low", "high")),
    ),
}  # fmt: skip
"""What each kind of line has beside its time and who wrote it."""


class Line(msgspec.Struct, frozen=True):
    """A line as it was read: `when` it happened, `author` who wrote it, empty when not legible."""

    kind: LineKind
    when: Millis
    author: str
    fields: dict[str, str]

    def __repr__(self) -> str:
        """Show nothing of a patient."""
        return f"<line {self.kind.value}>"

    def number(self, name: str) -> float | None:
        """Give a number; None when it was not written."""
        text = self.fields.get(name, "")
        return float(text) if text else None

    def alike(self) -> tuple[Millis, dict[str, str]]:
        """Give what two keyings must agree in: letters' case and spaces aside."""
        return self.when, {name: value.casefold() for name, value in self.fields.items()}


_ZEROS = re.compile(r"^0+(?=\d)", re.ASCII)
_NUMBER = re.compile(r"\d{1,4}(?:\.\d{1,3})?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2})[:.h]?(\d{2})", re.ASCII)


def read_line(kind: LineKind, typed: Mapping[str, str], zone: tzinfo | None) -> Line:
    """Read a line's fields. `zone` is where the ward's clocks stood, None for this machine's.

    Raises BadInputError, naming the field, never what stood in it.
    """
    fields = {each.name: _read(each, typed.get(each.name, "")) for each in FIELDS[kind]}
    said = {name: value for name, value in fields.items() if value}
    if not said:
        raise BadInputError("the line says nothing", hint="leave out lines that are empty")
    when = _moment(typed.get("date", ""), typed.get("time", ""), zone)
    return Line(kind, when, _words("author", typed.get("author", ""), MOST_TEXT), said)


def differences(one: Line, other: Line) -> list[str]:
    """Name the fields two keyings do not agree in; `time` when it is not the same minute."""
    (first, these), (second, those) = one.alike(), other.alike()
    named = ["time"] if first != second else []
    names = [each.name for each in FIELDS[one.kind]]
    return named + [name for name in names if these.get(name) != those.get(name)]


def _read(field: Field, text: str) -> str:
    value = _words(field.name, text, MOST_NOTE if field.long else MOST_TEXT, long=field.long)
    if field.needed and not value:
        raise BadInputError(f"{field.name} is missing", hint="type what stands on the paper")
    if field.choices and value not in field.choices:
        raise BadInputError(f"{field.name} is none of its choices")
    if field.number and value:
        value = _ZEROS.sub("", value.replace(",", "."))
        if not _NUMBER.fullmatch(value):
            raise BadInputError(f"{field.name} is no number", hint="digits, and one point")
    return value


def _words(name: str, text: str, most: int, *, long: bool = False) -> str:
    """Take out what cannot be written on paper: signs that control, and doubled spaces."""
    plain = unicodedata.normalize("NFKC", text[: 4 * most]).replace("\r\n", "\n")
    plain = "".join(sign for sign in plain if sign in "\n\t" or sign.isprintable()).strip()
    plain = plain if long else " ".join(plain.split())
    if len(plain) > most or len(text) > 4 * most:
        raise BadInputError(f"{name} is too long: at most {most} letters")
    return plain


def _moment(day: str, clock: str, zone: tzinfo | None) -> Millis:
    found = _CLOCK.fullmatch(unicodedata.normalize("NFKC", clock.strip())[:8])
    hour, minute = map(int, found.groups()) if found else (-1, 0)
    try:
        date = datetime.fromisoformat(unicodedata.normalize("NFKC", day.strip())[:10])
        at = date.replace(hour=hour, minute=minute, tzinfo=zone)
        return Millis(int(at.timestamp()) * 1000)
    except (ValueError, OverflowError) as error:
        raise BadInputError("the line's time is none", hint="a date, and hours:minutes") from error

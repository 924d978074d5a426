"""What a ward needs of one patient when every process is dead: one sheet, for screen and paper.

Plain values, as `making` took them from one opened chart and as the pack's JSON holds them, field
for field. Every item carries when it was so (`time`) and where it stands (`source`); a part without
items says "no data", which is not "none": that is said only where the chart records it. Texts stay
in the language and script they were recorded in, and numbers in the digits. Decides nothing.
"""

from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class Says(StrEnum):
    """What a part says: it has items, the chart records that there are none, or nothing is known.

    A section that a consent or a label keeps shut says "no data" too: a sheet on paper must not
    tell that there is something to hide.
    """

    DATA = "data"
    NONE = "none"
    NO_DATA = "no data"


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all of them; no repr shows what it carries."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


class Item(Shown, frozen=True, kw_only=True):
    """One thing a sheet says.

    `what`: in the chart's own words. `time`: when it was so, ISO 8601 as the resource wrote it,
    empty where it does not say. `source`: the resource, as `Condition/id`. `by`: who recorded it.
    `state`: its status there. `note`: whatever else belongs to it, in words.
    """

    what: str
    time: str = ""
    source: str
    by: str = ""
    state: str = ""
    note: str = ""


class Medication(Item, frozen=True, kw_only=True):
    """A medicine somebody takes: `timing` in words, `as_needed` for one without times."""

    dose: str = ""
    route: str = ""
    timing: str = ""
    as_needed: bool = False


class Order(Medication, frozen=True, kw_only=True):
    """An active order: `due` are its next times (ISO 8601, soonest first, at most a day ahead).

    Without `due` nobody can tell the times from the order: `timing` says what was written. `kind`:
    the resource type. `last`: when it was last carried out, as far as the chart knows.
    """

    kind: str
    priority: str = ""
    due: list[str] = []
    last: str = ""


class Allergy(Item, frozen=True, kw_only=True):
    """An allergy or intolerance: `criticality` low, high or empty; `reactions` in words."""

    criticality: str = ""
    reactions: str = ""


class Measured(Item, frozen=True, kw_only=True):
    """A number with its unit, spelled as it was recorded (`what` names it): weight, height."""

    value: str
    unit: str = ""


class Point(Shown, frozen=True, kw_only=True):
    """One result: `text` as recorded (digits kept, words where it is no number), `value` to plot.

    `flag`: HL7's interpretation code (H, L, HH, LL, A, …) as recorded, or from the range where the
    result carries a range and no code; empty for neither or normal. `low` and `high` are its range.
    """

    time: str
    text: str
    value: float | None = None
    flag: str = ""
    low: float | None = None
    high: float | None = None
    state: str = ""
    source: str


class Series(Shown, frozen=True, kw_only=True):
    """The last 72 hours of one measurement in one unit, oldest first; `range` in words.

    `kind`: vital-signs, laboratory or other. Blood pressure is two series.
    """

    what: str
    code: str = ""
    unit: str = ""
    kind: str = ""
    range: str = ""
    points: list[Point]
    older: int = 0


class Appointment(Item, frozen=True, kw_only=True):
    """An appointment of today: what for, `start` and `end` in ISO 8601, where, with whom (`by`)."""

    start: str = ""
    end: str = ""
    where: str = ""


class Contact(Item, frozen=True, kw_only=True):
    """Somebody to call: `what` is the name."""

    relation: str = ""
    phones: list[str] = []


class Part(Shown, Generic[T], frozen=True, kw_only=True):
    """One part of a sheet; `older`: how many more the chart has that are not shown here."""

    says: Says = Says.NO_DATA
    items: list[T] = []
    older: int = 0


class Number(Shown, frozen=True, kw_only=True):
    """A number the person is known by: `label` as the house or the resource calls it, or a code."""

    label: str
    value: str
    system: str = ""


class Who(Shown, frozen=True, kw_only=True):
    """The person: name in the script it was written in, reading (kana) and Latin script if known.

    `numbers`: the hospital's first. `sex`: male, female, other, unknown or empty.
    """

    name: str = ""
    reading: str = ""
    latin: str = ""
    birth_date: str = ""
    sex: str = ""
    numbers: list[Number] = []
    deceased: bool = False


class PatientSheet(Shown, frozen=True, kw_only=True):
    """One patient. `chart` and `patient` (`Patient/id`) are what back-entry needs.

    `time`: when the newest entry of the chart that was opened came in (Millis). `since`: since when
    they lie in this bed. `damaged`: entries that did not open: what they say is missing here.
    `merged`: charts that were merged into this one and are not in the pack. `mark`: a number that
    leads back to this pack (`custody.sheet_marks`).
    """

    chart: str
    patient: str
    who: Who
    bed: str
    since: str = ""
    time: int
    damaged: int = 0
    merged: int = 0
    mark: str = ""
    # what must be seen first
    code_status: Part[Item] = Part()
    isolation: Part[Item] = Part()
    alerts: Part[Item] = Part()
    weight: Part[Measured] = Part()
    blood_group: Part[Item] = Part()
    """The latest first; more than one where they do not agree."""
    diet: Part[Item] = Part()
    legal: Part[Item] = Part()
    """Legal status in psychiatry."""
    restraint: Part[Item] = Part()
    """Restraint and seclusion, running or of the last 72 hours."""
    # International Patient Summary
    medications: Part[Medication] = Part()
    allergies: Part[Allergy] = Part()
    problems: Part[Item] = Part()
    immunizations: Part[Item] = Part()
    procedures: Part[Item] = Part()
    devices: Part[Item] = Part()
    past_problems: Part[Item] = Part()
    pregnancy: Part[Item] = Part()
    social: Part[Item] = Part()
    directives: Part[Item] = Part()
    plan: Part[Item] = Part()
    # the ward's day
    orders: Part[Order] = Part()
    infusions: Part[Order] = Part()
    pending: Part[Item] = Part()
    """Specimens taken and orders placed whose result is not there."""
    results: Part[Series] = Part()
    """The last 72 hours."""
    reports: Part[Item] = Part()
    appointments: Part[Appointment] = Part()
    contacts: Part[Contact] = Part()

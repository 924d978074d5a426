"""A draft to somebody under a duty: every mandatory field, said or unknown, and what changed.

It is never sent by a program. A later version says what it says differently from the one before,
and a final report what it says differently from the preliminary one. Pure.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple

import msgspec

from chartkeep.errors import UnknownFormatError
from chartkeep.incident.duties.applying import Standing
from chartkeep.incident.notify.drafts.facts import Facts, Said
from chartkeep.incident.notify.drafts.fields import fill
from chartkeep.model import Millis

FORMAT = "chartkeep-draft-1"
PRESS = (
    "what happened", "when", "which data", "number of persons", "what is being done",
    "steps for persons", "whom to call",
)  # fmt: skip
"""What a word to the press says; no law names these."""


class Field(msgspec.Struct, frozen=True):
    """A field and what fills it; nothing: unknown."""

    name: str
    said: tuple[Said, ...]


class Draft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One version of a draft. `duty`: the rule's name and the duty's key, "press" without a law.

    `due` None: promptly, or its clock has not begun. `after`: the duty it completes. `open`: facts
    that would settle whether it is due at all. `stale`: the rule is past its date.
    """

    format: str
    case: str
    title: str
    duty: str
    to: tuple[str, ...]
    law: str
    source: str
    sure: str
    zone: str
    made: Millis
    due: Millis | None
    version: int
    fields: tuple[Field, ...]
    within: str = ""
    after: str = ""
    note: str = ""
    quote: str = ""
    open: tuple[str, ...] = ()
    stale: bool = False

    @property
    def unknown(self) -> list[str]:
        """Name the fields nothing says."""
        return [field.name for field in self.fields if not field.said]

    def encode(self) -> bytes:
        """Write it, JSON."""
        return msgspec.json.format(msgspec.json.encode(self))


class Change(StrEnum):
    """What became of a field since another version."""

    NOW_KNOWN = "now known"
    CHANGED = "changed"
    NO_MORE_KNOWN = "no more known"


class Difference(NamedTuple):
    """A field that is not what it was."""

    field: str
    change: Change
    before: tuple[str, ...]
    after: tuple[str, ...]


class Frame(NamedTuple):
    """Which case, when, and which version of the draft this becomes."""

    case: str
    title: str
    made: Millis
    version: int


def read_draft(raw: bytes) -> Draft:
    """Read a draft. Raises UnknownFormatError."""
    try:
        draft = msgspec.json.decode(raw, type=Draft)
    except msgspec.MsgspecError as error:
        raise UnknownFormatError("this is no draft of a version known here") from error
    if draft.format != FORMAT:
        raise UnknownFormatError("this is no draft of a version known here")
    return draft


def draft_duty(standing: Standing, facts: Facts, frame: Frame) -> Draft:
    """Draft what a duty wants."""
    rule, duty = standing.rule, standing.duty
    after = "" if duty.after == "awareness" else rule.name_of(duty.after)
    if duty.key == "final" and not after:
        after = rule.name_of("preliminary")
    return Draft(
        FORMAT, frame.case, frame.title, rule.name_of(duty.key), tuple(duty.to),
        f"{rule.jurisdiction}: {rule.law}", rule.source, duty.sure.value, rule.zone, frame.made,
        standing.deadline, frame.version, _fields(duty.contents, facts), standing.within, after,
        duty.note, duty.quote, tuple(fact.value for fact in standing.open), standing.stale,
    )  # fmt: skip


def draft_press(facts: Facts, frame: Frame, zone: str) -> Draft:
    """Draft a word to the press."""
    return Draft(
        FORMAT, frame.case, frame.title, "press", ("press",), "", "", "", zone, frame.made, None,
        frame.version, _fields(PRESS, facts),
    )  # fmt: skip


def difference(before: Draft, after: Draft) -> list[Difference]:
    """Say in which fields two versions differ; a field only one of them has counts as unknown."""
    old = {field.name: _texts(field) for field in before.fields}
    new = {field.name: _texts(field) for field in after.fields}
    found = []
    for name in dict.fromkeys([*new, *old]):
        was, now = old.get(name, ()), new.get(name, ())
        if was != now:
            found.append(Difference(name, _change(was, now), was, now))
    return found


def _change(was: tuple[str, ...], now: tuple[str, ...]) -> Change:
    if not was:
        return Change.NOW_KNOWN
    return Change.CHANGED if now else Change.NO_MORE_KNOWN


def _texts(field: Field) -> tuple[str, ...]:
    return tuple(said.text for said in field.said)


def _fields(names: Iterable[str], facts: Facts) -> tuple[Field, ...]:
    return tuple(Field(name, tuple(fill(name, facts))) for name in names)

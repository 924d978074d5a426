"""A rule as its file says it: trigger, clock, recipients, contents, source, and how sure we are.

One TOML file per law in `rules/`. A rule decides nothing by itself (`applying`), and a rule whose
date has passed says so loudly instead of falling silent. Not legal advice.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import date
from enum import StrEnum
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from chartkeep.errors import BadInputError

WITHIN = re.compile(r"(\d+)(h|d|mo)|promptly|year\+(\d+)d")
_NOT = "not "


class Fact(StrEnum):
    """What a case may know about a breach, each yes, no or not known yet."""

    HEALTH_DATA = "health data"
    FINANCIAL_HARM = "financial harm possible"
    UNLAWFUL_ACT = "unlawful act"
    """Somebody took or locked it on purpose: theft, intrusion, ransomware."""
    DATA_OUT = "data out or possibly out"
    DATA_LOST = "data lost, changed or unavailable"
    """Integrity and availability: the laws that name the one name the other."""
    UNREADABLE = "unreadable without a key that is safe"
    RISK = "risk to persons"
    HIGH_RISK = "high risk to persons"
    SIGNIFICANT = "significant disruption or damage"
    VITAL = "vital infrastructure"
    HIGH_CATEGORY = "incident of high category"
    OVER_1000 = "over 1,000 persons"
    AT_LEAST_1000 = "1,000 persons or more"
    AT_LEAST_500 = "500 persons or more"
    OVER_500_STATE = "over 500 persons of one state"
    CONSENT_ELECTRONIC = "consent to electronic notice"
    NO_ADDRESSES = "some persons cannot be reached by post"


class Sure(StrEnum):
    """How well we know a rule's words."""

    READ = "read in the cited text"
    SECONDARY = "read in another's account of it"
    UNVERIFIED = "not verified"


class Duty(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One thing a rule wants done.

    `after`: what starts the clock: `awareness`, or the key of a duty of this rule that was done.
    `within`: hours, days, months, promptly, or days after the year's end (`year+60d`).
    `first_day_counts`: the day the clock starts is day one. `open_day`: a last day on which nobody
    is in office moves to the next day somebody is. `when`: conditions besides the rule's own; each
    is a fact or `not` a fact, all must hold. `instead`: another `within` under conditions.
    """

    key: str
    to: list[str]
    within: str
    contents: list[str]
    quote: str
    sure: Sure
    after: str = "awareness"
    first_day_counts: bool = False
    open_day: bool = False
    when: list[str] = []
    unless: list[str] = []
    instead: dict[str, str] = {}
    note: str = ""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A law's rule. `trigger`: alternatives, each a list of conditions that must all hold."""

    rule: str
    jurisdiction: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
    title: str
    law: str
    who: str
    zone: str
    source: str
    checked: date
    expires: date
    trigger: list[list[str]]
    duty: list[Duty]
    unless: list[str] = []
    offices_closed: list[str] = []
    """Days nobody is in office besides Saturday and Sunday: ISO dates."""

    @property
    def clock(self) -> ZoneInfo:
        """Give the zone whose days count."""
        return ZoneInfo(self.zone)

    def name_of(self, duty: str) -> str:
        """Name a duty as cases and drafts do: the rule's name, a space, the duty's key."""
        return f"{self.rule} {duty}"

    def is_stale(self, today: date) -> bool:
        """Say whether somebody must look whether the law is still this."""
        return today > self.expires


def conditions(texts: Iterable[str]) -> Iterator[tuple[Fact, bool]]:
    """Read conditions: each a fact and what it must be. Raises BadInputError for an unknown one."""
    for text in texts:
        try:
            yield Fact(text.removeprefix(_NOT)), not text.startswith(_NOT)
        except ValueError as error:
            raise BadInputError(
                f"no fact is called {text}", hint=f"one of {', '.join(Fact)}, or not and one"
            ) from error


def read_rule(raw: bytes, name: str) -> Rule:
    """Read a rule's file. Raises BadInputError that names file and place."""
    try:
        rule = msgspec.toml.decode(raw, type=Rule)
        _check(rule)
    except (msgspec.MsgspecError, ValueError, BadInputError) as error:
        raise BadInputError(f"the rule file {name}: {error}") from error
    return rule


def read_rules(folder: Traversable | None = None) -> list[Rule]:
    """Read all rules of a folder, ours when none is named, in the order of their names."""
    place = folder or files(__package__).joinpath("rules")
    found = [file for file in place.iterdir() if file.name.endswith(".toml")]
    return [read_rule(file.read_bytes(), file.name) for file in sorted(found, key=lambda f: f.name)]


def _check(rule: Rule) -> None:
    keys = [duty.key for duty in rule.duty]
    for group in (*rule.trigger, rule.unless):
        list(conditions(group))
    for at, duty in enumerate(rule.duty):
        list(conditions([*duty.when, *duty.unless, *duty.instead]))
        for within in (duty.within, *duty.instead.values()):
            if not WITHIN.fullmatch(within):
                raise BadInputError(
                    f"duty {duty.key}: {within} is no time: 72h, 30d, 1mo, year+60d, promptly"
                )
        if duty.after != "awareness" and duty.after not in keys[:at]:
            raise BadInputError(
                f"duty {duty.key} comes after {duty.after}, which is no duty before"
            )
    if len(set(keys)) != len(keys):
        raise BadInputError("two duties have one key")
    _ = rule.clock, [date.fromisoformat(day) for day in rule.offices_closed]
